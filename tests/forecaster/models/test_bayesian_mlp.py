"""The forecaster with hidden units: what moves its forecasts, and what it tells of itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.contract import Compute, Examples, Failed, Fitted, Origin
from forecaster.models import bayesian_mlp
from forecaster.presets import PRESETS


def examples(seed: int, rows: int = 200) -> Examples:
    """Of a price that follows its last change, in a scale that follows a covariate."""
    rng = np.random.default_rng(seed)
    window, z = rng.standard_normal((rows, 7, 1)), rng.standard_normal((rows, 2))
    y = 0.02 * (0.5 * window[:, -1, 0] + np.exp(0.3 * z[:, 0]) * rng.standard_normal(rows))
    return Examples(("price",), 0.02 * window, window, y, np.full(rows, 0.02), ("short_volatility", "volume"), z, y)


def origin_of(data: Examples, row: int) -> Origin:
    return Origin(data.x[row], data.standard[row], float(data.volatility[row]), data.z[row], data.history)


def one(data: Examples, **own) -> Fitted:
    (fit,) = bayesian_mlp.fit([data], bayesian_mlp.Settings(**own), [1], Compute())
    assert isinstance(fit, Fitted)
    return fit


def test_the_forecaster_fits_many_and_says_which_have_no_posterior():
    """Three origins, the second with a response that no float32 can hold: it alone has failed."""
    data, own = [examples(s) for s in range(3)], bayesian_mlp.Settings(steps=40, hidden=5, draws=20)
    data[1] = replace(data[1], y=1e200 * data[1].y)
    first, second, third = bayesian_mlp.fit(data, own, [1, 2, 3], Compute())
    assert isinstance(second, Failed)
    assert "finite" in second.reason
    assert isinstance(first, Fitted)
    assert isinstance(third, Fitted)
    (again,) = bayesian_mlp.fit(data[2:], own, [3], Compute())
    assert isinstance(again, Fitted)
    origin, levels = origin_of(data[0], -1), [0.05, 0.5, 0.95]
    np.testing.assert_allclose(
        again.predict(origin).quantile(levels), third.predict(origin).quantile(levels), rtol=1e-4
    )
    assert set(third.diagnostics) == {"noise_scale", "elbo_fall", "k_hat", "disagreement"}


def test_a_planted_slope_of_the_scale_is_felt_by_the_forecast():
    """A covariate two sd up widens the forecast by what was planted; one that moves nothing does not."""
    data = examples(0, rows=1500)
    fit = one(data, steps=400, slope_scale=0.5, weight_scale=0.5)
    usual = replace(origin_of(data, 0), z=np.zeros(2))
    wide, same = (fit.predict(replace(usual, z=np.array(z))) for z in ([2.0, 0.0], [0.0, 2.0]))
    width = [of.sd / fit.predict(usual).sd for of in (wide, same)]
    np.testing.assert_allclose(width, [np.exp(0.6), 1.0], rtol=0.1)


def test_the_studys_form_has_one_scale_and_a_line():
    """The preset: no covariate or window moves the scale, and equal steps of the window move the location alike."""
    own = PRESETS["study"]["models"]["bayesian_mlp"]
    data = examples(2)
    fit = one(data, steps=40, **own)
    start = origin_of(data, 0)
    forecasts = [fit.predict(replace(start, x=start.x + step, z=step + start.z)) for step in (0.0, 1.0, 2.0)]
    for of in forecasts:
        np.testing.assert_allclose(of.scale, 1.0)
        assert np.isinf(of.df).all()
    first, second, third = (of.loc.astype(float) for of in forecasts)
    np.testing.assert_allclose(third - second, second - first, rtol=1e-3, atol=1e-5)
    assert abs(second - first).max() > 0.01


@pytest.mark.parametrize("own", [{}, {"activation": "linear"}, {"skip": False}])
def test_the_average_slope_is_the_derivative(own):
    """Of the location by each input, over the training rows, against small steps of the forecast itself."""
    data = examples(3, rows=60)
    fit = one(data, steps=40, hidden=5, draws=20, hidden_weight_scale=1.0, weight_scale=0.5, **own)
    slopes = np.empty((7, 20))
    for day in range(7):
        step = np.zeros((7, 1))
        step[day] = 0.01
        ends = [
            np.mean([fit.predict(replace(at, standard=at.standard + way * step)).loc for at in origins], 0)
            for origins in [[origin_of(data, row) for row in range(60)]]
            for way in (1, -1)
        ]
        slopes[day] = (ends[0] - ends[1]) / (2 * 0.01 * 0.02)
    np.testing.assert_allclose(fit.weights.mean[:, 0], slopes.mean(1), rtol=0.01, atol=0.003)
    np.testing.assert_allclose(fit.weights.sd[:, 0], slopes.std(1, ddof=1), rtol=0.02, atol=0.003)
