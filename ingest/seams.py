"""Where an import meets what is stored: which rows say nothing new, which must wait, and what the factors are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.adjustments import ROUNDING
from ingest.assets import Asset
from ingest.joining import Basis, joined
from ingest.overlap import prices
from ingest.sessions import calendar

Mask = npt.NDArray[np.bool_]

UNPAID = frozenset({"24/7", "24/5"})
"""Calendars of what pays no dividend."""
_SCALED = ["open", "high", "low", "close"]
"""What a restated row says in its own scale; its volume as well, where one is stored."""


@dataclass(frozen=True, eq=False)
class Meeting:
    """The rows of an import, as they join what is stored.

    Attributes:
        rows: The import's; every factor is known, and a restated row says what is stored.
        restated: Rows that are stored already, in another scale `(rows,)`.
        waits: Rows whose change from what is stored nothing tells `(rows,)`.
        foreign: Whether they wait since they seem to be of another asset, or in another currency.
        needed: Else, the stored sessions that a file must have too, for these rows to wait no longer.
    """

    rows: pd.DataFrame
    restated: Mask
    waits: Mask
    foreign: bool
    needed: tuple[pd.Timestamp, ...]


def meet(asset: Asset, latest: pd.DataFrame, rows: pd.DataFrame, basis: Basis) -> Meeting:
    """The rows of an import beside the latest stored ones.

    Args:
        asset: Whose rows they are.
        latest: The latest vintage of each stored session, oldest first.
        rows: A panel; its factors may be missing.
        basis: What its closes are.
    """
    days = calendar(asset.calendar)
    stored = latest[days.are_sessions(pd.DatetimeIndex(latest["session"]))]
    traded = days.are_sessions(pd.DatetimeIndex(rows["session"]))
    trading = carried(rows, ~traded)
    join = joined(prices(stored), prices(trading[traded]), basis=basis, pays=asset.calendar not in UNPAID)
    factor = trading["adjustment"].fillna(1.0).to_numpy(copy=True)
    factor[traded] = join.factor
    restated = np.zeros(len(rows), dtype=bool)
    restated[traded] = join.restated
    filled = trading.assign(adjustment=factor)
    if restated.any():
        before = _stored(latest, filled.loc[restated, "session"])
        filled.loc[restated, _SCALED] = before[_SCALED].to_numpy()
        volume = before["volume"].to_numpy()
        filled.loc[restated, "volume"] = np.where(np.isnan(volume), filled.loc[restated, "volume"], volume)
    waits = np.full(len(rows), join.foreign or bool(join.needed.size))
    needed = tuple(pd.Timestamp(day).as_unit("us") for day in join.needed)
    return Meeting(filled, restated, waits, join.foreign, needed)


def as_given(rows: pd.DataFrame) -> Meeting:
    """Rows that a person believes as they are, whatever is stored beside them."""
    none = np.zeros(len(rows), dtype=bool)
    return Meeting(rows.assign(adjustment=rows["adjustment"].fillna(1.0)), none, none, False, ())


def carried(rows: pd.DataFrame, without: Mask) -> pd.DataFrame:
    """The rows, where the factors of some count on the next of the others: so a payment is not lost with its row."""
    factor = rows["adjustment"].to_numpy(copy=True)
    moved = without & ~np.isnan(factor) & (factor != 1.0)
    if not moved.any():
        return rows
    others = np.flatnonzero(~without)
    for at in np.flatnonzero(moved):
        after = others[np.searchsorted(others, at) :][:1]
        factor[after] = np.nan_to_num(factor[after], nan=1.0) * factor[at]
    factor[moved] = 1.0
    return rows.assign(adjustment=np.where(np.abs(factor - 1.0) < ROUNDING, 1.0, factor))


def _stored(latest: pd.DataFrame, sessions: pd.Series[pd.Timestamp]) -> pd.DataFrame:
    return latest.iloc[np.searchsorted(latest["session"].to_numpy(), sessions.to_numpy())]
