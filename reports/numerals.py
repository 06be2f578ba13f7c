"""Numbers as a reader expects them: signs, units, thousands, and as many digits as mean something.

A value that does not exist is an en dash. Minus signs are true ones (U+2212), and a narrow space that does
not break (U+202F) stands before a unit.
"""

from __future__ import annotations

import math
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

DASH = "\u2013"
MINUS = "\u2212"
THIN = "\u202f"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def number(value: float, places: int, *, sign: bool = False) -> str:
    """A number with `places` decimals and thousands apart.

    >>> number(-2506.851, 2), number(float("nan"), 2), number(-0.001, 2, sign=True)
    ('−2,506.85', '–', '0.00')
    """  # noqa: RUF002 (true signs)
    if not math.isfinite(value):
        return DASH
    text = f"{abs(value):,.{places}f}"
    if not any(digit in text for digit in "123456789"):
        return text
    return (MINUS if value < 0 else "+" if sign else "") + text


def shortest(value: float, _position: object = None) -> str:
    """A number without idle zeros, as an axis shows it.

    >>> shortest(-2.5), shortest(10.0), shortest(0.0)
    ('−2.5', '10', '0')
    """  # noqa: RUF002 (true signs)
    return number(value, 8).rstrip("0").rstrip(".")


def percent(change: float, places: int = 2) -> str:
    """A change (a fraction) in per cent, with its sign.

    >>> percent(0.0034)
    '+0.34\u202f%'
    """
    return DASH if not math.isfinite(change) else number(100 * change, places, sign=True) + THIN + "%"


def share(part: float) -> str:
    """A probability or a frequency (a fraction) in per cent.

    >>> share(0.5417)
    '54.2\u202f%'
    """
    return DASH if not math.isfinite(part) else number(100 * part, 1) + THIN + "%"


def probability(p: float) -> str:
    """A p-value.

    >>> probability(0.5417), probability(0.00004)
    ('0.542', '< 0.001')
    """
    least = 0.001
    return f"< {number(least, 3)}" if p < least else number(p, 3)


def span(low: str, high: str) -> str:
    """An interval between two numbers already in words; a unit that both carry is said once.

    >>> span(percent(-0.01), percent(0.02)), span(DASH, DASH)
    ('−1.00 to +2.00\u202f%', '–')
    """  # noqa: RUF002 (true signs)
    if DASH in (low, high):
        return DASH
    return f"{low.removesuffix(THIN + '%')} to {high}"


def places_for(sizes: Iterable[float], digits: int = 2, least: int = 2) -> int:
    """Decimals that leave `digits` significant ones in the smallest of some sizes (in the unit shown).

    >>> places_for([1.7, 2.1]), places_for([0.04, 0.05]), places_for([])
    (2, 3, 2)
    """
    real = [abs(size) for size in sizes if math.isfinite(size) and size]
    return min(max(least, digits - 1 - math.floor(math.log10(min(real)))), 8) if real else least


def price(value: float, close: float) -> str:
    """A price, with decimals that suit the size of the asset's last close.

    >>> price(2506.854, 2500.0), price(0.0035123, 0.0035), price(104234.4, 104000.0), price(1.08731, 1.08)
    ('2,506.85', '0.003512', '104,234', '1.0873')
    """
    if not (math.isfinite(close) and close):
        return number(value, 2)
    exponent = math.floor(math.log10(abs(close)))
    # Four digits for the small, cents for the everyday, none where cents are noise.
    places = 0 if exponent >= 4 else 2 if exponent >= 1 else 4 if exponent == 0 else 3 - exponent  # noqa: PLR2004 (powers of ten)
    return number(value, min(places, 12))


def money(change: float, close: float) -> str:
    """The price that a change from a close leads to; empty where there is none.

    >>> money(0.01, 250.0), money(float("nan"), 250.0)
    ('252.50', '')
    """
    return price(close * (1 + change), close) if math.isfinite(close * (1 + change)) else ""


def quoted(close: float) -> str:
    """A close as it is quoted: a market's cents are kept however large the price.

    >>> quoted(104234.42), quoted(0.0035)
    ('104,234.42', '0.003500')
    """
    return number(close, 2) if abs(close) >= 10 else price(close, close)  # noqa: PLR2004 (ten)


def day(when: date) -> str:
    """A date, the same in every locale: '4 Mar 2026'."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def short_day(when: date) -> str:
    """A date without its year: '4 Mar'."""
    return f"{when.day} {_MONTHS[when.month - 1]}"


def weekday(when: date) -> str:
    """A date with its day of the week: 'Wed 4 Mar 2026'."""
    return f"{_DAYS[when.weekday()]} {day(when)}"


def in_utc(when: datetime) -> datetime:
    """An instant in UTC; one without a zone is in UTC already."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def moment(when: datetime) -> str:
    """An instant in UTC to the minute: '4 Mar 2026 21:05 UTC'."""
    return f"{day(in_utc(when))} {in_utc(when):%H:%M} UTC"
