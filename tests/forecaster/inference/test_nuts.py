"""NUTS finds posteriors that are known exactly, says where its chains have not met, and leaves nothing behind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyro
import pyro.distributions as dist
import pytest
import torch

from forecaster.families.exact import gaussian_posterior
from forecaster.families.linear import Prior, Regressions
from forecaster.inference.coordinates import Coordinates
from forecaster.inference.nuts import Plan, Sampled, prior_sd, sample
from forecaster.inference.sites import Site

if TYPE_CHECKING:
    from collections.abc import Callable

NOISE, WIDTH = 0.7, 0.5
KNOWN = Prior(WIDTH, WIDTH, noise_scale=NOISE)
BRIEF = Plan(chains=3, warmup=150, draws=300)


def data(seed: int, rows: int = 80, features: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Correlated features and a planted slope."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 1)) + rng.standard_normal((rows, features))
    return x, 0.2 + x @ np.array([0.3, -0.2, 0.0]) + rng.normal(0, NOISE, rows)


def batch(prior: Prior, *seeds: int) -> Regressions:
    pairs = [data(seed) for seed in seeds]
    x, y = (tuple(torch.tensor(pair[part]) for pair in pairs) for part in (0, 1))
    return Regressions(x, y, tuple(part[:, :0] for part in x), prior, "full_rank")


def errors(sampled: Sampled, seed: int) -> np.ndarray:
    """Misses of the exact posterior's means and sds, in Monte Carlo standard errors: `(2, latents)`."""
    x, y = data(seed)
    truth = gaussian_posterior(np.c_[np.ones(len(y)), x], y, NOISE, WIDTH)
    draws = np.c_[sampled.draws["intercept"], sampled.draws["weights"]]
    count = np.r_[sampled.effective["intercept"], sampled.effective["weights"]]
    # Squares mix more slowly than the draws themselves; half as many are counted for the spread.
    return np.stack(
        [
            abs(draws.mean(0) - truth.mean) / truth.sd * np.sqrt(count),
            abs(draws.std(0) / truth.sd - 1) * np.sqrt(count),
        ]
    )


@pytest.fixture(scope="module")
def sampled() -> Sampled:
    return sample(batch(KNOWN, 0), seed=0, plan=BRIEF)


def test_the_exact_posterior_is_found(sampled: Sampled) -> None:
    """Means and spreads within four Monte Carlo standard errors: one false alarm in 2,000 runs of these eight."""
    assert errors(sampled, seed=0).max() < 4
    assert sampled.reason == ""


def test_the_posterior_of_other_data_is_another(sampled: Sampled) -> None:
    """The control of the test above: the same chains, held against data that they have not seen."""
    assert errors(sampled, seed=1)[0].max() > 10


def test_draws_have_the_shapes_of_an_svi_fit_in_doubles_and_prior_widths_are_those_of_the_program() -> None:
    heavy = batch(Prior(0.3, 0.05, "student_t"), 0)
    short = sample(heavy, seed=0, plan=Plan(chains=2, warmup=20, draws=30))
    shapes = {"intercept": (60,), "weights": (60, 3), "noise_scale": (60,), "df_excess": (60,)}
    assert {name: tuple(value.shape) for name, value in short.draws.items()} == shapes
    assert {value.dtype for value in short.draws.values()} == {torch.float64}
    assert (short.draws["noise_scale"] > 0).all()
    widths = prior_sd(heavy)
    assert {name: value.shape for name, value in widths.items()} == {name: shape[1:] for name, shape in shapes.items()}
    lognormal = 5 * np.exp(0.7**2 / 2) * np.sqrt(np.exp(0.7**2) - 1)
    assert widths["intercept"] == pytest.approx(0.3)
    assert widths["weights"] == pytest.approx(0.05)
    assert widths["df_excess"] == pytest.approx(lognormal)


def test_a_seed_gives_the_same_chains_and_nothing_is_left_behind() -> None:
    few = Plan(chains=2, warmup=10, draws=10)
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first = sample(batch(KNOWN, 0), seed=3, plan=few)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() == torch.float32
    assert len(pyro.get_param_store()) == 0
    torch.rand(7)
    again, other = sample(batch(KNOWN, 0), seed=3, plan=few), sample(batch(KNOWN, 0), seed=4, plan=few)
    assert torch.equal(first.draws["weights"], again.draws["weights"])
    assert not torch.equal(first.draws["weights"], other.draws["weights"])
    assert not torch.equal(first.draws["weights"][:10], first.draws["weights"][10:])


def test_progress_is_told_to_its_end() -> None:
    told: list[tuple[object, ...]] = []
    sample(batch(KNOWN, 0), seed=0, plan=Plan(chains=2, warmup=5, draws=10), tell=lambda *step: told.append(step))
    assert told == [("NUTS", step, 30) for step in range(1, 31)]


def test_several_fits_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a batch of one fit, not of 2"):
        sample(batch(KNOWN, 0, 1), seed=0)


@dataclass(frozen=True)
class Hills:
    """A posterior with as many hills as there are places, too far apart to walk between."""

    places: tuple[float, ...]

    @property
    def sites(self) -> tuple[Site, ...]:
        return (Site("place"),)

    @property
    def coordinates(self) -> Coordinates:
        return Coordinates(torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 1, 1, dtype=torch.float64))

    def __len__(self) -> int:
        """One fit."""
        return 1

    def outside(self, draws: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return draws

    def model(self, dtype: torch.dtype) -> Callable[..., None]:
        centres = torch.tensor(self.places, dtype=dtype)

        def program(_rows: torch.Tensor | None = None) -> None:
            with pyro.plate("fits", 1, dim=-2):
                place = pyro.sample("place", dist.Normal(0.0, 30.0).expand([1, 1]))
                pyro.factor("hills", -(place[..., None] - centres).square().min(-1)[0] / 2)

        return program


def test_chains_that_have_not_met_say_so() -> None:
    """Two hills, and one as the control."""
    assert "the chains have not converged: R-hat is" in sample(Hills((-20.0, 20.0)), seed=2, plan=BRIEF).reason
    assert sample(Hills((20.0,)), seed=2, plan=BRIEF).reason == ""


def test_latents_of_very_different_widths_are_walked_together() -> None:
    """Widths 300 times apart: steps short enough for one would never get anywhere with the other.

    Sites are packed in another order than Pyro's. Stopped after 30 steps, the same chains have not met.
    """
    x, y = data(0)
    uneven = Regressions(
        (torch.tensor(x * [30.0, 1.0, 0.1]),),
        (torch.tensor(y),),
        (torch.zeros(80, 0, dtype=torch.float64),),
        Prior(0.3, 0.5, "student_t"),
        "full_rank",
    )
    assert [site.name for site in uneven.sites] != sorted(site.name for site in uneven.sites)
    assert sample(uneven, seed=0, plan=BRIEF).reason == ""
    assert sample(uneven, seed=0, plan=Plan(chains=3, warmup=10, draws=20)).reason != ""


def test_too_few_draws_say_so() -> None:
    assert ", fewer than 200" in sample(batch(KNOWN, 0), 0, Plan(chains=2, warmup=40, draws=30)).reason


def test_a_chain_that_never_moved_says_so(sampled: Sampled) -> None:
    """Its R-hat is no number, wherever it stands among the others."""
    for stuck in sampled.r_hat:
        still = {**sampled.r_hat, stuck: np.full_like(sampled.r_hat[stuck], np.nan)}
        assert "R-hat is nan" in replace(sampled, r_hat=still).reason
