"""A file's rows as forecasts: distributions, quantiles, draws, means and sds, or points, whichever it has."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.distribution.predictive import Predictive
from forecaster.errors import ForecasterError
from forecaster.referee.draws_law import DrawsLaw
from forecaster.referee.quantile_law import QuantileLaw

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from forecaster.floats import Floats
    from forecaster.referee.cells import Cells
    from forecaster.referee.law import Law
    from forecaster.referee.roles import Roles

EMPTY = "without numbers"
LARGEST = 1e6
"""No change is larger, a fraction."""
_VARIANCE = 2.0
"""Degrees of freedom from which on a Student-t has a standard deviation."""


@dataclass(frozen=True, eq=False)
class Forms:
    """The forecasts of a file.

    Attributes:
        form: What they are written in, see `Roles.form`.
        laws: `(rows,)` a distribution each, None where there is none.
        points: `mean`, `median` and `quantile` to numbers `(rows,)`, where the file has such; fractions per session.
        levels: `(k,)` of the quantiles.
        draws: How many draws there are of each forecast.
        wrong: What forecasts are that cannot be judged, to the mask of those `(rows,)`.
        told: Figures that the file has of its forecasts beside them, `prob_up` and `sd`.
    """

    form: str
    laws: tuple[Law | None, ...]
    points: dict[str, Floats]
    levels: Floats
    draws: int = 0
    wrong: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    told: dict[str, Floats] = field(default_factory=dict)

    def only(self, kept: NDArray[np.bool_]) -> Forms:
        """Those that a mask keeps."""
        return replace(
            self,
            laws=tuple(law for law, stays in zip(self.laws, kept, strict=True) if stays),
            points={name: values[kept] for name, values in self.points.items()},
            told={name: values[kept] for name, values in self.told.items()},
            wrong={},
        )


def laws_of(cells: Cells, roles: Roles, unit: str, *, ragged: bool = False) -> Forms:
    """The forecasts of rows.

    Args:
        cells: The rows.
        roles: Which column is what.
        unit: What changes are written in.
        ragged: Whether forecasts may differ in how many draws they have.

    Raises:
        ForecasterError: With the line, where a row has numbers that no forecast has.
    """
    form = roles.form
    if unit == "log" and form in {"means and sds", "distributions"}:
        raise ForecasterError(
            f"{cells.path} has {form}, and those of log returns are not those of changes: give quantiles or draws"
        )
    if unit != "fraction" and form == "distributions":
        raise ForecasterError(f"{cells.path} has distributions of fractions: leave --unit out")
    made = _FORMS[form](cells, roles, _converted(unit), ragged)
    points = {role: _converted(unit)(cells.numbers(name)) for role, name in roles.points.items()}
    told = {"prob_up": cells.numbers(roles.named["prob_up"])} if "prob_up" in roles.named else {}
    if form in {"points", "one quantile"}:
        return replace(made, points=made.points | points, told=told)
    return replace(made, points=points, told=told)


def _converted(unit: str) -> Callable[[Floats], Floats]:
    def fractions(values: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return np.expm1(values) if unit == "log" else values / 100 if unit == "percent" else values

    return fractions


def _distributions(cells: Cells, roles: Roles, _: Callable[[Floats], Floats], ragged: bool) -> Forms:
    del ragged
    name = roles.named["predictive"]
    laws: list[Law | None] = []
    for row, data in enumerate(cells.columns[name]):
        try:
            laws.append(Predictive.from_bytes(data) if isinstance(data, bytes) else None)
        except ValueError as fault:
            raise ForecasterError(f"{cells.place(row)}: {fault}; export it again") from fault
    return _made("distributions", laws, {EMPTY: np.array([law is None for law in laws])})


def _quantiles(cells: Cells, roles: Roles, converted: Callable[[Floats], Floats], ragged: bool) -> Forms:
    del ragged
    levels = np.array(list(roles.quantiles))
    table = converted(_table(cells, list(roles.quantiles.values())))
    empty = np.asarray(np.isnan(table).any(axis=1))
    wrong = {
        EMPTY: empty,
        "with quantiles that cross": ~empty & (np.diff(table, axis=1) < 0).any(axis=1),
        "with quantiles that are all the same": ~empty & (table[:, 0] == table[:, -1]),
    }
    bad = _any(wrong)
    laws = [None if out else QuantileLaw(levels, row) for out, row in zip(bad, table, strict=True)]
    return replace(_made("quantiles", laws, wrong), levels=levels)


def _draws(cells: Cells, roles: Roles, converted: Callable[[Floats], Floats], ragged: bool) -> Forms:
    table = converted(_table(cells, list(roles.draws), ragged=ragged))
    counts = (~np.isnan(table)).sum(axis=1)
    filled = np.where(counts[:, None] > 0, table, 0.0)
    spread = np.nanmax(filled, axis=1) > np.nanmin(filled, axis=1)
    wrong = {EMPTY: counts == 0, "with draws that are all the same": (counts > 0) & ~spread}
    bad = _any(wrong)
    laws = [None if out else DrawsLaw(row[~np.isnan(row)]) for out, row in zip(bad, table, strict=True)]
    return replace(_made("draws", laws, wrong), draws=int(np.median(counts[~bad])) if (~bad).any() else 0)


def _moments(cells: Cells, roles: Roles, converted: Callable[[Floats], Floats], ragged: bool) -> Forms:
    del ragged
    table = converted(_table(cells, [roles.named["mean"], roles.named["sd"]]))
    df = cells.numbers(roles.named["df"]) if "df" in roles.named else np.full(len(cells), np.nan)
    empty = np.asarray(np.isnan(table).any(axis=1))
    wrong = {
        EMPTY: empty,
        "with an sd that is not above zero": ~empty & ~(table[:, 1] > 0),
        "with a df of 2 or less, which has no sd": ~empty & (df <= _VARIANCE),
    }
    bad = _any(wrong)
    with np.errstate(invalid="ignore"):
        scale = table[:, 1] * np.where(np.isnan(df), 1.0, np.sqrt((df - _VARIANCE) / df))
    laws: list[Law | None] = []
    for row, out in enumerate(bad):
        try:
            law = Predictive.of(table[row, 0], scale[row], np.inf if np.isnan(df[row]) else df[row])
        except ValueError as fault:
            if not out:
                raise ForecasterError(f"{cells.place(row)}: this is not a distribution ({fault})") from fault
            laws.append(None)
        else:
            laws.append(None if out else law)
    return _made("means and sds", laws, wrong)


def _points(cells: Cells, roles: Roles, converted: Callable[[Floats], Floats], ragged: bool) -> Forms:
    del ragged
    table = converted(_table(cells, list(dict.fromkeys(roles.points.values()))))
    return _made("points", [None] * len(cells), {EMPTY: np.asarray(np.isnan(table).any(axis=1))})


def _one_quantile(cells: Cells, roles: Roles, converted: Callable[[Floats], Floats], ragged: bool) -> Forms:
    del ragged
    ((level, name),) = roles.quantiles.items()
    values = converted(_table(cells, [name])[:, 0])
    made = _made("one quantile", [None] * len(cells), {EMPTY: np.asarray(np.isnan(values))})
    return replace(made, levels=np.array([level]), points={"quantile": values})


_FORMS: dict[str, Callable[..., Forms]] = {
    "distributions": _distributions,
    "quantiles": _quantiles,
    "draws": _draws,
    "means and sds": _moments,
    "points": _points,
    "one quantile": _one_quantile,
}


def _any(wrong: dict[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.asarray(np.any(list(wrong.values()), axis=0))


def _made(form: str, laws: list[Any], wrong: dict[str, NDArray[np.bool_]]) -> Forms:
    there = {why: mask for why, mask in wrong.items() if mask.any()}
    return Forms(form, tuple(laws), {}, np.empty(0), wrong=there)


def _table(cells: Cells, names: list[str], *, ragged: bool = False) -> Floats:
    """Columns of numbers `(rows, columns)`: a row has all of them or none.

    Raises:
        ForecasterError: Names the cell that is missing from a row, or that is too large.
    """
    table = np.column_stack([cells.numbers(name) for name in names])
    gap = np.isnan(table)
    torn = gap.any(axis=1) & ~gap.all(axis=1)
    if torn.any() and not ragged:
        row = int(np.flatnonzero(torn)[0])
        name = names[int(np.flatnonzero(gap[row])[0])]
        raise ForecasterError(
            f"{cells.place(row)}: {name} is missing where others of the row are not: fill it in, or leave the row out"
        )
    large = np.argwhere(np.abs(np.where(gap, 0, table)) > LARGEST)
    if large.size:
        row, at = large[0]
        raise ForecasterError(
            f"{cells.place(row)}: {names[at]} is {table[row, at]:g}, which is not a change: give fractions, 0.01 for "
            "one per cent"
        )
    return table
