"""`forecaster judge`: our own export gets the verdict that the backtest gave, and a stranger's file what it shows."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster.records.home import open_home
from tests.forecaster.cli import foreign
from tests.forecaster.cli.conftest import in_process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.forecaster.cli.conftest import Said

OURS = "climatology,garch"
HEAD = "symbol,target_date,q05,q50,q95\n"
ROW = "^GSPC,2018-12-{:02d},-0.02,0.0,0.02\n"
GOOD = HEAD + "".join(ROW.format(day) for day in (3, 4, 6, 7, 10))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the S&P 500 of the embedded sample."""
    folder = tmp_path_factory.mktemp("judged")
    (folder / "forecaster.toml").write_text("[forecast]\ntrain_window = 1000\n[report]\ndays = 3\nwarn_above = 0.7\n")
    assert in_process("ingest", "sample", "^GSPC", "--home", folder).code == 0
    return folder


@pytest.fixture(scope="module")
def exported(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export") / "out"
    words = ("backtest", "--symbols", "^GSPC", "--last", 80, "--models", f"ewma,{OURS}")
    assert in_process(*words, "--export", out, "--home", home).code == 0
    return out


def judged(home: Path, file: Path, *words: object, models: str = OURS) -> Said:
    return in_process("judge", file, "--models", models, *words, "--home", home)


def told(home: Path, file: Path, *words: object, models: str = OURS) -> dict:
    said = judged(home, file, "--json", *words, models=models)
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_our_own_export_gets_the_same_verdict_to_the_digit(home: Path, exported: Path, tmp_path: Path) -> None:
    """Every score is computed again; the references, replayed, are recognised as the file's own."""
    said = judged(home, exported / "forecasts.parquet", "--export", tmp_path / "out")
    assert (said.code, said.err) == (0, "")
    assert (tmp_path / "out" / "scores.csv").read_bytes() == (exported / "scores.csv").read_bytes()
    assert (tmp_path / "out" / "decisions.csv").read_bytes() == (exported / "decisions.csv").read_bytes()
    ours, theirs = (json.loads((at / "verdicts.json").read_text()) for at in (exported, tmp_path / "out"))
    assert ours["verdicts"] == theirs["verdicts"]
    assert ours["verdicts"]["^GSPC"]["novel_days"]
    assert (tmp_path / "out" / "report.pdf").stat().st_size > 10_000
    assert "(file)" not in said.out


def test_a_claim_of_the_export_is_not_believed(home: Path, exported: Path, tmp_path: Path) -> None:
    rows = pd.read_parquet(exported / "forecasts.parquet")
    rows.assign(crps=rows["crps"] / 2, log_score=-9.0, y=0.0).to_parquet(tmp_path / "lies.parquet")
    truth, lies = (told(home, at, models="none") for at in (exported / "forecasts.parquet", tmp_path / "lies.parquet"))
    assert (lies["scores"], lies["sentences"]) == (truth["scores"], truth["sentences"])


def test_the_export_has_all_percentiles_and_dates_as_dates(exported: Path) -> None:
    rows = pd.read_parquet(exported / "forecasts.parquet")
    percentiles = rows[[f"q{percent:02d}" for percent in range(1, 100)]].to_numpy()
    assert (np.diff(percentiles, axis=1) >= 0).all()
    assert all(rows[name].dtype.kind == "M" for name in ("as_of", "target_date", "fitted_at"))


def test_garch_by_another_program_is_as_good_as_ours_and_its_half_is_overconfident(home: Path, tmp_path: Path) -> None:
    """Nine quantiles of `arch`'s own GARCH: calibrated, no evidence against ours, nor for it. Halved, it is found out.

    Nothing of it is recorded, and no trial is counted.
    """
    before = open_home(home).trials.count()
    right, narrow = foreign.quantiles().assign(model="arch"), foreign.quantiles(width=0.5).assign(model="narrow")
    pd.concat([right, narrow]).to_csv(tmp_path / "arch.csv.gz", index=False, sep=";")
    found = told(home, tmp_path / "arch.csv.gz")
    scores = {row["model"]: row for row in found["scores"]}
    assert scores["arch"]["days"] == foreign.DAYS
    assert scores["arch"]["crps"] == pytest.approx(scores["garch"]["crps"], rel=0.02)
    said = " ".join(found["sentences"]["^GSPC"])
    assert "over 250 days: none against garch" in found["sentences"]["^GSPC"][0]
    assert re.search(
        r"arch \(t = [^)]*\): no evidence of skill against garch in CRPS and log score over 250 days", said
    )
    assert "arch: too narrow" not in said
    assert "narrow: too narrow (" in said
    assert "narrow: worse than garch in CRPS and log score" in said
    assert any("9 quantiles only bound the CRPS" in line for line in found["shown"])
    assert not any("does not say when" in line for line in found["notes"])
    assert open_home(home).trials.count() == before


def test_draws_long_or_wide_are_the_same_forecasts(home: Path, tmp_path: Path) -> None:
    wide = foreign.draws(20).tail(40)
    wide.to_parquet(tmp_path / "draws.parquet")
    long = wide.melt(id_vars=["symbol", "target_date", "made_at"], var_name="draw", value_name="value")
    long.sample(frac=1, random_state=1).to_csv(tmp_path / "draws.csv", index=False)
    one, other = (told(home, tmp_path / name, models="garch") for name in ("draws.parquet", "draws.csv"))
    assert "log scores, of all models of the table, are of 20 draws" in " ".join(one["shown"])
    assert one["scores"][0]["crps"] == pytest.approx(other["scores"][0]["crps"], rel=1e-9)
    assert one["form"] == other["form"] == "draws"


def test_mean_sd_and_df_are_a_distribution(home: Path, tmp_path: Path) -> None:
    own = foreign.garch().tail(80)
    pd.concat([foreign.dated(own), own[["mean", "sd", "df"]]], axis=1).to_csv(tmp_path / "student.csv", index=False)
    found = told(home, tmp_path / "student.csv", models="garch")
    student, garch = found["scores"][:2]
    assert student["log_score"] == pytest.approx(garch["log_score"], abs=0.03)


def test_points_are_held_to_their_errors_alone(home: Path, tmp_path: Path) -> None:
    own = foreign.garch().tail(80)
    file = foreign.dated(own).drop(columns="made_at").assign(yhat=own["mean"])
    file.to_csv(tmp_path / "points.csv", index=False)
    found = told(home, tmp_path / "points.csv", "--export", tmp_path / "out", models="climatology")
    assert found["scores"][0]["crps"] is None
    assert found["scores"][0]["mae"] > 0
    said = " ".join(found["shown"])
    assert "Points have no calibration" in said
    assert "points: no evidence of skill against climatology in absolute error" in " ".join(found["sentences"]["^GSPC"])
    assert any("does not say when its forecasts were made" in line for line in found["notes"])
    alone = judged(home, tmp_path / "points.csv", models="none")
    assert (alone.code, alone.err) == (0, "")


def test_one_quantile_is_held_to_its_score_and_its_breaches(home: Path, tmp_path: Path) -> None:
    file = foreign.quantiles((0.05,), width=0.3).tail(100)
    file.to_csv(tmp_path / "risk.csv", index=False)
    found = told(home, tmp_path / "risk.csv", "--export", tmp_path / "out", models="garch")["sentences"]["^GSPC"]
    assert found[0] == "No evidence of skill against garch in the quantile score at 0.05 over 100 days."
    said = " ".join(found)
    assert "risk: worse than garch in the quantile score at 0.05" in said
    assert "risk: too narrow" in said


@pytest.mark.parametrize(
    ("unit", "convert"), [("percent", lambda x: 100 * x), ("log", np.log1p)], ids=["percent", "log"]
)
def test_units_are_undone(home: Path, tmp_path: Path, unit: str, convert) -> None:
    file = foreign.quantiles()
    file.to_csv(tmp_path / "plain.csv", index=False)
    names = [name for name in file if name.startswith("q")]
    file.assign(**{name: convert(file[name]) for name in names}).to_csv(tmp_path / "other.csv", index=False)
    plain = told(home, tmp_path / "plain.csv", models="none")["scores"][0]
    other = told(home, tmp_path / "other.csv", "--unit", unit, models="none")["scores"][0]
    assert other["crps"] == pytest.approx(plain["crps"], rel=1e-9)
    if unit == "percent":
        notes = " ".join(told(home, tmp_path / "other.csv", models="none")["notes"])
        assert "look like percentages; say --unit percent" in notes


def test_a_model_that_only_has_our_name_is_called_otherwise(home: Path, tmp_path: Path) -> None:
    foreign.quantiles(width=3).tail(20).assign(model="garch").to_csv(tmp_path / "f.csv", index=False)
    found = told(home, tmp_path / "f.csv", models="garch")
    assert {row["model"] for row in found["scores"]} == {"garch (file)", "garch", "predict zero"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (HEAD, "has no rows"),
        (GOOD.replace("symbol", "who"), "has no column symbol"),
        (GOOD.replace("target_date", "when"), "has no column target_date"),
        ("symbol,target_date,note\n^GSPC,2018-12-03,a\n", "has no forecast (its columns:"),
        (GOOD + "^GSPC,2018-12-13,abc,0,0.1\n", "line 7: q05 is 'abc', which is not a number"),
        (GOOD + "^GSPC,2018-12-13,-inf,0,0.1\n", "line 7: q05 is infinite"),
        (GOOD + "^GSPC,2018-12-13,-1e300,0,1e300\n", "line 7: q05 is -1e+300, which is not a change"),
        (GOOD + "^GSPC,2018-12-13,,0,0.1\n", "line 7: q05 is missing where others"),
        (GOOD + ROW.format(3), "line 2 and line 7 both forecast ^GSPC on 2018-12-03"),
        (GOOD + "^GSPC,2018-12-13,0\n", "line 7 has 3 fields where the header has 5"),
        (GOOD.replace("^GSPC", "NOPE"), "for assets that this home does not have: 5 (NOPE)"),
        (GOOD.replace("2018-12-03", "2018-12-03T21:00:00Z"), "a time of day: give the date of the session"),
        (GOOD.replace("2018-12-03", "soon"), "'soon' is not a date"),
        (HEAD.replace("q05", "p50") + ROW.format(3), "are both the quantile of 0.5"),
        ("symbol,target_date,h,q05,q95\n^GSPC,2018-12-03,5,-0.1,0.1\n", "rows of horizon 5"),
        ("symbol,target_date,mean,sd\n^GSPC,2018-12-03,0,1e-60\n", "line 2: this is not a distribution"),
    ],
)  # fmt: skip
def test_a_malformed_file_gets_one_line(home: Path, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.csv").write_bytes(text.encode())
    assert said in judged(home, tmp_path / "bad.csv", models="none").complaint()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("^GSPC,2018-12-13,,,\n", "forecasts without numbers: 1 (the first: "),
        ("^GSPC,2018-12-13,0.1,0,0.2\n", "forecasts with quantiles that cross: 1 (the first: "),
        ("NOPE,2018-12-13,-0.1,0,0.2\n", "forecasts for assets that this home does not have: 1 (NOPE)"),
        ("^GSPC,2018-12-05,-0.1,0,0.2\n", "forecasts for days when the market is shut: 1 (^GSPC 2018-12-05)"),
        ("^GSPC,2019-03-05,-0.1,0,0.2\n", "forecasts without an outcome yet: 1 (^GSPC 2019-03-05)"),
        ("^GSPC,2999-03-05,-0.1,0,0.2\n", "forecasts for days beyond the end of the calendar: 1"),
        ("^GSPC,1960-03-07,-0.1,0,0.2\n", "forecasts for days before the data: 1"),
    ],
)
def test_what_cannot_be_judged_is_counted_and_named(home: Path, tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "part.csv").write_text(GOOD + row)
    found = judged(home, tmp_path / "part.csv", models="none")
    assert (found.code, found.err) == (3, "")
    assert f"Left out: {said}" in found.out


