"""Many networks at once: each finds what was planted, owns its randomness, and notices nothing of its company."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyro
import pytest
import torch
from pyro import poutine

from forecaster.distribution.predictive import Predictive
from forecaster.evaluation.scores.crps import score
from forecaster.families import reference
from forecaster.families.linear import Prior as LinearPrior
from forecaster.families.network import APART, Networks, Prior, fit_networks
from forecaster.families.regression import fit_regressions
from forecaster.inference.guide import Guide
from forecaster.inference.isolation import isolated
from forecaster.inference.many import fit_many
from forecaster.inference.noise import Noise, Purpose, minibatches
from forecaster.inference.schedule import Schedule
from tests.sampling import small

BESIDE = LinearPrior(0.3, 0.1, "skewed_t")
SMALL = Prior(hidden=6, output_scales=(1.0, 0.5), linear=BESIDE)
STUDY = Prior(6, "linear", (1.0,), LinearPrior(0.3, 0.1, "normal", noise_scale=0.7))
QUICK = Schedule(steps=30, learning_rate=0.05, particles=1, minibatch=32)
WHOLE = Schedule(steps=800, learning_rate=0.1, final_fraction=0.002, particles=1, minibatch=64)


def problem(seed: int, rows: int = 150, inputs: int = 4) -> tuple[np.ndarray, ...]:
    """A bump over the first input, which no line follows; Student-t errors whose scale follows a covariate.

    Inputs, response, features past the hidden layer (the inputs again) and covariates; every third has fewer rows.
    """
    rng = np.random.default_rng(seed)
    x, z = rng.standard_normal((rows, inputs)), rng.standard_normal((rows, 2))
    y = 3 * np.exp(-(x[:, 0] ** 2)) + 0.5 * np.exp(0.2 * z[:, 0]) * rng.standard_t(5, rows)
    keep = rows - 37 * (seed % 3)
    return x[:keep], y[:keep], x[:keep], z[:keep]


def part(data: tuple[np.ndarray, ...], rows) -> tuple[np.ndarray, ...]:
    return tuple(of[rows] for of in data)


def tensors(data) -> list[tuple[torch.Tensor, ...]]:
    return [tuple(torch.tensor(of).double() for of in each) for each in data]


def batch_of(data, prior: Prior = SMALL) -> Networks:
    return Networks.of(tensors(data), prior, "mean_field")


def drawn(batch: Networks, seeds, count: int = 3) -> dict[str, torch.Tensor]:
    """Values of every site, from a guide that has not been trained."""
    guide = batch.guide(seeds)
    with isolated(0), torch.no_grad():
        return guide(Noise(seeds, guide.numbers, Purpose.DRAWS).draw(count))


def likelihood(batch: Networks, values, rows=None) -> torch.Tensor:
    """Of the batched program `(draws, twins, fits)`."""
    trace = poutine.trace(poutine.condition(batch.model(torch.float32), values)).get_trace(rows)
    trace.compute_log_prob()
    return trace.nodes["y"]["log_prob"].squeeze(-1)


def forecasts(fit, data) -> list[Predictive]:
    """Of each row, as the formula has them; of a fit without hidden units too."""
    x, _, s, z = data
    d = {name: value.double().numpy() for name, value in fit.draws.items()}
    location, log_scale = d["intercept"][:, None] + d["weights"] @ s.T, np.log(d["noise_scale"])[:, None]
    log_scale = log_scale + d["slopes"] @ z.T
    if "o" in d:
        added = d["o"] @ np.tanh(x @ d["w"] + d["b"][:, None]).transpose(0, 2, 1)
        location, log_scale = location + added[:, 0], log_scale + (added[:, 1] if added.shape[1] > 1 else 0.0)
    rows = zip(location.T, np.exp(log_scale).T, strict=True)
    return [Predictive.of(at, scale, 2.1 + d["df_excess"], d["skew"]) for at, scale in rows]


def crps_of(fit, data) -> float:
    return float(np.mean([score(of, now) for of, now in zip(forecasts(fit, data), data[1], strict=True)]))


def log_score_of(fit, data) -> float:
    return float(-np.mean([of.log_prob(now) for of, now in zip(forecasts(fit, data), data[1], strict=True)]))


def locations(fit, data) -> np.ndarray:
    """Mean of each component `(draws, rows)`, the errors' mean left out."""
    return np.array([of.loc for of in forecasts(fit, data)]).T


