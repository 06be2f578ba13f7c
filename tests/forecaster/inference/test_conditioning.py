"""Conditioning: any latent site is held, the posterior of the rest is exact, and what cannot be held is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import pyro.distributions as dist
import pytest
import torch
from pyro import poutine

from forecaster.errors import ConditionError, UnknownNameError
from forecaster.families import reference
from forecaster.families.exact import gaussian_posterior
from forecaster.families.linear import Prior, Regressions, sites
from forecaster.families.network import Prior as NetworkPrior
from forecaster.families.settings import LATENTS
from forecaster.inference.conditioning import Conditioned, conditioned, deferred, latent_shapes

if TYPE_CHECKING:
    from collections.abc import Callable

RNG = np.random.default_rng(5)
ROWS = 40
X = RNG.normal(size=(ROWS, 3))
Z = RNG.normal(size=(ROWS, 2))
Y = 0.4 + X @ [0.5, -1.0, 0.2] + 0.6 * RNG.normal(size=ROWS)
PRIOR = Prior(noise="student_t")


def tensors(*arrays: Any) -> list[torch.Tensor]:
    return [torch.tensor(a, dtype=torch.float32) for a in arrays]


def regression() -> Callable[[], None]:
    x, y, z = tensors(X, Y, Z)
    return reference.model(x, y, PRIOR, z)


def network() -> Callable[[], None]:
    skewed = Prior(noise="skewed_t")
    return reference.network(tensors(X, Y, X, Z), NetworkPrior(linear=skewed, hidden=4, output_scales=(1.0, 0.3)))


def batched() -> Callable[[], None]:
    x, y, z = (torch.tensor(a) for a in (X, Y, Z))
    return Regressions((x, x), (y, y + 1), (z, z), PRIOR, "full_rank").model(torch.float32)


def log_joint(program: Callable[..., Any], *arguments: Any) -> float:
    return float(poutine.trace(program).get_trace(*arguments).log_prob_sum())


@pytest.mark.parametrize("make", [regression, network, batched])
def test_any_site_of_any_program_is_held_and_no_other(make: Callable[[], Any]) -> None:
    program = make()
    shapes = latent_shapes(program)
    assert "rows" not in shapes  # a plate is no latent
    assert "y" not in shapes
    assert set(shapes) <= set(LATENTS) | {"w", "b", "o"}
    drawn = poutine.trace(program).get_trace()
    for name, shape in shapes.items():
        value = drawn.nodes[name]["value"]
        held = poutine.trace(conditioned(program, {name: value})).get_trace()
        assert held.nodes[name]["is_observed"]
        assert held.nodes[name]["value"].shape == shape
        assert torch.equal(held.nodes[name]["value"], value)
        assert set(held.stochastic_nodes) == set(drawn.stochastic_nodes) - {name}
    everything = {name: drawn.nodes[name]["value"] for name in shapes}
    assert log_joint(conditioned(program, everything)) == log_joint(pyro.condition(program, everything))


def test_the_sites_of_the_batch_are_those_that_its_program_has() -> None:
    names = {site.name for site in sites(3, 2, PRIOR)}
    assert set(latent_shapes(batched())) == set(latent_shapes(regression())) == names


def test_a_number_is_held_in_every_fit_of_a_batch_and_a_row_of_fits_is_not_broadcast() -> None:
    trace = poutine.trace(conditioned(batched(), {"noise_scale": 0.5})).get_trace()
    assert trace.nodes["noise_scale"]["value"].tolist() == [[0.5], [0.5]]
    with pytest.raises(ConditionError, match=r"noise_scale has the shape \(2, 1\) and the value \(2,\)"):
        conditioned(batched(), {"noise_scale": torch.ones(2)})()


def pair(rho: float = 0.8) -> tuple[torch.Tensor, torch.Tensor]:
    """Two normals with means 1 and -2, standard deviations 2 and 0.5, and this correlation."""
    x = pyro.sample("x", dist.Normal(1.0, 2.0))
    y = pyro.sample("y", dist.Normal(-2.0 + rho * 0.5 / 2.0 * (x - 1.0), 0.5 * (1 - rho**2) ** 0.5))
    return x, y


def spread_from(program: Callable[..., Any], mean: float, sd: float, *arguments: float) -> float:
    """How far the log joint over x is from a normal's, but for a constant: 0 where that is its posterior."""
    at = torch.linspace(mean - 4 * sd, mean + 4 * sd, 9)
    joint = [log_joint(pyro.condition(program, {"x": x}), *arguments) for x in at]
    return float(np.ptp(np.array(joint) - dist.Normal(mean, sd).log_prob(at).numpy()))


