"""`forecaster ingest yahoo` from the command line: yfinance against a real server that speaks Yahoo's format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ingest.database import open_engine
from ingest.sessions import calendar
from ingest.store import Store
from tests.ingest.loopback import Answer, Asked, Server
from tests.ingest.yahoo_server import Listing
from tests.ingest.yahoo_server import yahoo as speaks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pandas as pd


def listing(symbol: str, code: str = "XNYS", sessions: int = 300, **facts: Any) -> Listing:
    """A price in cents up to the session that is trading, or to come."""
    days = calendar(code)
    last = days.next(days.last_closed(datetime.now(UTC) - timedelta(minutes=20)))
    index = days.sessions("2020-01-02", last)[-sessions:]
    close = np.round(100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.02, sessions))), 2)
    return Listing(symbol, index, close, **facts)


SHARE = listing("SHARE")
COIN = listing("COIN-USD", "24/7", zone="UTC", opens="00:00", exchange="CCC", kind="CRYPTOCURRENCY")
ODD = listing("ODD", exchange="XYZ")


def script(asked: Asked) -> Answer:
    """Three listings, and two that fail."""
    if "/SLOW" in asked.path:
        return Answer("Too Many Requests", status=429, headers={"Retry-After": "86400"})
    if "/HTML" in asked.path:
        return Answer("<html>consent</html>")
    return speaks(SHARE, COIN, ODD)(asked)


def finished() -> pd.Timestamp:
    """The coin's last day that is over now: midnight may have passed since its days were made."""
    return calendar("24/7").last_closed(datetime.now(UTC) - timedelta(minutes=20))


@pytest.fixture(autouse=True)
def server(forgetful_yfinance: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server, to which the environment points."""
    with Server(script) as running:
        monkeypatch.setenv("FORECASTER_YAHOO_URL", running.url)
        yield running


def test_two_symbols_are_stored_and_again_changes_nothing(command: Callable[..., Any], new_home: Path) -> None:
    said = command("ingest", "yahoo", "share", "COIN-USD", "--home", new_home)
    assert said.code == 0, said
    first, second = said.out.splitlines()
    assert first.startswith("SHARE: 299 sessions from ")
    assert first.endswith(" (XNYS): 299 new.")
    assert " (24/7): " in second
    again = command("ingest", "yahoo", "SHARE", "--home", new_home)
    assert again.out.endswith("(XNYS): 299 unchanged.\n")
    store = Store(open_engine(f"sqlite:///{new_home / 'forecaster.db'}"))
    history = store.history("SHARE")
    assert history.frame["close"].tolist() == list(SHARE.close[:-1])
    assert history.asset.lag_minutes == 20


def test_the_daily_run_fetches_what_is_new(command: Callable[..., Any], new_home: Path, server: Server) -> None:
    day = f"{COIN.days[-4]:%Y-%m-%d}"
    assert command("ingest", "yahoo", "COIN-USD", "--to", day, "--home", new_home).code == 0
    asked = len(server.asked)
    said = command("run", "--home", new_home)
    assert said.code == 0, said
    assert "2 forecasts recorded" in said.out
    assert len(server.asked) > asked
    store = Store(open_engine(f"sqlite:///{new_home / 'forecaster.db'}"))
    assert store.history("COIN-USD").last == finished()


def test_a_failing_symbol_is_named_and_the_others_are_stored(command: Callable[..., Any], new_home: Path) -> None:
    said = command("ingest", "yahoo", "NOPE", "HTML", "SHARE", "../x", "--home", new_home)
    assert said.code == 3
    assert said.err == ""
    lines = said.out.splitlines()
    assert lines[0].startswith("SHARE: 299 sessions")
    assert lines[1].startswith("withheld: yahoo: NOPE: Yahoo does not know it")
    assert lines[2].startswith("withheld: yahoo: HTML: received a web page")
    assert "'../X' is not allowed" in lines[3]


def test_all_fail(command: Callable[..., Any], new_home: Path) -> None:
    line = command("ingest", "yahoo", "NOPE", "HTML", "--home", new_home).complaint(1)
    assert line.startswith("yahoo: NOPE: Yahoo does not know it")
    assert "; yahoo: HTML: received a web page" in line


def test_after_a_rate_limit_nothing_more_is_asked(command: Callable[..., Any], new_home: Path, server: Server) -> None:
    said = command("ingest", "yahoo", "SHARE", "SLOW", "COIN-USD", "--home", new_home)
    assert said.code == 3
    assert "withheld: yahoo: SLOW: too many requests: wait 86400 seconds and run again" in said.out
    assert "withheld: yahoo: COIN-USD: not asked after that: run again later" in said.out
    assert not any("COIN" in asked.path for asked in server.asked)


def test_a_pause_that_yahoo_asked_for_outlives_the_command(
    command: Callable[..., Any], new_home: Path, server: Server
) -> None:
    command("ingest", "yahoo", "SLOW", "--home", new_home)
    asked = len(server.asked)
    line = command("ingest", "yahoo", "SHARE", "--home", new_home).complaint(1)
    assert line.startswith("yahoo: SHARE: not requested: the provider asked to wait until ")
    assert len(server.asked) == asked


def test_a_renamed_symbol_keeps_its_name_here(command: Callable[..., Any], new_home: Path, server: Server) -> None:
    gone = command("ingest", "yahoo", "OLD", "--home", new_home).complaint(1)
    assert 'map it with [data.renamed] OLD = "NEW"' in gone
    with (new_home / "forecaster.toml").open("a") as file:
        file.write('[data.renamed]\nOLD = "COIN-USD"\n')
    assert command("ingest", "yahoo", "OLD", "--to", f"{COIN.days[-4]:%Y-%m-%d}", "--home", new_home).code == 0
    assert command("run", "--home", new_home).code == 0
    history = Store(open_engine(f"sqlite:///{new_home / 'forecaster.db'}")).history("OLD")
    assert history.last == finished()
    assert set(history.frame["symbol"]) == {"OLD"}


def test_the_calendar_is_asked_for_once(command: Callable[..., Any], new_home: Path) -> None:
    line = command("ingest", "yahoo", "ODD", "--home", new_home).complaint(1)
    assert "name it with --calendar, such as --calendar XNYS" in line
    assert command("ingest", "yahoo", "ODD", "--calendar", "XNYS", "--home", new_home).code == 0
    assert "299 unchanged" in command("ingest", "yahoo", "ODD", "--home", new_home).out
    wrong = command("ingest", "yahoo", "ODD", "--calendar", "XNYZ", "--home", new_home).complaint(1)
    assert "calendar 'XNYZ' is not known: nearest: " in wrong


def test_days_that_make_no_sense(command: Callable[..., Any], new_home: Path) -> None:
    days = ("--from", "2024-02-01", "--to", "2024-01-01")
    assert "is after --to" in command("ingest", "yahoo", "SHARE", *days, "--home", new_home).complaint(2)
    assert "is not a date" in command("ingest", "yahoo", "SHARE", "--from", "soon", "--home", new_home).complaint(2)
    far = command("ingest", "yahoo", "SHARE", "--to", "1990-01-01", "--home", new_home).complaint(1)
    assert "no session with a close" in far


def test_the_installed_command_in_a_process_of_its_own(
    shell: Callable[..., Any], new_home: Path, tmp_path: Path
) -> None:
    said = shell("ingest", "yahoo", "SHARE", "--home", new_home, XDG_CACHE_HOME=str(tmp_path))
    assert (said.code, said.err) == (0, ""), said
    assert said.out.startswith("SHARE: 299 sessions")
