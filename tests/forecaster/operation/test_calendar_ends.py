"""One calendar's end: a line about that calendar, and the others go on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.operation import daily, origins, schedule
from forecaster.records.home import Home, open_home
from ingest.assets import Asset
from ingest.errors import AsOfError, CalendarRangeError
from ingest.panel import panel_rows
from ingest.sessions import calendar
from tests.cheap_settings import write_cheap

EXECUTABLE = Path(sys.executable).with_name("forecaster")
SHANGHAI, NEW_YORK = calendar("XSHG"), calendar("XNYS")
pytestmark = pytest.mark.skipif(not SHANGHAI.ends, reason="the installed exchange_calendars does not end XSHG")

THEN = SHANGHAI.last + pd.Timedelta(days=5, hours=22)
"""Where it ends with 2026: 22:00 on 2027-01-05, UTC."""
NEWEST = NEW_YORK.last_closed(THEN.tz_localize("UTC"))
UNKNOWN = rf"calendar XSHG's sessions after {SHANGHAI.last:%Y-%m-%d} are not known to the installed exchange_calendars"


@dataclass(frozen=True)
class Watched:
    """An asset of the home, and its last stored session."""

    symbol: str
    code: str
    last: pd.Timestamp


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of two exchanges, a few days after the end of the one's calendar."""
    write_cheap(tmp_path, models=("climatology",))
    with (tmp_path / "forecaster.toml").open("a") as file:
        file.write(f'[clock]\nstart = "{THEN.isoformat()}Z"\n')
    opened = open_home(tmp_path)
    for asset in (Watched("SSE", "XSHG", SHANGHAI.last), Watched("SPY", "XNYS", NEWEST)):
        days = calendar(asset.code).sessions(asset.last - pd.Timedelta(days=500), asset.last)
        close = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, len(days))))
        rows = panel_rows(asset.symbol, days, {"close": close}, "csv_file")
        opened.store.append(Asset(asset.symbol, asset.code, "csv_file"), rows, opened.clock.now())
    return opened


def test_the_other_asset_is_forecast_and_the_next_session_is_what_is_unknown(home: Home) -> None:
    for as_of in (None, NEWEST):
        summary = daily.run(home, as_of)
        assert summary.as_ofs == {"SPY": NEWEST}
        assert list(summary.withheld) == ["SSE"]
        assert pd.Series(summary.withheld).str.fullmatch(UNKNOWN + r" [\d.]+: update it").all()
    with pytest.raises(CalendarRangeError, match=UNKNOWN):
        origins.origin_of(home, home.store.history("SSE"), NEWEST)
    with pytest.raises(AsOfError, match=rf"is in the future: its last session closed on {NEWEST:%Y-%m-%d}"):
        origins.origin_of(home, home.store.history("SPY"), NEWEST + pd.Timedelta(days=1))


def test_what_ended_before_the_end_is_still_settled(home: Home) -> None:
    daily.run(home, SHANGHAI.previous(SHANGHAI.last), ("SSE",))
    assert daily.run(home, None, ("SSE",)).settled == 1


def test_the_status_has_every_calendar_and_says_which_one_ends(home: Home) -> None:
    ended, goes_on = sorted(schedule.status(home), key=lambda row: row["calendar"] != "XSHG")
    assert (ended["calendar"], goes_on["calendar"]) == ("XSHG", "XNYS")
    assert ended["owed"] == [f"{SHANGHAI.last:%Y-%m-%d}"]
    assert (ended["next_due"], goes_on["fault"]) == ("", "")
    assert pd.Series(ended["fault"]).str.match(UNKNOWN).all()
    assert goes_on["next_due"].startswith(f"{NEW_YORK.next(NEWEST):%Y-%m-%d}")


def test_the_last_day_is_run_once_and_then_nothing_is_owed(home: Home) -> None:
    (done,) = schedule.run_due(home, "XSHG")
    assert (done.due.session, done.whole, done.waiting) == (SHANGHAI.last, False, False)
    assert schedule.run_due(home, "XSHG") == []
    assert [row["owed"] for row in schedule.status(home) if row["calendar"] == "XSHG"] == [[]]


def test_a_scheduler_runs_the_calendar_that_goes_on(home: Home) -> None:
    words = [EXECUTABLE, "schedule", "start", "--home", home.folder]
    with (home.folder / "said.log").open("w") as file:
        process = subprocess.Popen(words, stdout=file, stderr=subprocess.STDOUT)
    try:
        limit = time.monotonic() + 120
        while not all(row["last_session"] for row in schedule.status(home)) and process.poll() is None:
            assert time.monotonic() < limit, "the owed days were not run"
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()
    said = (home.folder / "said.log").read_text()
    assert f"XNYS: next run {NEW_YORK.next(NEWEST):%Y-%m-%d}" in said
    assert f"XNYS {NEWEST:%Y-%m-%d}: finished by" in said
    ended = [line for line in said.splitlines() if line.startswith("calendar XSHG's sessions after")]
    assert len(ended) == 1, said
    assert "Traceback" not in said
    assert home.ledger.forecasts()["symbol"].unique().tolist() == ["SPY"]
