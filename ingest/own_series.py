"""A series of one asset's own beside its prices, such as its implied volatility: every vintage of it in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.sessions import calendar
from ingest.vintages import last_of_each

Transform = Literal["implied_volatility", "level", "log", "change"]
"""How values become a covariate; implied volatility, a fraction a year, has one of its own."""

TRANSFORMS: tuple[str, ...] = get_args(Transform)

COLUMNS = ("session", "value", "known_at")
"""Columns of a frame of vintages."""


@dataclass(frozen=True, eq=False)
class GivenSeries:
    """What an import brings of one series.

    Attributes:
        name: What it is called, see `OwnSeries`.
        transform: How its values become a covariate.
        lag_minutes: Minutes after the close of a session until its value is known.
        by_session: Values by session (naive midnights, `datetime64[us]`), ascending, none missing.
        source: What gave them, such as `csv_file`.
        payload: The sha256 of the file's bytes, hex.
        notes: What a user should know, such as how many rows were left out.
    """

    name: str
    transform: Transform
    lag_minutes: int
    by_session: pd.Series
    source: str
    payload: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class OwnSeries:
    """Every vintage of one series of an asset.

    Attributes:
        name: What it is called, such as `implied_volatility`; lower case letters, digits and underscores.
        transform: How its values become a covariate.
        lag_minutes: Minutes after the close of a session until its value is known.
        frame: `COLUMNS`: the asset's session, the value, and the instant (UTC) at which it became known; one row a
            vintage, in any order. A first import of an old session counts as known at its close plus the
            lag; a later correction at the time of its import.
    """

    name: str
    transform: Transform
    lag_minutes: int
    frame: pd.DataFrame

    def __post_init__(self) -> None:
        """Puts the vintages in order, as a history does: by session, then by when they became known."""
        order = np.lexsort((_naive(self.frame["known_at"]), _naive(self.frame["session"])))
        if (np.diff(order) != 1).any():  # those of the store are in order
            object.__setattr__(self, "frame", self.frame.iloc[order].reset_index(drop=True))

    @property
    def lag(self) -> pd.Timedelta:
        """After the close of a session, until its value is known."""
        return pd.Timedelta(self.lag_minutes, unit="min")

    def steady(self, code: str) -> bool:
        """Whether each session has one vintage, known by its own close plus the lag.

        What was known at a moment is then the beginning of what was known at any later one.

        Args:
            code: Of the asset's calendar. Values of days that it does not cover are not steady.
        """
        days = pd.DatetimeIndex(self._session)
        if not (np.diff(self._session) > np.timedelta64(0)).all() or not calendar(code).covers(days).all():
            return False
        closed = calendar(code).known_after(days) + self.lag
        return bool((self._known <= closed.tz_convert(None).to_numpy()).all())

    def known_by(self, moment: pd.Timestamp, last: pd.Timestamp) -> pd.Series:
        """What was known at a moment.

        Args:
            moment: With a time zone.
            last: The last session wanted, a naive midnight.

        Returns:
            The latest vintage then of each session up to last, by session `(sessions,)`, ascending; a session of
            which nothing was known is not there.

        >>> days = pd.DatetimeIndex(["2024-01-02", "2024-01-02", "2024-01-03"])
        >>> known = pd.DatetimeIndex(["2024-01-02 21:15", "2024-02-01 09:00", "2024-01-03 21:15"], tz="UTC")
        >>> frame = pd.DataFrame({"session": days, "value": [0.2, 0.3, 0.25], "known_at": known})
        >>> series = OwnSeries("implied_volatility", "implied_volatility", 15, frame)
        >>> series.known_by(pd.Timestamp("2024-01-03 21:30", tz="UTC"), pd.Timestamp("2024-01-03")).tolist()
        [0.2, 0.25]
        """
        rows = self.rows_known_by(moment, last)
        days = pd.DatetimeIndex(rows["session"], name="session")
        return pd.Series(rows["value"].to_numpy(dtype=float), index=days, name=self.name)

    def rows_known_by(self, moment: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
        """As `known_by`, with when each value became known: columns `COLUMNS`."""
        upto = moment.tz_convert("UTC").tz_localize(None).to_datetime64()
        seen = np.flatnonzero((self._session <= last.to_datetime64()) & (self._known <= upto))
        latest = seen[last_of_each(self._session[seen])]
        return self.frame.iloc[latest].reset_index(drop=True)

    def newest(self) -> pd.DataFrame:
        """The latest vintage of every session, for people and not for forecasts: columns `COLUMNS`."""
        return self.frame.iloc[last_of_each(self._session)].reset_index(drop=True)

    @cached_property
    def _session(self) -> npt.NDArray[np.datetime64]:
        return _naive(self.frame["session"])

    @cached_property
    def _known(self) -> npt.NDArray[np.datetime64]:
        return _naive(self.frame["known_at"])


def _naive(instants: pd.Series[pd.Timestamp]) -> npt.NDArray[np.datetime64]:
    return pd.DatetimeIndex(instants).tz_localize(None).to_numpy().astype("datetime64[us]")
