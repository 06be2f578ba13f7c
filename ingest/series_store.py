"""Series of an asset's own in the store: registered once, and grown by vintages.

A value of session s is dated back to the close of s plus the series' lag, unless a forecast on record could have read
it and did not; `ingest.backdated` has the rule. A forecast from session t reads what is known some time after the close
of t, less than a day; so one could have read every value of the sessions up to t that was out by then.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import Connection, insert, select

from ingest.assets import Asset
from ingest.backdated import added
from ingest.errors import AssetConflictError
from ingest.overlap import SAME
from ingest.own_series import COLUMNS, GivenSeries, OwnSeries
from ingest.series_terms import shown_lag
from ingest.sessions import calendar
from ingest.stored_rows import add, rows_of
from ingest.tables import OWN, SERIES, SERIES_VINTAGE
from ingest.vintages import Appended

_A_DAY = pd.Timedelta(1, unit="D")


def series_of(connection: Connection, symbol: str) -> tuple[OwnSeries, ...]:
    """Every series of an asset, by name, with every vintage."""
    wanted = select(SERIES.c.name, SERIES.c.transform, SERIES.c.lag_minutes).where(SERIES.c.symbol == symbol)
    found = connection.execute(wanted.order_by(SERIES.c.name)).all()
    if not found:
        return ()
    rows = rows_of(connection, SERIES_VINTAGE, symbol)
    return tuple(
        OwnSeries(name, transform, lag, rows.loc[rows["name"] == name, list(COLUMNS)].reset_index(drop=True))
        for name, transform, lag in found
    )


def append(
    connection: Connection, asset: Asset, given: GivenSeries, now: datetime, recorded: pd.Timestamp | None
) -> Appended:
    """Adds what an import brings of one series, which is registered by its first.

    Args:
        connection: Of a write transaction.
        asset: Whose series it is.
        given: The values, and what is declared of them.
        now: The instant of the import, with a time zone.
        recorded: The last session from which a forecast is on record; None where there is none.

    Raises:
        AssetConflictError: It is stored with another transform or lag.
        CalendarRangeError: Sessions outside the calendar's years.
        StoreError: The clock says an instant before what is stored became known.
    """
    stored = next((own for own in series_of(connection, asset.symbol) if own.name == given.name), None)
    if stored is not None:
        _refuse_other(asset, stored, given)
    days, closes = pd.DatetimeIndex(given.by_session.index), calendar(asset.calendar)
    published = closes.known_after(days) + pd.Timedelta(given.lag_minutes, unit="min")
    read_without = np.zeros(len(days), dtype=bool)
    if recorded is not None:
        read_without = np.asarray((days <= recorded) & (published < closes.close(recorded) + _A_DAY))
    before = stored.frame if stored is not None else rows_of(connection, SERIES_VINTAGE, asset.symbol).iloc[:0]
    before = before.rename(columns={"session": "day"})
    rows, told = added(asset, before, given.by_session, published, read_without, now, SAME)
    if stored is None and len(rows):
        facts = {"name": given.name, "transform": given.transform, "lag_minutes": given.lag_minutes}
        connection.execute(insert(SERIES).values(symbol=asset.symbol, **facts))
    whose = {"symbol": asset.symbol, "name": given.name, "source": given.source, "payload": given.payload}
    add(connection, SERIES_VINTAGE, OWN, rows.rename(columns={"day": "session"}).assign(**whose))
    return told


def _refuse_other(asset: Asset, stored: OwnSeries, given: GivenSeries) -> None:
    kept = (stored.transform, stored.lag_minutes)
    if kept != (given.transform, given.lag_minutes):
        said = "" if stored.transform == stored.name else f"--transform {stored.transform} "
        raise AssetConflictError(
            f"{asset.symbol}: {given.name} is stored with transform {stored.transform}, known "
            f"{shown_lag(stored.lag_minutes)}, not {given.transform}, {shown_lag(given.lag_minutes)}: say {said}"
            f"--known {shown_lag(stored.lag_minutes)}, import it under another --name, or take it off the books by "
            f"`forecaster data forget {asset.symbol} --series {given.name}`"
        )
