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
        ("2026年6月9日星期二", Stamp(DAY)),
        ("2026/6/9(火)", Stamp(DAY)),
        ("2026년 6월 9일 (화)", Stamp(DAY)),
        ("2026. 6. 9.", Stamp(DAY)),
        ("Di., 09.06.2026", Stamp(DAY)),
        ("Dienstag, 9. Juni 2026", Stamp(DAY)),
        ("mardi 9 juin 2026", Stamp(DAY)),
        ("martes, 9 de junio de 2026", Stamp(DAY)),
        ("mar 9 giu 2026", Stamp(DAY)),
        ("terça-feira, 9 de junho de 2026", Stamp(DAY)),
        ("wt., 9 czerwca 2026 r.", Stamp(DAY)),
        ("di 9 jun. 2026", Stamp(DAY)),
        ("вт, 9 июня 2026 г.", Stamp(DAY)),  # noqa: RUF001  # Russian
        ("9 Haziran 2026 Salı", Stamp(DAY)),  # noqa: RUF001  # Turkish
        ("9-jun.-26", Stamp(DAY)),
        ("9/jun/2026", Stamp(DAY)),
        ("09JUN2026", Stamp(DAY)),
        ("2026-Jun-09", Stamp(DAY)),
        ("June 9th, 2026", Stamp(DAY)),
        ("Jun 9, '26", Stamp(DAY)),
        ("46182.75", Stamp(DAY, time(18))),
        ("46181,9999999", Stamp(DAY)),
        ("1780963200.0", Stamp(DAY, time(), UTC)),
        ("1780963200.5", Stamp(DAY, time(0, 0, 0, 1), UTC)),
        ("1.7809632e+18", Stamp(DAY, time(), UTC)),
        ("20260609 160000", Stamp(DAY, time(16))),
        ("20260609T160000Z", Stamp(DAY, time(16), UTC)),
        ("2026-06-09T00:00:00-05:00", Stamp(DAY, time(), timezone(timedelta(hours=-5)))),
        ("2026-06-09 00:00:00+00", Stamp(DAY, time(), UTC)),
        ("2026/06/09 00:00", Stamp(DAY, time())),
        ("6/13/2026 4:00:00 PM", Stamp(date(2026, 6, 13), time(16))),
        ("6/13/2026 4:00 p.m.", Stamp(date(2026, 6, 13), time(16))),
        ("2026-06-09 오후 3:30", Stamp(DAY, time(15, 30))),
        ("2026/6/9 上午 9:30:00", Stamp(DAY, time(9, 30))),
        ("09.06.2026, 17:35 Uhr", Stamp(DAY, time(17, 35))),
        ("2026-06-09 16:00 EST", Stamp(DAY, time(16), timezone(timedelta(hours=-5)))),
        ("2026-06-09 16:00 ET", Stamp(DAY, time(16), ZoneInfo("America/New_York"))),
        ("2026-06-09 16:00 America/New_York", Stamp(DAY, time(16), ZoneInfo("America/New_York"))),
        ("2026-06-09T16:00-04:00[America/New_York]", Stamp(DAY, time(16), ZoneInfo("America/New_York"))),
        ("Tue Jun 09 00:00:00 2026", Stamp(DAY, time())),
        ("Tue Jun 09 00:00:00 UTC 2026", Stamp(DAY, time(), UTC)),
        (
            "Tue Jun 09 2026 00:00:00 GMT-0400 (Eastern Daylight Time)",
            Stamp(DAY, time(), timezone(timedelta(hours=-4))),
        ),
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
    with pytest.raises(BadDateError, match=r"say --dates mdy or dmy$"):
        parse_stamps(texts, str, said="")
    with pytest.raises(BadDateError, match=r"write dates as 2018-01-21$"):
        parse_stamps(texts, str)
    assert [stamp.day for stamp in parse_stamps(texts, str, said="mdy")] == [date(2026, 11, 2), date(2026, 11, 3)]
    assert parse_stamps(texts, str, said="dmy")[0].day == date(2026, 2, 11)
    assert parse_stamps(["11/02/26"], str, said="ymd")[0].day == date(2011, 2, 26)
    with pytest.raises(BadDateError, match=r"1: '6/13/26' is not a date where --dates is dmy"):
        parse_stamps(["6/9/26", "6/13/26"], str, said="dmy")
    with pytest.raises(BadDateError, match=r"0: '11\.02\.2026' is not a date where --dates is mdy"):
        parse_stamps(["11.02.2026"], str, said="mdy")


def test_a_weekday_in_front_hides_no_doubt() -> None:
    with pytest.raises(BadDateError, match="month first or day first"):
        parse_stamps(["Tue 06/09/2026"], str)
    assert parse_dates(["Tue 06/09/2026", "Tue 06/16/2026"], str) == [DAY, date(2026, 6, 16)]


def test_points_of_a_year_first_are_told_by_the_distance_of_rows() -> None:
    weekdays = [date(2026, 6, 1) + timedelta(days=at) for at in range(150) if at % 7 < 5]
    for form in ("%y.%m.%d", "%d.%m.%y"):
        assert parse_dates([f"{day:{form}}" for day in weekdays], str) == weekdays
    assert parse_dates(["09.06.26"], str) == [DAY]


def test_whole_days_of_a_spreadsheet_are_read_only_throughout() -> None:
    with pytest.raises(BadDateError, match="'46182' is not a date"):
        parse_stamps(["46182", "2026-06-10"], str)


def test_a_long_cell_is_cut() -> None:
    with pytest.raises(BadDateError) as told:
        parse_dates(["1 " * 20_000], str)
    assert len(str(told.value)) < 150


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2010-01", "monthly rows"),
        ("201001", "monthly rows"),
        ("Jan 2010", "monthly rows"),
        ("2026-W48", "weekly rows"),
        ("2026Q3", "quarterly rows"),
        ("2026-06-09 09:30 XYZ", "'XYZ' is not a known time zone.*--timezone"),
        ("2026-06-09 25:00", "is not a date"),
        ("46182 and more", "is not a date"),
        ("1.78096E+12", "a spreadsheet has kept the first digits"),
        ("2026-06-09 09:30 CST", "'CST' is not a known time zone"),
        ("2026-06-09 09:30 BST", "'BST' is not a known time zone"),
        ("9 jui 2026", "is not a date"),
        ("9 xyz 2026", "is not a date"),
        ("Xyz, 9 Jun 2026", "is not a date"),
        ("mar 2026", "monthly rows"),
        ("31 lutego 2026", "is not a date"),
        ("2026년 13월 9일", "is not a date"),
        ("1780963200000.x", "is not a date"),
    ],
)
def test_what_is_no_day_is_named(text: str, says: str) -> None:
    with pytest.raises(BadDateError, match=says):
        parse_stamps([text], str)


def test_american_dates_are_known_by_their_order() -> None:
    assert american(date_texts(["1/21/2018 16:00:00", "1/2/2018"]))
    assert american(["Nov 27, 2026"])
    assert american(date_texts(["Fri, Nov 27, 2026 16:00"]))
    assert not american(["noviembre 27, 2026"])
    assert not american(["1/2/2018"])
    assert not american(["21/1/2018"])
    assert not american(["27 Nov 2026"])
