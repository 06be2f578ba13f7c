"""Time as one number: seconds since 1970 and thousandths, millionths or billionths of them; a spreadsheet's days.

A number that a spreadsheet has rounded, such as `1.79582E+12`, is none: its day would be another. Programs write all
digits, and a small `e`: `1.795824e+18`.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

_EPOCH = re.compile(r"(1\d{9}|[1-9]\d{12}|[1-9]\d{15}|[1-9]\d{18})(?:\.(\d+))?")
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?")
_POWER = r"\d(?:[.,]\d+)?{}\+(?:9|09|12|15|18)"
_WHOLE, _ROUNDED = re.compile(_POWER.format("e")), re.compile(_POWER.format("E"))
_EXCELS_FIRST = date(1899, 12, 30)
_SECONDS = 10
"""Digits of seconds since 1970, for some thirty years to come."""
_A_DAY = 86_400


def epoch(text: str) -> datetime | None:
    """The instant of a number of seconds since 1970, or of parts of them; None where it is none.

    Less than a second is kept as a millionth: it tells that an instant is no midnight.

    >>> epoch("1795824000"), epoch("1795823999.5"), epoch("179582400")
    (datetime.datetime(2026, 11, 28, 0, 0, ...), datetime.datetime(2026, 11, 27, 23, 59, 59, 1, ...), None)
    >>> epoch("1.795824e+18") == epoch("1795824000")
    True
    """
    found = _EPOCH.fullmatch(f"{Decimal(text):f}" if _WHOLE.fullmatch(text) and "," not in text else text)
    if not found:
        return None
    seconds, rest = divmod(int(found[1]), 10 ** (len(found[1]) - _SECONDS))
    parts = rest or int(found[2] or 0)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=1 if parts else 0)


def serial(text: str) -> tuple[date, time | None] | None:
    """The date of a spreadsheet's number of days, and the clock of its fraction, to a second; None where it is none.

    >>> serial("43121.0"), serial("43121.75"), serial("431210")
    ((datetime.date(2018, 1, 21), None), (datetime.date(2018, 1, 21), datetime.time(18, 0)), None)
    """
    found = _SERIAL.fullmatch(text)
    if not found:
        return None
    day = _EXCELS_FIRST + timedelta(days=int(found[1]))
    seconds = round(float(f"0.{found[2] or 0}") * _A_DAY)
    if seconds in {0, _A_DAY}:
        return day + timedelta(days=seconds // _A_DAY), None
    return day, time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def is_rounded(text: str) -> bool:
    """Whether this is a count of seconds of which a spreadsheet has kept the first digits.

    >>> is_rounded("1.79582E+12"), is_rounded("1795824000000")
    (True, False)
    """
    return bool(_ROUNDED.fullmatch(text))
