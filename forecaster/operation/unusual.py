"""How far outside of what a fit has learnt from an origin lies, input by input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.contract import Examples, Origin
    from forecaster.floats import Floats


@dataclass(frozen=True)
class Input:
    """One input at two origins, among the training rows.

    Attributes:
        name: For people.
        unit: `fraction` per session, or `standard` units.
        before: Its value at the first origin.
        after: Its value at the second.
        place_before: Share of the training rows that lie below the first, ties counted half.
        place_after: The same of the second; 0 or 1 where it lies beyond all of them.
        rows: How many rows these are.
    """

    name: str
    unit: str
    before: float
    after: float
    place_before: float
    place_after: float
    rows: int

    @property
    def beyond(self) -> bool:
        """Whether the second value lies outside of everything that was learnt from."""
        return self.place_after in {0.0, 1.0}


def inputs(examples: Examples, before: Origin, after: Origin) -> tuple[Input, ...]:
    """The inputs that differ between two origins, each among the training rows.

    Args:
        examples: What was learnt from.
        before: An origin, in the series and covariates of the examples.
        after: Another.
    """
    found = []
    for name, unit, rows, one, other in _columns(examples, before, after):
        if one != other:
            known = rows[np.isfinite(rows)]
            found.append(Input(name, unit, one, other, _place(known, one), _place(known, other), known.size))
    return tuple(found)


def _columns(examples: Examples, before: Origin, after: Origin) -> Iterator[tuple[str, str, Floats, float, float]]:
    for column, name in enumerate(examples.series):
        ends = [float(origin.x[-1, column]) for origin in (before, after)]
        yield f"change of {name}", "fraction", examples.x[:, -1, column], ends[0], ends[1]
    yield "volatility", "fraction", examples.volatility, before.volatility, after.volatility
    for column, name in enumerate(examples.covariates):
        values = [float(origin.z[column]) for origin in (before, after)]
        yield name.replace("_", " "), "standard", examples.z[:, column], values[0], values[1]


def _place(rows: Floats, value: float) -> float:
    """Share of the rows below a value, ties counted half.

    >>> _place(np.array([1.0, 2.0, 2.0, 3.0]), 2.0), _place(np.array([1.0, 2.0]), 9.0)
    (0.5, 1.0)
    """
    return float((rows < value).mean() + (rows == value).mean() / 2)
