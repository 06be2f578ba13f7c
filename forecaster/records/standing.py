"""What a recorded forecast is evidence of, and how long before its session's open it was issued.

It is *proved* where somebody else's clock says that it was there before its target closed, *claimed* where the home's
own clock alone says so, *rehearsed* where that clock was a rehearsal's. What was recorded after the close, or made from
the past for the fan, is *replayed*.

A forecast that says when its target closes is judged by that, which its hash covers; the calendar of an asset is on no
chain.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from forecaster.clock import REHEARSAL
from forecaster.issuing.diagnostics import calendar_and_close
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Proved = Callable[[NDArray[np.int64]], pd.DatetimeIndex]
    """Numbers of forecasts `(rows,)` -> the instants, UTC, by which each is proved to have been there; NaT for none."""

PROVED, CLAIMED, REHEARSED, REPLAYED = "proved", "claimed", "rehearsed", "replayed"
STANDINGS = (PROVED, CLAIMED, REHEARSED, REPLAYED)
"""From the strongest evidence to the weakest."""


class Witnessed(NamedTuple):
    """What a home can show of when its rows were there.

    Attributes:
        proved: By time stamps.
        rehearsal: Where its clock is a rehearsal's, a sentence that says so; else empty.
        roots: Fingerprints (sha256, hexadecimal) of the certificates against which time stamps were checked.
    """

    proved: Proved
    rehearsal: str
    roots: tuple[str, ...] = ()

    def standings(self, rows: pd.DataFrame, code: str) -> pd.Series[str]:
        """The standing of each forecast of an asset.

        Args:
            rows: `seq, target, issued_at`, any index; seq and issued_at are missing where nothing was recorded. Where
                they have them, `clock`, by which kind of clock each was written; `close`, when its target closes by its
                own row (ISO text; by the calendar where it is none); and `calendar`, see `leads`.
            code: The asset's calendar.

        Returns:
            One of `STANDINGS` each, by the index of the rows.
        """
        closes = _closes(rows, code)
        numbers = pd.to_numeric(rows["seq"]).fillna(0).to_numpy(np.int64)
        live = np.where(self.proved(numbers) < closes, PROVED, CLAIMED)
        if self.rehearsal:
            live = np.full(len(rows), REHEARSED)
        elif "clock" in rows:
            live = np.where(rows["clock"] == REHEARSAL, REHEARSED, live)
        told = np.where(_issued(rows) < closes, live, REPLAYED)
        return pd.Series(told, rows.index, dtype=str)


def _none(numbers: NDArray[np.int64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([pd.NaT] * len(numbers), dtype="datetime64[us, UTC]")


UNWITNESSED = Witnessed(_none, "")
"""A home of the real clock, without time stamps."""


def leads(rows: pd.DataFrame, code: str) -> pd.Series[float]:
    """Hours from the recorded instant to the open of the target's session, negative where it came after.

    Args:
        rows: As `Witnessed.standings`; the open is that of each row's own `calendar`, where it has one.
        code: The asset's calendar.

    Returns:
        By the index of the rows; NaN where nothing was recorded or the open is not known.
    """
    own = rows["calendar"].fillna("").replace("", code) if "calendar" in rows else pd.Series(code, rows.index)
    targets, hours = pd.DatetimeIndex(rows["target"]), np.full(len(rows), np.nan)
    for name in own.unique():
        mine = (own == name).to_numpy(bool)
        hours[mine] = (calendar(name).opens(targets[mine]) - _issued(rows[mine])) / pd.Timedelta(hours=1)
    return pd.Series(hours, rows.index, dtype=float)


def with_closes(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the record with `calendar` and `close` in place of `diagnostics`, which say both; empty where not.

    Args:
        rows: With a column `diagnostics`, texts or None.
    """
    told = [calendar_and_close(text) if isinstance(text, str) else ("", "") for text in rows["diagnostics"]]
    named = {name: [sys.intern(one[place]) for one in told] for place, name in enumerate(("calendar", "close"))}
    return rows.drop(columns="diagnostics").assign(**named)


def _closes(rows: pd.DataFrame, code: str) -> pd.DatetimeIndex:
    """When each target closes: by its own row, where that says so, else by the calendar."""
    told = rows["close"] if "close" in rows else pd.Series("", rows.index)
    known = pd.to_datetime(pd.Index(told, dtype=object), utc=True, format="ISO8601", errors="coerce")
    closes = pd.DatetimeIndex(known).tz_localize(None).to_numpy().astype("datetime64[us]")
    lacking = np.isnat(closes)
    if lacking.any():
        found = calendar(code).known_after(pd.DatetimeIndex(rows["target"])[lacking])
        closes[lacking] = found.tz_localize(None).to_numpy()
    return pd.DatetimeIndex(closes, tz="UTC")


def _issued(rows: pd.DataFrame) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(rows["issued_at"], utc=True, format="ISO8601"))
