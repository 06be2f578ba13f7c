"""All verdicts on an asset follow from its exported rows, and are told alike in words and in JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecaster.contract import INSTEAD
from forecaster.distribution.predictive import Predictive
from forecaster.evaluation.judgement import judge
from forecaster.evaluation.scoring import score
from forecaster.replay.backtest import COLUMNS, EXTRA
from forecaster.replay.export import export, judged
from ingest.sources import simulated

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 500
SYMBOL = simulated.ASSETS[0].symbol


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """A market whose volatility is known to garch, unknown to climatology, and a fifth too small to ewma."""
    rng, found = np.random.default_rng(0), []
    scale = 0.01 * np.exp(0.7 * np.sin(np.arange(DAYS) / 25))
    y = scale * rng.standard_normal(DAYS)
    day = pd.date_range("2020-01-01", periods=DAYS + 1)
    for i in range(DAYS):
        for model, sd in {"climatology": np.sqrt(np.mean(scale**2)), "garch": scale[i], "ewma": 0.8 * scale[i]}.items():
            law = Predictive.of([0.0], [sd], [200.0])
            told, known = score(law, y[i]), {"symbol": SYMBOL, "model": model, "status": "ok", "horizon": 1}
            facts = {"as_of": day[i], "target_date": day[i + 1], "y": y[i], "mean": 0.0, "sd": law.sd, "prob_up": 0.5}
            found.append({**known, **facts, **law.quantiles, **told})
    return pd.DataFrame(found, columns=[*COLUMNS, *EXTRA])


def as_scores(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(target=rows["target_date"])


def test_what_is_planted_is_said_in_words(rows: pd.DataFrame) -> None:
    said = judge(as_scores(rows), trials=3).sentences
    assert any(line.startswith("garch: better than climatology in CRPS and log score (") for line in said)
    assert said[0].startswith(
        "Evidence of skill over 500 days: none against garch; ewma and garch are better than climatology in CRPS "
    ), said[0]
    assert any(
        line.startswith("Cannot be ruled out as the best in log score, with 95% confidence: garch (") for line in said
    )
    assert any(line.startswith("Chance alone would do as well against climatology as the best") for line in said)
    assert any(line.startswith("ewma: too narrow (") and "in the left tail" in line for line in said)
    assert any(line.startswith("climatology: ") and "widths do not follow volatility" in line for line in said)
    assert "No evidence of miscalibration over all days in 15 tests each: garch." in said
    assert any(
        line.startswith("3 configurations have been backtested in this home, 3 models are judged") for line in said
    )
    uncounted = judge(as_scores(rows)).sentences
    assert any(line.startswith("It is not known what else was tried; 3 models are judged here") for line in uncounted)
    assert len(set(said) - set(uncounted)) == 1


def test_the_count_of_trials_is_said_with_what_it_does(rows: pd.DataFrame) -> None:
    """Thirty times as many configurations as models: every level of skill is thirty times smaller."""
    alone, many = judge(as_scores(rows)), judge(as_scores(rows), trials=90)
    assert many.trials == 90
    assert all(b.level == pytest.approx(a.level / 30) for a, b in zip(alone.comparisons, many.comparisons, strict=True))
    level = many.comparisons[0].level
    assert any(
        "90 configurations have been backtested" in line and f"p < {level:.2g}, not" in line for line in many.sentences
    )
    assert many.calibrations == alone.calibrations


def test_a_model_that_lacks_many_days_does_not_cost_the_others_theirs(rows: pd.DataFrame) -> None:
    """One day in ten without a score leaves the comparison of all; it is still judged on its own days."""
    holes = as_scores(rows)
    missing = (holes["model"] == "ewma") & (np.arange(len(holes)) // 3 % 10 == 0)
    holes.loc[missing, ["crps", "log_score", "pit"]] = np.nan
    found = judge(holes)
    assert found.days == DAYS
    assert {standing.model for standing in found.standings} == {"garch", "climatology"}
    assert {c.days for c in found.comparisons if c.model == "ewma"} == {DAYS - 50}


def test_few_days_are_judged_by_no_test_of_many(rows: pd.DataFrame) -> None:
    few = judge(as_scores(rows.groupby("model").head(59)))
    assert few.standings == []
    assert few.contests == []
    assert few.sentences[0].startswith("No evidence of skill: 59 days are too few to judge any model")
    assert not any("calibration" in line for line in few.sentences)


def test_unreliable_forecasts_and_stand_ins_are_told_on_the_front(rows: pd.DataFrame, tmp_path: Path) -> None:
    """Two of the 500, one of them climatology's: in words, in the file and on the first page."""
    wrong = rows.assign(reason="")
    own = wrong.index[wrong["model"] == "ewma"][:2]
    wrong.loc[own, "status"] = "unreliable"
    wrong.loc[own[:1], "reason"] = f"the fit failed; climatology{INSTEAD}"
    backtest = judged(wrong, {}, {"seed": "1"})
    said = "ewma: 2 of 500 forecasts were unreliable, 1 of them climatology in its stead; scored as they are."
    assert backtest.verdicts[SYMBOL].sentences[-1] == said
    export(backtest, {SYMBOL: simulated.ASSETS[0]}, tmp_path)
    assert json.loads((tmp_path / "verdicts.json").read_text())["verdicts"][SYMBOL]["unreliable"] == [said]
    assert (tmp_path / "report.html").read_text().count("2 of 500 forecasts were unreliable") == 3, "front, pages, data"


def test_verdicts_json_and_the_report_hold_all_of_it(rows: pd.DataFrame, tmp_path: Path) -> None:
    """The file is plain JSON, its matrix holds every pair, and every sentence stands in the page."""
    backtest = judged(rows, {}, {"seed": "1"}, trials=12)
    export(backtest, {SYMBOL: simulated.ASSETS[0]}, tmp_path)

    def refused(word: str) -> None:
        raise AssertionError(word)

    told = json.loads((tmp_path / "verdicts.json").read_text(), parse_constant=refused)
    own = told["verdicts"][SYMBOL]
    assert told["design"]["configurations ever backtested in this home"] == "12"
    assert own["trials"] == 12
    assert own["verdict"]["sentence"] == own["sentences"][0]
    assert own["verdict"]["found"] is True
    assert {c["test"] for c in own["conditions"]} == {
        "coverage_50",
        "coverage_90",
        "pit",
        "spread",
        "crps",
        "log_score",
    }
    assert own["sentences"] == list(backtest.verdicts[SYMBOL].sentences)
    assert {frozenset((c["model"], c["reference"])) for c in own["pairs"]} == {
        frozenset(pair) for pair in [("garch", "climatology"), ("garch", "ewma"), ("ewma", "climatology")]
    }
    assert {(s["model"], s["score"]) for s in own["confidence_set"]} == {
        (m, s) for m in ("garch", "climatology", "ewma") for s in ("crps", "log_score")
    }
    (narrow,) = [c for c in own["calibration"] if c["model"] == "ewma"]
    below = (stats.norm.cdf(stats.norm.ppf(0.01) * 0.8), narrow["tests"]["kupiec_99"]["observed"])
    assert below[1] == pytest.approx(below[0], abs=0.02)
    assert sum(narrow["counts"]) == narrow["days"] == DAYS
    page = (tmp_path / "report.html").read_text()
    assert "GARCH: better than climatology in CRPS and log score" in page
    assert "Where forecasters fail" in page
    for words in ("Model Confidence Set", "Traffic light", "12 configurations have been backtested in this home"):
        assert words in page
