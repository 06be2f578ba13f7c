"""`make study` works: a tiny run of every step writes the page, and a second one computes nothing again."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from benchmarks.study import __main__ as study
from benchmarks.study import additions, bars, blocks, experiment, tables
from forecaster.combination.weights import past_weights


def cells(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table under a heading."""
    part = page.split(f"# {heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\|\n)+", part, flags=re.MULTILINE)
    assert lines
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()]
    return [rows[0], *rows[2:]]


def without_seconds(page: str) -> str:
    return re.sub(r"\| minutes for .*", "", page.split("## Seconds", maxsplit=1)[0])


def test_a_tiny_study_writes_its_page_and_keeps_what_it_computed(tmp_path):
    out, again = tmp_path / "quality.md", tmp_path / "again.md"
    study.main(["--quick", "--processes", "1", "--out", str(out), "--folder", str(tmp_path)])
    page = out.read_text("utf-8")
    head, *rows = cells(page, "All blocks, at most 150 rows")
    days = {row[0]: row[1] for row in rows}
    assert head[:2] == ["forecaster", "days"]
    assert {"climatology", "bayesian_linear", "ensemble", "recalibrated", "the study's shape"} <= days.keys()
    assert set(days.values()) == {"8"}
    assert {row[-1] for row in cells(page, "Targets")[1:]} <= {"met", "**missed**", "not measured"}
    assert [row[1] for row in cells(page, "Calibration, at most 100 rows")[1:]] == ["8", "8"]
    assert cells(page, "Simulated markets")[0] == ["forecaster", "AR(.1)", "walk"]
    assert {row[0] for row in cells(page, "The mean of AR(.1)")[1:]} >= {"bayesian_linear", "ensemble"}
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "quick").iterdir()}
    study.main(["--quick", "--processes", "1", "--out", str(again), "--folder", str(tmp_path)])
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "quick").iterdir()} == kept
    assert without_seconds(again.read_text("utf-8")) == without_seconds(page)


def test_an_experiment_compares_a_model_with_itself(tmp_path, capsys):
    label = "^GSPC 2004-06"
    words = ["bayesian_linear", "steps=20", "noise=normal", "--window", "80", "--block", label, "--last", "5"]
    experiment.main([*words, "--processes", "1", "--folder", str(tmp_path)])
    rows = cells("# " + capsys.readouterr().out.split("\n\n", 1)[1].join(["x\n", ""]), "x")
    assert [row[:2] for row in rows[1:]] == [[label, "5"], ["all", "5"]]
    assert all(float(row[2]) != 0 for row in rows[1:])


def test_settings_of_an_experiment_reach_their_tables():
    words = ["slope_scale=0.2", "noise=normal", "forecast.half_life=8", "bayesian_mlp.draws=50", 'members=["garch"]']
    found = experiment.tables_of("bayesian_linear", words)
    assert found["forecast"] == {"half_life": 8}
    assert found["models"]["bayesian_linear"] == {"slope_scale": 0.2, "noise": "normal", "members": ["garch"]}
    assert found["models"]["bayesian_mlp"] == {"draws": 50}
    with pytest.raises(ValueError, match="write NAME=VALUE"):
        experiment.tables_of("bayesian_linear", ["slope_scale"])


def test_an_experiment_may_try_other_rows_than_the_window_s() -> None:
    chosen = blocks.development()[:1]
    plain, tried = experiment.tasks("bayesian_linear", ["forecast.train_window=4000"], 2000, chosen, 0)
    assert plain.settings().forecast.train_window == 2000
    assert tried.settings().forecast.train_window == 4000


def test_an_unknown_part_is_refused_by_name(capsys):
    with pytest.raises(SystemExit):
        study.main(["--part", "blocks,moon"])
    assert "there is no moon" in capsys.readouterr().err


