"""What was known at an instant: vintages of a session's row, and the rules by which they are added.

Nothing is ever overwritten. A session has one row for every value it was ever known to have, each
with the instant ``known_at`` since when it was known:

- *new*, a session after all stored ones: known at its close plus the source's publication lag,
  also when an old history is imported years later, so that a replay may use it;
- *corrected*, another value for a stored session: known now, when it was fetched;
- *late*, a session that was missing between or before stored ones: known now as well. Were it
  dated back to its close, a forecast already made without it would read differently today;
- *unchanged*, a row equal to the latest vintage: nothing is added;
- *unfinished*, a session whose close plus lag is still to come: its row is refused.

With these rules ``read(as_of)`` gives the same rows for ever, whatever is added afterwards.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.assets import Asset
from ingest.errors import AsOfError, PanelFaultError, StoreError
from ingest.panel import COLUMNS, VALUES, check_panel
from ingest.sessions import Day, as_day, calendar

Mask = npt.NDArray[np.bool_]
_TICK = pd.Timedelta(1, unit="us")
_SLACK = pd.Timedelta(1, unit="min")
"""How far two machines' clocks may differ before a correction is refused."""


@dataclass(frozen=True)
class Appended:
    """How many rows of an import were what; only new, corrected and late ones were stored."""

    new: int = 0
    corrected: int = 0
    late: int = 0
    unchanged: int = 0
    unfinished: int = 0


