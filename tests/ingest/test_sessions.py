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


def test_histories_begin_with_the_first_year_that_is_known() -> None:
    firsts = {code: calendar(code).first.year for code in ("24/7", "XNYS", "XLON", "XHKG", "XTKS", "XIDX")}
    assert firsts == {"24/7": 1900, "XNYS": 1953, "XLON": 1970, "XHKG": 1970, "XTKS": 1997, "XIDX": 2002}
    with pytest.raises(CalendarRangeError, match=r"1929-10-29 is outside calendar XNYS, which covers 1953-01-02 to"):
        calendar("XNYS").is_session("1929-10-29")


def test_holidays_before_1970_are_no_sessions() -> None:
    nyse = calendar("XNYS")
    assert len(nyse.sessions("1964-01-01", "1964-12-31")) == 253
    christmases = pd.DatetimeIndex([f"{year}-12-25" for year in range(1953, 2026)])
    assert not christmases.isin(nyse.sessions("1953-01-01", "2025-12-31")).any()
    assert nyse.next("1963-12-24") == pd.Timestamp("1963-12-26")
    assert not nyse.is_session("1963-11-25"), "the funeral of a president"


def test_sessions_on_saturdays_and_sundays_are_sessions_and_targets() -> None:
    bombay = calendar("XBOM")
    for day in ("2015-02-28", "2020-02-01", "2024-01-20", "2024-03-02", "2024-05-18", "2025-02-01", "2026-02-01"):
        assert bombay.is_session(day)
        assert bombay.next(bombay.previous(day)) == pd.Timestamp(day)
    assert bombay.close("2026-02-01") == bombay.close("2026-01-30") + pd.Timedelta(days=2)
    assert bombay.close("2024-03-02") == pd.Timestamp("2024-03-02 07:00", tz="UTC")
    assert calendar("XMOS").next("2008-12-31") == pd.Timestamp("2009-01-11")
    assert calendar("XMOS").close("2009-01-11") == calendar("XMOS").close("2009-01-12") - pd.Timedelta(days=1)
    assert calendar("XKRX").is_session("1998-11-28")
    assert not calendar("XKRX").is_session("1999-01-09")


def test_days_are_covered_from_the_first_year_to_the_last_session() -> None:
    days = pd.DatetimeIndex(["1952-12-31", "1953-01-01", "1953-01-02", "2018-01-13", "2999-01-01", "NaT"])
    assert calendar("XNYS").covers(days).tolist() == [False, True, True, True, False, False]
    for code in ("XNYS", "XTKS", "24/7"):
        covered = days[calendar(code).covers(days)]
        assert len(calendar(code).known_after(covered)) == len(covered), "what is covered can be asked about"
    assert calendar("XNYS").covers(days[:0]).tolist() == []


@pytest.mark.parametrize(
    ("code", "number"),
    [("XNYS", 32126), ("24/7", 45717), ("XLON", 32204), ("XSHG", 8360), ("XHKG", 16124), ("XKRX", 17216)],
)
def test_sessions_keep_their_numbers(code: str, number: int) -> None:
    """Those of calendars that began in 1900 and knew no holiday before 1970: refits on record stand on them."""
    days = calendar(code)
    assert days.ordinal("2025-03-03") == number
    session = days.next("2025-03-03")
    assert days.ordinal(days.next(session)) == days.ordinal(session) + 1


def test_a_calendar_that_ends_says_so_and_what_to_do() -> None:
    shanghai = calendar("XSHG")
    assert shanghai.ends
    assert not calendar("XNYS").ends
    unknown = (
        rf"calendar XSHG's sessions after {shanghai.last:%Y-%m-%d} are not known to the installed "
        r"exchange_calendars [\d.]+: update it"
    )
    after = datetime(2999, 1, 5, tzinfo=UTC)
    for ask in (
        lambda: shanghai.next(shanghai.last),
        lambda: shanghai.is_session("2999-01-05"),
        lambda: shanghai.sessions("2020-01-01", "2999-01-05"),
        lambda: shanghai.last_closed(after),
    ):
        with pytest.raises(CalendarRangeError, match=unknown):
            ask()
    assert shanghai.newest_closed(after) == shanghai.last
    now = datetime(2018, 1, 16, 20, tzinfo=UTC)
    assert shanghai.newest_closed(now) == shanghai.last_closed(now) == pd.Timestamp("2018-01-16")


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
    with pytest.raises(AsOfError, match="is not a date: write it as 2018-01-21"):
        calendar("24/7").close("yesterday-ish")
    for text in ("3.6.2024", "06/03/2024", "2024-06", "today", 20240603, 1717372800.0):  # June 3, or March 6, or 1970
        with pytest.raises(AsOfError, match="is not a date: write it as 2018-01-21"):
            calendar("24/7").close(text)  # type: ignore[arg-type]  # what users write
    with pytest.raises(AsOfError, match="missing"):
        calendar("24/7").close("NaT")


def test_calendars_are_values() -> None:
    assert calendar("XNYS") == Calendar("XNYS")
    assert calendar(calendar("XNYS")) == calendar("XNYS")
