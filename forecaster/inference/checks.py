"""What fresh draws of a trained guide tell about it: does it cover the posterior, do twins agree, what was learnt?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from pyro import poutine
from torch.distributions import constraints

from forecaster.inference import order, psis
from forecaster.inference.laplace import spreads
from forecaster.inference.noise import BLOCK, TWINS, Noise, Purpose
from forecaster.inference.sites import of_fits, unconstrained
from forecaster.inference.svi import log_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from forecaster.floats import Floats
    from forecaster.inference.batch import Batch
    from forecaster.inference.guide import Guide
    from forecaster.inference.sites import Program

    Proposals = Iterator[tuple[Tensor, dict[str, Tensor]]]

PRIOR_DRAWS = 2000


@dataclass(frozen=True, eq=False)
class Checks:
    """Of many fits.

    Attributes:
        elbo: Mean log importance weight of each twin, over all rows, in nats `(twins, fits)`.
        k_hat: Pareto shape of the importance weights `(fits,)`, see `psis`.
        disagreement: Largest difference of twins' means, in posterior sd `(fits,)`.
        contraction: One minus posterior variance in parts of prior variance, of each site `(fits, *site shape)`.
        losses: Minus the ELBO as each block of draws tells it `(fits, blocks)`, in nats.
        spread: Standard deviation of the guide in parts of that which curvature at its mean tells, of each site in
            unconstrained numbers `(fits, *site shape)`; empty where the batch knows no axes.
    """

    elbo: Floats
    k_hat: Floats
    disagreement: Floats
    contraction: dict[str, Floats]
    losses: Floats
    spread: dict[str, Floats]


def check(batch: Batch, drawn: Proposals) -> Checks:
    """Judges every fit's guide by draws of it; called without gradients."""
    weights, meanings, moments = [], [], []
    for weight, values in drawn:
        weights.append(weight)
        meanings.append(batch.meaning(values))
        moments.append(_moments(unconstrained(batch.sites, values)))
    prior = _prior_variance(batch)
    variance = {name: _variance([of[name] for of in moments]) for name in prior}
    mean = {name: order.mean(torch.stack([of[name][0] for of in moments])) for name in prior}
    each = torch.cat(weights)
    return Checks(
        elbo=order.mean(each).double().cpu().numpy(),
        k_hat=psis.k_hat(each.flatten(0, 1).T.contiguous().double().cpu().numpy()),
        disagreement=_disagreement(torch.cat(meanings)).double().cpu().numpy(),
        contraction={name: (1 - variance[name] / prior[name]).cpu().numpy() for name in prior},
        losses=-torch.stack([order.mean(block.flatten(0, 1)) for block in weights], 1).double().cpu().numpy(),
        spread=_spread(batch, mean, variance),
    )


def proposals(model: Program, guide: Guide, seeds: Sequence[int], count: int) -> Proposals:
    """The guide's draws for checks, so many of each fit, the same at every call, a block at a time.

    Yields:
        Log importance weights `(draws, twins, fits)` and values `(draws, twins, fits, 1, *site shape)`.
    """
    noise = Noise(seeds, guide.numbers, Purpose.CHECKS)
    for _ in range(count // (TWINS * BLOCK)):
        yield log_weights(model, guide, noise.draw(BLOCK))


def _moments(values: dict[str, Tensor]) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and mean square of each site's draws, float64: a draw of many networks is too big to be kept."""
    flat = {name: of_fits(value).double() for name, value in values.items()}
    return {name: (order.mean(value), order.mean(value.square())) for name, value in flat.items()}


def _variance(moments: list[tuple[Tensor, Tensor]]) -> Tensor:
    mean, square = (order.mean(torch.stack(part)) for part in zip(*moments, strict=True))
    return (square - mean.square()).clamp(min=0.0)


def _spread(batch: Batch, mean: dict[str, Tensor], variance: dict[str, Tensor]) -> dict[str, Floats]:
    """Of guides of these means and variances by site `(fits, *site shape)`."""
    if (axes := batch.coordinates) is None:
        return {}
    sites, fits = batch.sites, len(batch)
    middle, sd = (torch.cat([of[site.name].reshape(fits, -1) for site in sites], 1) for of in (mean, variance))
    ratio = sd.sqrt() / spreads(batch.model(torch.float64), sites, axes, middle)
    parts = ratio.split([site.size for site in sites], 1)
    return {site.name: part.reshape(fits, *site.shape).cpu().numpy() for site, part in zip(sites, parts, strict=True)}


def _disagreement(meanings: Tensor) -> Tensor:
    """Largest difference of twins' means in their common sd `(fits,)`, of `(draws, twins, fits, quantities)`."""
    means = order.mean(meanings)
    spread = order.mean((meanings - means).square()) * len(meanings) / (len(meanings) - 1)
    sd = spread.mean(0).sqrt()  # of two: in either order the same
    apart = (means[0] - means[1]).abs() / sd
    return torch.where(sd > 0, apart, torch.zeros_like(apart)).amax(-1)


def _prior_variance(batch: Batch) -> dict[str, Tensor]:
    """Of each site in unconstrained numbers, `(*site shape)`; one prior serves all fits.

    That of a real site is known: drawn, it would be rounded by what its mean is.
    """
    nodes: Any = poutine.trace(batch.take([0]).model(torch.float32)).get_trace(None).nodes
    drawn = {
        site.name: nodes[site.name]["fn"].sample((PRIOR_DRAWS,))
        for site in batch.sites
        if site.support is not constraints.real
    }
    told = {name: value[:, 0, 0].var(0) for name, value in unconstrained(batch.sites, drawn).items()}
    return {site.name: told.get(site.name, nodes[site.name]["fn"].variance[0, 0]) for site in batch.sites}
