"""Does a breach follow a breach more often than it should? The tests of Christoffersen (1998, doi:10.2307/2527341).

Independence: is a breach as likely after a breach as after none? Conditional coverage: that, and their number. A
statistic depends on four counts of day pairs, and these on the number of breaches, of runs of them, and on whether the
first and the last day is one. Given their number, every order of breaches is as likely as another; so the law of the
statistics is a sum over those, without any approximation.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special, stats

from forecaster.evaluation.exact import Exact, entropy, exact
from forecaster.evaluation.kupiec import ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_NEGLIGIBLE = 1e-12


class Orders(NamedTuple):
    """Orders of breaches that give the same counts, an entry each.

    Attributes:
        breaches: Days with a breach.
        runs: Runs of them.
        first: Whether the first day is one.
        last: Whether the last day is one.
    """

    breaches: Array
    runs: Array
    first: Array
    last: Array


def independence(breaches: NDArray[np.bool_], lot: float) -> Exact:
    """The likelihood ratio of breaches that depend on the day before against breaches that do not.

    Its law is that given the number of breaches, whatever their rate.

    Args:
        breaches: A day each.
        lot: See `exact.lot`.
    """
    values, weights = _given(breaches.size, int(breaches.sum()))
    return exact(float(_ratio(_orders_of(breaches), breaches.size)[0]), values, weights, lot)


def conditional_coverage(breaches: NDArray[np.bool_], rate: float, lot: float) -> Exact:
    """The sum of Kupiec's likelihood ratio and that of independence, for independent days with so many breaches."""
    values, weights = _law(breaches.size, rate)
    observed = _ratio(_orders_of(breaches), breaches.size)[0] + ratio(breaches.sum(), breaches.size, rate)
    return exact(float(observed), values, weights, lot)


def _orders_of(breaches: NDArray[np.bool_]) -> Orders:
    days = breaches.astype(float)
    runs = days[0] + (np.diff(days) > 0).sum()
    return Orders(*(np.atleast_1d(float(part)) for part in (days.sum(), runs, days[0], days[-1])))


def _ratio(orders: Orders, days: int) -> Array:
    """Twice the log likelihood ratio of pairs of days whose second depends on the first."""
    both = orders.breaches - orders.runs
    begun, after_breach = orders.runs - orders.first, orders.breaches - orders.last
    pairs = days - 1.0
    apart = entropy(both, after_breach) + entropy(begun, pairs - after_breach)
    return 2 * np.maximum(apart - entropy(both + begun, pairs), 0.0)


@cache
def _given(days: int, breaches: int) -> tuple[Array, Array]:
    """What the ratio can be for a number of breaches, and how likely each is."""
    if breaches in {0, days}:
        return np.zeros(1), np.ones(1)
    runs, first, last = (part.ravel().astype(float) for part in np.mgrid[1 : breaches + 1, 0:2, 0:2])
    quiet = days - breaches
    # Runs of breaches stand between runs of quiet days, of which there is one more, less those that an end leaves out.
    ways = _log_choose(breaches - 1, runs - 1) + _log_choose(quiet - 1, runs - first - last)
    possible = np.isfinite(ways)
    orders = Orders(*(part[possible] for part in (np.full_like(runs, breaches), runs, first, last)))
    return _ratio(orders, days), np.exp(ways[possible] - _log_choose(days, np.array(float(breaches))))


@cache
def _law(days: int, rate: float) -> tuple[Array, Array]:
    """What the sum of both ratios can be, and how likely each is."""
    values, weights = [], []
    for count in range(days + 1):
        likely = float(stats.binom.pmf(count, days, rate))
        if likely > _NEGLIGIBLE:
            given, chances = _given(days, count)
            values.append(given + ratio(np.array(float(count)), days, rate))
            weights.append(likely * chances)
    return np.concatenate(values), np.concatenate(weights)


def _log_choose(n: int, k: Array) -> Array:
    """Log of the binomial coefficient, minus infinity where there is no way."""
    inside = (k >= 0) & (k <= n)
    part = np.where(inside, k, 0.0)
    ways = special.gammaln(n + 1) - special.gammaln(part + 1) - special.gammaln(n - part + 1)
    return np.where(inside, ways, -np.inf)
