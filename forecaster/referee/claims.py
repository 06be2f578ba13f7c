"""The forecasts of a file, each with its asset, model and target: what a referee is handed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.errors import ForecasterError
from forecaster.referee.cells import Cells, read_cells
from forecaster.referee.forms import laws_of
from forecaster.referee.roles import Roles, roles_of
from ingest.text.columns import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from forecaster.referee.forms import Forms
    from ingest.text.stamps import Stamp

UNITS = ("fraction", "percent", "log")
"""What changes may be written in: fractions, per cent, or logs of one plus the change."""
KEYS = ("symbol", "model", "target")


@dataclass(frozen=True, eq=False)
class Claims:
    """What a file claims.

    Attributes:
        path: The file.
        rows: `symbol, model, target, made, status, reason, place`, one row per forecast: target a date, made an instant
            in UTC or NaT, status and reason as a backtest exports them, place the file and line, for messages.
        forms: The forecasts themselves, in the order of the rows.
        dated: Whether the file says when its forecasts were made.
        left: What was left out, in words with counts.
    """

    path: Path
    rows: pd.DataFrame
    forms: Forms
    dated: bool
    left: tuple[str, ...]

    def only(self, kept: np.ndarray, why: str = "") -> Claims:
        """Those that a mask keeps, and why the others are not among them."""
        left = (*self.left, why) if why and not kept.all() else self.left
        return replace(self, rows=self.rows[kept].reset_index(drop=True), forms=self.forms.only(kept), left=left)


def read(path: Path, unit: str = "fraction", symbol: str = "") -> Claims:
    """The forecasts of a file.

    Args:
        path: Text, a workbook or parquet.
        unit: What its changes are written in, one of `UNITS`.
        symbol: The asset of a file that does not say.

    Raises:
        ForecasterError: With the line, where it cannot be understood, or says one thing twice.
        IngestError: Where it cannot be read as a table.
    """
    cells = read_cells(path)
    try:
        roles = roles_of(list(cells.columns))
    except ForecasterError as fault:
        raise ForecasterError(f"{path}: {fault}") from fault
    _refuse_missing(cells, roles, symbol)
    left: list[str] = []
    cells = _next_session(cells, roles, left)
    rows = _keys(cells, roles, symbol)
    if roles.form == "draws" and not roles.draws:
        rows, forms = _gathered(cells, roles, rows, unit)
    else:
        forms = laws_of(cells, roles, unit)
    _refuse_twice(rows)
    claims = Claims(path, rows, forms, "made" in roles.named, tuple(left))
    for why, wrong in forms.wrong.items():
        where = rows["place"][int(np.flatnonzero(wrong)[0])]
        claims = replace(claims, left=(*claims.left, f"forecasts {why}: {int(wrong.sum())} (the first: {where})"))
    known = ~np.any([*forms.wrong.values(), np.zeros(len(rows), bool)], axis=0)
    claims = claims.only(known)
    if not len(claims.rows):
        raise ForecasterError(f"{path} has no forecast to judge: {'; '.join(claims.left)}")
    return claims


def _refuse_missing(cells: Cells, roles: Roles, symbol: str) -> None:
    columns = shown(tuple(cells.columns))
    if "target" not in roles.named:
        raise ForecasterError(f"{cells.path} has no column target_date (its columns: {columns}): name it so")
    if "symbol" not in roles.named and not symbol:
        raise ForecasterError(
            f"{cells.path} has no column symbol (its columns: {columns}): name it so, or say --symbol for all of it"
        )
    if not roles.form:
        raise ForecasterError(
            f"{cells.path} has no forecast (its columns: {columns}): give quantiles such as q05 and q95, draws such as "
            "draw_1, mean and sd, or a point called mean or median"
        )


def _next_session(cells: Cells, roles: Roles, left: list[str]) -> Cells:
    """The forecasts one session ahead: outcomes of others are no changes of one session."""
    if "horizon" not in roles.named:
        return cells
    horizon = cells.numbers(roles.named["horizon"])
    one = (horizon == 1) | np.isnan(horizon)
    if not one.all():
        others = ", ".join(f"{value:g}" for value in np.unique(horizon[~one])[:5])
        left.append(f"rows of horizon {others}, where one session ahead is judged alone: {int((~one).sum())}")
    if not one.any():
        raise ForecasterError(f"{cells.path} has no row to judge: {left[-1]}")
    return cells.rows(np.flatnonzero(one).tolist())


def _keys(cells: Cells, roles: Roles, symbol: str) -> pd.DataFrame:
    symbols = cells.texts(roles.named["symbol"]) if "symbol" in roles.named else [symbol] * len(cells)
    models = (
        cells.texts(roles.named["model"]) if "model" in roles.named else [cells.path.name.split(".")[0]] * len(cells)
    )
    for name, values in (("symbol", symbols), ("model", models)):
        empty = next((row for row, value in enumerate(values) if not value or not value.isprintable()), None)
        if empty is not None:
            raise ForecasterError(f"{cells.place(empty)}: its {name} is empty or cannot be printed: fill it in")
    return pd.DataFrame(
        {
            "symbol": symbols,
            "model": models,
            "target": pd.DatetimeIndex(list(_targets(cells, roles))).as_unit("us"),
            "made": _made(cells, roles),
            "status": ["unreliable" if text == "unreliable" else "ok" for text in _texts(cells, roles, "status")],
            "reason": _texts(cells, roles, "reason"),
            "place": [cells.place(row) for row in range(len(cells))],
        }
    )


def _texts(cells: Cells, roles: Roles, role: str) -> list[str]:
    return cells.texts(roles.named[role]) if role in roles.named else [""] * len(cells)


def _targets(cells: Cells, roles: Roles) -> Iterator[pd.Timestamp]:
    name = roles.named["target"]
    for row, stamp in enumerate(cells.stamps(name)):
        if stamp is None:
            raise ForecasterError(f"{cells.place(row)}: {name} is empty: give the session that is forecast")
        if stamp.clock is not None and stamp.clock != time():
            raise ForecasterError(
                f"{cells.place(row)}: {name} is {stamp.day} {stamp.clock}, a time of day: give the date of the session"
            )
        yield pd.Timestamp(stamp.day)


def _made(cells: Cells, roles: Roles) -> pd.Series:
    """When each forecast was made, at the latest: a day alone may mean its end; NaT where the file does not say."""
    name = roles.named.get("made")
    found = [_instant(stamp) if stamp else pd.NaT for stamp in cells.stamps(name)] if name else [pd.NaT] * len(cells)
    if "as_of" in roles.named:
        stamps = cells.stamps(roles.named["as_of"])
        known = [_instant(stamp._replace(clock=None)) if stamp else pd.NaT for stamp in stamps]
        found = [one if one is not pd.NaT else other for one, other in zip(found, known, strict=True)]
    return pd.Series(found, dtype="datetime64[us, UTC]")


def _instant(stamp: Stamp) -> pd.Timestamp:
    if stamp.clock is None:
        return pd.Timestamp(stamp.day, tz=UTC) + pd.Timedelta(days=1)
    return pd.Timestamp(datetime.combine(stamp.day, stamp.clock, stamp.zone or UTC)).tz_convert(UTC)


def _gathered(cells: Cells, roles: Roles, rows: pd.DataFrame, unit: str) -> tuple[pd.DataFrame, Forms]:
    """Draws that stand below each other, each forecast's in a row."""
    draws, values = cells.texts(roles.named["draw"]), cells.numbers(roles.named["value"])
    numbered = rows.assign(draw=draws, value=values, at=range(len(rows)))
    again = numbered.duplicated([*KEYS, "draw"], keep=False)
    if again.any():
        one, other = numbered[again].sort_values([*KEYS, "draw", "at"])["place"].iloc[:2]
        raise ForecasterError(f"{one} and {other.rsplit(', ', 1)[-1]} are the same draw of one forecast: leave one out")
    wide = numbered.pivot_table(
        index=list(KEYS), columns="draw", values="value", dropna=False, observed=True, sort=False
    )
    firsts = rows.drop_duplicates(list(KEYS)).set_index(list(KEYS)).reindex(wide.index).reset_index()
    kept = firsts["place"].notna().to_numpy()
    columns = {f"draw_{at}": values for at, values in enumerate(wide.to_numpy(float)[kept].T.tolist())}
    firsts = firsts[kept].reset_index(drop=True)
    apart = Cells(cells.path, columns, [str(place).rsplit(", ", 1)[-1] for place in firsts["place"]])
    return firsts, laws_of(apart, Roles(roles.named, draws=tuple(columns)), unit, ragged=True)


def _refuse_twice(rows: pd.DataFrame) -> None:
    again = rows.duplicated(list(KEYS), keep=False)
    if not again.any():
        return
    found = rows[again].sort_values(list(KEYS), kind="stable")
    one, other = found["place"].iloc[:2]
    symbol, model, target = found[list(KEYS)].iloc[0]
    more = int(rows.duplicated(list(KEYS)).sum())
    raise ForecasterError(
        f"{one} and {other.rsplit(', ', 1)[-1]} both forecast {symbol} on {target:%Y-%m-%d} by {model} "
        f"(rows too many: {more}): leave one out"
    )


def named(values: Sequence[str], most: int = 5) -> str:
    """The first few of some names."""
    names = list(dict.fromkeys(values))
    return ", ".join(names[:most]) + (f" and {len(names) - most} others" if len(names) > most else "")