@pytest.mark.parametrize("guide", small(["mean_field", "low_rank"], ["mean_field"]))
def test_planted_signal_is_found_that_no_line_can_follow(guide):
    """On new rows the network's CRPS beats the regression's by a tenth; trained on shuffled rows it does not."""
    data = problem(0, rows=900)
    seen, new = part(data, slice(0, 600)), part(data, slice(600, 900))
    order = np.random.default_rng(1).permutation(600)
    shuffled = (seen[0], seen[1][order], *seen[2:])
    real, control = fit_networks([seen, shuffled], [1, 2], SMALL, guide, WHOLE, 100)
    (line,) = fit_regressions([(seen[2], seen[1], seen[3])], [3], BESIDE, draws=100)
    linear = crps_of(line.fit, new)
    assert real.convergence.reason == ""
    assert crps_of(real, new) < 0.9 * linear
    assert crps_of(control, new) > 0.97 * linear


def test_a_planted_scale_is_found_that_no_line_can_follow():
    """Days after large moves of either sign are wilder: no slope sees it, nor a network that moves no scale."""
    rng = np.random.default_rng(5)
    x, z = rng.standard_normal((1500, 4)), rng.standard_normal((1500, 2))
    y = np.exp(0.5 * x[:, 0] * np.tanh(2 * x[:, 1])) * rng.standard_t(8, 1500)
    data = (x, y, x, z)
    seen, new = part(data, slice(0, 1000)), part(data, slice(1000, 1500))
    truth = replace(SMALL, hidden=12, output_scales=(0.1, 1.0))
    (found,) = fit_networks([seen], [1], truth, schedule=WHOLE, draws=100)
    (still,) = fit_networks([seen], [1], replace(truth, output_scales=(0.1,)), schedule=WHOLE, draws=100)
    (line,) = fit_regressions([(x[:1000], y[:1000], z[:1000])], [3], BESIDE, draws=100)
    assert log_score_of(found, new) < log_score_of(line.fit, new) - 0.04
    assert log_score_of(still, new) > log_score_of(line.fit, new) - 0.01


def test_hidden_units_that_may_add_nothing_leave_the_regression():
    """Under a prior that silences them, the other latents' means and spreads are those of the regression."""
    x, y, s, z = problem(3, rows=400)
    silent = replace(SMALL, output_scales=(1e-4, 1e-4))
    (network,) = fit_networks([(x, y, s, z)], [1], silent, schedule=replace(WHOLE, learning_rate=0.03), draws=2000)
    (line,) = fit_regressions([(s, y, z)], [2], BESIDE, "mean_field", draws=2000)
    for name in ("intercept", "weights", "slopes", "noise_scale", "skew"):
        ours, theirs = network.draws[name], line.fit.draws[name]
        assert ((ours.mean(0) - theirs.mean(0)).abs() / theirs.std(0)).max() < 0.3, name
        assert (ours.std(0) / theirs.std(0)).log().abs().max() < 0.3, name


def test_minibatches_and_all_rows_train_to_the_same_posterior():
    """Outputs on new rows agree within the posterior's doubt, their ELBO alike beside that of ten steps."""
    data = problem(3, rows=450)
    seen, new = [part(data, slice(0, 400))], part(data, slice(400, 450))
    (few,) = fit_networks(seen, [1], SMALL, schedule=WHOLE, draws=400)
    (full,) = fit_networks(seen, [2], SMALL, schedule=replace(WHOLE, minibatch=0), draws=400)
    (early,) = fit_networks(seen, [1], SMALL, schedule=replace(WHOLE, steps=10), draws=400)
    one, other = locations(few, new), locations(full, new)
    assert np.median(abs(one.mean(0) - other.mean(0)) / other.std(0)) < 0.5
    assert early.elbo < full.elbo - 100
    assert few.elbo == pytest.approx(full.elbo, abs=25)
    assert "not converged" in early.reason


class Stuck(Networks):
    """The first twin's parameters get no gradient."""

    def guide(self, seeds) -> Guide:
        made = super().guide(seeds)

        def program(noise: torch.Tensor) -> dict[str, torch.Tensor]:
            before = set(pyro.get_param_store().keys())
            values = made(noise)
            for name in set(pyro.get_param_store().keys()) - before:
                pyro.param(name).register_hook(lambda slope: torch.cat([0 * slope[:1], slope[1:]]))
            return values

        return Guide(program, made.numbers)


def test_a_twin_that_is_stuck_marks_the_fit():
    """Where one twin stays at its start, they are called apart; in the same fit, left alone, they agree."""
    rows = tensors([problem(3, rows=400)])
    (free,), (held,) = (fit_many(of.of(rows, SMALL, "mean_field"), WHOLE, 50, [1]) for of in (Networks, Stuck))
    assert free.disagreement < APART
    assert held.disagreement > APART


