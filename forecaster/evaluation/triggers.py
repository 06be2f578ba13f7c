"""When should a model be looked at again? A few numbers of its forecasts, each with the limit at which it is time.

Two of them are tests, on the last `WINDOW` live days of each asset: do 90 % intervals hold as many outcomes as they
say, and is the CRPS worse than climatology's? A right model reaches each with a probability of at most `LEVEL` at one
look, which its assets share; who looks every day looks more often than once. The others are plain shares and ages, to
which no such probability belongs: what they count comes in runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from forecaster.evaluation.coverage import band
from forecaster.evaluation.diebold_mariano import diebold_mariano
from forecaster.evaluation.verdicts import MINIMUM_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

WINDOW = 250
"""Newest days, or forecasts, that are looked at."""
LEVEL = 0.01
"""The false-alarm rate of each test, of one look at all assets of a model."""
COVERAGE = 0.9
"""What the intervals say that they hold."""
UNRELIABLE = 0.1
"""Share of forecasts that are unreliable or withheld."""
WARNED = 0.05
"""Share of days unlike their past."""
STALE_DAYS = 7
"""An asset whose newest forecast is older than this many days is stale."""
FEWEST = 20
"""Forecasts below which a share of them is not judged."""
REFERENCE = "climatology"


@dataclass(frozen=True)
class Trigger:
    """One reason to look at a model again.

    Attributes:
        id: Short and stable, for programs.
        limit: When it is reached, in words.
        now: The present value, in words.
        reached: Whether it is; None where there is too little to judge by.
    """

    id: str
    limit: str
    now: str
    reached: bool | None


def coverage(inside: Mapping[str, NDArray[np.bool_]]) -> Trigger:
    """Do 90 % intervals hold about 90 % of the outcomes? By the exact binomial band, days taken as independent.

    Args:
        inside: Asset to whether each live outcome lay inside its interval, oldest first.
    """
    judged = _newest(inside)
    limit = (
        f"{COVERAGE:.0%} intervals hold too few or too many of the last {WINDOW} live outcomes of an asset: outside "
        f"their exact binomial band (false alarms: at most {LEVEL:.0%} a look)"
    )
    if not judged:
        return Trigger("coverage", limit, _too_few(inside), None)
    level = LEVEL / len(judged)
    symbol = min(judged, key=lambda name: _two_sided(judged[name]))
    days, share = judged[symbol].size, float(judged[symbol].mean())
    low, high = band(days, COVERAGE, 1 - level)
    told = f"{symbol}{_farthest(judged)}: {share:.1%} of {days} days, band {low:.1%} to {high:.1%}"
    return Trigger("coverage", limit, told, not low <= share <= high)


def worse_than_reference(differences: Mapping[str, NDArray[np.float64]]) -> Trigger:
    """Is the CRPS worse than climatology's? By the one-sided test of Diebold and Mariano.

    Args:
        differences: Asset to the CRPS of each live day minus climatology's of the same day, oldest first.
    """
    judged = _newest(differences)
    limit = (
        f"CRPS worse than {REFERENCE}'s on the last {WINDOW} live days of an asset, by a one-sided Diebold-Mariano "
        f"test (false alarms: about {LEVEL:.0%} a look at most)"
    )
    if not judged:
        return Trigger("worse_than_climatology", limit, _too_few(differences), None)
    found = {symbol: _worse(values) for symbol, values in judged.items()}
    symbol = min(found, key=lambda name: found[name])
    days, p = judged[symbol].size, found[symbol]
    mean = float(judged[symbol].mean())
    told = (
        f"{symbol}{_farthest(judged)}: CRPS {abs(mean):.4%} of the price {'above' if mean > 0 else 'below'} "
        f"{REFERENCE}'s on {days} days, p = {p:.2g}; reached below {LEVEL / len(judged):.2g}"
    )
    return Trigger("worse_than_climatology", limit, told, p < LEVEL / len(judged))


def unreliable(failed: NDArray[np.bool_]) -> Trigger:
    """How many forecasts were unreliable or withheld?

    Args:
        failed: Whether each forecast was, oldest first.
    """
    limit = f"more than {UNRELIABLE:.0%} of the last {WINDOW} forecasts are unreliable or withheld"
    return _share("unreliable", limit, failed, UNRELIABLE, "forecasts")


def novelty(warned: NDArray[np.bool_]) -> Trigger:
    """How many days were unlike their past?

    Args:
        warned: Whether each forecast's day was, of those that say so, oldest first.
    """
    limit = f"more than {WARNED:.0%} of the last {WINDOW} forecasts are of days unlike the training data"
    return _share("novelty", limit, warned, WARNED, "forecasts")


def stale(ages: Mapping[str, int]) -> Trigger:
    """Is an asset no longer forecast?

    Args:
        ages: Asset to the days from its newest origin to the newest of the record.
    """
    limit = f"an asset's newest forecast is more than {STALE_DAYS} days older than the newest on record"
    oldest = max(ages, key=lambda name: ages[name])
    days = "1 day" if ages[oldest] == 1 else f"{ages[oldest]} days"
    return Trigger("stale", limit, f"{oldest}: {days}", ages[oldest] > STALE_DAYS)


def _share(name: str, limit: str, values: NDArray[np.bool_], most: float, what: str) -> Trigger:
    known = values[-WINDOW:]
    if known.size < FEWEST:
        return Trigger(name, limit, f"{known.size} {what}, {FEWEST} are needed", None)
    count = int(known.sum())
    return Trigger(name, limit, f"{count / known.size:.1%} ({count} of {known.size})", count > most * known.size)


def _newest(values: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {symbol: own[-WINDOW:] for symbol, own in values.items() if own.size >= MINIMUM_DAYS}


def _too_few(values: Mapping[str, NDArray[Any]]) -> str:
    most = max((own.size for own in values.values()), default=0)
    return f"{'1 live day' if most == 1 else f'{most} live days'}, {MINIMUM_DAYS} are needed"


def _farthest(judged: Mapping[str, object]) -> str:
    return "" if len(judged) == 1 else f" (the farthest of {len(judged)} assets)"


def _two_sided(inside: NDArray[np.bool_]) -> float:
    held = stats.binom(inside.size, COVERAGE)
    return float(min(held.cdf(inside.sum()), held.sf(inside.sum() - 1)))


def _worse(differences: NDArray[np.float64]) -> float:
    """One-sided p of a mean difference above zero."""
    t, p = diebold_mariano(differences)
    return p / 2 if t > 0 else 1 - p / 2
