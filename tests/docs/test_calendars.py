"""The page of calendars has every one, its first year and its sessions a year as the tables of the tests have them."""

from __future__ import annotations

import re

from ingest.known_years import LISTED_UNTIL, OPENED, first_year
from tests.docs.pages import ROOT, sections

PAGE = sections((ROOT / "docs" / "calendars.md").read_text("utf-8"))
TABLE = [line.split() for line in (ROOT / "tests" / "ingest" / "sessions_by_year.txt").read_text().splitlines()]


def test_each_calendar_is_told_with_its_first_year_and_its_sessions_a_year() -> None:
    told = re.findall(r"^\| `(\w+)` \| (\d{4}) \| (\d+) to (\d+) \|", PAGE["Each calendar"], re.MULTILINE)
    counts = {code: [int(cell.partition(":")[0]) for cell in cells] for code, _, *cells in TABLE}
    counts["XSHG"] = counts["XSHG"][1:]  # it began in the last days of its first year
    exchanges = [(code, int(first)) for code, first, *_ in TABLE if not code.startswith("24/")]
    assert all(first >= first_year(code) for code, first in exchanges)
    assert [(code, int(first), int(least), int(most)) for code, first, least, most in told] == [
        (code, first, min(counts[code]), max(counts[code])) for code, first in exchanges
    ]


def test_each_session_that_the_library_lacks_is_told() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d, -]+) \|", PAGE["Sessions that the library lacks"], re.MULTILINE)
    assert {(code, day) for code, days in rows for day in days.split(", ")} == {
        (code, day) for code, days in OPENED.items() for day in days
    }


def test_each_calendar_whose_lists_are_over_is_told() -> None:
    assert all(f"`{code}`" in PAGE["Where calendars end"] for code in LISTED_UNTIL)
