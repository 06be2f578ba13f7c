"""A watchlist whose assets are each other's market: recorded with it, replayed with it, checked with it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from forecaster.errors import ForecasterError, LedgerError
from forecaster.issuing.diagnostics import read
from forecaster.issuing.issue import issue
from forecaster.operation import daily
from forecaster.operation.backtest import backtest, replayed, which_days
from forecaster.operation.judge import judge
from forecaster.operation.watchlist import histories, history
from forecaster.records.books import forget, move
from forecaster.records.deep import look as deep
from forecaster.records.home import Home, open_home
from forecaster.replay.audit import Auditor
from ingest.database import writing
from ingest.panel import COLUMNS
from tests.forecaster.markets import market
from tests.forecaster.records.histories import rehashed

if TYPE_CHECKING:
    from ingest.history import History

DAY = pd.Timestamp("2018-12-26")
TOML = """
[forecast]
models = ["bayesian_linear", "ensemble"]
train_window = 120
minimum_rows = 40
track_days = 5
[report]
days = 2
[models.bayesian_linear]
steps = 20
draws = 10
[models.ensemble]
members = ["climatology", "bayesian_linear"]
"""


def stored(home: Home, known: History) -> None:
    rows = known.frame[list(COLUMNS)].assign(known_at=pd.NaT)
    home.store.append(known.asset, rows, pd.Timestamp("2018-12-29", tz="UTC").to_pydatetime())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of five assets with the forecasts of a day; not to be changed."""
    folder = tmp_path_factory.mktemp("five")
    (folder / "forecaster.toml").write_text(TOML)
    home = open_home(folder)
    for one in market(5, 300, 8).values():
        stored(home, one)
    daily.run(home, DAY)
    return folder


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Home:
    return open_home(Path(shutil.copytree(kept, tmp_path / "home")))


def recorded(home: Home, symbol: str = "A0", model: str = "bayesian_linear") -> pd.Series:
    rows = home.ledger.forecasts((symbol,), DAY)
    return rows[rows["model"] == model].iloc[0]


def told(home: Home) -> list[str]:
    return [broken.told for broken in deep.look(home.ledger.engine, home.ledger.state())]


def test_forecasts_record_their_companions_and_what_these_moved(home: Home) -> None:
    known = read(recorded(home)["diagnostics"])
    assert list(known.inputs.beside.others) == ["A1", "A2", "A3", "A4"]
    assert known.inputs.beside.missing == ()
    assert "market" in known.attribution


def test_a_replay_of_the_day_is_the_recorded_forecast_bit_for_bit_whoever_joined_since(home: Home) -> None:
    """A pool rests on the track record with the same companions, too."""
    extra = market(1, 300, 99)["A0"]
    stored(home, replace(extra, asset=replace(extra.asset, symbol="NEW"), frame=extra.frame.assign(symbol="NEW")))
    again = issue(history(home, "A0", DAY), DAY, home.settings.model_names(), home.settings)
    for made in again:
        row = recorded(home, model=made.model)
        assert made.predictive.to_bytes() == bytes(row["predictive"])
        assert (made.data_vintage, made.config_sha256) == (row["data_vintage"], row["config_sha256"])
    now = issue(history(home, "A0"), DAY, ("bayesian_linear",), home.settings)
    assert now[0].data_vintage != again[0].data_vintage


