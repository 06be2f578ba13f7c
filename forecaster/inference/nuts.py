"""The posterior of a single fit by NUTS: slow, without a guide, and so what SVI can be held against.

The No-U-Turn sampler (Hoffman and Gelman 2014, JMLR 15:1593) walks along the same Pyro program that SVI trains. It has
its own doubts, and says them: chains that started apart must have met (split R-hat; Gelman et al. 2013, Bayesian Data
Analysis, section 11.4), their draws must be worth enough independent ones (section 11.5), and none may have diverged.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from pyro import poutine
from pyro.infer import HMC, MCMC, NUTS
from pyro.infer.autoguide.initialization import init_to_sample
from pyro.infer.mcmc.adaptation import BlockMassMatrix
from pyro.ops.stats import effective_sample_size, split_gelman_rubin

from forecaster.inference.isolation import isolated
from forecaster.inference.laplace import laplace
from forecaster.inference.sites import packed_size
from forecaster.progress import quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from forecaster.floats import Floats
    from forecaster.inference.batch import Batch
    from forecaster.inference.coordinates import Coordinates
    from forecaster.progress import Tell


R_HAT = 1.01
"""The largest split R-hat of chains that have met (Vehtari et al. 2021, doi:10.1214/20-BA1221)."""

EFFECTIVE = 100
"""Fewest effective draws a chain that means and spreads may rest on (the same)."""

DENSE = 100
"""Most latents whose covariance at the mode is the sampler's metric; above, it learns a variance of each."""

KERNELS: dict[str, Callable[..., Any]] = {
    "nuts": NUTS,
    "hmc": partial(HMC, trajectory_length=2.0, target_accept_prob=0.9),
}
"""How a chain moves. A path of plain HMC has one length: under the metric a posterior is nearly round, and a quarter of
a turn, pi / 2, forgets where it began; Pyro's own default, a whole turn, would lead back there. Pyro rounds the number
of steps of a path down, so that it is a little shorter than asked for; short steps lose less of it."""


@dataclass(frozen=True)
class Plan:
    """How long to walk.

    Attributes:
        chains: One after another, each from a draw of the prior of its own.
        warmup: Steps that learn step size and scales, not kept.
        draws: Kept of each chain.
        kernel: `nuts`, or `hmc` for paths of one length (Neal 2011, arXiv:1206.1901).
        compiled: Whether the program is traced once. That of `families.regimes` fails when it is: say False there.
    """

    chains: int = 4
    warmup: int = 300
    draws: int = 400
    kernel: Literal["nuts", "hmc"] = "nuts"
    compiled: bool = True


@dataclass(frozen=True, eq=False)
class Sampled:
    """What the chains found.

    Attributes:
        draws: Posterior draws of each latent site, `(chains * draws, *site shape)`, float64, chain after chain.
        r_hat: Split R-hat of each site `(*site shape)`; NaN where a chain never moved.
        effective: Effective draws of each site, all chains together `(*site shape)`.
        chains: How many there were.
        divergences: Kept draws that a diverging trajectory gave.
    """

    draws: dict[str, Tensor]
    r_hat: dict[str, Floats]
    effective: dict[str, Floats]
    chains: int
    divergences: int

    @property
    def reason(self) -> str:
        """Why the chains are not to be trusted; empty where nothing speaks against them."""
        apart = np.concatenate([value.ravel() for value in self.r_hat.values()]).max()
        few = np.concatenate([value.ravel() for value in self.effective.values()]).min()
        said = []
        if not apart <= R_HAT:
            said.append(f"the chains have not converged: R-hat is {apart:.3f}, above {R_HAT}")
        if not few >= EFFECTIVE * self.chains:
            said.append(f"the effective number of draws is only {few:.0f}, fewer than {EFFECTIVE * self.chains}")
        if self.divergences:
            said.append(f"{self.divergences} trajectories diverged")
        return "; ".join(said)


