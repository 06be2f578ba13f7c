"""Time stamps: date, clock and zone as they are written."""

from datetime import UTC, date, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from ingest.errors import BadDateError
from ingest.text.dates import american
from ingest.text.stamps import Stamp, date_texts, parse_dates, parse_stamps

DAY = date(2026, 6, 9)


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2026-06-09", Stamp(DAY)),
        ("2026-06-09T21:00:00.000000000Z", Stamp(DAY, time(21), UTC)),
        ("2026-06-09 05:00:00+00:00", Stamp(DAY, time(5), UTC)),
        ("2026-06-09 20:00:00-04:00", Stamp(DAY, time(20), timezone(timedelta(hours=-4)))),
        ("20260609 09:30:00 US/Eastern", Stamp(DAY, time(9, 30), ZoneInfo("US/Eastern"))),
        ("20260609 000000", Stamp(DAY, time())),
        ("2026060900", Stamp(DAY, time())),
        ("2026-06-09 4:00:00 PM", Stamp(DAY, time(16))),
        ("2026-06-09 12:00 AM", Stamp(DAY, time())),
        ("2026-06-09 00:00:00 UTC", Stamp(DAY, time(), UTC)),
        ("1780963200", Stamp(DAY, time(), UTC)),
        ("1780963200000", Stamp(DAY, time(), UTC)),
        ("1780963200000000", Stamp(DAY, time(), UTC)),
        ("46182.0", Stamp(DAY)),
        ("Tue, Jun 09, 2026", Stamp(DAY)),
        ("09. Juni 2026", Stamp(DAY)),
        ("09.06.26", Stamp(DAY)),
        ("09-Jun-26", Stamp(DAY)),
        ("2026年6月9日", Stamp(DAY)),
    ],
)
def test_each_form_is_read(text: str, stamp: Stamp) -> None:
    assert parse_stamps([text], str) == [stamp]


def test_a_clock_without_a_zone_takes_the_one_that_is_said() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    told = parse_stamps(["2026-06-09 23:00", "2026-06-09", "2026-06-09 23:00Z"], str, berlin)
    assert [stamp.zone for stamp in told] == [berlin, None, UTC]


def test_two_digits_of_a_year_are_read_where_the_rows_tell() -> None:
    assert parse_dates(["6/9/26", "6/15/26"], str) == [DAY, date(2026, 6, 15)]
    with pytest.raises(BadDateError, match="day first or year first"):
        parse_dates(["26/06/09", "26/06/30"], str)
    with pytest.raises(BadDateError, match="month first or day first"):
        parse_dates(["6/9/26"], str)
    weekdays = [date(2026, 6, 1) + timedelta(days=at) for at in range(150) if at % 7 < 5]
    for form in ("%y/%m/%d", "%d/%m/%y", "%m/%d/%y"):
        assert parse_dates([f"{day:{form}}" for day in weekdays], str) == weekdays


def test_a_user_says_what_stands_first() -> None:
    texts = ["11/02/2026", "11/03/2026"]
    with pytest.raises(BadDateError, match=r"say --dates month-first or day-first$"):
        parse_stamps(texts, str, said="")
    with pytest.raises(BadDateError, match=r"write dates as 2018-01-21$"):
        parse_stamps(texts, str)
    assert [stamp.day for stamp in parse_stamps(texts, str, said="month-first")] == [
        date(2026, 11, 2),
        date(2026, 11, 3),
    ]
    assert parse_stamps(texts, str, said="day-first")[0].day == date(2026, 2, 11)
    with pytest.raises(BadDateError, match=r"1: '6/13/26' is no date where --dates is day-first"):
        parse_stamps(["6/9/26", "6/13/26"], str, said="day-first")


def test_a_long_cell_is_cut() -> None:
    with pytest.raises(BadDateError) as told:
        parse_dates(["1 " * 20_000], str)
    assert len(str(told.value)) < 150


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2010-01", "monthly rows"),
        ("Jan 2010", "monthly rows"),
        ("2026-W48", "weekly rows"),
        ("2026Q3", "quarterly rows"),
        ("2026-06-09 09:30 XYZ", "'XYZ' is no time zone that is known here.*--timezone"),
        ("2026-06-09 25:00", "is no date"),
        ("46182 and more", "is no date"),
    ],
)
def test_what_is_no_day_is_named(text: str, says: str) -> None:
    with pytest.raises(BadDateError, match=says):
        parse_stamps([text], str)


def test_american_dates_are_known_by_their_order() -> None:
    assert american(date_texts(["1/21/2018 16:00:00", "1/2/2018"]))
    assert american(["Nov 27, 2026"])
    assert not american(["1/2/2018"])
    assert not american(["21/1/2018"])
    assert not american(["27 Nov 2026"])
