"""What changed a forecast between two origins, by one fit: each input exchanged alone, the others as they were.

The parts need not add up, since inputs may strengthen or cancel each other: what they do together beyond their sum is
the remainder. Nothing depends on the order in which inputs are exchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forecaster.contract import Origin
    from forecaster.distribution.predictive import Predictive

WINDOW, VOLATILITY, HISTORY = "window of {}", "volatility", "past changes"


@dataclass(frozen=True)
class Effect:
    """What an input did to a forecast.

    Attributes:
        source: The input.
        mean: Change of the mean, fraction per session.
        median: Change of the median, likewise.
        sd: Change of the standard deviation, as a fraction of what it was.
        doubt: Posterior standard deviation of the change of scale, likewise; None where the fit has no draws.
    """

    source: str
    mean: float
    median: float
    sd: float
    doubt: float | None = None


@dataclass(frozen=True)
class Effects:
    """What each input did, and all of them.

    Attributes:
        parts: Each input that differs and that the model looks at, the largest change of the standard deviation first.
        together: All of them at once.
        remainder: What is in that and not in the sum of the parts.
    """

    parts: tuple[Effect, ...]
    together: Effect
    remainder: Effect


def effects(
    predict: Callable[[Origin], Predictive],
    before: Origin,
    after: Origin,
    names: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    by_draw: bool,
) -> Effects:
    """What each input that differs between two origins does to the forecast.

    Args:
        predict: From an origin to a distribution.
        before: One origin.
        after: The other.
        names: The series, in the order of the origins' `x`, and the covariates, in that of their `z`.
        by_draw: Whether components of the forecast are posterior draws, always in the same order.
    """
    first = predict(before)

    def effect(source: str, at: Origin) -> Effect:
        now = predict(at)
        doubt = float((now.scale / first.scale.astype(np.float64)).std()) if by_draw else None
        middle = now.quantiles["q50"] - first.quantiles["q50"]
        return Effect(source, now.mean - first.mean, middle, now.sd / first.sd - 1, doubt)

    found = [effect(source, at) for source, at in _swapped(before, after, *names)]
    kept = [one for one in found if (one.mean, one.median, one.sd) != (0.0, 0.0, 0.0)]
    together = effect("together", after)
    left = {
        name: getattr(together, name) - sum(getattr(one, name) for one in kept) for name in ("mean", "median", "sd")
    }
    kept.sort(key=lambda one: (-abs(one.sd), -abs(one.mean)))
    return Effects(tuple(kept), together, Effect("remainder", **left))


def _swapped(
    before: Origin, after: Origin, series: tuple[str, ...], covariates: tuple[str, ...]
) -> Iterator[tuple[str, Origin]]:
    """The first origin with one input at a time as in the second, of those that differ."""
    for column, name in enumerate(series):
        pair = (before.x, after.x), (before.standard, after.standard)
        if any((one[:, column] != other[:, column]).any() for one, other in pair):
            x, standard = (_with(one, other, (slice(None), column)) for one, other in pair)
            yield WINDOW.format(name), replace(before, x=x, standard=standard)
    if before.volatility != after.volatility:
        yield VOLATILITY, replace(before, volatility=after.volatility)
    for column, name in enumerate(covariates):
        if before.z[column] != after.z[column]:
            yield name.replace("_", " "), replace(before, z=_with(before.z, after.z, column))
    if not np.array_equal(before.history, after.history):
        yield HISTORY, replace(before, history=after.history)


def _with(one: np.ndarray, other: np.ndarray, place: int | tuple[slice, int]) -> np.ndarray:
    mixed = one.copy()
    mixed[place] = other[place]
    return mixed
