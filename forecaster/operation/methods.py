"""The posterior of one fit by every method that there is, and maximum likelihood beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import ForecasterError
from forecaster.inference import nuts
from forecaster.inference.maximum_likelihood import maximum_likelihood

if TYPE_CHECKING:
    from forecaster.floats import Floats
    from forecaster.inference.study import Around
    from forecaster.operation.study import Opened
    from forecaster.progress import Tell


@dataclass(frozen=True, eq=False)
class Method:
    """What one method says of all latents.

    Attributes:
        mean: `(latents,)`; of maximum likelihood the place of the maximum.
        sd: `(latents,)`; NaN where it gives none.
        reason: Why it is not to be trusted, or has no answer, empty where nothing speaks against it.
    """

    mean: Floats
    sd: Floats
    reason: str


def by_methods(opened: Opened, tell: Tell, plan: nuts.Plan | None = None) -> tuple[list[str], dict[str, Method]]:
    """The names of the latents, and what each method makes of them.

    Args:
        opened: A fit.
        tell: Told how far the sampling is.
        plan: How long chains are; as NUTS alone takes where None.

    Raises:
        ForecasterError: Where the latents of the model have no meaning one by one, so that there is nothing to compare.
    """
    study, names = opened.study, list[str]()
    if not study.single:
        raise ForecasterError(
            f"{opened.model} has hidden units whose order means nothing, so that methods cannot be compared latent by "
            "latent: choose --model bayesian_linear, or look at --importance or --checks"
        )
    found = {}
    tell("maximum likelihood")
    best = maximum_likelihood(study.batch)
    found["maximum likelihood"] = _around(opened, best.around, best.reason)
    for guide in dict.fromkeys(("laplace", study.guide)):
        tell(guide)
        proposal = opened.proposal(guide)
        draws = opened.named(proposal.draws)[1]
        said = "" if proposal.reliable else f"the guide does not cover the posterior: k-hat is {proposal.k_hat:.2f}"
        found[guide] = Method(draws.mean(0), draws.std(0, ddof=1), said)
    if study.exact:
        found["exact"] = _around(opened, study.exact(), "")
    for kernel in ("nuts", "hmc"):
        usual = plan or nuts.Plan()
        walk = nuts.Plan(usual.chains, usual.warmup, usual.draws, kernel)
        sampled = nuts.sample(study.batch, opened.seed, walk, tell)
        names, draws = opened.named({name: value.numpy() for name, value in sampled.draws.items()})
        found[kernel] = Method(draws.mean(0), draws.std(0, ddof=1), sampled.reason)
    return names, found


def _around(opened: Opened, around: Around, reason: str) -> Method:
    """A point and what moves of it say, in the units of the latents."""
    twice = {name: np.stack([value, value]) for name, value in around.point.items()}
    mean = opened.named(twice)[1][0]
    up, down = (opened.named(part)[1] for part in (around.plus, around.minus))
    return Method(mean, np.sqrt(np.square((up - down) / (2 * around.part)).sum(0)), reason)