def test_a_bad_network_is_labelled_and_its_neighbours_are_the_same_to_the_bit():
    """One fit fed NaN, one numbers beyond float32: both say so, and nobody else changes a bit."""
    data = [problem(s) for s in range(24)]
    good = fit_networks(data, range(24), SMALL, schedule=QUICK, draws=20)
    (x, y, s, z), (wide, high, *others) = data[11], data[20]
    data[11], data[20] = (np.where(np.arange(len(x))[:, None] == 3, np.nan, x), y, s, z), (wide, 1e200 * high, *others)
    mixed = fit_networks(data, range(24), SMALL, schedule=QUICK, draws=20)
    assert "finite" in mixed[11].failure
    assert "diverged" in mixed[20].failure
    for i in set(range(24)) - {11, 20}:
        assert mixed[i].failure == ""
        assert mixed[i].losses.tobytes() == good[i].losses.tobytes()
        for name, value in good[i].draws.items():
            assert mixed[i].draws[name].numpy().tobytes() == value.numpy().tobytes()


def test_padded_rows_add_nothing():
    """Beside a fit of four times its rows a fit has the likelihood it has alone; rows of real zeros would change it."""
    short, long = problem(0, rows=60), problem(3, rows=240)
    both = batch_of([short, long])
    values = drawn(both, [1, 2])
    first = {name: value[:, :, :1] for name, value in values.items()}
    alone = likelihood(batch_of([short]), first)[..., 0]
    torch.testing.assert_close(likelihood(both, values)[..., 0], alone, rtol=1e-5, atol=1e-3)
    zeros = tuple(np.concatenate([of, np.zeros((180, *of.shape[1:]))]) for of in short)
    assert (likelihood(batch_of([zeros]), first)[..., 0] - alone).abs().min() > 1


@pytest.mark.parametrize("prior", [SMALL, replace(SMALL, linear=replace(BESIDE, noise="student_t")), STUDY])
def test_the_batched_program_is_the_reference(prior):
    """The same log joint density as the plain program of one fit, at the same values, site by site."""
    data = [problem(s) for s in range(3)]
    if prior is STUDY:
        data = [(x, y, s[:, :0], z[:, :0]) for x, y, s, z in data]
    batch = batch_of(data, prior)
    values = drawn(batch, [4, 5, 6], 1)
    trace = poutine.trace(poutine.condition(batch.model(torch.float32), values)).get_trace(None)
    trace.compute_log_prob()
    for i, each in enumerate(data):
        own = {name: value[0, 1, i, 0] for name, value in values.items()}
        program = reference.network([torch.tensor(of).float() for of in each], prior)
        plain = poutine.trace(poutine.condition(program, own)).get_trace()
        plain.compute_log_prob()
        for name in (*own, "y"):
            ours = float(trace.nodes[name]["log_prob"].broadcast_to(1, 2, 3, 1)[0, 1, i, 0])
            assert ours == pytest.approx(float(plain.nodes[name]["log_prob_sum"]), rel=1e-4, abs=1e-3)


def test_minibatches_are_unbiased_and_never_see_padding():
    """Over an epoch the likelihoods of minibatches average to that of all rows; each fit draws its own rows only."""
    data = [problem(0, rows=160), problem(3, rows=80)]
    batch = batch_of(data)
    values = drawn(batch, [1, 2])
    steps = minibatches([1, 2], batch.rows, 40)
    taken = [next(steps) for _ in range(20)]
    rows = torch.stack(taken)
    assert rows[:, :, 1].max() == 79
    # Twins go on in one order of rows after the other, so that twenty steps are ten epochs of 160 rows, twenty of 80.
    same = {name: value[:, :1].expand_as(value) for name, value in values.items()}
    full = likelihood(batch, same).mean(1)
    mean = torch.stack([likelihood(batch, same, part) for part in taken]).mean((0, 2))
    torch.testing.assert_close(mean, full, rtol=1e-4, atol=1e-2)


def test_twins_may_name_their_hidden_units_differently():
    """Units in another order and with other signs mean the same; another output weight does not."""
    batch = batch_of([problem(0), problem(1)])
    values = drawn(batch, [1, 2])
    order, signs = torch.tensor([3, 1, 5, 0, 2, 4]), torch.tensor([1.0, -1, -1, 1, -1, 1])
    turned = values | {name: signs * values[name][..., order] for name in ("w", "b", "o")}
    torch.testing.assert_close(batch.meaning(turned), batch.meaning(values), rtol=1e-4, atol=1e-5)
    assert batch.meaning(values).shape == (3, 2, 2, 34)
    assert (batch.meaning(values | {"o": 1.1 * values["o"]}) - batch.meaning(values)).abs().max() > 1e-3


def test_a_fit_needs_rows_that_match():
    with pytest.raises(ValueError, match="seed"):
        fit_networks([problem(0)], [1, 2])
    with pytest.raises(ValueError, match="same columns"):
        fit_networks([problem(0), problem(1, inputs=3)], [1, 2])
    with pytest.raises(ValueError, match="rows"):
        fit_networks([(np.zeros((5, 2)), np.zeros(4))], [1])
    assert fit_networks([], []) == ()
