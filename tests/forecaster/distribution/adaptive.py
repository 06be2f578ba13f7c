"""The score by its definition: two of Gauss's rules on panels that are halved until both agree.

It knows nothing of what `forecaster.distribution.panels` takes for granted: the error is what is measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.distribution.predictive import Predictive
    from forecaster.floats import Floats

COARSE, FINE = (np.polynomial.legendre.leggauss(n) for n in (7, 15))
PLACE = np.concatenate([COARSE[0], FINE[0]])
"""Nodes of both rules: their difference is what a panel's error is taken to be."""

CHUNK = 200_000


def crps(p: Predictive, outcomes: Sequence[float], share: float = 1e-7) -> Floats:
    """`integral of (F(z) - 1{y <= z})^2 dz` for each of `outcomes (n,)`, each to the given share of itself."""
    edges = _edges(p, outcomes)
    start, end = edges[:-1], edges[1:]
    done: list[tuple[Floats, ...]] = []
    totals = np.zeros(len(outcomes))
    while start.size:
        low, high = _pairs(p, start, end)
        every = [np.concatenate(parts) for parts in zip(*done, (start, *low, *high), strict=True)]
        totals = _totals(every, outcomes)
        error = np.where(start < max(outcomes), low[1], 0.0) + np.where(start >= min(outcomes), high[1], 0.0)
        fine = (error < share * totals.min() / 100) | (end - start < 1e-13 * np.maximum(abs(start), abs(end)))
        done.append(tuple(a[fine] for a in (start, *low, *high)))
        start, end = start[~fine], end[~fine]
        middle = (start + end) / 2
        start, end = np.concatenate([start, middle]), np.concatenate([middle, end])
    return totals


def _totals(every: list[Floats], outcomes: Sequence[float]) -> Floats:
    start, below, _, above, _ = every
    return np.array([below[start < y].sum() + above[start >= y].sum() for y in outcomes])


def _edges(p: Predictive, outcomes: Sequence[float]) -> Floats:
    """Every mode, powers of eight of its scale on both sides unless others lie near, and far out."""
    loc, scale, skew = (getattr(p, name).astype(float) for name in ("loc", "scale", "skew"))
    span = np.ptp(loc) + (scale * np.exp(np.abs(skew))).max()
    steps = 8.0 ** np.arange(np.ceil(np.log(span / scale.min()) / np.log(8))) * scale[:, None]
    steps = np.where(steps < span, steps, 0.0)
    beside = [((loc[:, None] + sign * steps).ravel(), steps.ravel()) for sign in (-1, 1)]
    place, step = (np.concatenate(parts) for parts in zip((loc, 0 * loc), *beside, strict=True))
    kept = [-np.inf]
    for at, size in sorted(zip(place, step, strict=True)):
        if at - kept[-1] > 0.3 * size:
            kept.append(at)
    far = [loc.mean() + sign * span * 4.0**power for sign in (-1, 1) for power in range(1, 24)]
    return np.unique(np.concatenate([kept[1:], far, outcomes]))


def _pairs(p: Predictive, start: Floats, end: Floats) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Integrals and their errors `(panels,)` of the squared cdf and of the squared rest."""
    half = (end - start)[:, None] / 2
    node = ((start + end)[:, None] / 2 + half * PLACE).ravel()
    rows = max(CHUNK // p.loc.size, 1)
    f = np.concatenate([p.cdf(node[i : i + rows]) for i in range(0, node.size, rows)]).reshape(-1, PLACE.size)
    return _both(half, f), _both(half, 1 - f)


def _both(half: Floats, f: Floats) -> tuple[Floats, Floats]:
    coarse, fine = np.split(half * f**2, [COARSE[0].size], axis=1)
    return fine @ FINE[1], np.abs(fine @ FINE[1] - coarse @ COARSE[1])
