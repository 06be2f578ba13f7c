"""Bayesian layers: what they cost, what they find where it is known, and that Pyro finds the same."""

from __future__ import annotations

import numpy as np
import pyro
import pyro.distributions as dist
import pytest
import torch
from pyro.infer import Predictive, Trace_ELBO
from pyro.infer.autoguide import AutoDiagonalNormal
from torch import nn
from torch.distributions import Categorical, MixtureSameFamily, Normal, constraints, kl_divergence

from forecaster.families.exact import gaussian_posterior
from forecaster.families.layers import BayesianLinear, BayesianLSTM, ScaleMixture, Variational, affine, kl_weights
from forecaster.inference.adam import Adam
from forecaster.inference.isolation import isolated
from forecaster.inference.schedule import Schedule

NOISE = 0.5


class Net(Variational):
    """Two layers with tanh units between."""

    def __init__(self, prior: ScaleMixture, inputs: int = 2, hidden: int = 4) -> None:
        """Both under one prior."""
        super().__init__()
        self.first, self.second = BayesianLinear(inputs, hidden, prior), BayesianLinear(hidden, 1, prior)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x).tanh())[:, 0]


class Mixture(dist.MixtureSameFamily):
    """Pyro's, on the real line: what torch calls its support has no transform."""

    support = constraints.real


def loss(found: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Minus the log likelihood of normal errors, summed."""
    return -Normal(found, NOISE).log_prob(y).sum()


def trained(net: Variational, x: torch.Tensor, y: torch.Tensor, steps: int, rate: float = 0.05) -> Variational:
    adam, schedule = Adam(list(net.parameters()), 1e-3, 1e3), Schedule(steps, rate)
    for now in schedule.rates():
        net.sample_elbo(x, y, lambda found, y: loss(found.reshape(y.shape), y)).backward()
        adam.step(now)
    return net


@pytest.fixture(autouse=True)
def _seeded():
    with isolated(3):
        yield


def planted(rows: int = 80) -> tuple[torch.Tensor, torch.Tensor]:
    """Two correlated inputs, of which a line is made."""
    x = torch.randn(rows, 2) @ torch.tensor([[1.0, 0.6], [0.0, 0.8]])
    return x, x @ torch.tensor([0.8, -0.4]) + 0.3 + NOISE * torch.randn(rows)


def test_the_kl_from_one_normal_is_exact_and_that_from_a_mixture_is_what_many_draws_say() -> None:
    """The mean of 20,000 estimates within 4 standard errors of an integral: a false alarm in 15,000."""
    layer = BayesianLinear(3, 2, ScaleMixture.single(0.7))
    q = Normal(layer.weights.mean, layer.weights.log_sd.exp())
    assert layer.kl().item() == pytest.approx(kl_divergence(q, Normal(0.0, 0.7)).sum().item(), rel=1e-5)

    prior, mean, sd = ScaleMixture(0.3, 0.8, 0.1), torch.tensor([[0.4, -0.05]]), torch.tensor([[0.2, 0.1]])
    drawn = mean + sd * torch.randn(20_000, 2)
    each = prior.kl(mean, sd.log(), drawn)
    parts = MixtureSameFamily(Categorical(torch.tensor([0.3, 0.7])), Normal(torch.zeros(2), torch.tensor([0.8, 0.1])))
    torch.testing.assert_close(prior.log_prob(drawn), parts.log_prob(drawn), rtol=1e-4, atol=1e-4)
    grid = torch.linspace(-3, 3, 20_001, dtype=torch.float64)[:, None]
    density = Normal(mean.double(), sd.double()).log_prob(grid)
    exact = float((density.exp() * (density - prior.log_prob(grid))).sum() * (grid[1] - grid[0]))
    assert float(each.mean()) == pytest.approx(exact, abs=4 * float(each.std()) / 20_000**0.5)
    wrong = ScaleMixture(0.7, 0.8, 0.1).kl(mean, sd.log(), drawn)
    assert abs(float(wrong.mean()) - exact) > 8 * float(each.std()) / 20_000**0.5, "the control: another prior"


@pytest.mark.parametrize("weighting", ["uniform", "decreasing"])
def test_an_epoch_of_minibatches_has_the_gradient_of_all_rows(weighting) -> None:
    """With the same weights drawn the sum over an epoch is the loss of all rows, whatever the KL's weights."""
    parts = kl_weights(4, weighting)
    assert parts.sum() == pytest.approx(1.0)
    net, (x, y) = Net(ScaleMixture()), planted()

    def gradient(batches) -> torch.Tensor:
        net.zero_grad()
        for rows, part in batches:
            torch.manual_seed(5)
            net.sample_elbo(x[rows], y[rows], loss, kl_weight=part).backward()
        return torch.cat([each.grad.flatten() for each in net.parameters()])

    whole = gradient([(slice(None), 1.0)])
    epoch = gradient(zip(np.split(np.random.default_rng(1).permutation(80), 4), parts, strict=True))
    torch.testing.assert_close(epoch, whole, rtol=1e-3, atol=1e-3)
    heavy = gradient(zip(np.split(np.arange(80), 4), 4 * parts, strict=True))
    assert (heavy - whole).abs().max() > 1, "the control: the KL counted four times"


def test_the_papers_weights_halve_and_a_long_epoch_has_them_too() -> None:
    np.testing.assert_allclose(kl_weights(5, "decreasing"), 2.0 ** np.arange(4, -1, -1) / (2**5 - 1))
    assert kl_weights(3000, "decreasing").sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="one batch or more"):
        kl_weights(0)


