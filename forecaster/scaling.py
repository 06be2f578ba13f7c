"""From changes to the numbers that a network likes, and back, by what was known at the origin alone.

`volatility`: price lags and the response are divided by the volatility known at the row's own close; then every input
is centred and divided by its standard deviation over the training rows, and clipped to five of them, so that one wild
volume does not rule a fit. `none` leaves changes as they are, as the original study did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from forecaster.problem import Examples, Origin

    Floats = NDArray[np.float64]

Kind = Literal["volatility", "none"]
CLIP = 5.0


@dataclass(frozen=True, eq=False)
class Scaling:
    """A scaling learnt on training rows.

    Attributes:
        kind: `volatility` or `none`.
        price: `(series,)` whether a series is a price, and so divided by volatility.
        centre: `(7 * series,)` training means of the flattened window.
        spread: `(7 * series,)` training standard deviations.
    """

    kind: Kind
    price: NDArray[np.bool_]
    centre: Floats
    spread: Floats

    @classmethod
    def learn(cls, examples: Examples, kind: Kind) -> Self:
        """Learns the scaling from training rows only."""
        features = examples.x.shape[1] * examples.x.shape[2]
        price = np.array([name == "price" for name in examples.series])
        plain = cls(kind, price, np.zeros(features), np.ones(features))
        if kind == "none":
            return plain
        flat = plain._flat(examples.x, examples.volatility)
        spread = flat.std(axis=0)
        return cls(kind, price, flat.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def inputs(self, examples: Examples) -> torch.Tensor:
        """Design matrix `(rows, 7 * series)`, float32; oldest day first, series within a day."""
        return self._scaled(examples.x, examples.volatility)

    def input(self, origin: Origin) -> torch.Tensor:
        """The design row of one origin `(7 * series,)`, float32."""
        return self._scaled(origin.x[None], np.array([origin.volatility]))[0]

    def response(self, examples: Examples) -> torch.Tensor:
        """Response `(rows,)`, float32: changes in units of the volatility known before them."""
        return torch.tensor(examples.y / self.unit(examples.volatility), dtype=torch.float32)

    def unit(self, volatility: ArrayLike) -> Floats:
        """What one unit of the response is, in changes, at a given volatility."""
        known = np.asarray(volatility, np.float64)
        return known if self.kind == "volatility" else np.ones_like(known)

    def _flat(self, x: Floats, volatility: Floats) -> Floats:
        unit = self.unit(volatility)[:, None, None]
        return np.where(self.price, x / unit, x).reshape(len(x), -1)

    def _scaled(self, x: Floats, volatility: Floats) -> torch.Tensor:
        standard = (self._flat(x, volatility) - self.centre) / self.spread
        if self.kind == "volatility":
            standard = standard.clip(-CLIP, CLIP)
        return torch.tensor(standard, dtype=torch.float32)
