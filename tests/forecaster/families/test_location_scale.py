"""A short history is believed less: under 500 rows the slopes of the scale are held closer to zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster import models
from forecaster.contract import Compute, Examples, Fitted, Origin

PLANTED = 0.3
"""The slope of the log scale on the one core covariate, in both halves of the data alike."""

MODELS = pytest.mark.parametrize("name", ["bayesian_linear", "bayesian_mlp"])


def examples(rows: int) -> Examples:
    """The first rows of one and the same past, whose scale follows a core covariate and no minor one."""
    rng = np.random.default_rng(31)
    window, z, noise = rng.standard_normal((600, 7, 1)), rng.standard_normal((600, 2)), rng.standard_normal(600)
    y = 0.02 * np.exp(PLANTED * z[:, 0]) * noise
    whole = (0.02 * window, window, y, np.full(600, 0.02)), (z, y)
    first, last = ([part[:rows] for part in parts] for parts in whole)
    return Examples(("price",), *first, ("short_volatility", "volume"), *last)


def fits(name: str, rows: tuple[int, ...], **own) -> list[Fitted]:
    """Of as many rows each, together."""
    module = models.load(name)
    found = module.fit(
        [examples(n) for n in rows], module.Settings(**{"steps": 200, **own}), [1] * len(rows), Compute()
    )
    assert all(isinstance(fit, Fitted) for fit in found)
    return list(found)


def felt(fit: Fitted) -> float:
    """By how much the log of the forecast's sd moves with the core covariate."""
    usual = Origin(np.zeros((7, 1)), np.zeros((7, 1)), 0.02, np.zeros(2), np.full(100, 0.01))
    moved = replace(usual, z=np.array([1.0, 0.0]))
    return float(np.log(fit.predict(moved).sd / fit.predict(usual).sd))


@MODELS
def test_fewer_than_500_rows_get_the_tighter_prior(name):
    """By default 0.10 in place of 0.15 on a core covariate; on a minor one 0.03 whatever the rows."""
    for fit, core in zip(fits(name, (499, 500, 501), steps=40), (0.10, 0.15, 0.15), strict=True):
        prior = [float(fit.posterior[f"slope of {of}"].prior_sd) for of in ("short_volatility", "volume")]
        np.testing.assert_allclose(prior, [core, 0.03], rtol=1e-6)


@MODELS
def test_a_planted_slope_is_shrunk_more_at_499_rows_than_at_501(name):
    """By a prior sd of 0.02 to about a quarter; the control: where both priors are one, nothing changes at 500.

    A row tells of the slope with variance 1/2 at best: `sd^2 / (sd^2 + 1 / (2 rows))` of it is felt, or a little less.
    """
    short, long = map(felt, fits(name, (499, 501), short_slope_scale=0.02))
    assert long == pytest.approx(PLANTED, abs=0.07)
    shrunk = 0.02**2 / (0.02**2 + 0.5 / 499) * (0.15**2 + 0.5 / 501) / 0.15**2
    assert 0.7 * shrunk < short / long < 1.1 * shrunk
    both = list(map(felt, fits(name, (499, 501), short_slope_scale=0.15)))
    assert both[0] == pytest.approx(both[1], abs=0.02)
    assert both[1] == pytest.approx(long, abs=1e-3)
