"""What a forecast is evidence of follows from clocks alone, and what a page says of the record stays the same."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster.issuing.issue import issue
from forecaster.operation.settle import settle
from forecaster.records.home import Home, open_home
from forecaster.records.reading import state_of
from forecaster.records.standing import UNWITNESSED, Witnessed, leads, with_closes
from forecaster.records.witnesses import stated
from ingest.sessions import calendar
from tests.cheap_settings import write_cheap
from tests.walk import NOW, WALK, walk

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

OPEN, CLOSE = "2018-01-16T14:30:00+00:00", pd.Timestamp("2018-01-16 21:00", tz="UTC")
DAYS = [pd.Timestamp(f"2018-01-{day}") for day in range(10, 14)]


def rows(*issued: str | None) -> pd.DataFrame:
    """Forecasts of a Tuesday in New York, numbered from 1; none of the last where it is a replay."""
    numbers = [None if at is None else n for n, at in enumerate(issued, 1)]
    return pd.DataFrame({"seq": numbers, "issued_at": issued, "target": "2018-01-16"}, index=range(7, 7 + len(issued)))


def proved(*known: str | None) -> Witnessed:
    """A home whose rows are proved by these instants, in order of their numbers."""

    def by(numbers: NDArray[np.int64]) -> pd.DatetimeIndex:
        found = pd.DatetimeIndex([pd.NaT, *(pd.Timestamp(one) for one in known)], dtype="datetime64[us, UTC]")
        return found[numbers]

    return Witnessed(by, "")


EARLY, LATE = "2018-01-13T01:00:00+00:00", "2018-01-16T21:00:00+00:00"


def test_a_close_divides_what_was_foreseen_from_what_was_not() -> None:
    told = rows(EARLY, "2018-01-16T20:59:59+00:00", LATE, None)
    assert UNWITNESSED.standings(told, "XNYS").to_dict() == {7: "claimed", 8: "claimed", 9: "replayed", 10: "replayed"}
    rehearsal = UNWITNESSED._replace(rehearsal="a rehearsal")
    assert rehearsal.standings(told, "XNYS").tolist() == ["rehearsed", "rehearsed", "replayed", "replayed"]


@pytest.mark.parametrize(
    ("known", "standing"),
    [
        ("2018-01-15T00:00Z", "proved"),
        ("2018-01-16T20:59:59Z", "proved"),
        ("2018-01-16T21:00Z", "claimed"),
        (None, "claimed"),
    ],
)
def test_a_time_stamp_proves_a_forecast_only_from_before_its_close(known: str | None, standing: str) -> None:
    assert proved(known).standings(rows(EARLY), "XNYS").tolist() == [standing]
    assert proved(known).standings(rows(LATE), "XNYS").tolist() == ["replayed"], "whatever the stamp says"
    rehearsal = proved(known)._replace(rehearsal="a rehearsal")
    assert rehearsal.standings(rows(EARLY), "XNYS").tolist() == ["rehearsed"]


def test_leads_are_hours_to_the_open() -> None:
    told = leads(rows(EARLY, OPEN, LATE, None), "XNYS")
    assert told.index.tolist() == [7, 8, 9, 10]
    assert told.tolist()[:3] == [85.5, 0.0, -6.5]
    assert np.isnan(told[10])
    assert leads(rows("2018-01-15T23:00:00+00:00"), "24/7").tolist() == [1.0]
    assert calendar("XNYS").close("2018-01-16") == CLOSE


def test_a_row_is_judged_by_its_own_close_and_calendar_whatever_the_asset_is_said_to_trade_on() -> None:
    """Tokyo closed at 06:00 UTC that Tuesday; the asset is now said to trade in New York, which closes at 21:00."""
    told = rows("2018-01-16T08:00:00+00:00", EARLY, LATE, EARLY)
    tokyo = "2018-01-16T06:00:00+00:00"
    own = told.assign(close=[tokyo, tokyo, "", None], calendar=["XTKS", "XTKS", "", None])
    assert UNWITNESSED.standings(told, "XNYS").tolist() == ["claimed", "claimed", "replayed", "claimed"]
    assert UNWITNESSED.standings(own, "XNYS").tolist() == ["replayed", "claimed", "replayed", "claimed"]
    known = proved(*["2018-01-16T07:00Z"] * 4)
    assert known.standings(told, "XNYS").tolist() == ["proved", "proved", "replayed", "proved"]
    assert known.standings(own, "XNYS").tolist() == ["replayed", "claimed", "replayed", "proved"]
    assert leads(own, "XNYS").tolist() == [-8.0, 71.0, -6.5, 85.5]
    odd = own.assign(close="when it is over")
    assert UNWITNESSED.standings(odd, "XNYS").equals(UNWITNESSED.standings(told, "XNYS"))


def test_a_row_of_a_rehearsals_clock_stays_one_whatever_the_home_says_now() -> None:
    told = rows(EARLY, EARLY, LATE).assign(clock=["rehearsal", "real", "rehearsal"])
    assert proved(*["2018-01-14T00:00Z"] * 3).standings(told, "XNYS").tolist() == ["rehearsed", "proved", "replayed"]
    older = told.assign(clock=None)
    assert UNWITNESSED.standings(older, "XNYS").tolist() == ["claimed", "claimed", "replayed"]


def test_a_close_is_read_from_what_a_forecast_says_of_itself() -> None:
    texts = ['{"inputs":{"asset":{"calendar":"XTKS","target_close":"2018-01-16T06:00:00+00:00"}}}', "{}", "odd", None]
    found = with_closes(rows(EARLY, EARLY, EARLY, None).assign(diagnostics=texts))
    assert found["calendar"].tolist() == ["XTKS", "", "", ""]
    assert found["close"].tolist() == ["2018-01-16T06:00:00+00:00", "", "", ""]
    assert "diagnostics" not in found


@pytest.fixture
def home(url: str, tmp_path: Path) -> Home:
    """A home of each kind with four days on record, each later one after the outcomes of the one before."""
    write_cheap(tmp_path, models=["climatology", "ewma"])
    made = open_home(tmp_path, {"data": {"database": url}})
    made.store.append(WALK, walk(200), NOW)
    return made


def recorded(home: Home, at: int) -> None:
    """A day of the home: what became known is settled, then it is forecast."""
    history, now = home.store.history("WALK"), home.clock.now() + timedelta(seconds=at)
    settle(home.ledger, history, DAYS[at], now)
    home.ledger.record(issue(history, DAYS[at], ("climatology", "ewma"), home.settings), now)


def test_what_a_page_says_of_the_record_stays_as_it_was(home: Home) -> None:
    lines = []
    for at in range(len(DAYS)):
        recorded(home, at)
        last = home.ledger.state()["forecast"]
        assert state_of(home.ledger.engine, last) == home.ledger.state()
        lines.append(stated(home.ledger.engine, state_of(home.ledger.engine, last)).line)
    again = [stated(home.ledger.engine, state_of(home.ledger.engine, 2 * n)).line for n in range(1, len(DAYS) + 1)]
    assert again == lines
    assert len(set(lines)) == len(lines)
    assert lines[1].startswith("forecaster:1.4.1.2.0:")