def forecasts(days: int = 400) -> pd.DataFrame:
    """A good, a bad and a reference forecaster with planted differences, PITs of the first too narrow."""
    rng = np.random.default_rng(0)
    base, parts = rng.standard_normal(days), []
    for model, gain in (("bayesian_linear", -0.05), ("garch", 0.0), ("egarch", -0.01), ("recalibrated", 0.1)):
        pit = rng.beta(2, 2, days) if model == "bayesian_linear" else rng.uniform(size=days)
        parts.append(pd.DataFrame({
            "block": "A", "symbol": "A", "window": 2000, "model": model, "status": "ok", "stand_in": "",
            "target": pd.date_range("2000-01-01", periods=days), "pit": pit, "crps": 1.0 + gain,
            "log_score": base + gain + 0.01 * rng.standard_normal(days), "mean": 0.0,
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_bars_are_met_and_missed_by_what_was_planted():
    rows = forecasts()
    told = {bar.about: bar.met for bar in bars.of_blocks({2000: rows, 350: rows}, ("bayesian_linear", "garch"))}
    assert told["bayesian_linear minus GARCH-t"]
    assert told["bayesian_linear minus EGARCH-t"]
    assert not told["recalibrated minus GARCH-t"]
    assert not told["recalibrated minus the best member, worst block"]
    assert not told["outcomes of bayesian_linear in the central 50 %"]
    text = bars.table(list(bars.of_blocks({2000: rows, 350: rows}, ("bayesian_linear", "garch"))))
    assert "bayesian_mlp minus bayesian_linear | at most +0.0010 |  | not measured" in text


def test_calibration_marks_what_lies_outside_its_band():
    rows = forecasts()
    assert tables.calibration(rows, "bayesian_linear").splitlines()[2].count("*") >= 3
    assert tables.calibration(rows, "garch").splitlines()[2].count("*") == 0


def test_the_posterior_is_told_and_judged():
    row = {"symbol": "^GSPC", "model": "bayesian_linear", "as_of": "2018-12-31", "rows": 2000, "k_hat": 0.41,
           "difference": 0.013, "reason": "", "nuts_reason": "too few effective draws"}  # fmt: skip
    found = pd.DataFrame([row, {**row, "symbol": "^IXIC", "difference": 0.025}])
    assert "| 2000 | 1.3 % | 0.41 | too few effective draws |" in tables.nuts_table(found)
    (bar,) = bars.of_nuts(found)
    assert (bar.met, bar.found) == (False, 0.025)


def test_blocks_lie_where_they_say():
    found = blocks.development()
    assert len({block.label for block in found}) == len(found) >= 11
    days = blocks.Block("WTI", 1996, 1998).origins(blocks.history("WTI"))
    assert (days[0].year, days[-1].year, len(days)) == (1995, 1998, 759)
    history = blocks.history("WTI")
    assert history.steady
    assert history.newest()["high"].isna().all()


def test_a_member_more_is_judged_by_what_the_mixture_scores_with_it(tmp_path, capsys):
    label = "^GSPC 2016-18"
    words = [
        "garch",
        "--members",
        "climatology,ewma",
        "--block",
        label,
        "--last",
        "6",
        "--processes",
        "1",
        "--folder",
        str(tmp_path),
    ]
    additions.main(words)
    said = capsys.readouterr().out
    assert "The ensemble with garch" in said
    assert f"| {label} | 6 |" in said
    assert "becomes a member" in said or "does not become a member" in said


def test_the_mixture_of_the_tool_weighs_by_the_days_before_alone():
    rng = np.random.default_rng(3)
    scores = rng.normal(-3, 0.4, (60, 3))
    whole = additions.mixed(scores, 20, additions.ensemble.Settings())
    changed = scores.copy()
    changed[40:] += 1.0 * rng.normal(size=changed[40:].shape)
    assert (additions.mixed(changed, 20, additions.ensemble.Settings())[:40] == whole[:40]).all()
    by_hand = past_weights(scores[19:39], 0.02, np.inf)[-1]
    assert whole[39] == pytest.approx(-np.log((by_hand * np.exp(-scores[39])).sum()))
