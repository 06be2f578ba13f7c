"""Dates that a spreadsheet has turned around in part are refused, in whatever form it has saved them."""

from datetime import date, timedelta

import pytest

from ingest.errors import BadDateError
from ingest.text.stamps import parse_dates

MONTHS = ("Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov")
WEEKDAYS = [date(2026, 8, 31) + timedelta(days=at) for at in range(60) if at % 7 < 5]


@pytest.mark.parametrize(
    ("turned", "left"),
    [
        ("{0.month:02d}.{0.day:02d}.{0.year}", "{0.month}/{0.day}/{0.year}"),
        ("{0.month:02d}.{0.day:02d}.{0.year}", "{0:%m/%d/%Y} 00:00:00"),
        ("{0.year}-{0.day:02d}-{0.month:02d}", "{0:%d/%m/%Y}"),
        ("{0.year}-{0.day:02d}-{0.month:02d}", "{0:%d.%m.%Y}"),
        ("{0.year}-{0.day:02d}-{0.month:02d}", "{0:%Y-%m-%d}"),
        ("{0.month:02d} {1} {0.year}", "{0:%d/%m/%Y}"),
    ],
)
def test_dates_up_to_the_twelfth_are_turned_around(turned: str, left: str) -> None:
    texts = [(turned if day.day <= 12 else left).format(day, MONTHS[day.day % 12]) for day in WEEKDAYS]
    for rows in (texts, texts[::-1], texts[5:16], texts[5:16][::-1]):
        with pytest.raises(BadDateError, match=r"day and month are turned around in the dates up to the 12th"):
            parse_dates(rows, str)


def test_the_fewest_rows_name_the_first_that_is_turned() -> None:
    with pytest.raises(BadDateError, match=r"0: '11\.09\.2026': day and month are turned around"):
        parse_dates(["11.09.2026", "11.10.2026", "11/13/2026", "11/16/2026"], str)


def test_other_mixtures_and_orders_of_rows_are_read() -> None:
    forms = ("%Y-%m-%d", "%d.%m.%Y")
    mixed = [f"{day:{forms[at % 2]}}" for at, day in enumerate(WEEKDAYS)]
    assert parse_dates(mixed, str) == WEEKDAYS
    halves = [*WEEKDAYS[20:], *WEEKDAYS[:20]]
    assert parse_dates([str(day) for day in halves], str) == halves
