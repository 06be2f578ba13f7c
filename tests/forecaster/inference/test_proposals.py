"""Importance sampling, maximum likelihood, NUTS and HMC against the exact posterior and each other; with controls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyro.distributions as dist
import pytest
import torch

from forecaster.families.linear import Prior, Regressions
from forecaster.families.replicated import conjugate
from forecaster.inference import guides, nuts, proposals, psis
from forecaster.inference.maximum_likelihood import maximum_likelihood
from forecaster.inference.proposals import Proposal, moments
from forecaster.inference.schedule import Schedule

RUGGED = Path(__file__).parents[4] / "shared" / "data" / "rugged.csv"
KNOWN = Prior(10.0, 1.0, noise_scale=0.9)
LEARNT = Prior(10.0, 1.0, noise_scale=dist.Uniform(0.0, 10.0))
FEW = Schedule(steps=120)
"""Steps that bring a guide that starts at the mode close enough for these tolerances."""


def study(seed: int = 2000, rows: int = 170) -> tuple[np.ndarray, np.ndarray]:
    """A stand-in for the study of nations: 9 - 1.8 group - 0.2 x + 0.4 group x, noise 0.9."""
    rng = np.random.default_rng(seed)
    group, x = rng.binomial(1, 0.3, rows).astype(float), rng.gamma(1.5, 0.9, rows)
    design = np.c_[group, x, group * x]
    return design, 9.0 + design @ [-1.8, -0.2, 0.4] + 0.9 * rng.standard_normal(rows)


def nations() -> tuple[np.ndarray, np.ndarray]:
    """Nunn and Puga's nations: Africa, ruggedness, their product; log income."""
    table = pd.read_csv(RUGGED, sep=";", encoding="latin1").dropna(subset=["rugged", "cont_africa", "rgdppc_2000"])
    africa, rugged = table["cont_africa"].to_numpy(float), table["rugged"].to_numpy(float)
    return np.c_[africa, rugged, africa * rugged], np.log(table["rgdppc_2000"].to_numpy())


def batch(data: tuple[np.ndarray, np.ndarray], prior: Prior, guide: str = "full_rank") -> Regressions:
    x, y = (torch.tensor(part) for part in data)
    return Regressions((x,), (y,), (x[:, :0],), prior, guide)


def coefficients(draws) -> np.ndarray:
    """`(draws, 4)`."""
    return np.column_stack([np.asarray(draws["intercept"]), np.asarray(draws["weights"])])


def guided(data: tuple[np.ndarray, np.ndarray], prior: Prior, guide: str) -> Proposal:
    usual = guides.load(guide).SCHEDULE
    schedule = replace(usual, steps=min(usual.steps, FEW.steps if guide != "custom" else 2000))
    return proposals.guided(batch(data, prior, guide), schedule, 7)


