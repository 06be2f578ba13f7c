"""What a fit says of itself: do its twins agree, and do weighed draws repair a guide that is too narrow?"""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.families.exact import gaussian_posterior
from forecaster.families.linear import Prior
from forecaster.families.regression import fit_regressions
from forecaster.inference import psis
from forecaster.inference.diagnostics import DISAGREEMENT
from forecaster.inference.schedule import Schedule

KNOWN = Prior(noise_scale=1.0)


def problem(seed: int, correlation: float, features: int = 2):
    """Features that are so correlated with each other, 200 rows, noise of sd 1."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((200, 1))
    x = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * rng.standard_normal((200, features))
    return x, x @ rng.normal(0, 0.2, features) + rng.standard_normal(200)


def test_twins_that_ended_apart_are_told_from_twins_that_agree():
    """The same fits, once trained as they should be, once at a wild rate that never falls."""
    data, prior = [problem(s, 0.5, 14) for s in range(8)], Prior(noise="student_t")
    wild = Schedule(steps=60, learning_rate=0.3, final_fraction=1.0)
    calm = fit_regressions(data, range(8), prior, draws=20)
    apart = fit_regressions(data, range(8), prior, schedule=wild, draws=20)
    assert max(fit.fit.disagreement for fit in calm) < DISAGREEMENT
    assert all(fit.fit.reason == "" for fit in calm)
    assert sum(fit.fit.disagreement > DISAGREEMENT for fit in apart) >= 2
    assert all(fit.fit.reason for fit in apart if fit.fit.disagreement > DISAGREEMENT)


def test_weighed_draws_have_the_spread_that_the_guide_lacks():
    """Mean field on features correlated at 0.4 is 0.92 as wide as the posterior; its weighed draws are not."""
    data = [problem(s, 0.4) for s in range(20)]
    truth = [gaussian_posterior(np.c_[np.ones(len(y)), x], y, 1.0, 1.0).sd[1:] for x, y in data]

    def width(importance: bool):
        schedule = Schedule(steps=800, importance=importance)
        fits = fit_regressions(data, range(20), KNOWN, "mean_field", schedule, 500)
        assert [fit.fit.weighed for fit in fits] == [importance] * 20
        return np.mean([fit.weights.std(0) / sd for fit, sd in zip(fits, truth, strict=True)])

    assert width(importance=False) == pytest.approx(0.92, abs=0.03)
    assert width(importance=True) == pytest.approx(1.0, abs=0.03)


def test_a_guide_beyond_repair_is_not_weighed():
    data = [problem(s, 0.95, 14) for s in range(4)]
    fits = fit_regressions(data, range(4), KNOWN, "mean_field", Schedule(steps=800, importance=True), 50)
    assert not any(fit.fit.weighed for fit in fits)
    assert all(fit.fit.k_hat > fit.fit.k_limit for fit in fits)
    assert all("not as wide as the posterior" in fit.fit.reason for fit in fits)


def test_smoothed_weights_keep_their_order_and_lose_their_wildness():
    """Pareto weights of shape 0.6, whose mean is known: smoothing lowers the mean squared error of their mean."""
    rng = np.random.default_rng(6)
    raw = 0.6 * rng.exponential(size=(400, 1000))
    smooth = psis.smoothed(raw)
    np.testing.assert_allclose(smooth.sum(1), 1.0)
    assert (np.diff(np.take_along_axis(smooth, raw.argsort(1), 1), axis=1) >= -1e-12).all()
    assert smooth.max(1).var() < (np.exp(raw).max(1) / np.exp(raw).sum(1)).var()
