"""`forecaster ingest series` from the command line, and what of it the commands about data show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from forecaster.records.home import open_home

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parents[4] / "shared" / "data"
DAYS = pd.date_range("2017-07-06", "2018-01-21")


def volatilities(path: Path, days: pd.DatetimeIndex = DAYS, factor: float = 1.0) -> Path:
    values = factor * np.round(0.8 + 0.1 * np.sin(days.dayofyear.to_numpy() / 9), 4)
    pd.DataFrame({"Date": days.strftime("%Y-%m-%d"), "DVOL": values}).to_csv(path, index=False)
    return path


@pytest.fixture
def coin(new_home: Path, tmp_path: Path, command: Callable[..., Any], write_walk: Any) -> Path:
    """A home with a coin of 200 sessions, and no forecast."""
    path = write_walk(tmp_path / "walk.csv")
    assert command("ingest", "csv", path, "--symbol", "COIN", "--calendar", "24/7", "--home", new_home).code == 0
    return new_home


def words(path: Path, home: Path, symbol: str = "COIN", known: str = "close+15min") -> tuple[object, ...]:
    named = ("--name", "implied_volatility", "--known", known)
    return ("ingest", "series", path, "--symbol", symbol, *named, "--home", home)


def test_a_series_from_a_file_to_every_command_that_shows_it(
    coin: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    path = volatilities(tmp_path / "dvol.csv")
    said = command(*words(path, coin))
    assert (said.code, said.out) == (
        0,
        "COIN: implied_volatility: 200 sessions from 2017-07-06 to 2018-01-21: 200 new.\n",
    )
    assert command(*words(path, coin)).out.endswith(": 200 unchanged.\n")
    line = (
        "COIN: implied_volatility: 200 sessions from 2017-07-06 to 2018-01-21, transform implied_volatility, known "
        "close+15min.\n"
    )
    assert command("data", "show", "COIN", "--home", coin).out.endswith(line)
    assert command("data", "check", "COIN", "--home", coin).out.endswith(line)
    rows = json.loads(command("data", "show", "COIN", "--json", "--home", coin).out)
    assert len(rows) == 10
    shown = ("data", "show", "COIN", "--series", "implied_volatility", "--home", coin)
    values = json.loads(command(*shown, "--as-of", "2018-01-10", "--last", 2, "--json").out)
    assert [(row["session"][:10], row["known_at"]) for row in values] == [
        ("2018-01-09", "2018-01-10T00:15:00+00:00"),
        ("2018-01-10", "2018-01-11T00:15:00+00:00"),
    ]
    wide = command(*words(volatilities(tmp_path / "new.csv", factor=1.1), coin))
    asked = "; most stored values differ now: check that the file and the column are of the same series.\n"
    assert wide.out.endswith(f": 200 corrected (known from now on){asked}")
    assert json.loads(command(*shown, "--as-of", "2018-01-10", "--last", 2, "--json").out) == values
    found = json.loads(command("data", "check", "COIN", "--json", "--home", coin).out)
    assert {"implied_volatility behind", "revision of implied_volatility"} <= {row["check"] for row in found}
    again = command(*shown)
    assert "200 corrections among them" in again.out


def test_faults_are_one_line_and_store_nothing(coin: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    path = volatilities(tmp_path / "dvol.csv")
    assert "Missing option '--known'" in command(*words(path, coin)[:7], "--home", coin).complaint(2)
    assert "'COINS' is not known here: nearest: COIN" in command(*words(path, coin, "COINS")).complaint(1)
    assert command(*words(path, coin, known="open")).complaint(1).startswith("--known 'open': say how long after")
    assert "does not exist" in command(*words(tmp_path / "no.csv", coin)).complaint(1)
    assert open_home(coin).store.history("COIN").own == ()
    assert command(*words(path, coin)).code == 0
    other = command(*words(path, coin, known="close+2h")).complaint(1)
    assert "say --known close+15min, import it under another --name, or take it off the books by `forecaster" in other
    none = command("data", "show", "COIN", "--series", "fear", "--home", coin).complaint(1)
    assert none == "COIN has no series 'fear' of its own: known: implied_volatility"


def test_a_series_is_forgotten_where_a_person_says_so(coin: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    command(*words(volatilities(tmp_path / "dvol.csv"), coin))
    forget = ("data", "forget", "COIN", "--home", coin)
    unasked = command(*forget).complaint(1)
    assert unasked == (
        "COIN: 200 rows, 200 values of implied_volatility would be permanently removed: add --yes to confirm; nothing "
        "was changed"
    )
    assert "has no series 'fear'" in command(*forget, "--series", "fear", "--yes").complaint(1)
    said = command(*forget, "--series", "implied_volatility", "--yes")
    assert said.out == "COIN: forgotten, with 200 values of implied_volatility.\n"
    assert len(open_home(coin).store.history("COIN").frame) == 200
    assert open_home(coin).store.history("COIN").own == ()


def test_a_first_series_of_an_asset_with_a_record_leaves_its_past_alone(
    home: Path, tmp_path: Path, command: Callable[..., Any], rows_of: Any
) -> None:
    before = rows_of(home)
    newest = open_home(home).ledger.newest("WALK")
    said = command(*words(volatilities(tmp_path / "dvol.csv"), home, "WALK"))
    late = int((newest >= DAYS).sum())
    new = f"{200 - late} new, " if late < 200 else ""
    assert said.out.endswith(f": {new}{late} late (known from now on).\n"), said
    (series,) = open_home(home).store.history("WALK").own
    assert series.known_by(newest.tz_localize("UTC") + pd.Timedelta(36, unit="h"), newest).empty
    assert rows_of(home) == before
    kept = command("data", "forget", "WALK", "--series", "implied_volatility", "--yes", "--home", home).complaint(1)
    assert "forecasts on record" in kept
    assert command("ledger", "verify", "--deep", "--home", home).code == 0


def test_real_implied_volatilities_of_stocks(new_home: Path, command: Callable[..., Any]) -> None:
    """Two of the files' twelve."""
    files = [DATA / name for name in ("stocks_us12.csv.gz", "implied_volatility_us12.csv.gz")]
    if absent := [str(file) for file in files if not file.exists()]:
        pytest.skip(f"the data are not here: {', '.join(absent)}")
    wide = pd.read_csv(files[1], index_col=0, parse_dates=True)
    assert len(wide.columns) == 12
    for symbol in ("AAPL", "XOM"):
        prices = ("ingest", "csv", files[0], "--symbol", symbol, "--close", symbol, "--home", new_home)
        assert command(*prices).out == f"{symbol}: 5785 sessions from 2000-01-03 to 2022-12-28: 5785 new.\n"
        said = command(*words(files[1], new_home, symbol))
        assert said.out == (
            f"{symbol}: implied_volatility: 3270 sessions from 2010-01-04 to 2022-12-28: 3270 new.\n"
        ), said
        history = open_home(new_home).store.history(symbol)
        (series,) = history.own
        assert series.steady("XNYS")
        known = series.known_by(pd.Timestamp("2015-03-02 21:30", tz="UTC"), pd.Timestamp("2015-03-02"))
        assert known.index[-1] == pd.Timestamp("2015-03-02")
        assert known.to_numpy().tolist() == wide.loc[:"2015-03-02", symbol].to_numpy().tolist()
        assert len(series.known_by(pd.Timestamp("2015-03-02 21:14", tz="UTC"), known.index[-1])) == len(known) - 1
