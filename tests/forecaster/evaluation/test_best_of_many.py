"""The best of many models looks good by luck: SPA and the Model Confidence Set allow for it, and still see the best."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.evaluation.bootstrap import bootstrapped_means
from forecaster.evaluation.confidence_set import confidence_set
from forecaster.evaluation.superiority import superiority

BAND = 0.014


def losses(rng: np.random.Generator, days: int, models: int, *, persistent: bool) -> np.ndarray:
    """Losses of equally good models that share some of their luck."""
    noise = rng.standard_normal((days + 1, models)) + 0.7 * rng.standard_normal((days + 1, 1))
    return noise[1:] + 0.5 * noise[:-1] if persistent else noise[1:]


def rates(days: int, models: int, nulls: int, *, persistent: bool) -> tuple[float, float]:
    """How often SPA finds a better model, and how often the set leaves one out, where all are equal."""
    rng = np.random.default_rng(5)
    spa, left_out = 0, 0
    for _ in range(nulls):
        equal = losses(rng, days, models, persistent=persistent)
        spa += superiority(equal, 0) < 0.05
        left_out += confidence_set(equal).min() <= 0.05
    return spa / nulls, left_out / nulls


def test_true_nulls_are_rejected_as_often_as_the_level_says():
    """SPA 5 % +- 1.4 % of 1,000 nulls of 250 days; the set leaves a model out of at most 7 %. The seed is fixed."""
    spa, left_out = rates(250, 4, 1000, persistent=True)
    assert abs(spa - 0.05) < BAND
    assert left_out < 0.07


@pytest.mark.campaign
@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize(("days", "models"), [(250, 4), (250, 9), (1000, 4), (1000, 9)])
def test_true_nulls_of_other_sizes(days, models, persistent):
    """The same for more days and more models, with and without persistence."""
    spa, left_out = rates(days, models, 1000, persistent=persistent)
    print(f"{days} days, {models} models, persistent {persistent}: SPA {spa:.1%}, set {left_out:.1%}")  # noqa: T201
    assert abs(spa - 0.05) < BAND
    assert left_out < 0.08


def test_one_better_model_among_many_is_found():
    """A gain of a quarter of a standard deviation a day over 250 days; its rivals are left out, and it is not."""
    rng = np.random.default_rng(6)
    found, alone, kept = 0, 0, 0
    for _ in range(100):
        some = losses(rng, 250, 6, persistent=False)
        some[:, 3] -= 0.35
        p = confidence_set(some)
        found += superiority(some, 0) < 0.05
        alone += (np.delete(p, 3) <= 0.05).all()
        kept += p[3] > 0.05
    assert found > 85
    assert alone > 50
    assert kept == 100


def test_a_reference_that_beats_all_is_not_beaten():
    """Rivals that are clearly worse give a p of one, however clearly."""
    for gap in (0.2, 1.0, 5.0):
        worse = losses(np.random.default_rng(4), 250, 4, persistent=False) + gap * np.array([0, 1, 1, 2])
        assert superiority(worse, 0) == 1.0
        assert superiority(worse, 3) < 0.05


def test_worse_models_hide_no_better_one():
    """Hansen's point: models that are clearly worse do not count towards the luck of the best."""
    rng = np.random.default_rng(7)
    some = losses(rng, 250, 3, persistent=False)
    some[:, 1] -= 0.3
    bad = 3 + losses(rng, 250, 30, persistent=False)
    alone, among_bad = superiority(some, 0), superiority(np.hstack([some, bad]), 0)
    assert among_bad == pytest.approx(alone, abs=0.01)


def test_models_that_are_the_same_share_a_verdict():
    rng = np.random.default_rng(8)
    some = losses(rng, 120, 3, persistent=False)
    twins = np.hstack([some, some[:, [1]]])
    p = confidence_set(twins)
    assert p[1] == p[3]
    np.testing.assert_array_equal(p[:3], confidence_set(some))
    same = some[:, [0, 0]]
    assert superiority(same, 0) == 1.0
    assert confidence_set(same).tolist() == [1.0, 1.0]


def test_the_same_losses_give_the_same_samples():
    """The seed is fixed, and means are of whole samples: those of a constant are it."""
    some = losses(np.random.default_rng(9), 90, 2, persistent=True)
    np.testing.assert_array_equal(bootstrapped_means(some), bootstrapped_means(some.copy()))
    np.testing.assert_allclose(bootstrapped_means(np.full((90, 1), 3.0)), 3.0)
