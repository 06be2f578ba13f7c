"""A day is the exchange's day: what a stamp means under each calendar."""

from datetime import date, timedelta

import numpy as np
import pytest

from ingest.errors import BadDateError
from ingest.sessions import calendar
from ingest.stamped_days import Dated, dated, within
from ingest.text.choices import zone
from ingest.text.stamps import parse_stamps


def days(code: str, *texts: str, bars: bool = True, snapshots: bool = False, said: str = "") -> list[str]:
    return np.datetime_as_string(told(code, *texts, bars=bars, snapshots=snapshots, said=said).days).tolist()


def told(code: str, *texts: str, bars: bool = True, snapshots: bool = False, said: str = "") -> Dated:
    stamps = parse_stamps(texts, str, zone(said) if said else None)
    return dated(stamps, calendar(code), str, bars=bars, snapshots=snapshots)


@pytest.mark.parametrize(
    ("code", "text", "day"),
    [
        ("24/7", "2025-10-04 20:00:00-04:00", "2025-10-05"),
        ("24/7", "2026-08-01 08:00:00+08:00", "2026-08-01"),
        ("24/7", "2026-08-01T23:59:59.999Z", "2026-08-01"),
        ("24/7", "2026-08-01 00:00:00+08:00", "2026-08-01"),
        ("24/7", "2026-11-28 04:00:00", "2026-11-28"),
        ("24/7", "2026-11-28 23:00:15+00:00", "2026-11-28"),
        ("XETR", "2026-06-08 22:00:00+00:00", "2026-06-09"),
        ("XETR", "2026-01-08 23:00:00+00:00", "2026-01-09"),
        ("XNYS", "2026-06-09 05:00:00+00:00", "2026-06-09"),
        ("XNYS", "2026-06-09 00:00:00+00:00", "2026-06-09"),
        ("XNYS", "2026-06-09 20:00:00+00:00", "2026-06-09"),
        ("XNYS", "2026-06-09 16:00:00", "2026-06-09"),
        ("XTKS", "2026-06-08 15:00:00+00:00", "2026-06-09"),
        ("24/5", "2026-06-14T21:00:00Z", "2026-06-15"),
        ("24/5", "2026-01-11 22:00:00+00:00", "2026-01-12"),
        ("24/5", "2026-06-14 17:00:00-04:00", "2026-06-15"),
        ("24/5", "2026-06-15 00:00:00+01:00", "2026-06-15"),
    ],
)
def test_a_bar_belongs_to_the_calendars_own_day(code: str, text: str, day: str) -> None:
    assert days(code, text) == [day]


def test_a_lone_price_at_midnight_is_the_close_of_the_day_before_where_a_market_never_closes() -> None:
    texts = ("2026-08-02 00:00:00 UTC", "2026-08-03 00:00:00 UTC", "2026-08-03 14:32:10 UTC")
    found = told("24/7", *texts, bars=False, snapshots=True)
    assert np.datetime_as_string(found.days).tolist()[:2] == ["2026-08-01", "2026-08-02"]
    assert found.live.tolist() == [False, False, True]
    assert "close of the day before" in found.notes[0]
    assert days("24/7", *texts[:2], bars=False) == ["2026-08-02", "2026-08-03"]
    assert days("XNYS", texts[0], bars=False, snapshots=True) == ["2026-08-02"]
    assert days("24/7", "2026-08-02", "2026-08-03", bars=False, snapshots=True) == ["2026-08-02", "2026-08-03"]


def test_midnight_in_an_offset_that_knows_no_summer_is_the_session_that_follows() -> None:
    first = date(2025, 10, 5)  # Sunday, the evening before a Monday; summer ends in Berlin on the 26th
    evenings = [first + timedelta(days=at) for at in range(60) if (first + timedelta(days=at)).weekday() not in {4, 5}]
    stamps = [f"{day} 22:00:00+00:00" for day in evenings]
    assert days("XETR", *stamps) == [str(day + timedelta(days=1)) for day in evenings]


def test_a_clock_without_a_zone_that_the_day_depends_on_is_asked_for() -> None:
    first = date(2026, 6, 7)  # Sunday
    evenings = [first + timedelta(days=at) for at in range(20) if (first + timedelta(days=at)).weekday() not in {4, 5}]
    stamps = [f"{day} 22:00:00" for day in evenings]
    with pytest.raises(BadDateError, match=r"0: 2026-06-07 22:00:00 says no time zone, .* say --timezone"):
        days("XETR", *stamps)
    assert days("XETR", *stamps, said="UTC") == [str(day + timedelta(days=1)) for day in evenings]
    both = [
        *(f"2026-06-{day} 20:00:00" for day in range(10, 20)),
        *(f"2026-12-{day} 19:00:00" for day in range(10, 20)),
    ]
    with pytest.raises(BadDateError, match="--timezone"):
        days("24/7", *both)
    assert days("24/7", *both, said="America/New_York")[0] == "2026-06-11"


@pytest.mark.parametrize(
    ("code", "clock", "zone"), [("XETR", "23:00:00", "UTC"), ("XNYS", "20:30:00", "UTC"), ("XTKS", "15:00:00", "UTC")]
)
def test_a_clock_of_the_night_is_asked_for_in_a_few_rows_as_well(code: str, clock: str, zone: str) -> None:
    few = [f"2026-11-{day} {clock}" for day in (17, 18, 19)]
    for bars in (True, False):
        with pytest.raises(BadDateError, match="--timezone"):
            days(code, *few, bars=bars)
    assert days(code, *few, said=zone)
    with_friday = [f"2026-11-{day} {clock}" for day in (16, 17, 18, 19, 20)]
    assert days(code, *with_friday)[-1] == "2026-11-20"  # the day after is no session


def test_a_clock_of_the_afternoon_is_its_own_days() -> None:
    assert days("XNYS", "2026-11-17 16:00:00", "2026-11-18 16:00:00") == ["2026-11-17", "2026-11-18"]
    assert days("24/5", "2026-11-17 22:00:00") == ["2026-11-17"]


def test_a_lone_price_of_currencies_is_named_by_the_start_of_its_day_where_the_shut_days_say_so() -> None:
    first = date(2026, 11, 1)  # Sunday
    evenings = [first + timedelta(days=at) for at in range(14) if (first + timedelta(days=at)).weekday() not in {4, 5}]
    assert days("24/5", *(f"{day} 22:00:00Z" for day in evenings), bars=False) == [
        str(day + timedelta(days=1)) for day in evenings
    ]
    closes = [str(first + timedelta(days=at)) for at in range(14) if (first + timedelta(days=at)).weekday() < 5]
    assert days("24/5", *(f"{day} 22:00:00Z" for day in closes), bars=False) == closes


def test_the_ends_of_time_are_no_fault() -> None:
    assert days("24/7", "9999-12-31 23:00:00-05:00", "0001-01-01 01:00:00+05:00") == ["9999-12-31", "0001-01-01"]
    covered = within(np.array(["0001-01-01", "2026-06-09", "9999-12-31"], dtype="datetime64[D]"), calendar("XNYS"))
    assert covered.tolist() == [False, True, False]
