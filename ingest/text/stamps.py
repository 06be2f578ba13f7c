"""Time stamps as files have them: a date, and perhaps a clock and a zone; or seconds since 1970.

Which day of a market a stamp belongs to is not decided here (`ingest.stamped_days`).
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, time, timedelta, timezone, tzinfo
from typing import NamedTuple

from ingest.errors import BadDateError, quoted
from ingest.text.choices import zone
from ingest.text.counted_time import epoch, is_rounded, serial
from ingest.text.date_order import date_order
from ingest.text.dates import Order, one_date
from ingest.text.month_names import without_weekday
from ingest.text.turned_dates import refuse_turned

_HALF = r"[AaPp]\.?\s?[Mm]\b\.?"
_ZONE = r"Z|[A-Za-z]+(?:/[A-Za-z_+-]+)+\d*|(?:GMT|UTC)?[+-]\d{2}(?::?\d{2}(?::\d{2})?)?(?:\s*\([^()]*\))?|[A-Za-z]{2,5}"
_CLOCK = re.compile(
    r"(?P<date>.*[\d年月日年일.)])(?:T|,?\s+)"
    r"(?:(?P<early>오전|上午|午前|오후|下午|午後)\s*)?"
    r"(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?|(?P<compact>\d{6}))"
    rf"\s*(?P<half>{_HALF})?(?:\s*Uhr)?\s*(?P<zone>{_ZONE})?(?:\[(?P<place>[A-Za-z_/+-]+\d*)\])?"
)
_TRAILING = re.compile(r"(?P<date>.*\d)\s+(?P<zone>Z|UTC|GMT)")
_YEAR_LAST = re.compile(r"([^\W\d_].*\d)\s+(\d{1,2}:\d{2}:\d{2})(\s+(?:[A-Z]{3,4}|[+-]\d{4}))?\s+(\d{4})")
_HOURLY = re.compile(r"((?:19|20)\d{6}|\d{4}-\d{2}-\d{2}(?=T))T?(\d{2})")
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{2})(?::?(\d{2})(?::\d{2})?)?(?:\s*\(.*\))?")
_NAMED = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "WEST": 1,
    "CET": 1,
    "MEZ": 1,
    "CEST": 2,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "EST": -5,
    "EDT": -4,
    "CDT": -5,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "MSK": 3,
    "HKT": 8,
    "SGT": 8,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
}
"""Hours ahead of UTC; abbreviations that stand for several zones, such as CST, IST and BST, are none."""
_OF_MARKETS = {"ET": "America/New_York", "CT": "America/Chicago", "PT": "America/Los_Angeles"}
_SPANS = {
    "month": re.compile(
        r"\d{4}[-/.](?:0?[1-9]|1[0-2])|(?:19|20)\d{2}(?:0[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[-/.]\d{4}|"
        r"[A-Za-z]{3,9}\.?[- ]'?(?:\d{4}|\d{2})"
    ),
    "week": re.compile(r"\d{4}-?W\d{2}"),
    "quarter": re.compile(r"\d{4}[- ]?Q[1-4]|Q[1-4][- ]?\d{4}"),
}
_NOON = 12
_AFTERNOONS = {"오후", "下午", "午後"}


class Stamp(NamedTuple):
    """A date as written, with the clock and the zone written beside it, where there are."""

    day: date
    clock: time | None = None
    zone: tzinfo | None = None

    @property
    def timed(self) -> bool:
        """Whether it says a time other than midnight."""
        return self.clock is not None and self.clock != time()


def parse_dates(texts: Sequence[str], place: Callable[[int], str]) -> list[date]:
    """The dates of a column as written, whatever their clocks, all read in one consistent way.

    Args:
        texts: The cells `(rows,)`.
        place: File and line of a row, for messages.

    Raises:
        BadDateError: A text that is no date, or dates that can be read in two ways throughout.

    >>> parse_dates(["Jan 21 2018", "Feb 1, 2018"], str)
    [datetime.date(2018, 1, 21), datetime.date(2018, 2, 1)]
    >>> parse_dates(["1/2/2018", "1/13/2018"], str)
    [datetime.date(2018, 1, 2), datetime.date(2018, 1, 13)]
    """
    return [stamp.day for stamp in parse_stamps(texts, place)]


def parse_stamps(
    texts: Sequence[str], place: Callable[[int], str], fallback: tzinfo | None = None, said: str | None = None
) -> list[Stamp]:
    """The stamps of a column, all read in one consistent way.

    Args:
        texts: The cells `(rows,)`.
        place: File and line of a row, for messages.
        fallback: The zone of clocks that are written without one, where it is known.
        said: How dates of three numbers are read; see `ingest.text.date_order.date_order`.

    Raises:
        BadDateError: A text that is no date, or dates that can be read in two ways throughout, or that a spreadsheet
            has turned around.

    >>> parse_stamps(["2026-06-14T21:00:00Z", "1795824000"], str)[1]
    Stamp(day=datetime.date(2026, 11, 28), clock=datetime.time(0, 0), zone=datetime.timezone.utc)
    """
    apart = [_apart(text) for text in texts]
    read = date_order([day for day, _ in apart], place, said)
    serials = all(serial(text) for text in texts)
    stamps = []
    for row, text in enumerate(texts):
        day, clock = apart[row]
        found = _instant(text) or _stamp(day, clock, read, place, row)
        if found is None and serials and (days := serial(text)):
            found = Stamp(*days)
        if found is None:
            raise _no_date(text, place(row))
        stamps.append(found._replace(zone=fallback) if found.clock is not None and found.zone is None else found)
    refuse_turned([day for day, _ in apart], [stamp.day for stamp in stamps], place)
    return stamps


def _no_date(text: str, where: str) -> BadDateError:
    if is_rounded(text):
        return BadDateError(
            f"{where}: {quoted(text)} is a time of which a spreadsheet has kept the first digits: take the file as it "
            "was before"
        )
    span = next((name for name, form in _SPANS.items() if form.fullmatch(text)), None)
    if span:
        return BadDateError(
            f"{where}: {quoted(text)} is a {span} and no day: {span}ly rows are not read: import daily ones"
        )
    return BadDateError(f"{where}: {quoted(text)} is not a date: write it as 2018-01-21")


def date_texts(texts: Sequence[str]) -> list[str]:
    """The cells without their clocks, zones and weekdays."""
    return [_apart(text)[0] for text in texts]


def _apart(text: str) -> tuple[str, re.Match[str] | None]:
    """The text of the date, and what was found of clock and zone."""
    if found := _HOURLY.fullmatch(text):
        return found[1], _CLOCK.fullmatch(f"{found[1]} {found[2]}:00")
    if found := _YEAR_LAST.fullmatch(text):
        return _apart(f"{found[1]} {found[4]} {found[2]}{found[3] or ''}")
    if found := _CLOCK.fullmatch(text):
        return without_weekday(found["date"].rstrip(" ,")), found
    if found := _TRAILING.fullmatch(text):
        return without_weekday(found["date"]), None
    return without_weekday(text), None


def _stamp(day: str, found: re.Match[str] | None, order: Order, place: Callable[[int], str], row: int) -> Stamp | None:
    plain = one_date(day, order)
    if plain is None or found is None:
        return None if plain is None else Stamp(plain)
    clock = _clock(found)
    if clock is None:
        return None
    name = found["place"] or found["zone"]
    if not name:
        return Stamp(plain, clock)
    known = _zone(name)
    if known is None:
        raise BadDateError(
            f"{place(row)}: {quoted(name)} is not a known time zone: write UTC or an offset such as +01:00, "
            "or leave it out and say --timezone"
        )
    return Stamp(plain, clock, known)


def _clock(found: re.Match[str]) -> time | None:
    compact = found["compact"]
    hour, minute, second = (
        (int(compact[:2]), int(compact[2:4]), int(compact[4:]))
        if compact
        else (int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    )
    if half := found["half"] or found["early"]:
        hour = hour % _NOON + (_NOON if half[0] in "Pp" or half in _AFTERNOONS else 0)
    fraction = int(((found["fraction"] or "") + "000000")[:6])
    try:
        return time(hour, minute, second, fraction)
    except ValueError:
        return None


def _zone(name: str) -> tzinfo | None:
    if found := _OFFSET.fullmatch(name):
        size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-size if found[1] == "-" else size) if size < timedelta(days=1) else None
    if name.upper() in _NAMED:
        return timezone(timedelta(hours=_NAMED[name.upper()]))
    name = _OF_MARKETS.get(name.upper(), name)
    return zone(name) if "/" in name else None


def _instant(text: str) -> Stamp | None:
    """The stamp of seconds since 1970, or of parts of them."""
    when = epoch(text)
    return None if when is None else Stamp(when.date(), when.time(), UTC)
