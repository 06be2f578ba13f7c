"""Numbers as files have them: ``1,234.5``, ``1.12226E+11``, ``$12.50``, ``3.2M``, and gaps.

A comma groups thousands, as in English; where a file is separated by semicolons and its numbers
have decimal commas, the whole file is read so (`comma_is_decimal`).
"""

import math
import re
from collections.abc import Iterable

GAPS = frozenset({"", "null", "none", "nan", "na", "n/a", "#n/a", "-", "--", "—"})
"""Texts, in lower case, that say that there is no value."""

_NUMBER = re.compile(
    r"(?P<sign>[-+]?)[$€£¥]?\s*"
    r"(?P<digits>(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)"
    r"(?P<exponent>[eE][-+]?\d+)?"
    r"\s*(?P<scale>[KMBT]?)"
)
_DECIMAL_COMMA = re.compile(r"[-+]?[$€£¥]?\s*(?:0|\d{1,3}(?:\.\d{3})+|\d+),\d+\s*[€$]?")
_SWAPPED = str.maketrans(".,", ",.")
_SCALES = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def parse_number(text: str, *, decimal_comma: bool = False) -> float:
    """The number, NaN for a gap.

    Raises:
        ValueError: a text that is neither.

    >>> [parse_number(text) for text in ("1,234", "$2.50", "1.12226E+11", "3.5M", "-7")]
    [1234.0, 2.5, 112226000000.0, 3500000.0, -7.0]
    >>> parse_number("1.234,5", decimal_comma=True)
    1234.5
    >>> parse_number("null")
    nan
    """
    if text.casefold() in GAPS:
        return math.nan
    plain = text.rstrip("€$ ").translate(_SWAPPED) if decimal_comma else text
    found = _NUMBER.fullmatch(plain)
    if not found:
        raise ValueError(text)
    digits = found["sign"] + found["digits"].replace(",", "") + (found["exponent"] or "")
    value = float(digits) * _SCALES[found["scale"]]
    if math.isinf(value):
        raise ValueError(text)
    return value


def comma_is_decimal(texts: Iterable[str]) -> bool:
    """Whether the numbers of a file separated by semicolons have decimal commas.

    They have if some number can be read in no other way; ``1,234`` alone could be either.

    >>> comma_is_decimal(["1,234", "12,5"]), comma_is_decimal(["1,234", "12.5"])
    (True, False)
    """
    return any(
        "," in text and not _NUMBER.fullmatch(text) and _DECIMAL_COMMA.fullmatch(text) for text in texts
    )
