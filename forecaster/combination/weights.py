"""Weights of the members of a combination, from what each scored on the days before.

Dynamic model averaging (Raftery, Karny and Ettler 2010, doi:10.1198/TECH.2009.08104): a member's share is multiplied by
the density that it gave the outcome, and before the next day all shares are raised to a power just below 1, so that old
days are forgotten. A floor keeps every member in the mixture: it costs at most `-log(1 - members * floor)` nats a day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import lfilter
from scipy.special import logsumexp, softmax

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from forecaster.floats import Floats


WORST = 700.0
"""The most, in nats, that a member can lose to the best on one day: a share of exp(-700) can still come back."""


def past_weights(log_scores: ArrayLike, floor: float = 0.02, half_life: float = 250.0) -> Floats:
    """Weights `(days + 1, members)`, each row from the days before it alone; the last is for the next forecast.

    Args:
        log_scores: `(days, members)` in nats, lower is better; NaN where a member had no forecast, whose share that day
            does not change; infinite where it gave the outcome no density.
        floor: The least weight of every member.
        half_life: Days after which a score counts half; infinite to forget nothing. A year of sessions, so that
            members who differ by less than a few thousandths of a nat a day go on sharing.

    Raises:
        ValueError: Where the floors leave nothing to share out, the half-life is not positive, or a score is minus
            infinity.
    """
    scores = np.asarray(log_scores, np.float64)
    days, members = scores.shape
    if not 0 <= floor * members < 1:
        raise ValueError(f"a floor of {floor} for each of {members} members leaves nothing to share out")
    if not half_life > 0:
        raise ValueError(f"a half-life must be positive, not {half_life}")
    if np.isneginf(scores).any():
        raise ValueError("a log score of minus infinity is an infinite density: no distribution of a change has one")
    keep, shares = 0.5 ** (1 / half_life), np.full((days + 1, members), -np.log(members))
    partial = np.asarray(np.isnan(scores).any(axis=1))
    # A day on which all said something adds what each lost: a run of such days is one filter.
    for run in np.split(np.arange(days), np.flatnonzero(partial | np.roll(partial, 1))):
        if run.size:
            first = run[0]
            lost = _losses(scores[first], shares[first])[None] if partial[first] else _lost(scores[run])
            after, _ = lfilter([-keep], [1, -keep], lost, axis=0, zi=keep * shares[first][None])
            shares[run + 1] = after - logsumexp(after, axis=1, keepdims=True)
    result: Floats = floor + (1 - floor * members) * softmax(shares, axis=1)
    return result


def _lost(rows: Floats) -> Floats:
    """What each member lost to each day's best, in nats `(days, members)`; nothing where nobody gave any density."""
    best = rows.min(axis=1, keepdims=True)
    told = np.isfinite(best)
    result: Floats = np.where(told, np.minimum(rows - np.where(told, best, 0.0), WORST), 0.0)
    return result


def _losses(row: Floats, share: Floats) -> Floats:
    """The same of one day `(members,)`; one without a forecast loses what the others' mixture does."""
    told = ~np.isnan(row)
    if not told.any():
        return np.zeros(row.size)
    loss = np.full(row.size, np.nan)
    loss[told] = _lost(row[told][None])[0]
    mixture = np.logaddexp.reduce(share[told]) - np.logaddexp.reduce((share - loss)[told])
    result: Floats = np.where(told, loss, mixture)
    return result


def pooled(log_scores: ArrayLike, weights: ArrayLike) -> Floats:
    """Log score `(days,)` of the mixture, `-log sum_k w_k exp(-score_k)`, in nats; NaN where nobody had a forecast.

    Args:
        log_scores: `(days, members)` in nats, NaN where a member had no forecast: the others' weights are scaled up.
        weights: `(days, members)` or `(members,)`.
    """
    scores, share = _present(log_scores, weights)
    least = np.where(share > 0, scores, np.inf).min(axis=-1, keepdims=True)
    shift = np.where(np.isfinite(least), least, 0.0)
    density = (share * np.exp(shift - np.where(share > 0, scores, np.inf))).sum(axis=-1)
    with np.errstate(divide="ignore"):  # no density is an infinite score
        result: Floats = shift[..., 0] - np.log(density)
    return result


def pooled_pit(pits: ArrayLike, weights: ArrayLike) -> Floats:
    """PIT `(days,)` of the mixture, the weighted mean of its members' `(days, members)`; as `pooled`."""
    values, share = _present(pits, weights)
    result: Floats = np.where(share > 0, share * values, share).sum(axis=-1)
    return result


def _present(values: ArrayLike, weights: ArrayLike) -> tuple[Floats, Floats]:
    """Values and the weights of the members that have one, scaled to sum to 1; NaN weights where none has."""
    value = np.asarray(values, np.float64)
    share = np.where(np.isnan(value), 0.0, np.asarray(weights, np.float64))
    total = share.sum(axis=-1, keepdims=True)
    return value, np.divide(share, total, out=np.full(share.shape, np.nan), where=total > 0)
