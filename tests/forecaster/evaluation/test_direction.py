"""P(up) is judged: who knows the direction is found, who does not is not, and the scores are what they should be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecaster.distribution.predictive import LEVELS, QUANTILES
from forecaster.evaluation.direction import HALF, SHARES, directions, in_words
from forecaster.evaluation.discrimination import area, by_chance
from forecaster.evaluation.ranked_probability import FLAT, probability_below
from forecaster.evaluation.reliability import reliability

DAYS = 500


def forecasts(model: str, y: np.ndarray, mean: np.ndarray, sd: float = 1.0) -> pd.DataFrame:
    """Normal forecasts of changes `(days,)`."""
    law = stats.norm(mean, sd)
    rows = {"model": model, "target": pd.bdate_range("2020-01-01", periods=len(y)), "y": y, "prob_up": law.sf(0)}
    return pd.DataFrame(rows | {name: law.ppf(level) for name, level in zip(QUANTILES, LEVELS, strict=True)})


def walk(seed: int, knows: float, moves: float = 0.3, days: int = DAYS) -> pd.DataFrame:
    """A market with a direction of so much, and a forecaster whose mean moves as if it knew all of it."""
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal(days)
    y = knows * signal + rng.standard_normal(days)
    return forecasts("seer", y, moves * signal)


def test_one_who_knows_is_found_and_said() -> None:
    (found,) = directions(walk(1, 0.5, 0.5))
    assert found.verdict == "better"
    assert found.auc > 0.6 > 0.5 + found.chance
    assert found.skill > 0.01
    assert found.accuracy[HALF] > found.accuracy[-1] > 0.55
    assert "seer: P(up) knows something of the direction (Brier score" in found.sentence
    assert in_words([found]) == (found.sentence,)


def test_on_a_random_walk_no_one_is_said_to_know() -> None:
    """60 walks, forecasters that hardly move, that move, and one that always says a little more than half.

    A false claim of skill is made in at most 2.5 % of samples; 7 or more of 60 would be seen by chance in one of 1,200.
    """
    days = pd.bdate_range("2020-01-01", periods=250)
    for moves in (0.02, 0.1, 0.0):
        claims = 0
        for seed in range(60):
            rng = np.random.default_rng(seed)
            prob_up = 0.52 + moves * rng.standard_normal(250)
            rows = pd.DataFrame({"model": "seer", "target": days, "y": rng.standard_normal(250), "prob_up": prob_up})
            claims += directions(rows)[0].verdict == "better"
        assert claims < 7


def test_one_who_moves_without_knowing_is_said_to_do_so() -> None:
    (found,) = directions(walk(2, 0.0, 1.0))
    assert found.verdict == "worse"
    assert "P(up) moves more than it knows" in found.sentence
    (still,) = directions(walk(2, 0.0, 0.02))
    assert still.verdict == ""
    said = f"No evidence that P(up) knows the direction, over {DAYS} days: seer (AUC {still.auc:.2f})."
    assert in_words([still]) == (said,)


def test_shuffled_outcomes_have_an_area_of_one_half() -> None:
    """The control: the same forecasts of a known direction, held against other days."""
    rows = walk(3, 0.5)
    assert directions(rows)[0].auc > 0.6
    areas = []
    for seed in range(40):
        shuffled = rows.assign(y=np.random.default_rng(seed).permutation(rows["y"]))
        (found,) = directions(shuffled)
        areas.append(found.auc)
    assert np.mean(areas) == pytest.approx(0.5, abs=4 * found.chance / 1.96 / np.sqrt(40))
    assert np.mean(np.abs(np.array(areas) - 0.5) > found.chance) <= 0.175, "8 of 40 at 5 % would be one in 2,000"


def test_the_scores_are_what_they_say() -> None:
    """Brier, area and ranked probability score against plain loops, of normals whose distribution is known."""
    rng = np.random.default_rng(4)
    mean = 0.4 * rng.standard_normal(DAYS)
    y = mean + rng.standard_normal(DAYS)
    rows = forecasts("seer", y, mean)
    (found,) = directions(rows)
    up, p = y > 0, rows["prob_up"].to_numpy()
    assert found.ups == up.mean()
    assert found.brier == pytest.approx(np.mean([(a - b) ** 2 for a, b in zip(p, up, strict=True)]))
    assert found.skill == pytest.approx(1 - found.brier / np.mean((up.mean() - up) ** 2))
    pairs = [(a > b) + (a == b) / 2 for a in p[up] for b in p[~up]]
    assert found.auc == pytest.approx(np.mean(pairs))
    edges = FLAT * y.std() * np.array([-1, 1])
    exact = np.mean([(stats.norm(mean, 1).cdf(edge) - (y <= edge)) ** 2 for edge in edges])
    assert found.rps == pytest.approx(exact, rel=1e-6)
    surest = np.abs(p - 0.5).argsort()[::-1]
    for share, accuracy in zip(SHARES, found.accuracy, strict=True):
        some = surest[: round(share * DAYS)]
        assert accuracy == pytest.approx(np.mean((p[some] > 0.5) == up[some]))


def test_probabilities_between_recorded_quantiles() -> None:
    """Of a skewed heavy-tailed forecast within half a per cent; where a quantile is zero itself, exactly that."""
    law = stats.skewnorm(3, -0.4, 1.0)
    quantiles = law.ppf(LEVELS)[None]
    edges = np.array([-0.25, 0.25])
    found = probability_below(quantiles, np.array(LEVELS), np.array([law.sf(0)]), edges)
    np.testing.assert_allclose(found[0], law.cdf(edges), atol=0.005)
    at_zero = probability_below(quantiles - quantiles[:, 4:5], np.array(LEVELS), np.array([0.5]), np.array([0.0]))
    assert at_zero[0, 0] == pytest.approx(0.5)


def test_the_area_by_chance_holds_nineteen_of_twenty() -> None:
    """200 samples: 95 +- 4.6 %, three standard errors. An asset that only rose has no area."""
    rng = np.random.default_rng(5)
    p, up = rng.random((200, 200)), rng.random((200, 200)) < 0.55
    inside = [abs(area(a, b) - 0.5) < by_chance(200, int(b.sum())) for a, b in zip(p, up, strict=True)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.046)
    assert np.isnan(area(p[0], np.ones(200, bool)))
    assert np.isnan(by_chance(200, 200))


def test_reliability_shows_what_was_said_and_what_came() -> None:
    """Calibrated forecasts lie inside their intervals; the same squeezed towards one half do not."""
    rng = np.random.default_rng(6)
    p = rng.uniform(0.1, 0.9, 2000)
    up = rng.random(2000) < p
    groups = reliability(p, up)
    assert sum(group.days for group in groups) == 2000
    assert [group.said for group in groups] == sorted(group.said for group in groups)
    assert all(group.low <= group.said <= group.high for group in groups)
    squeezed = reliability(0.5 + (p - 0.5) / 3, up)
    assert sum(not group.low <= group.said <= group.high for group in squeezed) >= 2
    assert len(reliability(p[:20], up[:20])) == 1


def test_few_days_and_missing_columns_say_nothing() -> None:
    rows = walk(7, 0.3, days=59)
    (found,) = directions(rows)
    assert found.verdict == ""
    assert "59 days are too few" in found.sentence
    assert in_words([found]) == ()
    assert directions(rows.drop(columns="prob_up")) == []
    assert np.isnan(directions(rows.drop(columns=list(QUANTILES)))[0].rps)


def test_models_share_an_error_rate_and_pay_for_trials() -> None:
    rows = pd.concat([walk(8, 0.35, 0.35), walk(9, 0.0, 0.02).assign(model="other")])
    alone, together = directions(rows[rows["model"] == "seer"]), directions(rows)
    own = next(one for one in together if one.model == "seer")
    assert own.p == alone[0].p
    assert own.adjusted == pytest.approx(2 * own.p)
    many = next(one for one in directions(rows, 30.0) if one.model == "seer")
    assert many.adjusted == pytest.approx(min(60 * own.p, 1.0))