def exact_of(data: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    around = conjugate(*data, KNOWN)
    mean = np.r_[around.point["intercept"], around.point["weights"]]
    root = (coefficients(around.plus) - coefficients(around.minus)) / 2
    return mean, np.sqrt(np.square(root).sum(0))


@pytest.mark.parametrize("guide", ["laplace", "full_rank"])
def test_importance_sampling_gives_the_conjugate_answer(guide: str) -> None:
    """Means within four of their Monte Carlo errors, `1 / sqrt(effective)`, sds within as many of theirs."""
    data = study()
    mean, sd = exact_of(data)
    found = guided(data, KNOWN, guide)
    got, spread = moments(coefficients(found.draws), found.weights)
    noise = 4 / np.sqrt(found.effective)
    np.testing.assert_array_less(np.abs(got - mean) / sd, noise)
    np.testing.assert_array_less(np.abs(spread / sd - 1), noise)
    assert found.reliable
    assert found.effective > 3500


def test_weights_repair_a_part_of_a_guide_without_correlations() -> None:
    """Its draws are two thirds as wide as the posterior; weighed they are wider, and worth few."""
    data = study()
    _, sd = exact_of(data)
    found = guided(data, KNOWN, "mean_field")
    bare, weighed = coefficients(found.draws).std(0), moments(coefficients(found.draws), found.weights)[1]
    assert bare[2] < 0.75 * sd[2]
    assert (weighed > bare).all()
    assert found.effective < 1000
    assert found.k_hat > 0.4


def test_a_proposal_that_does_not_cover_says_so() -> None:
    """The control: the prior is far too wide for so much data, and a guide half as wide as the posterior too narrow."""
    wide = proposals.prior(batch(study(), KNOWN), 1)
    assert wide.k_hat > 0.7
    assert wide.effective < 0.01 * len(wide.log_weights)
    assert not wide.reliable
    rng = np.random.default_rng(0)
    inner = 0.4 * rng.standard_normal((4000, 4))
    narrow = Proposal({}, (np.square(inner) / 0.16 - np.square(inner)).sum(1) / 2)
    assert narrow.k_hat > 0.7
    assert narrow.effective < 0.1 * len(inner)


def test_the_prior_covers_where_data_say_little() -> None:
    """Three rows: its weighed draws are the conjugate posterior, and their mean weight is the evidence."""
    data = tuple(part[:3] for part in study())
    x = np.c_[np.ones(3), data[0]]
    mean, sd = exact_of(data)
    found = proposals.prior(batch(data, KNOWN), 3, 60_000)
    got, _ = moments(coefficients(found.draws), found.weights)
    np.testing.assert_array_less(np.abs(got - mean) / sd, 4 / np.sqrt(found.effective))
    covariance = 0.81 * np.eye(3) + x @ np.diag([100.0, 1, 1, 1]) @ x.T
    evidence = -(data[1] @ np.linalg.solve(covariance, data[1]) + np.linalg.slogdet(2 * np.pi * covariance)[1]) / 2
    assert found.log_evidence == pytest.approx(evidence, abs=4 / np.sqrt(found.effective))


def test_a_proposal_is_the_fit_of_its_seed() -> None:
    """The same k-hat to the last bit as the fit reports, and parameters that training left; none of Laplace."""
    from forecaster.inference.many import fit_many  # noqa: PLC0415  # what it is held against

    data = batch(study(), LEARNT, "full_rank")
    plan = Schedule(steps=20, checks=400)
    (fit,) = fit_many(data, plan, 10, [7])
    found = proposals.guided(data, plan, 7, 800)
    assert psis.k_hat(found.log_weights[None, : plan.checks])[0] == fit.k_hat
    assert found.losses.tobytes() == fit.losses.tobytes()
    assert {name: value.shape for name, value in found.parameters.items()} == {
        "shift": (1, 2, 5),
        "log_scale": (1, 2, 5),
        "below": (1, 2, 10),
    }
    assert proposals.guided(replace(data, guide_name="laplace"), Schedule(steps=0), 7, 100).parameters == {}
    with pytest.raises(ValueError, match="one fit"):
        proposals.prior(Regressions(*(2 * of for of in (data.designs, data.responses, data.covariates)), KNOWN, ""), 1)


def test_maximum_likelihood_is_least_squares() -> None:
    """With normal errors: the coefficients, the scale and their textbook standard errors."""
    x, y = study()
    found = maximum_likelihood(batch((x, y), LEARNT))
    design = np.c_[np.ones(len(y)), x]
    beta, (squares,), *_ = np.linalg.lstsq(design, y)
    scale = np.sqrt(squares / len(y))
    assert found.reason == ""
    point, around = found.around.point, found.around
    np.testing.assert_allclose(np.r_[point["intercept"], point["weights"]], beta, rtol=1e-4, atol=1e-5)
    assert point["noise_scale"] == pytest.approx(scale, rel=1e-4)
    moves = (coefficients(around.plus) - coefficients(around.minus)) / (2 * around.part)
    expected = scale * np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    np.testing.assert_allclose(np.sqrt(np.square(moves).sum(0)), expected, rtol=1e-3)
    noise = (around.plus["noise_scale"] - around.minus["noise_scale"]) / (2 * around.part)
    assert np.sqrt(np.square(noise).sum()) == pytest.approx(scale / np.sqrt(2 * len(y)), rel=1e-3)
    assert found.log_likelihood == pytest.approx(-len(y) * (np.log(2 * np.pi * scale**2) + 1) / 2)


def test_what_the_data_do_not_determine_has_no_maximum_and_says_so() -> None:
    """The same column twice: a prior tells them apart, the likelihood cannot."""
    x, y = study()
    found = maximum_likelihood(batch((np.c_[x, x[:, 1]], y), LEARNT))
    assert "the data alone do not determine" in found.reason
    assert "weights" in found.reason
    assert np.isnan(found.around.part)


def agree(
    data: tuple[np.ndarray, np.ndarray], chains: nuts.Plan, prior: Prior = LEARNT
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Mean and sd of the four coefficients by every method."""
    narrow, wide = guided(data, prior, "mean_field"), guided(data, prior, "full_rank")
    told = {"importance": moments(coefficients(wide.draws), wide.weights)}
    for name, of in (("mean field", narrow), ("full rank", wide)):
        told[name] = coefficients(of.draws).mean(0), coefficients(of.draws).std(0)
    for kernel in ("nuts", "hmc"):
        sampled = nuts.sample(batch(data, prior), 5, replace(chains, kernel=kernel))
        draws = coefficients(sampled.draws)
        told[kernel] = (draws.mean(0), draws.std(0))
        few = np.r_[sampled.effective["intercept"], sampled.effective["weights"]].min()
        assert few > chains.draws * chains.chains / 4, f"{kernel} has but {few:.0f} effective draws"
        assert sampled.divergences == 0
    return told


def compared(told: dict[str, tuple[np.ndarray, np.ndarray]], apart: float, ratio: float) -> None:
    """Methods that see correlations agree; mean field has their means and is too narrow on correlated slopes."""
    mean, sd = told["full rank"]
    for name in ("importance", "nuts", "hmc"):
        np.testing.assert_array_less(np.abs(told[name][0] - mean) / sd, apart, err_msg=name)
        np.testing.assert_allclose(told[name][1] / sd, 1, atol=ratio, err_msg=name)
    np.testing.assert_array_less(np.abs(told["mean field"][0] - mean) / sd, 0.3)
    assert (told["mean field"][1] / sd)[2] < 0.7


SHORT = nuts.Plan(chains=1, warmup=60, draws=120)


def test_every_method_finds_the_planted_posterior() -> None:
    """Of short chains: sixty effective draws tell a mean to 0.13 sd, an sd to 9 %; three and a half times that."""
    x, y = study()
    # Counted from 9, so that a draw of the prior, where chains start, lies near: short chains have no time to come far.
    told = agree((x, y - 9), SHORT, replace(LEARNT, intercept_scale=1.0))
    compared(told, 0.45, 0.32)
    mean, sd = told["full rank"]
    assert (np.abs(mean - [0.0, -1.8, -0.2, 0.4]) / sd < 4).all()


@pytest.mark.campaign
@pytest.mark.skipif(not RUGGED.exists(), reason="needs ../shared/data/rugged.csv beside the checkout")
def test_every_method_agrees_on_the_study_of_nations() -> None:
    """With the reference figures too: mean field within 0.05 and 15 %, maximum likelihood near the posterior."""
    told = agree(nations(), nuts.Plan())
    compared(told, 0.15, 0.12)
    np.testing.assert_allclose(told["mean field"][0], [9.173, -1.847, -0.190, 0.356], atol=0.05)
    np.testing.assert_allclose(told["mean field"][1], [0.070, 0.141, 0.044, 0.079], rtol=0.15)
    by_hand = guided(nations(), LEARNT, "custom")
    np.testing.assert_allclose(coefficients(by_hand.draws).mean(0), [9.173, -1.847, -0.190, 0.356], atol=0.05)
    best = maximum_likelihood(batch(nations(), LEARNT)).around.point
    mean, sd = told["full rank"]
    # The priors of the slopes pull: N(0, 1) at -1.9 takes half a posterior sd.
    np.testing.assert_array_less(np.abs(np.r_[best["intercept"], best["weights"]] - mean) / sd, 0.6)


@pytest.mark.skipif(not RUGGED.exists(), reason="needs ../shared/data/rugged.csv beside the checkout")
def test_weights_tell_which_guide_covers_the_study_of_nations() -> None:
    """Full rank covers, with the uniform prior's scale; mean field loses nine draws of ten; the prior all."""
    data = nations()
    assert len(data[1]) == 170
    worth = {guide: guided(data, LEARNT, guide) for guide in ("full_rank", "mean_field")}
    assert worth["full_rank"].effective > 3500
    assert worth["full_rank"].k_hat < 0.7
    assert worth["mean_field"].effective < 1000
    assert proposals.prior(batch(data, LEARNT), 1).effective < 40
    scale = worth["full_rank"].draws["noise_scale"]
    assert ((scale > 0) & (scale < 10)).all()
    assert np.corrcoef(coefficients(worth["full_rank"].draws)[:, 2:].T)[0, 1] < -0.3
