"""The ranked probability score of down, flat and up, from recorded quantiles and P(up) alone.

    RPS = 1/2 sum_k (F(edge_k) - 1{y <= edge_k})^2,    the edges of the flat class k = 1, 2

(Epstein 1969, doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2), lower is better. A forecast that puts the day one
class off loses less than one that puts it two off. The edges are the same for all models: the score is proper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from forecaster.floats import Floats

FLAT = 0.25
"""Half the width of the flat class, in standard deviations of the changes that are judged."""


def ranked_probability(below: Floats, y: Floats, edges: Floats) -> Floats:
    """Of each day `(days,)`.

    Args:
        below: Probability of at most each edge `(days, edges)`.
        y: Outcomes `(days,)`.
        edges: Between the classes, ascending `(edges,)`.

    >>> ranked_probability(np.array([[0.4, 0.6]]), np.array([0.0]), np.array([-1.0, 1.0])).round(2).tolist()
    [0.16]
    """
    score: Floats = ((below - (y[:, None] <= edges)) ** 2).mean(1)
    return score


def probability_below(quantiles: Floats, levels: Floats, prob_up: Floats, edges: Floats) -> Floats:
    """Probability of at most each edge `(days, edges)` by forecasts of which little is recorded.

    Normal scores of the levels are joined by straight lines between the quantiles, and zero, whose probability is known
    too: of a normal distribution that is exact.

    Args:
        quantiles: `(days, levels)`.
        levels: Ascending, inside (0, 1) `(levels,)`.
        prob_up: Probability of more than zero `(days,)`.
        edges: `(edges,)`.
    """
    at_zero = special.ndtri((1 - prob_up).clip(1e-12, 1 - 1e-12))
    x = np.column_stack([quantiles, np.zeros(len(quantiles))])
    z = np.column_stack([np.broadcast_to(special.ndtri(levels), quantiles.shape), at_zero])
    order = x.argsort(1, kind="stable")
    x, z = np.take_along_axis(x, order, 1), np.maximum.accumulate(np.take_along_axis(z, order, 1), 1)
    rows, found = np.arange(len(x)), np.empty((len(x), len(edges)))
    for k, edge in enumerate(edges):
        after = (x <= edge).sum(1).clip(1, x.shape[1] - 1)
        left, right = x[rows, after - 1], x[rows, after]
        gap = right - left
        part = np.where(gap > 0, edge - left, 0.0) / np.where(gap > 0, gap, 1.0)
        found[:, k] = z[rows, after - 1] + part * (z[rows, after] - z[rows, after - 1])
    below: Floats = special.ndtr(found)
    return below