def test_what_is_left_of_a_pair_of_normals_is_the_exact_conditional() -> None:
    for seen in (-2.0, -1.3, -3.1):
        mean, sd = 1.0 + 0.8 * 2.0 / 0.5 * (seen + 2.0), 2.0 * (1 - 0.8**2) ** 0.5
        assert spread_from(conditioned(pair, {"y": seen}), mean, sd) < 1e-4
    assert spread_from(conditioned(pair, {"y": -1.3}), 1.0 + 3.2 * 0.7, 1.2, -0.8) > 1, "another correlation passes"


def test_a_regression_whose_intercept_is_held_has_the_exact_posterior_of_its_weights() -> None:
    noise, level = 0.6, 1.7
    x, y = tensors(X, Y)
    program = conditioned(reference.model(x, y, Prior(noise_scale=noise)), {"intercept": level})
    exact = gaussian_posterior(X, Y - level, noise, np.ones(3))
    rng = np.random.default_rng(2)
    points = rng.multivariate_normal(exact.mean, exact.covariance, 20)
    density = dist.MultivariateNormal(*(torch.tensor(a) for a in (exact.mean, exact.covariance)))
    weights = torch.tensor(points)
    joint = np.array([log_joint(conditioned(program, {"weights": w.float()})) for w in weights])
    assert np.ptp(joint - density.log_prob(weights).numpy()) < 1e-3
    elsewhere = np.array([log_joint(conditioned(program, {"weights": w, "intercept": 0.4})) for w in weights.float()])
    assert np.ptp(elsewhere - density.log_prob(weights).numpy()) > 1, "where the intercept is held does not matter"


def test_later_values_count_and_the_earlier_program_stays_as_it_was() -> None:
    first = conditioned(pair, {"x": 3.0})
    second = conditioned(first, {"x": 0.0, "y": -2.0})
    assert [float(part) for part in second()] == [0.0, -2.0]
    assert float(first()[0]) == 3.0
    assert set(first.values) == {"x"}
    assert isinstance(second, Conditioned)
    assert second.program is pair


def test_a_deferred_program_waits_for_its_data() -> None:
    given = deferred(pair, "y")
    for seen in (-2.0, -1.0):
        mean = 1.0 + 3.2 * (seen + 2.0)
        assert spread_from(given(y=seen), mean, 1.2) < 1e-4
    assert float(conditioned(given(y=-2.0), {"x": 9.0})(0.1)[0]) == 9.0
    for wrong in ({}, {"x": 1.0}, {"y": 1.0, "x": 1.0}):
        with pytest.raises(TypeError, match="give a value for each of y"):
            given(**wrong)


@pytest.mark.parametrize(
    ("values", "fault", "says"),
    [
        ({"wieghts": torch.zeros(3)}, UnknownNameError, "no site is called 'wieghts'; nearest: weights"),
        ({"y": torch.zeros(ROWS)}, ConditionError, "y is data of the program: give the program other data"),
        ({"weights": torch.zeros(2)}, ConditionError, r"weights has the shape \(3,\) and the value \(2,\)"),
        ({"intercept": torch.zeros(4)}, ConditionError, r"intercept has the shape \(\) and the value \(4,\)"),
        ({"noise_scale": -1.0}, ConditionError, "noise_scale cannot be held outside of its support"),
    ],
)
def test_what_cannot_be_held_is_refused_in_one_line(values: Any, fault: type[Exception], says: str) -> None:
    with pytest.raises(fault, match=says) as raised:
        conditioned(regression(), values)()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("value", [float("nan"), "9.5", [[1.0], [2.0, 3.0]], torch.tensor([1.0, float("inf")])])
def test_what_is_not_a_finite_number_is_refused_at_once(value: Any) -> None:
    with pytest.raises(ConditionError, match="measurement cannot be held at"):
        conditioned(pair, {"measurement": value})


def test_looking_at_the_sites_changes_nothing_outside() -> None:
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    latent_shapes(network())
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not list(pyro.get_param_store())
