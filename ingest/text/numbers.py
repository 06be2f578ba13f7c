"""Numbers as files have them: `1,234.5`, `1.12226E+11`, `$12.50`, `3.2M`, `5'321.70`, and gaps.

A number is taken apart first (`taken`): sign, digits with their marks, scale and unit. What its marks mean is for a
column to say (`ingest.text.decimal_marks`): the point is decimal, or the comma is.
"""

import math
import re
from typing import NamedTuple

GAPS = frozenset({"", "null", "none", "nan", "na", "n/a", "#n/a", "n.a.", "nat", "-", "--", "—", "\u2013", "."})
"""Texts, in lower case, that say that there is no value."""

_NUMBER = re.compile(
    r"(?P<sign>[-+]?)(?P<before>[A-Z]{1,2}\$|[A-Z]{3}|[$€£¥₹₩])?\s*"
    r"(?P<digits>\d[\d.,'\u2019 \u00a0\u202f]*|[.,]\d+)"
    r"(?P<exponent>[eE][-+]?\d{1,3})?"
    r"\s*(?P<scale>[KMBTkmb]|[Bb]n|[Mm]n)?"
    r"\s*(?P<after>[$€£¥₹₩]|[A-Z]{3}|p|kr)?"
)
_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9, "t": 1e12}
_SPACED = re.compile(r"[1-9]\d{0,2}(?:['\u2019 \u00a0\u202f]\d{3})+(?:[.,]\d*)?")
_SPACES = re.compile(r"['\u2019 \u00a0\u202f]")
_PLAIN = re.compile(r"(?:(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}|\d+)(?:\.\d*)?|\.\d+)")
"""Digits with points for decimals; commas stand before each third, as in `12,345`, or as in India, `74,14,645`."""
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_SWAPPED = str.maketrans(".,", ",.")


class Taken(NamedTuple):
    """A number taken apart: its sign and digits, exponent, scale as a factor, and its unit such as `$`."""

    sign: str
    digits: str
    exponent: str
    scale: float
    unit: str

    @property
    def decimal(self) -> str | None:
        """The mark that can only be decimal here: `.` or `,`; None where either could be, or there is none.

        >>> [taken(text).decimal for text in ("1.234,5", "1.234.567", "12,50", "1,234", "1234")]
        [',', ',', ',', None, None]
        """
        marks = [sign for sign in self.digits if sign in ".,"]
        if not marks or (_EITHER.fullmatch(self.digits) and not self.exponent):
            return None
        if len(marks) == 1:
            return marks[0]
        return marks[-1] if len(set(marks)) > 1 else marks[0].translate(_SWAPPED)

    @property
    def either(self) -> str | None:
        """The one mark of digits such as `13,465`, which may be decimal or group thousands; None for others."""
        told = not _EITHER.fullmatch(self.digits) or self.exponent
        return None if told else next(sign for sign in self.digits if sign in ".,")

    def value(self, *, decimal_comma: bool) -> float:
        """The number.

        Raises:
            ValueError: Its marks do not stand where they could.
        """
        plain = self.digits.translate(_SWAPPED) if decimal_comma else self.digits
        if not _PLAIN.fullmatch(plain):
            raise ValueError(self.digits)
        value = float(self.sign + plain.replace(",", "") + self.exponent) * self.scale
        if math.isinf(value):
            raise ValueError(self.digits)
        return value


def taken(text: str) -> Taken | None:
    """A number taken apart; None for a gap.

    Raises:
        ValueError: A text that is neither.

    >>> taken("R$ 1.234,50"), taken("3.2M")
    (Taken(sign='', digits='1.234,50', exponent='', scale=1.0, unit='R$'), Taken(sign='', digits='3.2', ...))
    """
    if text.casefold() in GAPS:
        return None
    found = _NUMBER.fullmatch(text)
    if not found:
        raise ValueError(text)
    digits = found["digits"].strip()
    if _SPACES.search(digits):
        if not _SPACED.fullmatch(digits):
            raise ValueError(text)
        digits = _SPACES.sub("", digits)
    scale = _SCALES[(found["scale"] or "").casefold()]
    unit = found["before"] or found["after"] or ""
    return Taken(found["sign"], digits, found["exponent"] or "", scale, unit)


def parse_number(text: str, *, decimal_comma: bool = False) -> float:
    """The number, NaN for a gap.

    Raises:
        ValueError: A text that is neither.

    >>> [parse_number(text) for text in ("1,234", "$2.50", "1.12226E+11", "3.5M", "-7")]
    [1234.0, 2.5, 112226000000.0, 3500000.0, -7.0]
    >>> parse_number("1.234,5", decimal_comma=True)
    1234.5
    >>> parse_number("null")
    nan
    """
    found = taken(text)
    return math.nan if found is None else found.value(decimal_comma=decimal_comma)
