"""How far a row lies from others, in units of their shrunken covariance: the distance of Mahalanobis.

Columns are standardised. Their covariance is drawn towards a multiple of the identity by as much as Ledoit and Wolf
(2004, doi:10.1016/S0047-259X(03)00096-4) estimate to be best, so that it can be inverted however few the rows are:

    distance(x)^2 = (x - m)' C^-1 (x - m),    C = (1 - a) S + a tr(S) / p I

A row that the mean and the covariance were estimated from lies closer to them than a new one would. Each is therefore
measured as if it had been left out, which a formula for one row less gives without estimating anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from forecaster.floats import Floats


@dataclass(frozen=True, eq=False)
class Mahalanobis:
    """Distances from some rows.

    Attributes:
        mean: Of the columns `(columns,)`.
        sd: Their standard deviations `(columns,)`, 1 where one never changes.
        precision: Inverse of the shrunken covariance of standardised columns `(columns, columns)`.
        own: Half the squared distance of each of the rows from the others, in rising order `(rows,)`.
    """

    mean: Floats
    sd: Floats
    precision: Floats
    own: Floats

    def below(self, row: Floats) -> int:
        """How many of the rows lie closer to the others than this one `(columns,)` does."""
        apart = self._standard(row)
        return int(self.own.searchsorted(apart @ self.precision @ apart / 2))

    def parts(self, row: Floats) -> Floats:
        """By how much half the squared distance would fall, had each input its expected value given the others."""
        pull: Floats = self.precision @ self._standard(row)
        part: Floats = pull**2 / self.precision.diagonal() / 2
        return part

    def _standard(self, row: Floats) -> Floats:
        apart: Floats = (row - self.mean) / self.sd
        return apart


def mahalanobis(rows: Floats) -> Mahalanobis:
    """Learns the distance from rows `(rows, columns)`, at least two.

    >>> rows = np.random.default_rng(0).normal(size=(99, 2)) @ [[1.0, 0.9], [0.0, 0.4]]
    >>> distance = mahalanobis(rows)
    >>> distance.below(np.array([2.0, 2.0])) < distance.below(np.array([2.0, -2.0]))
    True
    """
    count = len(rows)
    mean, spread = rows.mean(0), rows.std(0)
    sd = np.where(spread > 0, spread, 1.0)
    apart = (rows - mean) / sd
    covariance = apart.T @ apart / count
    shrunk = shrinkage(apart, covariance)
    size = covariance.shape[0]
    core = shrunk * np.trace(covariance) / size * np.eye(size)
    # Without a row of distance u from the mean, S becomes n / (n - 1) S - n / (n - 1)^2 u u'.
    grown, less = count / (count - 1), (1 - shrunk) * count / (count - 1) ** 2
    without = np.linalg.inv((1 - shrunk) * grown * covariance + core)
    within = np.einsum("ij,jk,ik->i", apart, without, apart)
    own = grown**2 * within / (1 - less * within) / 2
    return Mahalanobis(mean, sd, np.linalg.inv((1 - shrunk) * covariance + core), np.sort(own))


def shrinkage(apart: Floats, covariance: Floats) -> float:
    """How far the covariance `(columns, columns)` of centred rows is drawn towards a multiple of the identity, 0 to 1.

    The mean squared error of the covariance, as its rows tell it, in parts of its distance from that multiple.
    """
    count, size = apart.shape
    error = ((apart**2).T @ (apart**2) / count - covariance**2).sum() / count
    distance = (covariance**2).sum() - np.trace(covariance) ** 2 / size
    return float(min(1.0, error / distance)) if distance > 0 else 1.0
