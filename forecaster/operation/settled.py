"""A file's forecasts beside what came: which of them have an outcome in the home, and why the others have none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.errors import ForecasterError
from forecaster.referee.claims import named
from forecaster.view.past import Past
from ingest.errors import UnknownSymbolError
from ingest.sessions import calendar

if TYPE_CHECKING:
    from pandas._libs.tslibs.nattype import NaTType

    from forecaster.floats import Floats
    from forecaster.referee.claims import Claims
    from forecaster.settings import Settings
    from ingest.history import History
    from ingest.store import Store


ELSEWHERE, SHUT = "for assets that this home does not have", "for days when the market is shut"
BEFORE, AFTER = "for days before the data", "for days beyond the end of the calendar"


@dataclass(frozen=True, eq=False)
class Settled:
    """The forecasts that have an outcome.

    Attributes:
        claims: They.
        y: Their outcomes `(rows,)`, fractions per session.
        as_of: The session before each target `(rows,)`.
        late: Which say themselves that they were made when their outcome was known `(rows,)`.
        histories: Of their assets, by symbol, in the file's order.
    """

    claims: Claims
    y: Floats
    as_of: pd.DatetimeIndex
    late: np.ndarray
    histories: dict[str, History]


def settled(claims: Claims, store: Store, settings: Settings) -> Settled:
    """Looks the outcomes up, as a backtest takes them.

    Args:
        claims: Of a file.
        store: What is known of the market.
        settings: All settings.

    Raises:
        ForecasterError: Where none has an outcome.
    """
    histories, found = {}, pd.DataFrame(index=claims.rows.index, columns=["why", "as_of", "y", "late"], dtype=object)
    for symbol, rows in claims.rows.groupby("symbol", sort=False):
        try:
            histories[str(symbol)] = history = store.history(str(symbol))
        except UnknownSymbolError:
            found.loc[rows.index, "why"] = ELSEWHERE
            continue
        found.loc[rows.index] = _looked_up(history, rows, settings).to_numpy()
    claims, kept = _left(claims, found)
    there = set(claims.rows["symbol"])
    return Settled(
        claims,
        kept["y"].to_numpy(float),
        pd.DatetimeIndex(kept["as_of"]).as_unit("us"),
        kept["late"].to_numpy(bool),
        {symbol: history for symbol, history in histories.items() if symbol in there},
    )


def _looked_up(history: History, rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Of forecasts of one asset: why there is no outcome, the origin, the outcome, and whether it was known."""
    days, past = calendar(history.asset.calendar), Past(history, settings.forecast)
    targets = pd.DatetimeIndex(rows["target"])
    outcome = cache(lambda target: past.outcome(target, history.last))  # a file has many forecasts of a day
    known = zip(targets, rows["made"], days.covers(targets), days.are_sessions(targets), strict=True)
    found: list[tuple[str, pd.Timestamp | NaTType, float, bool]] = []
    for target, made, covered, traded in known:
        if not (covered and traded and target > history.first):
            why = SHUT if covered and not traded else BEFORE if target <= history.first else AFTER
            found.append((why, pd.NaT, np.nan, False))
            continue
        y = outcome(target)
        why = (
            ""
            if np.isfinite(y)
            else "without an outcome yet"
            if target > history.last
            else "whose outcome lies in a gap"
        )
        late = made is not pd.NaT and bool(made >= days.close(target))
        found.append((why, days.previous(target), y, late))
    return pd.DataFrame(found, index=rows.index, columns=["why", "as_of", "y", "late"], dtype=object)


def _left(claims: Claims, found: pd.DataFrame) -> tuple[Claims, pd.DataFrame]:
    """Those with an outcome; what the others lack is told with their number and the first of them."""
    for why in dict.fromkeys(found.loc[found["why"] != "", "why"]):
        out = (found["why"] == why).to_numpy()
        rows = claims.rows[out]
        where = named([f"{s} {t:%Y-%m-%d}" for s, t in zip(rows["symbol"], rows["target"], strict=True)], most=3)
        which = named(rows["symbol"].tolist()) if why == ELSEWHERE else where
        claims = claims.only(~out, f"forecasts {why}: {int(out.sum())} ({which})")
        found = found[~out].reset_index(drop=True)
    if not len(claims.rows):
        raise ForecasterError(f"{claims.path} has no forecast to judge: {'; '.join(claims.left)}")
    return claims, found
