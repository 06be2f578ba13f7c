"""The objective of variational regression, its slopes, and where it has its optimum.

**The objective.** Two networks give mean and variance of y given x. As tutorials on variational inference from scratch
have it, q(y | x) = N(mu(x), v(x)) is called the variational distribution, and each row is scored by

    J = log N(y | mu, v) - w (log q(f | x) - log N(f | 0, p^2)),    f = mu + sqrt(v) e,  e ~ N(0, 1)

whose mean over e is `log N(y | mu, v) - w KL(q || N(0, p^2))`. The draw f carries the slopes (reparameterisation).
Scoring y around the draw, `log N(y | f, v)`, is the same objective with more noise: its mean over e is lower by 1/2,
whatever mu and v are. With w = 1 this is the objective of the tutorials.

**Its optimum.** Let y have mean m and variance s^2 at some x. Networks that can take any value there end where

    mu = m / (1 + w v / p^2)                                   the curve, shrunk
    w v^2 / p^2 + (1 - w) v = s^2 + (m - mu)^2                 the variance of q

- w = 1: `v = p sqrt(s^2 + (m - mu)^2)`. The entropy of q cancels the log variance of the likelihood, so that v is a
  geometric mean of prior and noise: around m = 0 the sd of q is `sqrt(p s)`. It is the noise only where p = s. As p
  grows the curve is recovered and v goes beyond all bounds; as p falls the curve is flat.
- w = 0: `mu = m, v = s^2`, maximum likelihood.
- small w: `mu = m (1 - w s^2 / p^2)` and `v = s^2 (1 + w (1 - s^2 / p^2))`, both to first order in w.

So neither noise nor curve is recovered with w = 1, whatever p is. Here w is one over the number of training rows: the
prior counts as one row, not as one row for each row. With p as large as the response, noise and curve are then off by
less than one part in the number of rows, which is far less than what rows of that number leave open.

**What it is not.** With a likelihood whose parameters are those of q, J bounds no evidence, and q is no posterior of
anything that is hidden: it is a model of the noise. What rows leave open about the *weights* is in neither network, so
that the bands do not widen where there are no rows. A Bayesian network (`forecaster.families.network`) is for that.
(With a fixed likelihood `N(y | f, s^2)` it would be the ELBO of a hidden f, and v would be `1 / (1 / s^2 + 1 / p^2)`
at every x: a constant that no data move.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Objective:
    """The constants of the objective.

    Attributes:
        prior_scale: p, in units of the response.
        prior_weight: w; None for one over the number of training rows, 0 for maximum likelihood, 1 as in the tutorials.
    """

    prior_scale: float
    prior_weight: float | None = None

    def weight(self, rows: int) -> float:
        """W of a fit with this number of training rows."""
        return 1 / rows if self.prior_weight is None else self.prior_weight

    def optimum(self, mean: float, sd: float, rows: int) -> tuple[float, float]:
        """Mean and standard deviation of q at the optimum, where the response has this mean and sd.

        With u = w v / p^2 both conditions are a quartic in u; of its positive roots the one with the highest objective.

        >>> mu, sd = Objective(prior_scale=4.0, prior_weight=1.0).optimum(mean=0.0, sd=1.0, rows=100)
        >>> mu, round(sd, 6)
        (0.0, 2.0)
        >>> mu, sd = Objective(prior_scale=4.0).optimum(mean=2.0, sd=1.0, rows=1000)
        >>> round(mu, 4), round(sd, 4)
        (1.9999, 1.0005)
        """
        w, prior = self.weight(rows), self.prior_scale**2
        if w == 0:
            return mean, sd
        left = np.polymul([prior / w, (1 - w) * prior / w, -(sd**2)], [1.0, 2.0, 1.0])
        roots = np.roots(np.polysub(left, [mean**2, 0.0, 0.0]))
        u = roots.real[(abs(roots.imag) < 1e-9 * abs(roots)) & (roots.real > 0)]
        v, mu = u * prior / w, mean / (1 + u)
        objective = -(1 - w) * np.log(v) - (sd**2 + (mean - mu) ** 2) / v - w * (v + mu**2) / prior
        best = int(np.argmax(objective))
        return float(mu[best]), float(np.sqrt(v[best]))


def slopes(out: Tensor, y: Tensor, e: Tensor, prior: Tensor) -> Tensor:
    """Slopes of minus the mean objective by mean and log variance: `(2 fits, rows)` of `out (fits, 2, rows)`.

    `e (draws, fits, rows)` are the draws' noise, `prior (fits, 1)` is w; all in units of the prior scale.
    """
    mean, log_variance = out.unbind(1)
    error, sd = y - mean, (log_variance / 2).exp()
    z = error / (sd * sd)
    by_mean, by_log = -z, 0.5 - 0.5 * z * error
    for one in e:  # of w (log q(f) - log prior(f)) = w (-log_variance / 2 - e^2 / 2 + f^2 / 2)
        f = mean + sd * one
        by_mean = by_mean + prior / len(e) * f
        by_log = by_log + prior / len(e) * (0.5 * f * sd * one - 0.5)
    return torch.stack([by_mean, by_log], 1).flatten(0, 1) / y.shape[1]


def losses(out: Tensor, y: Tensor, weight: float) -> Tensor:
    """Minus the objective of each row `(rows,)`, nats, its mean over f in closed form; in units of the prior scale.

    `out (2, rows)` are mean and log variance, `y (rows,)` the responses, `weight` is w.
    """
    mean, log_variance = out
    variance = log_variance.exp()
    likelihood = 0.5 * (log_variance + (y - mean) ** 2 / variance + np.log(2 * np.pi))
    found: Tensor = likelihood + weight * 0.5 * (variance + mean**2 - 1 - log_variance)
    return found
