"""What is said of a layer's weights, on weights whose answers are known."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from forecaster import models
from forecaster.contract import Compute, Examples
from forecaster.families.layer_weights import hoyer, layer_weights, means
from forecaster.families.settings import LAYERS
from forecaster.issuing.fitter import _forecasting


def test_planted_weights_are_described() -> None:
    """400 weights around 0.2 with sd 0.5, a quarter of them pinned down, the others with a posterior sd of 2."""
    rng = np.random.default_rng(1)
    planted = 0.2 + 0.5 * rng.standard_normal((20, 20))
    spread = np.where(np.arange(400).reshape(20, 20) < 100, 1e-6, 2.0)
    found = layer_weights({"kernel": planted + spread * rng.standard_normal((4000, 20, 20))})["kernel"]
    assert found.count == 400
    assert found.mean == pytest.approx(planted.mean(), abs=0.01)
    assert found.sd == pytest.approx(planted.std(), abs=0.01)
    assert found.posterior_sd == pytest.approx(np.sqrt(0.75) * 2, rel=0.01)
    assert found.uncertain == pytest.approx(0.75, abs=0.01)
    assert found.hoyer == pytest.approx(hoyer(planted.ravel()), abs=0.01)


def test_a_mean_is_not_a_standard_deviation() -> None:
    """The slip of the original study, which showed the first in place of the second."""
    found = layer_weights({"bias": np.array([[1.0, 3.0]])})["bias"]
    assert (found.mean, found.sd) == (2.0, 1.0)


def test_one_draw_has_no_posterior_and_one_weight_no_spread() -> None:
    found = layer_weights({"kernel": np.ones((1, 3, 2)), "bias": np.full((5, 1), 2.0), "zeros": np.zeros((1, 4))})
    assert np.isnan([found["kernel"].posterior_sd, found["kernel"].uncertain]).all()
    assert (found["kernel"].sd, found["kernel"].hoyer) == (0.0, pytest.approx(0.0))
    assert np.isnan([found["bias"].sd, found["bias"].hoyer, found["zeros"].hoyer]).all()
    assert (found["bias"].posterior_sd, found["bias"].uncertain) == (0.0, 0.0)


@pytest.mark.parametrize("wrong", [np.array([[np.nan, 1.0]]), np.empty((3, 0))])
def test_weights_that_are_not_numbers_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="kernel: weights"):
        layer_weights({"kernel": wrong})


@pytest.mark.parametrize("size", [1.0, 1e-3, -40.0])
def test_sparsity_does_not_depend_on_units_or_order(size: float) -> None:
    weights = np.random.default_rng(2).standard_normal(50)
    assert hoyer(size * weights[::-1]) == pytest.approx(hoyer(weights))
    assert 0 < hoyer(weights) < hoyer(np.where(np.arange(50) < 40, 0.0, weights)) < 1


@pytest.mark.parametrize("name", ["baseline_mlp", "bayesian_mlp"])
def test_a_network_hands_over_its_layers_and_its_forecast_is_made_of_them(name: str) -> None:
    """In the study's form all is linear, so that the layers give each input's weight."""
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((120, 7, 1)), 0.02 * rng.standard_normal(120)
    data = Examples(("price",), 0.02 * x, x, y, np.full(120, 0.02), (), np.empty((120, 0)), y)
    own = {"epochs": 3} if name == "baseline_mlp" else {"activation": "linear", "skip": False, "covariates": False}
    given = own | ({} if name == "baseline_mlp" else {"steps": 40, "draws": 20})
    model = models.load(name)
    (fit,) = model.fit([data], model.Settings(**given), [1], Compute())
    assert list(fit.layers) == list(LAYERS)
    draws = {part.shape[0] for part in fit.layers.values()}
    assert len(draws) == 1
    count = draws.pop()
    assert [part[0].size for part in fit.layers.values()] == [175, 25, 25, 1]
    kernel, outer = fit.layers["kernel 1"].reshape(count, 7, 25), fit.layers["kernel 2"].reshape(count, 25, 1)
    np.testing.assert_allclose(means(kernel @ outer), fit.weights.mean.ravel(), rtol=1e-4, atol=1e-6)
    assert np.isfinite(astuple(layer_weights(fit.layers)["kernel 1"])[:3]).all()
    assert not _forecasting(fit).layers, "a forecast does without"
