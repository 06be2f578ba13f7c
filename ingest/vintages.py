"""The rules by which a session's rows are added to what was known before.

Nothing is ever overwritten. A session has one row for every value it was ever known to have, each
with the instant `known_at` since when it was known:

- *new*, a session after all stored ones: known at its close plus the source's publication lag,
  also when an old history is imported years later, so that a replay may use it;
- *corrected*, another value for a stored session: known now, when it was fetched;
- *late*, a session that was missing between or before stored ones: known now as well. Were it
  dated back to its close, a forecast already made without it would read differently today;
- *unchanged*, a row equal to the latest vintage up to its last digits, or the same in another scale (`ingest.seams`):
  nothing is added. A missing value says nothing: where an import has none, the stored one stands;
- *unfinished*, a session whose close plus lag is still to come: its row is refused;
- *quarantined*, a row that is too unlikely to believe (`ingest.suspicion`), or that nothing joins to what is stored
  (`ingest.joining`): held back, and added only if a person releases it, or a later import brings one to believe. An
  open, high or low that cannot be (`ingest.bars`) is a missing value, and its row is kept.

With these rules `read(as_of)` gives the same rows for ever, whatever is added afterwards.

The counts of an attention adapter are vintages of their own, by UTC day (`ingest.counts`). A session has the
count of the newest day that was over, and published, at its close plus the publication lag.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.assets import Asset
from ingest.bars import without_wild_fields
from ingest.errors import PanelFaultError, StoreError
from ingest.joining import Basis
from ingest.overlap import SAME
from ingest.panel import VALUES, check_panel
from ingest.seams import as_given, carried, meet
from ingest.sessions import calendar
from ingest.suspicion import Reason, suspicions

Mask = npt.NDArray[np.bool_]
_TICK = pd.Timedelta(1, unit="us")
_SLACK = pd.Timedelta(1, unit="min")
"""How far two machines' clocks may differ before a correction is refused."""


@dataclass(frozen=True)
class Appended:
    """How many rows of an import were what; only new, corrected and late ones were stored.

    Attributes:
        new, corrected, late, unchanged, unfinished: See the module.
        early: Before the first year of the calendar; left out.
        restated: Of the unchanged ones, those that were given in another scale.
        quarantined: Held back now.
        held: Held back, or rejected by a person, before; they came again.
        foreign: Whether rows were held back since they seem to be of another asset, or in another currency.
        needed: Sessions that a file must have too, where rows were held back since nothing tells the change between
            them and what is stored.
        blanked: Opens, highs and lows that cannot be, taken for missing; their rows count as what they are without.
    """

    new: int = 0
    corrected: int = 0
    late: int = 0
    unchanged: int = 0
    unfinished: int = 0
    early: int = 0
    restated: int = 0
    quarantined: int = 0
    held: int = 0
    foreign: bool = False
    needed: tuple[pd.Timestamp, ...] = ()
    blanked: int = 0


@dataclass(frozen=True, eq=False)
class Additions:
    """What an import adds.

    Attributes:
        believed: Rows to store, with known_at.
        suspicious: Rows to hold back, with known_at and `reason`.
        counts: How many were what.
    """

    believed: pd.DataFrame
    suspicious: pd.DataFrame
    counts: Appended


