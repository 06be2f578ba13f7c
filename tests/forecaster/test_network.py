"""Many networks at once: each finds what was planted, owns its randomness, and notices nothing of its company."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from pyro import poutine

from forecaster.evaluation.scoring import crps as score
from forecaster.inference import reference
from forecaster.inference.isolation import isolated
from forecaster.inference.layer import outputs
from forecaster.inference.network import Networks, Prior, fit_networks
from forecaster.inference.noise import Noise, Purpose, minibatches
from forecaster.inference.regression import Prior as LinearPrior
from forecaster.inference.regression import fit_regressions
from forecaster.inference.svi import Schedule
from forecaster.models import bayesian_mlp
from forecaster.predictive import Predictive
from forecaster.problem import Compute, Examples, Failed, Fitted, Origin

SMALL = Prior(hidden=6, output_scale=1.0)
QUICK = Schedule(steps=30, learning_rate=0.05, particles=1, minibatch=32)
WHOLE = Schedule(steps=800, learning_rate=0.1, final_fraction=0.002, particles=1, minibatch=64)


def problem(seed: int, rows: int = 150, inputs: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """A bump over the first input, which no line follows, and Student-t errors; every third problem has fewer rows."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, inputs))
    y = 3 * np.exp(-(x[:, 0] ** 2)) + 0.5 * rng.standard_t(5, rows)
    keep = rows - 37 * (seed % 3)
    return x[:keep], y[:keep]


def batch_of(data, prior: Prior = SMALL) -> Networks:
    designs, responses = zip(*((torch.tensor(x).float(), torch.tensor(y).float()) for x, y in data), strict=True)
    return Networks(designs, responses, prior, "mean_field")


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


def locations(fit, x, activation="tanh") -> np.ndarray:
    """`(draws, rows)`."""
    row = torch.tensor(np.c_[x, np.ones(len(x))]).float()[None]
    values = {name: value[:, None, None] for name, value in fit.draws.items()}
    return outputs(row, values, activation)[:, 0].numpy()


def crps(location, scale, df, y) -> float:
    """Mean over rows of mixtures, a component a draw; `location (draws, rows)`."""
    return float(np.mean([score(Predictive.of(at, scale, df), now) for at, now in zip(location.T, y, strict=True)]))


def crps_of(fit, x, y) -> float:
    return crps(locations(fit, x), fit.draws["noise_scale"].numpy(), 2.1 + fit.draws["df_excess"].numpy(), y)


def difference(fit, other) -> float:
    """Largest difference of draws, in posterior sd."""
    return max(
        float(((value - other.draws[name]).abs() / value.std(0).clamp(min=1e-12)).max())
        for name, value in fit.draws.items()
    )


@pytest.mark.parametrize("guide", ["mean_field", "low_rank"])
def test_planted_signal_is_found_that_no_line_can_follow(guide):
    """On new rows the network's CRPS beats the regression's and the mean's by a tenth; of shuffled rows it does not."""
    x, y = problem(0, rows=900)
    seen, new = slice(0, 600), slice(600, 900)
    rng = np.random.default_rng(1)
    shuffled = y[seen][rng.permutation(600)]
    real, control = fit_networks([(x[seen], y[seen]), (x[seen], shuffled)], [1, 2], SMALL, guide, WHOLE, 100)
    (line,) = fit_regressions([(x[seen], y[seen])], [3], LinearPrior(noise="student_t"), draws=100)
    linear = crps(line.intercept[:, None] + line.weights @ x[new].T, line.noise_scale, line.df, y[new])
    mean = crps(np.full((1, 300), y[seen].mean()), [y[seen].std()], np.inf, y[new])
    assert real.convergence.reason == ""
    assert crps_of(real, x[new], y[new]) < 0.9 * min(linear, mean)
    assert crps_of(control, x[new], y[new]) > 0.97 * mean


def test_minibatches_and_all_rows_train_to_the_same_posterior():
    """Outputs on new rows agree within the posterior's doubt, their ELBO alike beside that of ten steps."""
    x, y = problem(3, rows=450)
    data, new = [(x[:400], y[:400])], x[400:]
    (few,) = fit_networks(data, [1], SMALL, schedule=WHOLE, draws=400)
    (full,) = fit_networks(data, [2], SMALL, schedule=replace(WHOLE, minibatch=0), draws=400)
    (early,) = fit_networks(data, [1], SMALL, schedule=replace(WHOLE, steps=10), draws=400)
    one, other = locations(few, new), locations(full, new)
    assert np.median(abs(one.mean(0) - other.mean(0)) / other.std(0)) < 0.5
    assert early.elbo < full.elbo - 400
    assert few.elbo == pytest.approx(full.elbo, abs=25)
    assert "not converged" in early.reason


