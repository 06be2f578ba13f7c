"""The study's asset through the real command: one forecast for ever, settled by the next run, replayed bit for bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from forecaster import models
from forecaster.distribution.predictive import QUANTILES
from forecaster.issuing.issue import issue
from forecaster.issuing.pools import Pools
from forecaster.issuing.training import train
from forecaster.records.home import open_home
from forecaster.replay.backtest import COLUMNS
from forecaster.replay.export import FILES
from forecaster.view.view import look
from tests.cheap_settings import write_cheap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ORIGIN, TARGET = pd.Timestamp("2018-01-20"), pd.Timestamp("2018-01-21")
ALL = len(models.by_default())
NUMBERS = ["mean", "sd", "prob_up", *QUANTILES]

REISSUE = """
import sys
from pathlib import Path
import pandas as pd
from forecaster.issuing.issue import issue
from forecaster.records.home import open_home

home = open_home(Path(sys.argv[1]))
history = home.store.history("ETH-USD")
for as_of, rows in home.ledger.forecasts().groupby("as_of"):
    forecasts = issue(history, pd.Timestamp(as_of), tuple(rows["model"]), home.settings)
    for row, again in zip(rows.itertuples(), forecasts, strict=True):
        same = again.predictive.to_bytes() == row.predictive
        print(row.model, row.as_of, same, again.config_sha256 == row.config_sha256)
"""


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory, ethereum: Path, shell: Any, rows_of: Any) -> dict[str, Any]:
    """The home after each command of the study's two days, with what each said."""
    home = tmp_path_factory.mktemp("study")
    write_cheap(home)
    pdf = home / "reports" / "2018-01-20.pdf"
    seen: dict[str, Any] = {"home": home}
    run = ("run", "--as-of", "2018-01-20", "--symbols", "ETH-USD", "--home", home)
    seen["ingest"] = shell("ingest", "csv", ethereum, "--symbol", "ETH-USD", "--calendar", "24/7", "--home", home)
    seen["first"] = shell(*run)
    seen["rows"], seen["pdf"], seen["html"] = rows_of(home), pdf.read_bytes(), pdf.with_suffix(".html").read_bytes()
    seen["second"] = shell(*run)
    seen["rows again"], seen["pdf again"] = rows_of(home), pdf.read_bytes()
    seen["html again"] = pdf.with_suffix(".html").read_bytes()
    seen["next day"] = shell("run", "--as-of", "2018-01-21", "--symbols", "ETH-USD", "--home", home)
    return seen


def test_a_day_has_one_forecast_of_the_next_session_from_every_model(days: dict[str, Any]) -> None:
    assert days["ingest"].out == "ETH-USD: 899 sessions from 2015-08-07 to 2018-01-21: 899 new.\n"
    assert (days["first"].code, days["first"].err) == (0, "")
    assert days["first"].out.startswith(f"{ALL} forecasts recorded, 0 targets settled; 0 on record already.\n")
    found = [(row[1], row[2], row[3], row[4], row[5]) for row in days["rows"]["forecast"]]
    assert found == [("ETH-USD", name, "2018-01-20", 1, "2018-01-21") for name in models.by_default()]
    assert days["pdf"].startswith(b"%PDF")


def test_a_second_run_changes_nothing(days: dict[str, Any]) -> None:
    assert (days["second"].code, days["second"].err) == (0, "")
    assert days["second"].out.startswith(f"0 forecasts recorded, 0 targets settled; {ALL} on record already.\n")
    assert days["rows again"] == days["rows"]
    assert days["pdf again"] == days["pdf"]
    assert days["html again"] == days["html"]


def test_the_next_days_run_settles_the_first(days: dict[str, Any], shell: Callable[..., Any]) -> None:
    assert days["next day"].code == 0
    assert days["next day"].out.startswith(f"{ALL} forecasts recorded, 1 target settled; 0 on record already.\n")
    shown = shell("ledger", "show", "--json", "--home", days["home"])
    record = json.loads(shown.out)
    assert [(row["model"], row["as_of"]) for row in record] == [
        (name, day) for day in ("2018-01-20", "2018-01-21") for name in models.by_default()
    ]
    for row in record[:ALL]:
        assert row["y"] == 1049.58 / 1155.15 - 1
        assert row["absolute_error"] > 0
        assert row["crps"] > 0
        assert 0 <= row["pit"] <= 1
        assert None not in {row[n] for n in ("log_score", "in50", "in90", "interval_score", "squared_error")}
    for row in record[ALL:]:
        assert {row[n] for n in ("y", "crps", "log_score", "pit")} == {None}
    assert days["rows"]["forecast"] == [row for row in days["rows again"]["forecast"] if row[3] == "2018-01-20"]


