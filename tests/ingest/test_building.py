"""Calendars against tables from elsewhere, year by year; and those that are not built as they declare are refused.

`sessions_by_year.txt` has a line a calendar: its first known year, then for each year to 2026 the number of sessions
and four digits of the sha256 of their ISO dates. It was made with exchange_calendars 4.13.2 under pandas 2.3.3, with
pandas' `AbstractHolidayCalendar.start_date` set to 1885.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import exchange_calendars
import numpy as np
import pandas as pd
import pytest
from exchange_calendars.exchange_calendar_xbom import XBOMExchangeCalendar
from exchange_calendars.exchange_calendar_xnys import XNYSExchangeCalendar
from pandas.tseries.holiday import AbstractHolidayCalendar
from pandas.tseries.offsets import CustomBusinessDay

from ingest.building import build
from ingest.errors import UnknownCalendarError
from ingest.known_years import OPENED, first_year
from ingest.sessions import calendar
from tests.sampling import small

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = {
    code: (int(first), cells)
    for code, first, *cells in map(str.split, Path(__file__).with_name("sessions_by_year.txt").read_text().splitlines())
}
SHARED = Path(__file__).parents[3] / "shared" / "data"
USUAL = ("24/5", "24/7", "BVMF", "CMES", "XASX", "XBOM", "XETR", "XHKG", "XLON", "XNYS", "XPAR", "XSHG", "XTKS", "XTSE")
END = pd.Timestamp("2027-01-28")


def told(days: pd.DatetimeIndex) -> str:
    """As the table has a year."""
    text = " ".join(days.strftime("%Y-%m-%d"))
    return f"{len(days)}:{hashlib.sha256(text.encode()).hexdigest()[:4]}"


def test_the_table_has_every_calendar_that_is_offered() -> None:
    assert sorted(TABLE) == sorted(exchange_calendars.get_calendar_names(include_aliases=False))


@pytest.mark.parametrize("code", small(sorted(TABLE), USUAL))
def test_sessions_are_those_of_another_version_in_each_year(code: str) -> None:
    first, cells = TABLE[code]
    assert first == max(calendar(code).first.year, 1953) >= first_year(code)
    days = calendar(code).sessions(f"{first}-01-01", min(calendar(code).last, pd.Timestamp("2026-12-31")))
    days = days[~days.isin(pd.DatetimeIndex(list(OPENED.get(code, ()))))]
    ours = {year: told(days[days.year == year]) for year in range(first, 2027)}
    assert ours == {first + k: cell for k, cell in enumerate(cells)}


@pytest.mark.parametrize(
    ("code", "other"),
    [
        ("XNYS", "NYSE"),
        ("XLON", "LSE"),
        ("XSHG", "SSE"),
        ("XTSE", "TSX"),
        ("XSWX", "SIX"),
        ("XOSL", "OSE"),
        ("XCBF", "CFE"),
    ],
)
def test_sessions_are_those_of_another_library(code: str, other: str) -> None:
    """pandas_market_calendars has rules of its own for these; from the first known year on they never differ."""
    theirs = pytest.importorskip("pandas_market_calendars").get_calendar(other)
    assert type(theirs).__module__.startswith("pandas_market_calendars.calendars."), "no mirror of ours"
    days = theirs.valid_days(f"{calendar(code).first:%Y-%m-%d}", "2026-12-31").tz_localize(None)
    ours = calendar(code).sessions(calendar(code).first, "2026-12-31")
    assert np.setxor1d(days.to_numpy().astype("datetime64[D]"), ours.to_numpy().astype("datetime64[D]")).size == 0


@pytest.mark.parametrize("name", ["sp500_index", "stocks_us12"])
def test_real_prices_have_a_row_for_each_session_and_none_beside(name: str) -> None:
    file = SHARED / f"{name}.csv.gz"
    if not file.exists():
        pytest.skip(f"{file.name} is not beside this project")
    days = pd.DatetimeIndex(pd.read_csv(file, usecols=["Date"], parse_dates=["Date"])["Date"])
    nyse = calendar("XNYS").sessions(days.min(), days.max())
    assert np.setxor1d(days.to_numpy().astype("datetime64[D]"), nyse.to_numpy().astype("datetime64[D]")).size == 0


def test_nothing_of_pandas_or_of_the_library_is_changed() -> None:
    start, theirs = (
        AbstractHolidayCalendar.start_date,
        exchange_calendars.get_calendar("XNYS", "1960-01-01", "1965-01-01"),
    )
    sessions, _, _, zone = build("XNYS", END)
    assert AbstractHolidayCalendar.start_date == start == pd.Timestamp("1970-01-01")
    assert zone == "America/New_York"
    assert np.datetime64("1964-12-25") not in sessions.astype("datetime64[D]")
    again = exchange_calendars.get_calendar("XNYS", "1960-01-01", "1965-01-01")
    assert again.sessions.equals(theirs.sessions)
    assert "1964-12-25" in again.sessions, "the library by itself still trades on Christmas"


def test_an_alias_is_its_calendar() -> None:
    one, other = build("NYSE", END), build("XNYS", END)
    assert all(np.array_equal(a, b) for a, b in zip(one[:2], other[:2], strict=True))


class Forgets(XBOMExchangeCalendar):  # type: ignore[misc]  # the library has no types
    """Declares special sessions and trades on none, as every calendar of this kind does under pandas 3.1."""

    name = "XFORGETS"

    @property
    def day(self) -> CustomBusinessDay:
        return CustomBusinessDay(holidays=self.adhoc_holidays, weekmask=self.weekmask)


class NoHolidays(XNYSExchangeCalendar):  # type: ignore[misc]  # the library has no types
    """Has rules for holidays and trades through them."""

    name = "XTHROUGH"

    @property
    def day(self) -> CustomBusinessDay:
        return CustomBusinessDay(weekmask=self.weekmask)


class Unfinished(XNYSExchangeCalendar):  # type: ignore[misc]  # the library has no types
    """Cannot be built."""

    name = "XNEVER"

    @property
    def day(self) -> CustomBusinessDay:
        raise NotImplementedError


@pytest.fixture(params=[Forgets, NoHolidays, Unfinished])
def broken(request: pytest.FixtureRequest) -> Iterator[type[XNYSExchangeCalendar]]:
    kind = request.param
    exchange_calendars.register_calendar_type(kind.name, kind)
    yield kind
    exchange_calendars.deregister_calendar(kind.name)


def test_a_calendar_that_is_not_what_it_declares_is_refused_by_name(broken: type[XNYSExchangeCalendar]) -> None:
    what = {
        "XFORGETS": r"is not built right \(2024-01-20 is not among its sessions\)",
        "XTHROUGH": r"is not built right \(1970-01-01 is among its sessions\)",
        "XNEVER": "cannot be built",
    }[broken.name]
    remedy = r"install pandas 3\.0 \(`pip install 'pandas<3\.1'`\), or use another calendar with the same trading days"
    with pytest.raises(
        UnknownCalendarError, match=rf"^calendar '{broken.name}' {what} by .* with pandas .*: {remedy}$"
    ):
        build(broken.name, END)