@pytest.mark.parametrize(
    "text",
    [GOOD.replace(",", "\t"), GOOD.replace(",", ";").replace(".", ","), GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD,
     GOOD.replace("2018-12-03", "3 Dec 2018"), GOOD.replace("2018-12-03", "2018-12-03T00:00:00-05:00")],
    ids=["tabs", "decimal commas", "windows", "mark", "a month in words", "a midnight in its zone"],
)  # fmt: skip
def test_files_as_people_save_them(home: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "f.csv").write_bytes(text.encode())
    found = judged(home, tmp_path / "f.csv", models="none")
    assert (found.code, found.err) == (0, "")
    assert "f says the same on all of its 5 days" in found.out
    assert "5 days with an outcome, and 60 are needed" in found.out


def test_forecasts_made_too_late_are_named(home: Path, tmp_path: Path) -> None:
    """At the close, on the day without a clock, and five minutes before: two of three are too late."""
    times = ("2018-12-03T21:00:00Z", "2018-12-04", "2018-12-06 15:55-05:00")
    rows = zip((3, 4, 6), times, strict=True)
    text = "symbol,target_date,made_at,q05,q95\n" + "".join(f"^GSPC,2018-12-{d:02d},{t},-0.02,0.02\n" for d, t in rows)
    (tmp_path / "late.csv").write_text(text)
    said = judged(home, tmp_path / "late.csv", models="none").out
    assert "made when their target was known already, by the file's own dates: 2 (the first: " in said
    assert "does not say when" not in said