@dataclass(frozen=True, eq=False)
class History:
    """Every vintage of one asset, in memory.

    Attributes:
        asset: the asset.
        frame: panel columns, one row a vintage, any order; known_at never missing.
    """

    asset: Asset
    frame: pd.DataFrame
    _session: npt.NDArray[np.datetime64] = field(init=False, repr=False)
    _known: npt.NDArray[np.datetime64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Put the vintages in order: by session, then by when they became known."""
        frame = self.frame.sort_values(["session", "known_at"], kind="stable", ignore_index=True)
        object.__setattr__(self, "frame", frame)
        object.__setattr__(self, "_session", frame["session"].to_numpy().astype("datetime64[us]"))
        known = frame["known_at"].dt.tz_localize(None) if len(frame) else frame["session"]
        object.__setattr__(self, "_known", known.to_numpy().astype("datetime64[us]"))

    @property
    def first(self) -> pd.Timestamp:
        """The earliest session that has a row."""
        return pd.Timestamp(self._filled()[0]).as_unit("us")

    @property
    def last(self) -> pd.Timestamp:
        """The latest session that has a row."""
        return pd.Timestamp(self._filled()[-1]).as_unit("us")

    def read(self, as_of: Day) -> pd.DataFrame:
        """What was known at the close of a session, plus the publication lag.

        Args:
            as_of: a session of the asset's calendar, not before the first stored session and not
                after the last: what will be known then is not known yet.

        Returns:
            The latest vintage then of each session up to as_of, in the panel's columns, oldest first.

        Raises:
            AsOfError: before or after the data.
            NotASessionError: the market does not trade on that day.
        """
        origin = as_day(as_of)
        if not self.first <= origin <= self.last:
            side = "before" if origin < self.first else "after"
            raise AsOfError(
                f"{self.asset.symbol}: as-of {origin:%Y-%m-%d} is {side} the data, which run from "
                f"{self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}: choose a session between, or import more"
            )
        moment = calendar(self.asset.calendar).close(origin) + self.asset.lag
        seen = (self._session <= origin.to_datetime64()) & (self._known <= moment.tz_localize(None).to_datetime64())
        positions = np.flatnonzero(seen)
        if not positions.size:
            raise AsOfError(
                f"{self.asset.symbol}: nothing was known yet at the close of {origin:%Y-%m-%d}; "
                "its rows arrived later: choose a later as-of"
            )
        latest = positions[_last_of_each(self._session[positions])]
        return self.frame.loc[:, list(COLUMNS)].iloc[latest].reset_index(drop=True)

    def vintages_known(self, as_of: Day) -> pd.DataFrame:
        """Every vintage known at the close of a session, plus the publication lag; `read` gives the latest of them.

        Args:
            as_of: a session of the asset's calendar.

        Returns:
            Every vintage then of each session up to as_of, in the panel's columns, by session and
            known_at; none where nothing was known.

        Raises:
            NotASessionError: the market does not trade on that day.
        """
        origin = as_day(as_of)
        moment = calendar(self.asset.calendar).close(origin) + self.asset.lag
        seen = (self._session <= origin.to_datetime64()) & (self._known <= moment.tz_localize(None).to_datetime64())
        return self.frame.loc[seen, list(COLUMNS)].reset_index(drop=True)

    def _filled(self) -> npt.NDArray[np.datetime64]:
        if not self._session.size:
            raise AsOfError(f"{self.asset.symbol} has no rows yet: import or fetch some first")
        return self._session


def additions(asset: Asset, stored: pd.DataFrame, rows: pd.DataFrame, now: datetime) -> tuple[pd.DataFrame, Appended]:
    """The vintages that an import adds to what is stored.

    Args:
        asset: the asset.
        stored: every vintage of the asset so far, panel columns, sorted by session, known_at.
        rows: a panel of the asset; its known_at is not looked at.
        now: the instant of the import, with a time zone.

    Returns:
        The rows to store, with known_at, and the counts.

    Raises:
        PanelFaultError: rows that break a rule of the panel, or are of another symbol.
        StoreError: the clock says an instant before what is stored became known.
        CalendarRangeError: sessions outside the calendar's years.
    """
    rows = check_panel(rows)
    if (rows["symbol"] != asset.symbol).any():
        raise PanelFaultError(f"rows of {rows['symbol'].iloc[0]} do not belong to {asset.symbol}: split them")
    days = calendar(asset.calendar)
    finished = rows["session"] <= days.last_closed(now - asset.lag)
    unfinished = int((~finished).sum())
    rows = rows.loc[finished].reset_index(drop=True)
    sessions = rows["session"].to_numpy()
    is_stored, same = _compare(stored, rows)
    newest = stored["session"].max() if len(stored) else pd.Timestamp.min
    is_new = ~is_stored & (sessions > np.datetime64(newest))
    restated = ~is_new & ~same
    known = (days.known_after(pd.DatetimeIndex(sessions)) + asset.lag).as_unit("us").to_series(index=rows.index)
    if restated.any():
        known[restated] = _stamp(asset, stored, now)
    rows["known_at"] = known.astype("datetime64[us, UTC]")
    counts = Appended(
        new=int(is_new.sum()),
        corrected=int((is_stored & ~same).sum()),
        late=int((restated & ~is_stored).sum()),
        unchanged=int(same.sum()),
        unfinished=unfinished,
    )
    return rows.loc[is_new | restated].reset_index(drop=True), counts


def vintage_sha256(rows: pd.DataFrame) -> str:
    """A fingerprint of exactly these rows: their sessions, values and instants, byte for byte.

    Args:
        rows: a panel, as `History.read` gives it.

    Returns:
        64 hexadecimal digits; equal if and only if sessions, values (NaN equal to NaN) and
        known_at are equal, in the same order.
    """
    sessions = rows["session"].to_numpy().astype("datetime64[D]").astype("<i8")
    known = pd.DatetimeIndex(rows["known_at"]).tz_convert(None).to_numpy().astype("datetime64[us]")
    values = rows.loc[:, list(VALUES)].to_numpy(dtype="<f8")
    values = np.where(np.isnan(values), np.nan, values) + 0.0  # one NaN and one zero
    digest = hashlib.sha256(f"{len(rows)} rows of {','.join(VALUES)}".encode())
    for part in (sessions, known.astype("<i8"), np.ascontiguousarray(values)):
        digest.update(part.tobytes())
    return digest.hexdigest()


def _compare(stored: pd.DataFrame, rows: pd.DataFrame) -> tuple[Mask, Mask]:
    """For each row: is its session stored, and are its values those of the latest vintage?"""
    sessions = stored["session"].to_numpy()
    latest = stored.iloc[_last_of_each(sessions)]
    values = rows.loc[:, list(VALUES)].to_numpy()
    if latest.empty:
        nothing = np.zeros(len(rows), dtype=bool)
        return nothing, nothing
    at = np.searchsorted(latest["session"].to_numpy(), rows["session"].to_numpy()).clip(max=len(latest) - 1)
    is_stored = latest["session"].to_numpy()[at] == rows["session"].to_numpy()
    before = latest.loc[:, list(VALUES)].to_numpy()[at]
    equal = (before == values) | (np.isnan(before) & np.isnan(values))
    return is_stored, is_stored & equal.all(axis=1)


def _stamp(asset: Asset, stored: pd.DataFrame, now: datetime) -> pd.Timestamp:
    """The instant of a correction: now, and strictly after all that was known before."""
    instant = pd.Timestamp(now).tz_convert("UTC").as_unit("us")
    newest = pd.Timestamp(stored["known_at"].max())
    if instant < newest - _SLACK:
        raise StoreError(
            f"{asset.symbol}: the clock says {instant:%Y-%m-%d %H:%M} UTC, but rows known at "
            f"{newest:%Y-%m-%d %H:%M} UTC are stored: set the clock right and run again; nothing was stored"
        )
    return instant if instant > newest else newest + _TICK


def _last_of_each(sessions: npt.NDArray[np.datetime64]) -> npt.NDArray[np.intp]:
    """Positions of the last of each run of equal sessions."""
    ends = np.ones(sessions.size, dtype=bool)
    ends[:-1] = sessions[1:] != sessions[:-1]
    return np.flatnonzero(ends)
