"""Regressions as people bring them: columns in units of their own, not centred, some nearly the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, eq=False)
class Problem:
    """One regression.

    Attributes:
        x: `(rows, columns)`.
        y: `(rows,)`.
        noise: The errors' standard deviation.
        intercept_scale: Prior standard deviation of the intercept.
        weight_scale: The same of every weight.
    """

    x: np.ndarray
    y: np.ndarray
    noise: float
    intercept_scale: float
    weight_scale: float

    @property
    def sd(self) -> np.ndarray:
        """Prior standard deviations, intercept first."""
        return np.r_[self.intercept_scale, np.full(self.x.shape[1], self.weight_scale)]


def problem(seed: int, most: int = 30, fewest: int = 1) -> Problem:
    """Units up to 1e4 apart, means up to fifty sd from zero, correlations up to .999, at least three rows a column."""
    rng = np.random.default_rng(seed)
    wide = int(rng.integers(fewest, most + 1))
    rows = int(np.exp(rng.uniform(np.log(max(30, 3 * wide)), np.log(5000))))
    near = 1 - 10 ** rng.uniform(-3, 0)
    apart = np.abs(np.subtract.outer(np.arange(wide), np.arange(wide)))
    correlation = (np.where(apart > 0, near, 1.0), near**apart, np.eye(wide))[rng.integers(3)]
    x = rng.standard_normal((rows, wide)) @ np.linalg.cholesky(correlation).T
    unit = 10 ** rng.uniform(-2, 2, wide)
    x = (x + rng.standard_normal(wide) * 10 ** rng.uniform(-1, 1.7, wide)) * unit
    weight_scale, intercept_scale = 10 ** rng.uniform(-1, 1.5), 10 ** rng.uniform(0, 2)
    weights = rng.standard_normal(wide) * (weight_scale if rng.random() < 0.5 else 1 / unit)
    noise = 10 ** rng.uniform(-1, 1) * (1.0 if rng.random() < 0.5 else max(np.std(x @ weights), 1e-3))
    y = rng.standard_normal() * intercept_scale + x @ weights + noise * rng.standard_normal(rows)
    return Problem(x, y, noise, intercept_scale, weight_scale)


def alike(seeds: Sequence[int], columns: int) -> list[Problem]:
    """Such designs of so many columns under one prior and errors of sd 1, which can be fitted together."""
    found = []
    for seed in seeds:
        x, rng = problem(seed, columns, columns).x, np.random.default_rng(seed)
        found.append(Problem(x, 3 + x @ rng.standard_normal(columns) + rng.standard_normal(len(x)), 1.0, 30.0, 3.0))
    return found


def exact(of: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means and sd of the coefficients under the known noise, intercept first.

    By orthogonal triangles: the formula with the inverse of X'X has no digits left on such columns.
    """
    ones = np.c_[np.ones(len(of.x)), of.x]
    turned, upper = np.linalg.qr(np.r_[ones / of.noise, np.diag(1 / of.sd)])
    back = np.linalg.inv(upper)
    return back @ (turned.T @ np.r_[of.y / of.noise, np.zeros(len(of.sd))]), np.sqrt((back**2).sum(1))


def with_learnt_noise(of: Problem, centre: float = -0.2, spread: float = 0.7) -> tuple[np.ndarray, np.ndarray]:
    """The same where the noise is learnt under LogNormal(centre, spread), the noise itself last.

    Given the noise all is conjugate; what is left is one integral over its logarithm.
    """

    def at(log_noise: float) -> tuple[float, np.ndarray, np.ndarray]:
        rows = np.r_[np.c_[np.ones(len(of.x)), of.x] / np.exp(log_noise), np.diag(1 / of.sd)]
        turned, upper = np.linalg.qr(rows)
        right = np.r_[of.y / np.exp(log_noise), np.zeros(len(of.sd))]
        along = turned.T @ right
        back = np.linalg.inv(upper)
        evidence = -len(of.y) * log_noise - np.log(abs(np.diag(upper))).sum() - (right @ right - along @ along) / 2
        return evidence - ((log_noise - centre) / spread) ** 2 / 2, back @ along, (back**2).sum(1)

    coarse = np.linspace(-8, 12, 401)
    peak = coarse[np.argmax([at(value)[0] for value in coarse])]
    grid = np.linspace(peak - 1.5, peak + 1.5, 301)
    evidence, means, variances = (np.array(part) for part in zip(*map(at, grid), strict=True))
    weight = np.exp(evidence - evidence.max())
    weight /= weight.sum()
    each = np.c_[means, np.exp(grid)]
    mean = weight @ each
    spread_of = weight @ (np.c_[variances, np.zeros(len(grid))] + (each - mean) ** 2)
    return mean, np.sqrt(spread_of)
