"""A series of one asset's own beside its prices, such as its implied volatility: every vintage of it in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from ingest.sessions import Day, as_day, calendar

Transform = Literal["implied_volatility", "level", "log", "change"]
"""How values become a covariate; implied volatility, a fraction a year, has one of its own."""

TRANSFORMS: tuple[str, ...] = get_args(Transform)

COLUMNS = ("session", "value", "known_at")
"""Columns of a frame of vintages."""


@dataclass(frozen=True, eq=False)
class OwnSeries:
    """Every vintage of one series of an asset.

    Attributes:
        name: What it is called, such as `implied_volatility`; lower case letters, digits and underscores.
        transform: How its values become a covariate.
        lag_minutes: Minutes after the close of a session until its value is known.
        frame: `COLUMNS`: the asset's session, the value, and the instant (UTC) at which it became known; one row a
            vintage, by session, then known_at. A first import of an old session counts as known at its close plus the
            lag; a later correction at the time of its import.
    """

    name: str
    transform: Transform
    lag_minutes: int
    frame: pd.DataFrame

    def steady(self, code: str) -> bool:
        """Whether each session has one value, known at its own close plus the lag."""
        days = pd.DatetimeIndex(self.frame["session"])
        closed = calendar(code).known_after(days) + pd.Timedelta(self.lag_minutes, unit="min")
        return bool(days.is_unique and (pd.DatetimeIndex(self.frame["known_at"]) <= closed).all())

    def known_by(self, moment: pd.Timestamp, last: Day) -> pd.Series:
        """The latest vintage at an instant (UTC) of each session up to one, by session."""
        frame = self.frame
        seen = ((frame["known_at"] <= moment) & (frame["session"] <= as_day(last))).to_numpy()
        known = frame[seen].drop_duplicates("session", keep="last").set_index("session")["value"]
        return known.astype(np.float64)
