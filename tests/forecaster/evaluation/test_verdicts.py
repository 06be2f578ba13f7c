"""Verdicts say "no evidence of skill" where that is the truth, and find skill where it was planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecaster.distribution.predictive import Predictive
from forecaster.evaluation.references import REFERENCES
from forecaster.evaluation.scoreboard import PREDICT_ZERO, scoreboard
from forecaster.evaluation.scoring import score
from forecaster.evaluation.verdicts import (
    LEVEL,
    MINIMUM_DAYS,
    compare,
    compare_all,
    excess,
    in_words,
)


def scores(days: int, seed: int, drift: float, log_drift: float = 0.0, reference: str = "climatology") -> pd.DataFrame:
    """Scores of a reference and of a model that differs by autocorrelated noise around drifts."""
    rng = np.random.default_rng(seed)
    crps, log_score = rng.gamma(2, 0.005, days), rng.normal(-3, 0.5, days)
    noise = rng.standard_normal((2, days + 1))
    apart = noise[:, 1:] + 0.5 * noise[:, :-1]
    target = pd.date_range("2020-01-01", periods=days)
    ours = crps + 0.002 * apart[0] + drift, log_score + 0.1 * apart[1] + log_drift
    parts = [
        pd.DataFrame({"target": target, "model": model, "crps": own[0], "log_score": own[1]})
        for model, own in [(reference, (crps, log_score)), ("bayesian_linear", ours)]
    ]
    return pd.concat(parts, ignore_index=True)


def test_without_skill_a_claim_is_rare():
    """Two-sided 5 % a table on 1,000 null tables of 250 days with autocorrelated differences: at most 6.8 %."""
    claims = sum(bool(compare(scores(250, seed, 0.0))[0].claims) for seed in range(1000))
    assert claims / 1000 < LEVEL + 2.58 * (LEVEL * (1 - LEVEL) / 1000) ** 0.5


def test_planted_skill_is_found_and_named():
    for seed in range(20):
        (found,) = compare(scores(250, seed, -0.001))
        assert found.claim == "better"
        assert "better than climatology in CRPS" in found.sentence
        (lost,) = compare(scores(250, seed, +0.001))
        assert "worse than climatology in CRPS" in lost.sentence


def test_each_score_has_a_claim_of_its_own():
    """Better in both is said of both; better in one and worse in the other is said, and is no claim of skill."""
    (both,) = compare(scores(250, 0, -0.001, -0.05))
    assert "better than climatology in CRPS and log score" in both.sentence
    (log_score,) = compare(scores(250, 1, 0.0, -0.05))
    assert (log_score.claim, log_score.claims) == ("better", {"log_score": "better"})
    (torn,) = compare(scores(250, 0, -0.001, +0.05))
    assert torn.claim == ""
    assert "better than climatology in CRPS, worse than climatology in log score" in torn.sentence
    assert in_words([torn]) == (torn.sentence,)


@pytest.mark.parametrize("reference", ["climatology", "garch", "baseline_mlp"])
def test_skill_is_judged_against_each_reference(reference):
    """A model that beats what a practitioner would use is said to; without garch among `REFERENCES` none could be."""
    assert reference in REFERENCES
    (found,) = compare(scores(250, 0, -0.001, reference=reference))
    assert found.reference == reference
    assert f"bayesian_linear: better than {reference}" in found.sentence


def test_few_days_never_make_a_claim():
    (found,) = compare(scores(MINIMUM_DAYS - 1, 0, -0.01))
    assert found.claim == ""
    assert "no evidence of skill" in found.sentence
    assert "too few" in found.sentence
    assert in_words([found])[0].startswith("No evidence of skill: 59 days are too few")


def test_models_without_a_claim_share_a_sentence_a_reference():
    table = scores(250, 1, 0.0)
    more = pd.concat([table, table[table["model"] == "bayesian_linear"].assign(model="ewma")])
    (said,) = in_words(compare(more))
    assert said.startswith("bayesian_linear (t = ")
    assert "ewma (t = " in said
    assert "): no evidence of skill against climatology in CRPS and log score over 250 days; negative" in said
    assert said.endswith("; negative t favours the model.")


def test_the_sign_of_t_is_explained_wherever_it_is_shown():
    (found,) = compare(scores(250, 0, -0.001))
    assert f"t = {found.crps.t:.1f}; log score" in found.sentence
    assert "; negative t favours bayesian_linear; 250 days)" in found.sentence
    assert found.crps.t < 0
    same = scores(250, 0, 0.0)
    same[["crps", "log_score"]] = 1.0
    (said,) = in_words(compare(same))
    assert said.startswith("bayesian_linear (the same scores): no evidence of skill")


def on_a_tick(seed: int, gain_still: float, gain_moved: float) -> pd.DataFrame:
    """Scores of 500 days, of which one in eight has no change: the model gains so much on either kind of them."""
    table = scores(500, seed, 0.0)
    y = np.where(np.arange(500) % 8 == 3, 0.0, 0.01)
    ours = (table["model"] == "bayesian_linear").to_numpy()
    gain = np.tile(np.where(y == 0, gain_still, gain_moved), 2) * ours
    return table.assign(y=np.tile(y, 2), log_score=table["log_score"] - gain, crps=table["crps"] - 0.01 * gain)


def test_who_wins_on_days_without_a_change_alone_has_no_skill_and_is_told_why():
    """It gains half a nat on the days that stood still, and nothing on the others."""
    for seed in range(10):
        (found,) = compare(on_a_tick(seed, 0.5, 0.0))
        assert found.log_score.p < found.level, "or there is nothing to refuse"
        assert (found.claims, found.still["log_score"]) == ({}, "better")
        assert found.moved.still == pytest.approx(1 / 8, abs=0.002)
        assert found.moved.part == pytest.approx(-0.5 / 8, abs=0.02)
        said = " ".join(in_words([found]))
        assert said.startswith("bayesian_linear: no evidence of skill against climatology (")
        assert "of days without a change, on the others it is " in said
        assert "nothing is claimed in " in said
        assert "as the other days alone do not show it" in said
        assert not compare(on_a_tick(seed, 0.5, 0.0).drop(columns="y"))[0].moved, "where outcomes are not known"


def test_who_wins_on_days_that_moved_has_skill_and_the_part_of_the_others_is_said():
    for seed in range(10):
        (found,) = compare(on_a_tick(seed, 0.1, 0.1))
        assert found.claims["log_score"] == "better"
        assert "; -0.0" in found.sentence
        assert "come from the 13% of days without a change" in found.sentence


def test_a_few_days_without_a_change_are_no_matter():
    table = on_a_tick(0, 0.1, 0.1)
    rare = table.assign(y=np.where(np.tile(np.arange(500) < 4, 2), 0.0, 0.01))
    (found,) = compare(rare)
    assert found.moved is None
    assert "without a change" not in found.sentence


def test_a_record_of_log_scores_alone_is_judged_by_them():
    """Half as many tests, and no word of CRPS."""
    table = scores(250, 0, -0.001, -0.05)
    (both,), (alone,) = compare(table), compare(table.drop(columns="crps"))
    assert alone.level == 2 * both.level
    assert (alone.log_score, alone.claims) == (both.log_score, {"log_score": "better"})
    assert "CRPS" not in alone.sentence + alone.brief


def test_every_model_is_compared_with_every_other_once():
    rng = np.random.default_rng(0)
    names = ("garch", "ewma", "climatology", "gjr")
    target = pd.date_range("2020-01-01", periods=80)
    table = pd.concat(
        pd.DataFrame({"target": target, "model": n, "crps": rng.gamma(2, 1, 80), "log_score": rng.normal(0, 1, 80)})
        for n in names
    )
    pairs = compare_all(table)
    assert len({frozenset((c.model, c.reference)) for c in pairs}) == len(pairs) == 6
    assert {c.level for c in pairs} == {LEVEL / 12}


def test_the_more_was_ever_tried_the_more_a_claim_needs():
    """40 configurations where the table holds 2: 20 times smaller a level, and a claim that rests on chance is lost."""
    table = scores(250, 3, -0.0005)
    (alone,) = compare(table)
    (among_many,) = compare(table, trials=40)
    assert among_many.level == pytest.approx(alone.level / 20)
    assert among_many.crps == alone.crps
    assert alone.level > alone.crps.p > among_many.level
    assert (alone.claim, among_many.claim) == ("better", "")
    assert excess(1, 2) == 1


def test_the_best_of_many_trials_is_claimed_no_more_often_than_one():
    """40 homes in which 20 useless configurations were tried one after the other, the luckiest of them shown.

    At 5 % a home at most 7 show a claim (0.2 % tail); without the count more than half do.
    """
    counted, uncounted = 0, 0
    for home in range(40):
        found = [compare(scores(120, 1000 * home + seed, 0.0), trials=40)[0] for seed in range(20)]
        counted += any(each.claims for each in found)
        uncounted += any(min(each.crps.p, each.log_score.p) < LEVEL / 2 for each in found)
    assert counted <= 7
    assert uncounted > 20


def test_a_random_walk_gives_no_claim_to_any_scored_forecaster():
    """Two honest forecasters of a walk that differ by an estimated mean: no evidence of skill, in words."""
    rng = np.random.default_rng(5)
    y = 0.01 * rng.standard_t(5, 300)
    rows = []
    for day, value in enumerate(y):
        known = Predictive.of([0.0], [0.01], [5.0])
        guess = Predictive.of([0.002 * rng.standard_normal()], [0.01], [5.0])
        for name, p in [("climatology", known), ("bayesian_linear", guess)]:
            scored = score(p, value)
            rows.append({"target": pd.Timestamp("2020-01-01") + pd.Timedelta(days=day), "model": name,
                         "crps": scored["crps"], "log_score": scored["log_score"]})  # fmt: skip
    (found,) = compare(pd.DataFrame(rows))
    assert found.claim != "better"


def test_the_scoreboard_keeps_the_order_of_models_and_means_leave_out_what_is_missing():
    """Against pandas' own means, bit for bit; a log score that does not exist is in no mean."""
    rng, days = np.random.default_rng(3), pd.date_range("2020-01-01", periods=37)
    rows = pd.DataFrame(
        [(model, "live", day, 0.01) for day in days for model in ("b", "climatology", "a")],
        columns=["model", "origin", "target", "y"],
    )
    rows = rows.assign(crps=rng.uniform(size=len(rows)), log_score=rng.normal(size=len(rows)))
    rows.loc[rows["model"].eq("a") | (rng.uniform(size=len(rows)) < 0.2), "log_score"] = np.nan
    board = scoreboard(rows)
    assert board["model"].tolist() == ["b", "climatology", "a", PREDICT_ZERO]
    for name in ("crps", "log_score"):
        expected = [rows.loc[rows["model"] == model, name].mean() for model in ("b", "climatology", "a")]
        assert np.array_equal(board[name].to_numpy(float)[:3], expected, equal_nan=True)


def test_the_scoreboard_means_are_over_the_same_days():
    """Skill compares common days only, and "predict zero" costs the mean squared change."""
    days = pd.date_range("2020-01-01", periods=4)
    y = [0.01, -0.02, 0.03, 0.0]
    rows = []
    for model, crps, kept in [("climatology", [1.0, 2.0, 3.0, 9.0], 4), ("bayesian_linear", [0.5, 1.0, 1.5], 3)]:
        rows += [
            {"model": model, "origin": "replayed", "target": days[i], "y": y[i], "crps": crps[i], "log_score": 0.0,
             "absolute_error": abs(y[i]), "squared_error": y[i] ** 2, "in50": True, "in90": i > 0}
            for i in range(kept)
        ]  # fmt: skip
    board = scoreboard(pd.DataFrame(rows)).set_index("model")
    assert board.loc["bayesian_linear", "skill_climatology"] == pytest.approx(0.5)
    assert board.loc["bayesian_linear", "days"] == 3
    assert board.loc["climatology", "in90"] == pytest.approx(0.75)
    assert board.loc[PREDICT_ZERO, "mse"] == pytest.approx(np.mean(np.square(y)))
    assert np.isnan(board.loc[PREDICT_ZERO, "crps"])
