"""What moved a forecast: how wide, and where, it would be had a group of inputs been as usual.

For each posterior draw the forecast is made once with all inputs and once with one group at its usual value: a window
of no changes, covariates at their centres, the volatility of the whole training history. The log ratio of the two
scales and the difference of the two locations are the group's part, with the doubt that the posterior has about them.
In a model whose log scale is linear the parts add up to the whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.issuing.diagnostics import Part
from ingest.covariates import COVARIATES, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from forecaster.contract import Origin
    from forecaster.distribution.predictive import Predictive
    from forecaster.floats import Floats

WINDOW, VOLATILITY = "window", "volatility"
KINDS = (WINDOW, *dict.fromkeys(of.kind for of in COVARIATES))
"""The groups of an asset's own bars, in the order in which they are told; those of its companions follow."""


def attribution(
    predict: Callable[[Origin], Predictive], names: tuple[str, ...], today: Origin, before: Origin | None
) -> dict[str, Part]:
    """The parts of each group of inputs in a forecast, and in that of the session before.

    Args:
        predict: From an origin to a mixture with a component a posterior draw, always in the same order.
        names: Covariates, in the order of the origins' `z`.
        today: Where the forecast starts.
        before: Where the one before it started, None where it cannot be told.

    Returns:
        Group to its part, means and standard deviations over draws.
    """
    kinds = [kind_of(name) for name in names]
    found = {}
    for kind in dict.fromkeys((*KINDS, *kinds)):
        own = np.array([one == kind for one in kinds], dtype=bool)
        if kind not in (WINDOW, VOLATILITY) and not own.any():
            continue
        width, shift = _parts(predict, today, kind, own)
        found[kind] = Part(
            width=float(width.mean()),
            width_sd=float(width.std()),
            shift=float(shift.mean()),
            shift_sd=float(shift.std()),
            width_before=None if before is None else float(_parts(predict, before, kind, own)[0].mean()),
        )
    return found


def _parts(
    predict: Callable[[Origin], Predictive], origin: Origin, kind: str, own: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Log ratio of scales and difference of locations `(draws,)` that a group makes at an origin."""
    usual = replace(origin, z=np.where(own, 0.0, origin.z))
    if kind == WINDOW:
        usual = replace(origin, x=np.zeros_like(origin.x), standard=np.zeros_like(origin.standard))
    if kind == VOLATILITY:
        usual = replace(usual, volatility=float(np.sqrt(np.mean(origin.history**2))))
    whole, without = (predict(at) for at in (origin, usual))
    width = np.log(whole.scale.astype(np.float64) / without.scale)
    return width, whole.loc.astype(np.float64) - without.loc
