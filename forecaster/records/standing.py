"""What a recorded forecast is evidence of, and how long before its session's open it was issued.

It is *proved* where somebody else's clock says that it was there before its target closed, *claimed* where the home's
own clock alone says so, *rehearsed* where that clock was a rehearsal's. What was recorded after the close, or made from
the past for the fan, is *replayed*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

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
    """

    proved: Proved
    rehearsal: str

    def standings(self, rows: pd.DataFrame, code: str) -> pd.Series[str]:
        """The standing of each forecast of an asset.

        Args:
            rows: `seq, target, issued_at`, any index; seq and issued_at are missing where nothing was recorded.
            code: The asset's calendar.

        Returns:
            One of `STANDINGS` each, by the index of the rows.
        """
        closes = calendar(code).known_after(pd.DatetimeIndex(rows["target"]))
        claimed = _issued(rows) < closes
        if self.rehearsal:
            told = np.where(claimed, REHEARSED, REPLAYED)
        else:
            numbers = pd.to_numeric(rows["seq"]).fillna(0).to_numpy(np.int64)
            told = np.where(claimed, np.where(self.proved(numbers) < closes, PROVED, CLAIMED), REPLAYED)
        return pd.Series(told, rows.index, dtype=str)


def _none(numbers: NDArray[np.int64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([pd.NaT] * len(numbers), dtype="datetime64[us, UTC]")


UNWITNESSED = Witnessed(_none, "")
"""A home of the real clock, without time stamps."""


def leads(rows: pd.DataFrame, code: str) -> pd.Series[float]:
    """Hours from the recorded instant to the open of the target's session, negative where it came after.

    Args:
        rows: As `Witnessed.standings`.
        code: The asset's calendar.

    Returns:
        By the index of the rows; NaN where nothing was recorded or the open is not known.
    """
    opens = calendar(code).opens(pd.DatetimeIndex(rows["target"]))
    return pd.Series((opens - _issued(rows)) / pd.Timedelta(hours=1), rows.index, dtype=float)


def _issued(rows: pd.DataFrame) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(rows["issued_at"], utc=True, format="ISO8601"))
