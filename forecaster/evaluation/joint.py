"""Many tests on shared days: p-values that share one error rate, by how much the tests have in common.

Ten forecasters miss the same outcome together, so that a hundred tests of them are far fewer chances of a false alarm
than a hundred. Under the null a test's normal score is standard normal, and the scores of all tests are jointly normal
with the correlation of what each day adds to them. The adjusted p of a test is how often the least p of all would be as
small (the single-step correction of Westfall and Young; with a joint normal law, Conneely and Boehnke 2007,
doi:10.1086/522036). Bonferroni's correction is never exceeded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS = 9999
SEED = 20261201
"""Fixed: the same scores have the same p-values for ever."""


def joint(p: NDArray[np.float64], parts: NDArray[np.float64], one_sided: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Adjusted p-values `(tests,)`: those below a level are claims of which any is wrong no more often than it says.

    Args:
        p: `(tests,)`, each uniform under its null.
        parts: What each day adds to each statistic, `(days, tests)`, zero on days that a test does not see, so signed
            that large sums are against the null of a test with one side.
        one_sided: `(tests,)`, whether only large values are against the null.
    """
    if not p.size:
        return p
    length = np.sqrt((parts**2).sum(0))
    unit = parts / np.where(length > 0, length, 1.0)
    values, vectors = np.linalg.eigh(unit.T @ unit)
    root = vectors * np.sqrt(values.clip(0))
    drawn = np.random.default_rng(SEED).standard_normal((DRAWS, p.size)) @ root.T
    least = np.full(DRAWS, 1.0)
    if one_sided.any():
        least = special.ndtr(-drawn[:, one_sided].max(1))
    if not one_sided.all():
        least = np.minimum(least, 2 * special.ndtr(-np.abs(drawn[:, ~one_sided]).max(1)))
    chances = (1 + np.searchsorted(np.sort(least), p, side="right")) / (1 + DRAWS)
    return np.minimum(np.minimum(np.maximum(chances, p), p.size * p), 1.0)