def sample(batch: Batch, seed: int, plan: Plan | None = None, tell: Tell = quiet) -> Sampled:
    """Draws from the posterior of a batch of one.

    Args:
        batch: Data and prior of one fit.
        seed: The same seed gives the same draws, bit for bit on one machine.
        plan: How long to walk.
        tell: Told how far it is.

    Raises:
        ValueError: Where the batch holds another number of fits than one.
    """
    if len(batch) != 1:
        raise ValueError(f"NUTS takes a batch of one fit, not of {len(batch)}: use batch.take([i])")
    plan = plan or Plan()
    length = plan.warmup + plan.draws
    seeds = np.random.SeedSequence(seed).generate_state(plan.chains).tolist()
    axes = batch.coordinates
    metric = _Metric(batch, axes) if axes and packed_size(batch.sites) <= DENSE else None
    walks = [
        _walk(
            batch, own, plan, metric, partial(_tell_on, tell, plan.kernel.upper(), place * length, plan.chains * length)
        )
        for place, own in enumerate(seeds)
    ]
    sites = {name: torch.stack([draws[name] for draws, _ in walks]) for name in walks[0][0]}
    return Sampled(
        draws={name: value.flatten(0, 1) for name, value in sites.items()},
        r_hat={name: _array(split_gelman_rubin(value)) for name, value in sites.items()},
        effective={name: _array(effective_sample_size(value)) for name, value in sites.items()},
        chains=plan.chains,
        divergences=sum(count for _, count in walks),
    )


def _tell_on(tell: Tell, kernel: str, before: int, total: int, step: int) -> None:
    tell(kernel, before + step, total)


class _Metric(BlockMassMatrix):
    """The metric of few latents: their covariance at the mode, by Laplace, in place of one learnt on the way.

    A metric decides how far a step may go, not where chains end. Learnt from the identity it cost nine of ten steps.
    """

    def __init__(self, batch: Batch, axes: Coordinates) -> None:
        """Finds the mode of a batch of one along these axes, and the covariance there."""
        super().__init__()
        with _in_doubles():
            root = laplace(batch.model(torch.float64), batch.sites, axes).spread[0]
        places = torch.arange(len(root)).split([site.size for site in batch.sites])
        self._places = {site.name: place for site, place in zip(batch.sites, places, strict=True)}
        self._covariance = root @ root.mT

    def configure(self, mass_matrix_shape: Any, adapt_mass_matrix: bool = False, options: Any = None) -> None:  # noqa: ANN401  # Pyro's signature
        """Before each chain, in the order in which Pyro has the sites."""
        super().configure(mass_matrix_shape, adapt_mass_matrix, options)
        for names in mass_matrix_shape:
            order = torch.cat([self._places[name] for name in names])
            self.inverse_mass_matrix = {names: self._covariance[order][:, order]}


def _walk(
    batch: Batch, seed: int, plan: Plan, metric: _Metric | None, count: Callable[[int], None]
) -> tuple[dict[str, Tensor], int]:
    """One chain: draws of each site `(draws, *site shape)`, and how many diverged."""
    steps = iter(range(1, plan.warmup + plan.draws + 1))
    with isolated(seed), _in_doubles():
        # Pyro has no other compiler; the isolation takes the filter away again.
        warnings.filterwarnings("ignore", message=".*torch.jit.* is deprecated", category=DeprecationWarning)
        kernel = KERNELS[plan.kernel](
            batch.model(torch.float64),
            init_strategy=init_to_sample,
            full_mass=metric is not None,
            adapt_mass_matrix=metric is None,
            jit_compile=plan.compiled,  # the program is run some ten thousand times: traced once, it takes half as long
            ignore_jit_warnings=True,
        )
        if metric is not None:
            kernel.mass_matrix_adapter = metric
        chain = MCMC(kernel, plan.draws, plan.warmup, hook_fn=lambda *_: count(next(steps)), disable_progbar=True)
        chain.run()
        diverged = len(chain.diagnostics()["divergences"]["chain 0"])
    draws = {name: value.reshape(plan.draws, 1, *value.shape[3:]) for name, value in chain.get_samples().items()}
    return {name: value[:, 0] for name, value in batch.outside(draws).items()}, diverged


def prior_sd(batch: Batch) -> dict[str, Floats]:
    """Standard deviation of each latent site before the data `(*site shape)`, of the first fit of a batch."""
    with isolated(0), _in_doubles():
        trace: Any = poutine.trace(batch.take([0]).model(torch.float64)).get_trace()
    named = {site.name for site in batch.sites}
    latent = {name: site for name, site in trace.nodes.items() if name in named}
    return {name: _array(site["fn"].variance.sqrt().reshape(site["value"].shape[2:])) for name, site in latent.items()}


def _array(value: Any) -> Floats:  # noqa: ANN401  # Pyro is not annotated
    result: Floats = value.double().numpy()
    return result


@contextmanager
def _in_doubles() -> Iterator[None]:
    """Where a program leaves the precision of a prior open, it is float64, as the data are."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