def test_a_frozen_network_is_deterministic_and_draws_again_once_unfrozen() -> None:
    net, x = Net(ScaleMixture()), torch.randn(9, 2)
    assert not net(x).equal(net(x))
    assert net.freeze() is net
    assert net(x).equal(net(x))
    first, second = (layer.weights.mean[None] for layer in (net.first, net.second))
    assert net(x).equal(affine(affine(x[None], first).tanh(), second)[0, :, 0])
    with pytest.raises(ValueError, match="unfreeze"):
        net.sample_elbo(x, torch.zeros(9), loss)
    assert not net.unfreeze()(x).equal(net(x))


def test_the_posterior_of_a_line_is_the_exact_one_as_far_as_mean_field_goes() -> None:
    """Means within 0.3 exact sd; sds those of each weight given the others, which are narrower than its own."""
    x, y = planted()
    layer = trained(BayesianLinear(2, 1, ScaleMixture.single(1.0)), x, y, 400)
    design = np.column_stack([x.numpy(), np.ones(len(x))]).astype(float)
    exact = gaussian_posterior(design, y.double().numpy(), NOISE, np.ones(3))
    off = (layer.weights.mean.detach().double().numpy()[:, 0] - exact.mean) / exact.sd
    assert np.abs(off).max() < 0.3
    sds = layer.weights.log_sd.detach().exp().double().numpy()[:, 0]
    given = (np.diag(design.T @ design) / NOISE**2 + 1) ** -0.5
    np.testing.assert_allclose(sds, given, rtol=0.15)
    assert (sds[:2] < 0.95 * exact.sd[:2]).all()


def test_shuffled_labels_leave_the_weights_at_their_prior() -> None:
    """The mixture's narrow part takes them in; the control, the labels in order, moves both far from zero."""
    x, y = planted()
    prior = ScaleMixture(0.5, 0.7, 0.02)
    real, none = (
        trained(BayesianLinear(2, 1, prior), x, labels, 250).weights.mean.detach()[:2].abs()
        for labels in (y, (y - y.mean())[torch.randperm(len(y))])
    )
    assert float(none.max()) < 0.06
    assert float(real.min()) > 0.25


def test_pyro_finds_the_same_network_under_the_same_prior() -> None:
    """The same program in Pyro, by SVI with AutoDiagonalNormal: means within 0.25 noise sd, sds 20 %."""
    x = torch.linspace(-2, 2, 60)[:, None] * torch.tensor([1.0, -0.5])
    y = 1.5 * torch.tanh(1.2 * x[:, 0]) + NOISE * torch.randn(60)
    prior = ScaleMixture(0.5, 1.0, 0.2)
    net = trained(Net(prior), x, y, 300)
    with torch.no_grad():
        own = torch.stack([net(x) for _ in range(500)])

    mixture = Mixture(dist.Categorical(torch.tensor([0.5, 0.5])), dist.Normal(torch.zeros(2), torch.tensor([1.0, 0.2])))

    def model(x, y=None):
        first = pyro.sample("first", mixture.expand([3, 4]).to_event(2))
        second = pyro.sample("second", mixture.expand([5, 1]).to_event(2))
        mean = pyro.deterministic("mean", affine(affine(x[None], first[None]).tanh(), second[None])[0, :, 0])
        with pyro.plate("rows", len(x)):
            pyro.sample("y", dist.Normal(mean, NOISE), obs=y)

    # Both begin in the same mode of the many: hidden units may change places and signs.
    start = {name: getattr(net, name).weights.mean.detach() for name in ("first", "second")}
    guide = AutoDiagonalNormal(model, init_loc_fn=lambda site: start[site["name"]], init_scale=0.05)
    elbo, schedule = Trace_ELBO(), Schedule(220, 0.05)
    elbo.differentiable_loss(model, guide, x, y)  # its parameters exist once it has run
    adam = Adam(list(guide.parameters()), 1e-3, 1e3)
    for now in schedule.rates():
        elbo.differentiable_loss(model, guide, x, y).backward()
        adam.step(now)
    other = Predictive(model, guide=guide, num_samples=500, return_sites=["mean"])(x)["mean"].detach().reshape(500, 60)
    assert float((own.mean(0) - other.mean(0)).abs().max()) < 0.25 * NOISE
    both = [(each.var(0) + NOISE**2).mean().sqrt() for each in (own, other)]
    assert float(both[0] / both[1]) == pytest.approx(1, abs=0.02)
    assert float(own.std(0).mean() / other.std(0).mean()) == pytest.approx(1, abs=0.2)
    assert float((own.mean(0) - y.mean()).abs().max()) > NOISE, "the control: a constant is far from both"


def test_an_lstm_with_its_means_is_torchs_own_with_the_same_weights() -> None:
    """Gates, their order and what the forget gate begins with: torch's, gate by gate."""
    layer = BayesianLSTM(2, 4).freeze()
    x, w = torch.randn(5, 6, 2), layer.weights.mean.detach().clone()
    w[-1, 4:8] += 2.0
    plain = nn.LSTM(2, 4, batch_first=True)
    enter, forget, leave, write = w.split(4, 1)
    theirs = torch.cat([enter, forget, write, leave], 1)
    plain.weight_hh_l0.data, plain.weight_ih_l0.data = theirs[:4].T, theirs[4:6].T
    plain.bias_ih_l0.data, plain.bias_hh_l0.data = theirs[6], torch.zeros(16)
    torch.testing.assert_close(layer(x), plain(x)[0])
    assert not layer.unfreeze()(x).equal(layer(x))
    assert torch.stack([layer.kl() for _ in range(2)]).isfinite().all()


@pytest.mark.parametrize("wrong", [(0.0, 1.0, 0.1), (1.2, 1.0, 0.1), (0.5, 0.1, 1.0), (0.5, 1.0, 0.0)])
def test_a_prior_that_is_none_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="standard deviation"):
        ScaleMixture(*wrong)
