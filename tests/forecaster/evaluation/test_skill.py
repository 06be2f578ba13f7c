"""One verdict an asset: evidence of skill or the lack of it first, and nothing beside it that says otherwise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecaster.contract import INSTEAD
from forecaster.evaluation.judgement import Judgement, judge
from forecaster.evaluation.references import REFERENCES
from forecaster.evaluation.skill import FLOORS, skill
from forecaster.evaluation.unreliable import today, unreliable
from forecaster.evaluation.verdicts import NAMES, compare

DAYS = 130
MODELS = ("climatology", "garch", "baseline_mlp", "bayesian_linear", "ewma")


def table(seed: int, gains: dict[str, tuple[float, float]], days: int = DAYS) -> pd.DataFrame:
    """Scores of five models with common luck; some gain so much in CRPS and in log score."""
    rng, target = np.random.default_rng(seed), pd.date_range("2020-01-01", periods=days)
    common, parts = rng.gamma(2, 0.5, (days, 2)), []
    for name in MODELS:
        own = common + 0.3 * rng.standard_normal((days, 2)) - np.array(gains.get(name, (0.0, 0.0)))
        told = {"crps": own[:, 0], "log_score": own[:, 1], "pit": rng.uniform(size=days)}
        parts.append(pd.DataFrame({"model": name, "target": target, **told}))
    return pd.concat(parts, ignore_index=True)


def contradictions(told: Judgement) -> list[str]:
    """Facts of one judgement that cannot all be so, from its structure alone."""
    better = {(e.model, e.reference, score) for e in told.verdict.evidence for score in e.better}
    claimed = {(c.model, c.reference, s) for c in told.comparisons for s, side in c.claims.items() if side == "better"}
    worse = {(c.model, s) for c in told.comparisons for s, side in c.claims.items() if side == "worse"}
    beaten = {(reference, score) for _, reference, score in better}
    found = [f"claims {one} and the verdict does not" for one in claimed ^ better]
    if told.verdict.found != any(reference in FLOORS for _, reference, _ in claimed):
        found.append("the verdict is not what is claimed")
    found += [f"{c}: beaten or not" for c in told.contests if c.won != ((c.reference, c.score) in beaten | worse)]
    for one in told.standings:
        key = (one.model, one.score)
        if one.inside and (key in beaten or key in worse):
            found.append(f"{key} may be the best and is beaten")
        if not one.inside and one.model in REFERENCES and key not in beaten and key not in worse:
            found.append(f"{key} is ruled out and nothing is better")
    return found


def spoken(told: Judgement) -> list[str]:
    """The same of its sentences: what they say first must be what its facts are."""
    first, *rest = told.sentences
    wrong = [] if first == told.verdict.sentence else ["the verdict is not first"]
    wrong += [] if first.startswith("Evidence of skill") == told.verdict.found else ["the verdict says otherwise"]
    for score in {s.score for s in told.standings}:
        (said,) = (line for line in rest if line.startswith(f"Cannot be ruled out as the best in {NAMES[score]}"))
        left = {s.model for s in told.standings if s.score == score and s.inside}
        named = {name for name in MODELS if name in said} or set(MODELS)
        wrong += [] if left == named else [f"{said} and not {left}"]
    wrong += [line for line in rest if line.startswith(("No evidence of skill", "Evidence of skill", "Best in"))]
    return wrong


def sweep() -> list[Judgement]:
    """Judgements of tables from no gain at all to a clear one, whoever has it, in one score or both or either way."""
    rng = np.random.default_rng(7)
    found = []
    for seed in range(60):
        size = rng.choice([0.0, 0.05, 0.1, 0.3])
        gains = {str(name): tuple(size * rng.choice([-1.0, 0.0, 1.0], 2)) for name in rng.choice(MODELS, 2)}
        found.append(judge(table(seed, gains), trials=int(rng.choice([0, 30]))))
    return found


@pytest.fixture(scope="module")
def swept() -> list[Judgement]:
    return sweep()


def test_no_two_sentences_of_a_judgement_contradict_each_other(swept: list[Judgement]) -> None:
    """On 60 tables, with evidence and without; the former rules contradict themselves on some of them."""
    assert [said for told in swept for said in (*contradictions(told), *spoken(told))] == []
    assert {told.verdict.found for told in swept} == {True, False}
    former = [
        told for told in swept
        if any(s.p <= 0.05 and s.model in FLOORS for s in told.standings) and not told.verdict.found
    ]  # fmt: skip
    assert former, "a confidence set that leaves a reference out, without evidence that anything is better"


def test_the_verdict_names_who_is_better_than_what_in_what() -> None:
    (first, *_) = judge(table(0, {"bayesian_linear": (0.3, 0.3), "garch": (0.0, 0.3)})).sentences
    assert first == (
        f"Evidence of skill over {DAYS} days: bayesian_linear is better than garch in CRPS, none in log score; "
        "bayesian_linear is better than climatology in CRPS and log score, garch is better than climatology in log "
        "score; bayesian_linear is better than baseline_mlp in CRPS and log score, garch is better than "
        "baseline_mlp in log score."
    )


def test_without_evidence_the_verdict_says_so_of_every_reference() -> None:
    told = judge(table(1, {}))
    assert told.verdict.sentence == (
        f"No evidence of skill against garch, climatology or baseline_mlp in CRPS and log score over {DAYS} days."
    )


def test_to_beat_the_network_alone_is_no_skill() -> None:
    told = judge(table(2, {"baseline_mlp": (-0.5, -0.5)}))
    assert not told.verdict.found
    assert told.verdict.sentence.startswith(
        f"No evidence of skill against garch or climatology in CRPS and log score over {DAYS} days; "
    )
    assert "better than baseline_mlp in CRPS and log score, which is no skill" in told.verdict.sentence


def test_days_and_references_that_are_lacking_are_said() -> None:
    few = table(0, {}, days=59)
    assert judge(few).verdict.sentence.startswith("No evidence of skill: 59 days are too few")
    alone = table(0, {}).loc[lambda rows: rows["model"] == "ewma"]
    assert "no model has a reference" in judge(alone).sentences[0]
    assert "over 130 replayed sessions" in skill(compare(table(0, {})), "replayed sessions").sentence


def test_a_gain_that_rests_on_days_without_a_change_is_told_in_the_verdict() -> None:
    still = np.tile(np.arange(DAYS) % 5 == 0, len(MODELS))
    rows = table(0, {}).assign(y=np.where(still, 0.0, 0.01))
    rows.loc[still & (rows["model"] == "ewma").to_numpy(), "log_score"] -= 3
    told = judge(rows).verdict
    assert not told.found
    assert "what ewma would gain rests on days without a change, which is no skill" in told.sentence


def test_unreliable_forecasts_and_those_of_a_stand_in_are_counted_and_named() -> None:
    rows = pd.DataFrame({"model": ["egarch"] * 250 + ["garch"] * 250, "status": "ok", "reason": ""})
    rows.loc[3:5, "status"] = "unreliable"
    rows.loc[3:4, "reason"] = f"the fit failed; climatology{INSTEAD}"
    rows.loc[5, "reason"] = "its 90 % interval is too wide"
    assert unreliable(rows) == (
        "egarch: 3 of 250 forecasts were unreliable, 2 of them climatology in its stead; scored as they are.",
    )
    assert unreliable(rows.assign(status="ok")) == ()
    day = rows.iloc[[3, 5, 300]].assign(symbol="SPX")
    assert today(day) == (
        "2 of 3 forecasts are unreliable, and will be scored as they are: SPX egarch (climatology in its stead), SPX "
        "egarch."
    )
    assert not today(day.assign(status="ok"))