def test_a_ledgered_forecast_is_issued_again_bit_for_bit_in_another_process(days: dict[str, Any]) -> None:
    again = subprocess.run(
        [sys.executable, "-c", REISSUE, days["home"]],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout.splitlines() == [
        f"{name} {day} True True" for day in ("2018-01-20", "2018-01-21") for name in models.by_default()
    ]


def test_a_backtest_writes_everything_and_equals_issue_with_the_same_fit(
    days: dict[str, Any], tmp_path: Path, shell: Callable[..., Any]
) -> None:
    words = ("backtest", "--symbols", "ETH-USD", "--last", "30", "--refit-every", "10000", "--home", days["home"])
    said = shell(*words, "--export", tmp_path / "out")
    assert (said.code, said.err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(FILES)
    table = pd.read_parquet(tmp_path / "out" / "forecasts.parquet")
    assert tuple(table.columns[: len(COLUMNS)]) == COLUMNS
    assert len(table) == 30 * len(models.by_default())
    assert (table["fitted_at"] == "2017-12-22").all()

    home = open_home(days["home"])
    history = home.store.history("ETH-USD")
    view = look(history, pd.Timestamp("2017-12-22"), home.settings.forecast)
    (fit,) = train([view], Pools(models.by_default(), home.settings).trainees, home.settings)
    issued = issue(history, ORIGIN, models.by_default(), home.settings, fit)
    exported = table[table["target_date"] == TARGET].set_index("model")
    for forecast in issued:
        assert exported.loc[forecast.model, NUMBERS].to_dict() == forecast.summary()
        assert exported.loc[forecast.model, "y"] == 1049.58 / 1155.15 - 1

    refused = shell(*words, "--export", tmp_path / "out")
    assert "holds another run (forecasts.parquet)" in refused.complaint()


def test_a_backtest_of_the_last_day_is_the_daily_runs_forecast(
    days: dict[str, Any], tmp_path: Path, command: Callable[..., Any]
) -> None:
    words = ("backtest", "--symbols", "ETH-USD", "--last", 1, "--refit-every", 1, "--export", tmp_path)
    said = command(*words, "--home", days["home"])
    assert said.code == 0
    exported = pd.read_parquet(tmp_path / "forecasts.parquet").set_index("model")
    ledgered = open_home(days["home"]).ledger.forecasts(as_of=ORIGIN).set_index("model")
    for name in models.by_default():
        for column in (*NUMBERS, "y", "crps", "log_score", "pit", "status"):
            assert exported.loc[name, column] == ledgered.loc[name, column], (name, column)


def test_the_preset_study_sees_the_studys_49_numbers(
    days: dict[str, Any], tmp_path: Path, ethereum: Path, command: Callable[..., Any]
) -> None:
    write_cheap(tmp_path, preset="study")
    command("ingest", "csv", ethereum, "--symbol", "ETH-USD", "--calendar", "24/7", "--home", tmp_path)
    said = command("run", "--as-of", "2018-01-20", "--home", tmp_path)
    assert said.code == 0
    for row in open_home(tmp_path).ledger.forecasts().itertuples():
        facts = json.loads(row.diagnostics)
        assert facts["inputs"]["series"] == ["open", "high", "low", "price", "volume", "tweets", "market_cap"]
        assert sum(len(day) for day in facts["inputs"]["window"]) == 49
        if row.model in {"bayesian_linear", "bayesian_mlp", "baseline_mlp"}:
            assert sum(len(day) for day in facts["weights"]["mean"]) == 49
    replayed = command(
        *("backtest", "--symbols", "ETH-USD", "--last", 1, "--preset", "study", "--models", "bayesian_linear"),
        *("--export", tmp_path / "out", "--home", days["home"]),
    )
    assert replayed.code == 0
    design = json.loads((tmp_path / "out" / "verdicts.json").read_text())["design"]
    assert design["preset"] == "study"