def test_a_day_that_is_run_twice_or_asset_by_asset_is_the_same(home: Home, tmp_path: Path, kept: Path) -> None:
    assert daily.run(home, DAY).recorded == 0
    other = open_home(Path(shutil.copytree(kept, tmp_path / "other")))
    with writing(other.ledger.engine) as connection:
        for table in ("score", "outcome", "forecast", "track"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608  # our own names
    for symbol in ("A3", "A0"):
        daily.run(other, DAY, (symbol,))
    assert bytes(recorded(other)["predictive"]) == bytes(recorded(home)["predictive"])


def test_the_deep_check_holds_and_finds_a_companion_that_was_altered(home: Home) -> None:
    assert told(home) == []
    with writing(home.ledger.engine) as connection:
        connection.execute(
            text("UPDATE vintage SET close = close * 1.01 WHERE symbol = 'A4' AND session = '2018-11-01'")
        )
    rehashed(home.ledger.engine)
    found = told(home)
    assert any("of A0" in line and "and of its companions" in line for line in found)


def test_a_backtest_of_the_same_symbols_gives_the_day_s_forecast(home: Home) -> None:
    """Its fit is another, twenty sessions apart; its data are the same."""
    known = {symbol: home.store.history(symbol) for symbol in ("A0", "A1", "A2", "A3", "A4")}
    result = replayed(known, home.settings, which_days(None, "2018-12-20", "2018-12-27"))
    assert set(result.forecasts["symbol"]) == set(known)
    assert result.design["companions"] == "the mean of the others as the market"
    made = issue(histories(home, home.store.assets())["A0"], DAY, ("climatology",), home.settings)
    assert made[0].data_vintage == recorded(home)["data_vintage"]


def test_an_export_with_companions_is_judged_to_the_digit(home: Home, tmp_path: Path) -> None:
    """Its references are replayed with them: how unlike its past a day is depends on what is seen of others."""
    symbols = ("A0", "A1", "A2", "A3", "A4")
    models = ("climatology", "bayesian_linear")
    backtest(symbols, last=4, models=models, home=home.folder, folder=tmp_path / "out")
    found = judge(tmp_path / "out" / "forecasts.parquet", models=("climatology",), home=home.folder).backtest.forecasts
    keys = ["symbol", "model", "target_date"]
    made = pd.read_parquet(tmp_path / "out" / "forecasts.parquet")
    ours, theirs = (of.set_index(keys).sort_index() for of in (made, found))
    for name in ("crps", "log_score", "pit", "novelty"):
        assert ours[name].tolist() == theirs[name].tolist(), name
    assert ours["novelty"].notna().all()


def test_a_named_market_that_is_not_there_is_said_with_its_name(home: Home) -> None:
    named = replace_market(home, "^GSPX")
    said = "setting forecast.market: symbol '\\^GSPX' is not known here.*: import it, or say watchlist"
    with pytest.raises(ForecasterError, match=said):
        histories(named, home.store.assets())
    with pytest.raises(ForecasterError, match=said):
        backtest(("A0",), last=3, home=named_folder(home, "^GSPX"))


def named_folder(home: Home, market: str) -> Path:
    toml = home.folder / "forecaster.toml"
    toml.write_text(toml.read_text().replace("[forecast]", f'[forecast]\nmarket = "{market}"'))
    return home.folder


def test_what_forecasts_on_record_looked_at_is_neither_forgotten_nor_moved(home: Home) -> None:
    """Not even where it has no forecast of its own: without its rows no replay would give those of the others."""
    stored(home, market(6, 300, 9)["A5"])
    stored(home, market(7, 300, 9)["A6"])
    daily.run(open_home(named_folder(home, "A5").absolute()), pd.Timestamp("2018-12-27"), symbols=("A0", "A1"))
    for change in (lambda: forget(home, "A5"), lambda: move(home, "A5", "24/7")):
        with pytest.raises(LedgerError, match=r"A5 is a companion of \d forecasts of A0, A1 on record, .* nothing was"):
            change()
    assert told(home) == []
    assert forget(home, "A6") == 0  # a control: nobody looked at it


def replace_market(home: Home, market: str) -> Home:
    return open_home(home.folder, {"forecast": {"market": market}})


def test_the_state_of_companions_is_audited(home: Home) -> None:
    auditor = Auditor(history(home, "A0"), ("bayesian_linear",), home.settings, seed=3)
    assert [leak for check in auditor.checks(auditor.origins(1)) for leak in check.leaks] == []


def test_values_of_others_move_the_forecast(home: Home) -> None:
    """A control: were they not looked at, nothing above would mean anything."""
    one = histories(home, home.store.assets())["A0"]
    alone = issue(replace(one, companions=None), DAY, ("bayesian_linear",), home.settings)[0]
    assert alone.predictive.to_bytes() != bytes(recorded(home)["predictive"])
    assert not np.isclose(alone.predictive.sd, recorded(home)["sd"], rtol=1e-4)
