"""What was known of an asset at an instant: every vintage in memory, and reading among them.

The rules by which vintages came to be are in `ingest.vintages`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest import counts, tables
from ingest.assets import Asset
from ingest.errors import AsOfError
from ingest.own_series import OwnSeries
from ingest.panel import COLUMNS, VALUES
from ingest.sessions import Day, as_day, calendar
from ingest.vintages import last_of_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.companions import Companions
    from ingest.own_series import OwnSeries

Mask = npt.NDArray[np.bool_]
_EVER = pd.Timestamp("9999-12-31", tz="UTC").as_unit("us")


@dataclass(frozen=True, eq=False)
class History:
    """Every vintage of one asset, in memory.

    Attributes:
        asset: The asset.
        frame: Panel columns, one row a vintage, any order; known_at never missing. Rows of sessions that the calendar
            does not cover are left out: a store may have them from when it was believed to.
        counts: Attention by UTC day, columns `ingest.tables.COUNTED`, one row a vintage, any order; empty for an
            asset whose attention, if any, comes with its prices.
        held: Quarantined rows, columns `ingest.tables.HELD`.
        own: Series of its own beside its prices, by name; no row of theirs is in what `read` gives.
        companions: Others that stand beside it; None where it is looked at alone.
    """

    asset: Asset
    frame: pd.DataFrame
    counts: pd.DataFrame = field(default_factory=lambda: tables.frame(tables.COUNTED, ()))
    held: pd.DataFrame = field(default_factory=lambda: tables.frame(tables.HELD, ()))
    own: tuple[OwnSeries, ...] = ()
    companions: Companions | None = None
    _session: npt.NDArray[np.datetime64] = field(init=False, repr=False)
    _known: npt.NDArray[np.datetime64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Puts the vintages in order: by session, then by when they became known."""
        covered = calendar(self.asset.calendar).covers(pd.DatetimeIndex(self.frame["session"]))
        if not covered.all():
            object.__setattr__(self, "frame", self.frame[covered].reset_index(drop=True))
        session, known = _naive(self.frame["session"]), _naive(self.frame["known_at"])
        order = np.lexsort((known, session))
        if (np.diff(order) != 1).any():  # those of the store are in order
            object.__setattr__(self, "frame", self.frame.iloc[order].reset_index(drop=True))
            session, known = session[order], known[order]
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_known", known)

    @cached_property
    def first(self) -> pd.Timestamp:
        """The earliest session that has a row."""
        return pd.Timestamp(self._filled()[0]).as_unit("us")

    @cached_property
    def last(self) -> pd.Timestamp:
        """The latest session that has a row."""
        return pd.Timestamp(self._filled()[-1]).as_unit("us")

    @property
    def steady(self) -> bool:
        """Whether each session has one row, known at its own close plus the lag, and no counts of another source.

        What was known at a session is then the beginning of what was known at any later one.
        """
        return self.steady_prices and not self.asset.attention_source

    @cached_property
    def steady_prices(self) -> bool:
        """Whether each session has one row, known at its own close plus the lag."""
        if not self._session.size or not (np.diff(self._session) > np.timedelta64(0)).all():
            return False
        closed = calendar(self.asset.calendar).known_after(pd.DatetimeIndex(self._session)) + self.asset.lag
        return bool((self._known <= closed.tz_convert(None).to_numpy()).all())

    def read(self, as_of: Day) -> pd.DataFrame:
        """What was known at the close of a session, plus the publication lag.

        Args:
            as_of: A session of the asset's calendar, not before the first stored session and not
                after the last: what will be known then is not known yet.

        Returns:
            The latest vintage then of each session up to as_of, in the panel's columns, oldest first.

        Raises:
            AsOfError: Before or after the data.
            NotASessionError: The market does not trade on that day.
        """
        moment = self._moment(as_of)
        rows = self._rows(self._seen(as_of, moment), moment)
        if rows.empty:
            raise AsOfError(
                f"{self.asset.symbol}: nothing was known yet at the close of {as_day(as_of):%Y-%m-%d}; "
                "its rows arrived later: choose a later as-of"
            )
        return rows

    def known_by(self, moment: pd.Timestamp, last: Day, columns: Sequence[str]) -> pd.DataFrame:
        """What of its sessions up to one was known at an instant: how others that stand beside it are looked at.

        Args:
            moment: The instant, in UTC.
            last: The last session that counts.
            columns: Of the panel, without those that are counted apart.

        Returns:
            The latest vintage then of each session, oldest first; no rows where nothing was known.
        """
        return self._latest(self._seen(last, moment), columns)

    @property
    def beside(self) -> tuple[str, ...]:
        """Symbols of its companions and names of the series of its own."""
        others = self.companions.all if self.companions else ()
        return (*(other.asset.symbol for other in others), *(f"own {series.name}" for series in self.own))

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that is known of it, and of its companions."""
        tables = [self.frame, self.counts, self.held, *(one.frame for one in self.own)]
        facts = [repr(self.asset), *(f"{one.name} {one.transform} {one.lag_minutes}" for one in self.own)]
        beside = self.companions.all if self.companions else ()
        texts = [*facts, *(table.to_csv(index=False) for table in tables), *(other.sha256 for other in beside)]
        return hashlib.sha256("\n".join(texts).encode()).hexdigest()

    def newest(self) -> pd.DataFrame:
        """The latest vintage of every session, corrections since the last close among them: for people, not forecasts.

        Returns:
            The panel's columns, oldest first.
        """
        return self._rows(np.ones(len(self.frame), dtype=bool), _EVER)

    def vintages_known(self, as_of: Day) -> pd.DataFrame:
        """Every vintage known at the close of a session, plus the publication lag, of the sessions up to it.

        Returns:
            The panel's columns, by session, then known_at.

        Raises:
            AsOfError: As `read`.
        """
        seen = self._seen(as_of, self._moment(as_of))
        return self.frame.loc[seen, list(COLUMNS)].reset_index(drop=True)

    def quarantined(self, as_of: Day) -> pd.DataFrame:
        """Rows that were held back at the close of a session, plus the publication lag, and not decided on yet.

        Returns:
            Columns `ingest.tables.HELD`, oldest session first.

        Raises:
            AsOfError: As `read`.
        """
        moment = self._moment(as_of)
        held, day = self.held, as_day(as_of)
        if held.empty:  # as a rule, and it is asked at every fit
            return held
        open_then = held["decided_at"].isna() | (held["decided_at"] > moment)
        return held[(held["session"] <= day) & (held["known_at"] <= moment) & open_then].reset_index(drop=True)

    def _moment(self, as_of: Day) -> pd.Timestamp:
        """The instant up to which as_of may know."""
        origin = as_day(as_of)
        if not self.first <= origin <= self.last:
            side = "before" if origin < self.first else "after"
            raise AsOfError(
                f"{self.asset.symbol}: as-of {origin:%Y-%m-%d} is {side} the data, which run from "
                f"{self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}: choose a session between, or import more"
            )
        return calendar(self.asset.calendar).close(origin) + self.asset.lag

    def _seen(self, as_of: Day, moment: pd.Timestamp) -> Mask:
        """Vintages of sessions up to as_of that were known at the moment."""
        seen: Mask = (self._session <= as_day(as_of).to_datetime64()) & (
            self._known <= moment.tz_localize(None).to_datetime64()
        )
        return seen

    def _rows(self, seen: Mask, moment: pd.Timestamp) -> pd.DataFrame:
        """The latest of the vintages seen of each session, with the counts known at the moment."""
        rows = self._latest(seen, COLUMNS)
        return counts.merged(self.asset, rows, self.counts, moment) if self.asset.attention_source else rows

    def _latest(self, seen: Mask, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns of the latest of the vintages seen of each session."""
        positions = np.flatnonzero(seen)
        latest = positions[last_of_each(self._session[positions])] if positions.size else positions
        return self.frame.loc[:, list(columns)].iloc[latest].reset_index(drop=True)

    def _filled(self) -> npt.NDArray[np.datetime64]:
        if not self._session.size:
            raise AsOfError(f"{self.asset.symbol} has no rows yet: import or fetch some first")
        return self._session


