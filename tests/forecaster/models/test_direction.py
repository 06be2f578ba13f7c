"""The classifier of direction: calibrated where there is one, silent where there is none, a distribution throughout."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import stats

from forecaster.families.band_shapes import EVEN, classes_of, shapes
from forecaster.models.direction import Direction
from tests.forecaster.models.test_models import examples, fit_one, origin_of

ANY_WEIGHT = {"weight_scale": 0.5, "other_weight_scale": 0.5}


def said(fit, data, days: int) -> list[dict[str, float]]:
    return [fit.figures(origin_of(window)) for window in data.standard[:days]]


def test_probabilities_of_a_planted_direction_are_calibrated() -> None:
    """1,000 new days by P(up) in five groups: each group's ups lie within 4.4 standard errors of what was said.

    By chance one of the five is further off in one of twenty thousand samples.
    """
    train, new = (
        examples(rows, seed, lambda z: 0.5 * z[:, -1, 0], ("price",)) for rows, seed in ((2000, 1), (1000, 2))
    )
    fit = fit_one("direction", train, 0, **ANY_WEIGHT)
    assert fit.reason == ""
    assert fit.losses.size == 0, "nothing was trained, so that a report has no curve to show"
    prob_up = np.array([fit.predict(origin_of(window)).prob_up for window in new.standard])
    assert prob_up.std() > 0.1
    for own in np.array_split(prob_up.argsort(), 5):
        error = np.sqrt(prob_up[own].mean() * (1 - prob_up[own].mean()) / own.size)
        assert abs((new.y[own] > 0).mean() - prob_up[own].mean()) < 4.4 * error


def test_it_answers_what_it_knows_and_abstains_on_noise() -> None:
    """Of a planted direction it answers some days, more often right than the rest; of noise nearly none."""
    data = examples(1500, 3, lambda z: 0.6 * z[:, -1, 0], ("price",))
    knows = fit_one("direction", data, 0, **ANY_WEIGHT)
    told = said(knows, data, 250)
    answered = np.array([not one["abstains"] for one in told])
    assert 0.2 < answered.mean() < 0.95
    more_up = np.array([one["probability_up"] > one["probability_down"] for one in told])
    right = more_up == (data.y[:250] > 0)
    assert right[answered].mean() > right[~answered].mean() + 0.1
    noise = examples(1500, 4, lambda z: 0.0 * z[:, 0, 0], ("price",))
    guesses = fit_one("direction", noise, 0)
    assert np.mean([one["abstains"] for one in said(guesses, noise, 250)]) > 0.99
    assert guesses.diagnostics["training_rows_answered"] < 0.01


def test_the_distribution_has_the_class_probabilities() -> None:
    """Mass beyond, inside and beyond the band within 1 % of the classes', and P(up) what they say of either side."""
    data = examples(800, 5, lambda z: 0.5 * z[:, -1, 0], ("price",))
    fit = fit_one("direction", data, 0, **ANY_WEIGHT)
    for size in (-2.0, 0.0, 1.5):
        window = np.zeros((7, 1))
        window[-1] = size
        origin = origin_of(window)
        law, own = fit.predict(origin), fit.figures(origin)
        down, below_up = law.cdf(0.25 * 0.02 * np.array([-1.0, 1.0]))
        assert [down, 1 - below_up] == pytest.approx([own["probability_down"], own["probability_up"]], abs=0.01)
        assert law.prob_up == pytest.approx(own["probability_up"] + own["probability_flat"] / 2, abs=0.001)
        assert sum(own[f"probability_{name}"] for name in ("down", "flat", "up")) == pytest.approx(1)


def test_the_shapes_fit_what_they_are_fitted_to() -> None:
    """Of normal changes the mixture costs less than 0.01 nats a day against the truth; a side may have no rows."""
    z = stats.norm.rvs(size=4000, random_state=6)
    found = shapes(z, 0.25)
    law = found.mixed(np.bincount(classes_of(z, 0.25), minlength=3) / z.size)
    new = stats.norm.rvs(size=4000, random_state=7)
    assert np.mean(stats.norm.logpdf(new) - law.log_prob(new)) < 0.01
    assert law.weight.size == EVEN + 2
    one_sided = shapes(np.abs(z) + 0.3, 0.25)
    assert np.isfinite([*one_sided.scale, *one_sided.df]).all()


def test_it_can_have_hidden_units_and_goes_to_another_process() -> None:
    data = examples(150, 8, lambda z: 0.5 * z[:, -1, 0], ("price",))
    fit = fit_one("direction", data, 0, hidden=3, steps=20)
    again = pickle.loads(pickle.dumps(fit))  # noqa: S301  # our own
    origin = origin_of(data.standard[3])
    assert again.predict(origin).to_bytes() == fit.predict(origin).to_bytes()
    assert isinstance(again.predict.__self__, Direction)
    assert again.figures(origin) == fit.figures(origin)
