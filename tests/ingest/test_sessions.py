"""Calendars: sessions, closes in UTC, and clear refusals beyond either end."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from ingest.errors import AsOfError, CalendarRangeError, NotASessionError, UnknownCalendarError
from ingest.sessions import Calendar, calendar


def test_the_exchange_rests_on_weekends_and_holidays() -> None:
    nyse = calendar("XNYS")
    week = nyse.sessions("2018-01-12", "2018-01-17")
    assert [f"{day:%m-%d}" for day in week] == ["01-12", "01-16", "01-17"]
    assert str(week.dtype) == "datetime64[us]"
    assert week.tz is None
    assert not nyse.is_session("2018-01-15")
    assert nyse.next("2018-01-12") == nyse.next("2018-01-14") == pd.Timestamp("2018-01-16")
    assert nyse.previous("2018-01-16") == nyse.previous("2018-01-15") == pd.Timestamp("2018-01-12")


def test_closes_know_daylight_saving_and_early_closes() -> None:
    nyse = calendar("XNYS")
    assert nyse.close("2018-01-16") == pd.Timestamp("2018-01-16 21:00", tz="UTC")
    assert nyse.close("2018-07-02") == pd.Timestamp("2018-07-02 20:00", tz="UTC")
    assert nyse.close("2018-07-03") == pd.Timestamp("2018-07-03 17:00", tz="UTC")


@pytest.mark.parametrize(("code", "day"), [("24/7", "2018-01-21"), ("24/5", "2018-01-19")])
def test_what_never_shuts_closes_at_the_next_midnight_in_utc(code: str, day: str) -> None:
    assert calendar(code).close(day) == pd.Timestamp(day, tz="UTC") + pd.Timedelta(days=1)


def test_a_session_is_closed_at_its_close_and_not_before() -> None:
    nyse = calendar("XNYS")
    assert nyse.last_closed(datetime(2018, 1, 16, 20, 59, 59, tzinfo=UTC)) == pd.Timestamp("2018-01-12")
    assert nyse.last_closed(datetime(2018, 1, 16, 21, 0, tzinfo=UTC)) == pd.Timestamp("2018-01-16")
    assert nyse.last_closed(pd.Timestamp("2018-01-16 16:00", tz="America/New_York")) == pd.Timestamp("2018-01-16")


def test_histories_may_begin_decades_ago() -> None:
    assert calendar("XNYS").is_session("1929-10-29")
    assert calendar("24/7").first == pd.Timestamp("1900-01-01")
    assert calendar("XTKS").first.year == 1997
    assert calendar("XHKG").first.year == 1960


def test_the_calendar_reaches_a_year_ahead_and_says_where_it_ends() -> None:
    days = calendar("24/7")
    assert days.last > pd.Timestamp(datetime.now(UTC)).tz_localize(None) + pd.Timedelta(days=300)
    with pytest.raises(CalendarRangeError, match=r"2999-01-01 is outside calendar 24/7, which covers 1900-01-01 to"):
        days.sessions("2020-01-01", "2999-01-01")
    with pytest.raises(CalendarRangeError, match="1990-05-01 is outside calendar XTKS"):
        calendar("XTKS").is_session("1990-05-01")
    with pytest.raises(CalendarRangeError):
        days.next(days.last)
    with pytest.raises(CalendarRangeError):
        days.last_closed(datetime(2999, 1, 1, tzinfo=UTC))
    with pytest.raises(CalendarRangeError):
        days.last_closed(datetime(1800, 1, 1, tzinfo=UTC))


def test_a_shut_day_has_no_close_and_names_its_neighbours() -> None:
    with pytest.raises(NotASessionError, match=r"before it is 2018-01-12, after it 2018-01-16"):
        calendar("XNYS").close("2018-01-15")
    shut = pd.DatetimeIndex(["2018-01-12", "2018-01-13"])
    assert calendar("XNYS").known_after(shut).strftime("%m-%d %H:%M").tolist() == [
        "01-12 21:00",
        "01-16 21:00",
    ]


def test_unknown_codes_and_dates_are_one_clear_line() -> None:
    with pytest.raises(UnknownCalendarError, match="nearest: "):
        calendar("NYSE2")
    with pytest.raises(UnknownCalendarError, match="cannot be built"):
        calendar("XTAE")
    with pytest.raises(AsOfError, match="is no date: write it as 2018-01-21"):
        calendar("24/7").close("yesterday-ish")
    with pytest.raises(AsOfError, match="missing"):
        calendar("24/7").close("NaT")


def test_calendars_are_values() -> None:
    assert calendar("XNYS") == Calendar("XNYS")
    assert calendar(calendar("XNYS")) == calendar("XNYS")
