"""The score by its definition: Gauss and Kronrod's pair on panels that are halved until both agree.

It knows nothing of what `forecaster.distribution.panels` takes for granted: the error is what is measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.distribution.predictive import Predictive
    from forecaster.floats import Floats

NODES = np.array(
    [0.991455371120813, 0.949107912342759, 0.864864423359769, 0.741531185599394]
    + [0.586087235467691, 0.405845151377397, 0.207784955007898, 0.0]
)
KRONROD = np.array(
    [0.022935322010529, 0.063092092629979, 0.104790010322250, 0.140653259715525]
    + [0.169004726639267, 0.190350578064785, 0.204432940075298, 0.209482141084728]
)
GAUSS = np.array([0, 0.129484966168870, 0, 0.279705391489277, 0, 0.381830050505119, 0, 0.417959183673469])
"""The rule of 15 nodes in which the one of 7 is contained (Kronrod 1965, to 15 digits; the half from the left end)."""

CHUNK = 200_000


def crps(p: Predictive, outcomes: Sequence[float], share: float = 1e-8) -> Floats:
    """`integral of (F(z) - 1{y <= z})^2 dz` for each of `outcomes (n,)`, each to the given share of itself."""
    edges = _edges(p, outcomes)
    start, end = edges[:-1], edges[1:]
    done: list[tuple[Floats, ...]] = []
    for _ in range(200):
        low, high = _pairs(p, start, end)
        every = [np.concatenate(parts) for parts in zip(*done, (start, *low, *high), strict=True)]
        totals = _totals(every, outcomes)
        counts = np.where(start < max(outcomes), low[1], 0.0) + np.where(start >= min(outcomes), high[1], 0.0)
        fine = (counts < share * totals.min() / 100) | (end - start < 1e-13 * np.maximum(abs(start), abs(end)))
        done.append(tuple(a[fine] for a in (start, *low, *high)))
        start, end = start[~fine], end[~fine]
        if not start.size:
            return totals
        middle = (start + end) / 2
        start, end = np.concatenate([start, middle]), np.concatenate([middle, end])
    raise AssertionError("the adaptive rule does not settle")


def _totals(every: list[Floats], outcomes: Sequence[float]) -> Floats:
    start, below, _, above, _ = every
    return np.array([below[start < y].sum() + above[start >= y].sum() for y in outcomes])


def _edges(p: Predictive, outcomes: Sequence[float]) -> Floats:
    """Every mode, its scale and powers of eight of it on both sides, and far out until nothing is left."""
    loc, scale, skew = (getattr(p, name).astype(float) for name in ("loc", "scale", "skew"))
    span = np.ptp(loc) + (scale * np.exp(np.abs(skew))).max()
    steps = 8.0 ** np.arange(np.ceil(np.log(span / scale.min()) / np.log(8))) * scale[:, None]
    near = [loc, *((loc[:, None] + sign * steps)[steps < span] for sign in (-1, 1))]
    far = [loc.mean() + sign * span * 4.0**power for sign in (-1, 1) for power in range(1, 24)]
    return np.unique(np.concatenate([*near, far, outcomes]))


def _pairs(p: Predictive, start: Floats, end: Floats) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Integrals and their errors `(panels,)` of the squared cdf and of the squared rest."""
    half = (end - start)[:, None] / 2
    place = np.concatenate([-NODES, NODES[-2::-1]])
    node = ((start + end)[:, None] / 2 + half * place).ravel()
    rows = max(CHUNK // p.loc.size, 1)
    f = np.concatenate([p.cdf(node[i : i + rows]) for i in range(0, node.size, rows)]).reshape(-1, place.size)
    fine, coarse = (half * np.concatenate([w, w[-2::-1]]) for w in (KRONROD, GAUSS))
    return tuple(
        ((fine * g**2).sum(axis=1), np.abs(((fine - coarse) * g**2).sum(axis=1))) for g in (f, 1 - f)
    )