@pytest.mark.parametrize(("guide", "sizes"), [("mean_field", (8, 64, 256)), ("low_rank", (8,))])
def test_a_network_is_the_same_alone_and_in_any_company(guide, sizes):
    """Within 1e-4 posterior sd: alone, among 8, 64 and 256, in another order, in other chunks; another seed differs."""
    data, seeds = [problem(s, rows=100) for s in range(max(sizes))], list(range(max(sizes)))
    (alone,) = fit_networks([data[5]], [5], SMALL, guide, QUICK, 50)
    for size in sizes:
        assert difference(alone, fit_networks(data[:size], seeds[:size], SMALL, guide, QUICK, 50)[5]) < 1e-4
    turned = fit_networks(data[7::-1], seeds[7::-1], SMALL, guide, QUICK, 50, Compute(memory=1))
    assert difference(alone, turned[2]) < 1e-4
    (other,) = fit_networks([data[5]], [6], SMALL, guide, QUICK, 50)
    assert difference(alone, other) > 0.1


def test_a_bad_network_is_labelled_and_its_neighbours_are_the_same_to_the_bit():
    """One fit fed NaN, one numbers whose squares overflow: both say so, and nobody else changes a bit."""
    data = [problem(s) for s in range(24)]
    good = fit_networks(data, range(24), SMALL, schedule=QUICK, draws=20)
    (x, y), (wide, high) = data[11], data[20]
    data[11], data[20] = (np.where(np.arange(len(x))[:, None] == 3, np.nan, x), y), (wide, 1e30 * high)
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
    zeros = (np.r_[short[0], np.zeros((180, 4))], np.r_[short[1], np.zeros(180)])
    assert (likelihood(batch_of([zeros]), first)[..., 0] - alone).abs().min() > 1


@pytest.mark.parametrize("prior", [SMALL, replace(SMALL, activation="linear", noise="normal", noise_scale=0.7)])
def test_the_batched_program_is_the_reference(prior):
    """The same log joint density as the plain program of one fit, at the same values, site by site."""
    data = [problem(s) for s in range(3)]
    batch = batch_of(data, prior)
    values = drawn(batch, [4, 5, 6], 1)
    trace = poutine.trace(poutine.condition(batch.model(torch.float32), values)).get_trace(None)
    trace.compute_log_prob()
    for i, (x, y) in enumerate(data):
        own = {name: value[0, 1, i, 0] for name, value in values.items()}
        program = reference.network(torch.tensor(x).float(), torch.tensor(y).float(), prior)
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
    assert batch.meaning(values).shape == (3, 2, 2, 18)
    assert (batch.meaning(values | {"o": 1.1 * values["o"]}) - batch.meaning(values)).abs().max() > 1e-3


def test_a_fit_needs_rows_that_match():
    with pytest.raises(ValueError, match="seed"):
        fit_networks([problem(0)], [1, 2])
    with pytest.raises(ValueError, match="same columns"):
        fit_networks([problem(0), problem(1, inputs=3)], [1, 2])
    with pytest.raises(ValueError, match="rows"):
        fit_networks([(np.zeros((5, 2)), np.zeros(4))], [1])
    assert fit_networks([], []) == ()


def examples(seed: int, rows: int = 200) -> Examples:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((rows, 7, 1))
    y = 0.02 * (0.5 * z[:, -1, 0] + rng.standard_normal(rows))
    return Examples(("price",), 0.02 * z, y, np.full(rows, 0.02), y)


def test_the_forecaster_fits_many_and_says_which_have_no_posterior():
    """Three origins, the second with a response that no float32 square can hold: it alone has failed."""
    data, own = [examples(s) for s in range(3)], bayesian_mlp.Settings(steps=40, hidden=5, draws=20)
    data[1] = replace(data[1], y=1e30 * data[1].y)
    first, second, third = bayesian_mlp.fit(data, own, [1, 2, 3], Compute())
    assert isinstance(second, Failed)
    assert "diverged" in second.reason
    assert isinstance(first, Fitted)
    assert isinstance(third, Fitted)
    (again,) = bayesian_mlp.fit(data[2:], own, [3], Compute())
    assert isinstance(again, Fitted)
    origin = Origin(data[0].x[-1], 0.02)
    levels = [0.05, 0.5, 0.95]
    np.testing.assert_allclose(
        again.predict(origin).quantile(levels), third.predict(origin).quantile(levels), rtol=1e-4
    )
    assert set(third.diagnostics) == {"noise_scale", "elbo_fall", "k_hat", "disagreement"}


@pytest.mark.parametrize("activation", ["tanh", "linear"])
def test_the_average_slope_is_the_derivative(activation):
    """Against automatic differentiation of the network's output, draw by draw."""
    rng = torch.Generator().manual_seed(1)
    shapes = {"w": (3, 4, 6), "b": (3, 6), "o": (3, 6), "c": (3,)}
    draws = {name: torch.randn(shape, generator=rng) for name, shape in shapes.items()}
    design = torch.randn(50, 4, generator=rng).requires_grad_()
    values = {name: value[:, None, None] for name, value in draws.items()}
    output = outputs(torch.cat([design, torch.ones(50, 1)], 1)[None], values, activation)
    slopes = [torch.autograd.grad(one.sum(), design, retain_graph=True)[0].mean(0) for one in output]
    found = bayesian_mlp._average_slope(design.detach(), draws, activation)
    np.testing.assert_allclose(found, torch.stack(slopes).numpy(), rtol=1e-4, atol=1e-5)
