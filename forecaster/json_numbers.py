"""Numbers as JSON has them: it knows neither NaN nor infinity, and what is not finite is null."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real


def number(value: float | None) -> float | None:
    """A JSON number, nothing where there is none or it is not finite.

    >>> number(0.5), number(float("nan")), number(float("inf")), number(None)
    (0.5, None, None, None)
    """
    return float(value) if value is not None and math.isfinite(value) else None


def numbers(value: object) -> object:
    """The same structure with `number` for every number in it that is no integer, however deep.

    Mappings become dictionaries and tuples lists; integers, truth values and whatever is no number stay as they are.

    >>> numbers({"p": float("inf"), "days": 3, "band": (0.1, float("nan"))})
    {'p': None, 'days': 3, 'band': [0.1, None]}
    """
    if isinstance(value, Mapping):
        return {key: numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [numbers(item) for item in value]
    return number(float(value)) if isinstance(value, Real) and not isinstance(value, Integral) else value