def vintage_sha256(rows: pd.DataFrame) -> str:
    """A fingerprint of exactly these rows: their sessions, values and instants, byte for byte.

    Args:
        rows: A panel, as `History.read` gives it.

    Returns:
        64 hexadecimal digits; equal if and only if sessions, values (NaN equal to NaN) and
        known_at are equal, in the same order.
    """
    return sha256_of(vintage_arrays(rows))


def vintage_arrays(rows: pd.DataFrame) -> tuple[npt.NDArray[np.generic], ...]:
    """What the fingerprint is of: sessions `(rows,)`, instants `(rows,)` and values `(rows, columns)`."""
    sessions = rows["session"].to_numpy().astype("datetime64[D]").astype("<i8")
    known = pd.DatetimeIndex(rows["known_at"]).tz_convert(None).to_numpy().astype("datetime64[us]")
    values = np.stack([rows[name].to_numpy(dtype="<f8") for name in VALUES], axis=1)
    values = np.where(np.isnan(values), np.nan, values) + 0.0  # one NaN and one zero
    return sessions, known.astype("<i8"), np.ascontiguousarray(values)


def sha256_of(arrays: Sequence[npt.NDArray[np.generic]]) -> str:
    """The fingerprint of rows, from their `vintage_arrays`."""
    digest = hashlib.sha256(f"{len(arrays[0])} rows of {','.join(VALUES)}".encode())
    for part in arrays:
        digest.update(part)  # type: ignore[arg-type]  # a contiguous array is a buffer
    return digest.hexdigest()


def _naive(instants: pd.Series[pd.Timestamp]) -> npt.NDArray[np.datetime64]:
    return pd.DatetimeIndex(instants).tz_localize(None).to_numpy().astype("datetime64[us]")
