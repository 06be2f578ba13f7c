"""The inputs and the response as a network or a regression sees them.

`volatility`: windows in standard units and the response in units of the volatility known at the row's own close: days
and assets look alike, and nothing is learnt from a sample. `none` leaves changes as they are, as the original study
did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from forecaster.contract import Examples, Origin
    from forecaster.families.settings import Kind
    from forecaster.floats import Floats


def inputs(examples: Examples, kind: Kind) -> torch.Tensor:
    """Design matrix `(rows, 7 * series)`, float32; oldest day first, series within a day."""
    windows = examples.standard if kind == "volatility" else examples.x
    return torch.tensor(windows.reshape(len(windows), -1), dtype=torch.float32)


def input_of(origin: Origin, kind: Kind) -> torch.Tensor:
    """The design row of one origin `(7 * series,)`, float32."""
    window = origin.standard if kind == "volatility" else origin.x
    return torch.tensor(window.ravel(), dtype=torch.float32)


def response(examples: Examples, kind: Kind) -> torch.Tensor:
    """Response `(rows,)`, float32: changes in units of `unit`."""
    return torch.tensor(examples.y / unit(examples.volatility, kind), dtype=torch.float32)


def unit(volatility: ArrayLike, kind: Kind) -> Floats:
    """What one unit of the response is, in changes, at a given volatility."""
    known = np.asarray(volatility, np.float64)
    return known if kind == "volatility" else np.ones_like(known)
