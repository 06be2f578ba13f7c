"""Numbers as files have them: `1,234.5`, `1.12226E+11`, `$12.50`, `3.2M`, `3,2 Mio.`, `5'321.70`, and gaps.

A number is taken apart first (`taken`): sign, digits with their marks, scale and unit. What its marks mean is for a
column to say (`ingest.text.decimal_marks`): the point is decimal, or the comma is.
"""

import math
import re
from typing import NamedTuple

GAPS = frozenset(
    {
        *("", "null", "none", "nan", "-nan", "nat", "na", "n/a", "n.a.", "#n/a", "#na", "#n/a n/a", "<na>", "\\n"),
        *("nd", "n/d", "n.d.", "#n/d", "#nv", "k.a.", "b.d.", "-", "--", "---", "-,--", "--,--", "\u2014", "\u2013"),
        *(".", "..", "..."),
    }
)
"""Texts, in lower case, that say that there is no value: of programs, of terminals, central banks and spreadsheets in
several languages. A failed formula such as `#REF!` is none: what should stand there is not known."""

_SPACE = "'\u2019 \u00a0\u2007\u2009\u202f"
"""Signs that stand between thousands as in Switzerland, and as the International System of Units has it."""
_WORDS = {
    **dict.fromkeys(("tsd", "tys", "тыс", "thousand"), 1e3),
    **dict.fromkeys(("lakh", "lac"), 1e5),
    **dict.fromkeys(("mn", "mio", "mln", "млн", "million"), 1e6),
    **dict.fromkeys(("cr", "crore"), 1e7),
    **dict.fromkeys(("bn", "bln", "md", "mds", "mrd", "mld", "mlrd", "млрд", "billion"), 1e9),
    **dict.fromkeys(("bio", "трлн", "trillion"), 1e12),
}
_EASTERN = {
    "千": 1e3,
    "천": 1e3,
    "万": 1e4,
    "萬": 1e4,
    "만": 1e4,
    "亿": 1e8,
    "億": 1e8,
    "억": 1e8,
    "조": 1e12,
    "万亿": 1e12,
}
_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, **_WORDS, **_EASTERN}
_MONEY = r"[A-Z]{1,2}\$|USD[TC]|[A-Z]{3}|[$€£¥￥₹₩₽₺₪₫₱₴₦₿฿円元원]|[Kk]r\.?|Fr\.|Rs\.?|TL|zł|руб\.?|Kč|Ft"  # noqa: RUF001  # Russian
_LONGEST_FIRST = "|".join(sorted(_WORDS, key=len, reverse=True))
_SCALE = (
    rf"(?i:{_LONGEST_FIRST})\.?(?![^\W\d_])|[KMBTkmb](?![^\W\d_])|[KM](?=[A-Z]{{3}}\b)|"
    rf"{'|'.join(sorted(_EASTERN, key=len, reverse=True))}"
)
"""A letter right before a currency is a scale where that is sure: `MEUR` are millions, `BUSD` is a coin."""
_NUMBER = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+\u2212]?)(?P<before>{_MONEY})?\s*(?P<inner>\()?"
    rf"(?P<digits>\d[\d.,{_SPACE}]*|[.,]\d+)"
    rf"(?P<exponent>[eE][-+]?\d{{1,3}})?\s*(?P<scale>{_SCALE})?\s*(?P<after>{_MONEY}|p)?(?P<close>\))?"
)
_SPACED = re.compile(rf"[1-9]\d{{0,2}}(?:[{_SPACE}]\d{{3}})+(?:[.,]\d*)?")
_SPACES = re.compile(rf"[{_SPACE}]")
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
    scale = _SCALES[(found["scale"] or "").casefold().rstrip(".")]
    unit = (found["before"] or found["after"] or "").rstrip(".").replace("\uffe5", "¥")
    return Taken(_sign(found), digits, found["exponent"] or "", scale, unit)


def _sign(found: re.Match[str]) -> str:
    """The sign of a number, which accountants write as brackets around it where it is below zero.

    Raises:
        ValueError: A bracket without the other, or with a sign beside it.
    """
    opened = bool(found["open"]) + bool(found["inner"])
    if opened != bool(found["close"]) or (opened and found["sign"]):
        raise ValueError(found[0])
    return "-" if opened else found["sign"].replace("\u2212", "-")


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
