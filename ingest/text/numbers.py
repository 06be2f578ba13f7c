"""Numbers as files have them: `1,234.5`, `1.12226E+11`, `$12.50`, `3.2M`, and gaps.

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
_SWAPPED = str.maketrans(".,", ",.")
_SCALES = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


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


def comma_is_decimal(texts: Iterable[str]) -> bool | None:
    """Whether the numbers of a file separated by semicolons have decimal commas.

    Returns:
        True if all its numbers can be read so and some in no other way, False if a decimal point
        is as sure or no number has a comma, None if both readings fit all, as for `1,234` alone.

    >>> [comma_is_decimal(["1,234", other]) for other in ("12,5", "12.5", "1,235")]
    [True, False, None]
    """
    signed = [text for text in texts if "," in text or "." in text]
    point = [bool(_NUMBER.fullmatch(text)) for text in signed]
    comma = [bool(_NUMBER.fullmatch(text.rstrip("€$ ").translate(_SWAPPED))) for text in signed]
    readable = [pair for pair in zip(point, comma, strict=True) if any(pair)]
    if all(one and other for one, other in readable):
        return None if any("," in text for text in signed) and readable else False
    return all(other for _, other in readable)
