"""Does a guide cover the posterior? The shape of the tail of its importance weights.

Draws of the guide, weighted by model over guide, would repair it exactly, did the weights not grow wild where it is
too narrow. Their largest are fitted by a generalised Pareto law, whose shape k says how wild: below 0.5 their variance
is finite, above 0.7 no practical number of draws repairs the guide (Vehtari, Simpson, Gelman, Yao and Gabry 2024,
Pareto smoothed importance sampling, JMLR 25:72, arXiv:1507.02646; for guides: Yao et al. 2018, arXiv:1802.02538).

`scipy.stats.genpareto.fit` is a numerical search, a fit at a time; the estimator of Zhang and Stephens (2009,
doi:10.1198/tech.2009.08017) that the paper uses is a closed formula, here for all fits together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from forecaster.floats import Floats


TRUSTED = 0.9
"""The largest k that speaks against no guide: 0.7, and what the noise of an estimate from so many draws adds to it.

The 95 largest of a thousand weights tell k to about 0.17; at 0.7 itself one good fit in a hundred would fall by chance.
"""


def k_hat(log_weights: Floats) -> Floats:
    """The Pareto shape of each fit's importance weights.

    Args:
        log_weights: Log density of the model minus that of the guide at the guide's draws, `(fits, draws)`, in nats.

    Returns:
        `(fits,)`; minus infinity where the largest weights are equal up to rounding, NaN where one is not finite.

    >>> rng = np.random.default_rng(0)
    >>> bool(abs(k_hat(0.4 * rng.exponential(size=(1, 100_000)))[0] - 0.4) < 0.1)
    True
    """
    tail = _tail(log_weights.shape[1])
    largest = np.sort(log_weights, axis=1)[:, -tail - 1 :]
    with np.errstate(invalid="ignore", divide="ignore"):
        weights = np.exp(largest - largest[:, -1:])
        excess = weights[:, 1:] - weights[:, :1]
        k = _pareto(excess)[0]
    equal = largest[:, -1] - largest[:, 0] < 1.0  # with no excess to fit: else it is too wild to be written
    k = np.where(excess[:, tail // 4] > 0, k, np.where(equal, -np.inf, np.inf))
    return np.where(np.isfinite(log_weights).all(axis=1), k, np.nan)


def smoothed(log_weights: Floats) -> Floats:
    """Importance weights whose largest are what a Pareto law expects of their ranks; each fit's sum to one.

    Args:
        log_weights: As `k_hat` takes them, `(fits, draws)`, finite.

    Returns:
        `(fits, draws)` (Vehtari et al. 2024, algorithm 1).
    """
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    tail = _tail(log_weights.shape[1])
    order = np.argsort(weights, axis=1)[:, -tail - 1 :]
    largest = np.take_along_axis(weights, order, axis=1)
    least = largest[:, :1]
    with np.errstate(invalid="ignore", divide="ignore"):
        shape, scale = _pareto(largest[:, 1:] - least)
        above = 1 - (np.arange(tail) + 0.5) / tail
        expected = least + (scale / shape)[:, None] * (above ** -shape[:, None] - 1)
    usable = np.isfinite(expected).all(axis=1, keepdims=True)
    better = np.where(usable, np.minimum(expected, 1.0), largest[:, 1:])
    np.put_along_axis(weights, order[:, 1:], better, axis=1)
    result: Floats = weights / weights.sum(axis=1, keepdims=True)
    return result


def _tail(count: int) -> int:
    return int(min(0.2 * count, 3 * np.sqrt(count)))


def _pareto(excess: Floats) -> tuple[Floats, Floats]:
    """Shape and scale, by Zhang and Stephens' estimate from sorted excesses `(fits, tail)`: `(fits,)` each."""
    count = excess.shape[1]
    grid = 30 + int(np.sqrt(count))
    quartile = excess[:, int(count / 4 + 0.5) - 1]
    theta = 1 / excess[:, -1:] + (1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))) / (3 * quartile[:, None])
    shape = np.log1p(-theta[..., None] * excess[:, None]).mean(axis=-1)
    likelihood = count * (np.log(-theta / shape) - shape - 1)
    weight = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    mean = (theta * weight).sum(axis=1) / weight.sum(axis=1)
    raw = np.log1p(-mean[:, None] * excess).mean(axis=1)
    return (count * raw + 10 * 0.5) / (count + 10), -raw / mean  # a weak prior at 0.5, as in the paper