def additions(
    asset: Asset,
    stored: pd.DataFrame,
    rows: pd.DataFrame,
    now: datetime,
    held: pd.DataFrame | None = None,
    basis: Basis = "traded",
) -> Additions:
    """The vintages that an import adds to what is stored.

    Args:
        asset: The asset.
        stored: Every vintage of the asset so far, panel columns, sorted by session, known_at.
        rows: A panel of the asset; its known_at is not looked at.
        now: The instant of the import, with a time zone.
        held: What was ever held back, by session, then known_at; None where every row is believed as it is, since a
            person has released it.
        basis: What the rows' closes are.

    Raises:
        PanelFaultError: Rows that break a rule of the panel, or are of another symbol.
        StoreError: The clock says an instant before what is stored became known.
        CalendarRangeError: The calendar ends before the present.
    """
    rows = check_panel(rows)
    if (rows["symbol"] != asset.symbol).any():
        raise PanelFaultError(f"rows of {rows['symbol'].iloc[0]} do not belong to {asset.symbol}: split them")
    days, latest = calendar(asset.calendar), _latest(stored)
    early = rows["session"] < days.first.replace(month=1, day=1)
    finished = rows["session"] <= days.newest_closed(now - asset.lag)
    rows = rows.loc[finished & ~early].reset_index(drop=True)
    meeting = as_given(rows) if held is None else meet(asset, latest, rows, basis)
    rows, blanked = meeting.rows, 0
    if held is not None:
        rows, blanked = without_wild_fields(rows, _around(latest, rows))
    given, (rows, is_stored, same) = rows, _completed(rows, latest)
    reasons = pd.Series("", index=rows.index, dtype="str")
    known_before = np.zeros(len(rows), dtype=bool)
    if held is not None:
        reasons[~same] = suspicions(rows[~same], _around(latest, rows), held)
        reasons[meeting.waits & ~same] = Reason.SEAM.value
        lost = (reasons != "").to_numpy() & ~meeting.waits
        rows, is_stored, same = _completed(carried(given, lost), latest)
        known_before = _completed(rows, _latest(held))[2] & (reasons != "").to_numpy()
    suspect = (reasons != "").to_numpy()
    again = suspect & rows["session"].isin(held["session"] if held is not None else ()).to_numpy()
    newest = stored["session"].max() if len(stored) else pd.Timestamp.min
    restated = ~same & (is_stored | (rows["session"] <= newest).to_numpy())
    known = (days.known_after(pd.DatetimeIndex(rows["session"])) + asset.lag).as_unit("us").to_series(index=rows.index)
    if (restated | again).any():
        known[restated | again] = stamp(asset, now, stored, held)
    rows["known_at"] = known.astype("datetime64[us, UTC]")
    added = ~same & ~suspect
    counts = Appended(
        new=int((added & ~restated).sum()),
        corrected=int((added & is_stored).sum()),
        late=int((added & restated & ~is_stored).sum()),
        unchanged=int(same.sum()),
        unfinished=int((~finished).sum()),
        early=int(early.sum()),
        restated=int((meeting.restated & same).sum()),
        quarantined=int((suspect & ~known_before).sum()),
        held=int(known_before.sum()),
        foreign=meeting.foreign,
        needed=meeting.needed,
        blanked=blanked,
    )
    back = rows.assign(reason=reasons)[suspect & ~known_before]
    return Additions(rows[added].reset_index(drop=True), back.reset_index(drop=True), counts)


def stamp(asset: Asset, now: datetime, *vintages: pd.DataFrame | None) -> pd.Timestamp:
    """The instant of a correction: now, and strictly after all that was known before.

    Raises:
        StoreError: The clock says an instant before what is stored became known.
    """
    instant = pd.Timestamp(now).tz_convert("UTC").as_unit("us")
    instants = [frame["known_at"].max() for frame in vintages if frame is not None and len(frame)]
    newest = max(instants, default=instant - _TICK)
    if instant < newest - _SLACK:
        raise StoreError(
            f"{asset.symbol}: the clock says {instant:%Y-%m-%d %H:%M} UTC, but rows known at "
            f"{newest:%Y-%m-%d %H:%M} UTC are stored: set the clock right and run again; nothing was stored"
        )
    return instant if instant > newest else newest + _TICK


def last_of_each(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.intp]:
    """Positions of the last of each run of equal days."""
    ends = np.ones(days.size, dtype=bool)
    ends[:-1] = days[1:] != days[:-1]
    return np.flatnonzero(ends)


def _latest(vintages: pd.DataFrame) -> pd.DataFrame:
    """The latest vintage of each session."""
    return vintages.iloc[last_of_each(vintages["session"].to_numpy())]


def _completed(rows: pd.DataFrame, latest: pd.DataFrame) -> tuple[pd.DataFrame, Mask, Mask]:
    """The rows with what they do not say filled from the latest; is each stored there, and is it the same?"""
    if latest.empty or rows.empty:
        nothing = np.zeros(len(rows), dtype=bool)
        return rows, nothing, nothing
    sessions, wanted = latest["session"].to_numpy(), rows["session"].to_numpy()
    at = np.searchsorted(sessions, wanted).clip(max=len(latest) - 1)
    is_stored = sessions[at] == wanted
    before = latest.loc[:, list(VALUES)].to_numpy()[at]
    values = rows.loc[:, list(VALUES)].to_numpy()
    values = np.where(np.isnan(values) & is_stored[:, None], before, values)
    near = is_stored[:, None] & (np.abs(values - before) <= SAME * np.abs(before))
    values = np.where(near, before, values)
    equal = (before == values) | (np.isnan(before) & np.isnan(values))
    filled = rows.assign(**{name: values[:, column] for column, name in enumerate(VALUES)})
    return filled, is_stored, is_stored & equal.all(axis=1)


def _around(latest: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """One row a session: these rows, and the latest stored ones of the other sessions."""
    others = latest[~latest["session"].isin(rows["session"])]
    return pd.concat([others, rows]).sort_values("session", kind="stable") if len(others) else rows
