"""The history that an empty store would have after one import, without a store: nothing is kept anywhere."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from ingest import tables
from ingest.assets import Asset
from ingest.history import History
from ingest.joining import Basis
from ingest.panel import COLUMNS
from ingest.vintages import Appended, additions


def first_import(
    asset: Asset, rows: pd.DataFrame, now: datetime, basis: Basis = "traded", *, believe: bool = False
) -> tuple[History, Appended]:
    """What `ingest.store.Store.append` would make of these rows where nothing is stored, and how many were what.

    Args:
        asset: The asset.
        rows: A panel of the asset, as a source gives it.
        now: The instant of the import, with a time zone.
        basis: What its closes are.
        believe: Whether rows that are implausible are taken as they are, and not held back.

    Raises:
        PanelFaultError: Rows that break a rule of the panel, or are of another symbol.
        CalendarRangeError: The calendar ends before the present.
    """
    nothing, held = tables.frame(COLUMNS, ()), tables.frame(tables.HELD, ())
    added = additions(asset, nothing, rows, now, None if believe else held, basis)
    undecided = added.suspicious.assign(
        decision=pd.array([""] * len(added.suspicious), dtype="str"),
        decided_at=pd.DatetimeIndex([pd.NaT] * len(added.suspicious)).as_unit("us").tz_localize("UTC"),
    )
    kept = undecided[list(tables.HELD)] if len(undecided) else held
    return History(asset, added.believed[list(COLUMNS)], held=kept), added.counts
