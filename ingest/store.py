"""The append-only store of the market's data in SQL.

Two tables: ``asset``, a row an asset, and ``vintage``, a row for every value that a session was
ever known to have (see `ingest.vintages` for the rules). Rows are only ever inserted. Sessions are
ISO dates and instants ISO times in UTC, as text of fixed width, so that they sort, read the same on
SQLite and PostgreSQL, and can be read by people; values are double precision, NULL for a gap.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Double,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    update,
)

from ingest.assets import Asset
from ingest.database import create_absent, reading, writing
from ingest.errors import AssetConflictError, UnknownSymbolError, nearest
from ingest.panel import COLUMNS, VALUES
from ingest.sessions import Day, calendar
from ingest.vintages import Appended, History, additions, vintage_sha256

__all__ = ["Appended", "Asset", "History", "Store", "vintage_sha256"]

_METADATA = MetaData()
_ASSET = Table(
    "asset",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("symbol", String(32), nullable=False, unique=True),
    Column("calendar", String(16), nullable=False),
    Column("source", String(64), nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("attention_kind", String(64), nullable=False),
    Column("lag_minutes", Integer, nullable=False),
)
_VINTAGE = Table(
    "vintage",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("symbol", String(32), ForeignKey("asset.symbol"), nullable=False),
    Column("session", String(10), nullable=False),
    *(Column(name, Double) for name in VALUES),
    Column("source", String(64), nullable=False),
    Column("known_at", String(26), nullable=False),
    UniqueConstraint("symbol", "session", "known_at"),
)
_FACTS = tuple(_ASSET.c[spec.name] for spec in fields(Asset))


class Store:
    """The assets and their vintages in one database.

    Args:
        engine: from `ingest.database.open_engine`; the tables are created if they are absent.

    Raises:
        StoreError: here and in every method, if the database cannot be read or written.

    >>> from datetime import UTC, datetime
    >>> from ingest.database import open_engine
    >>> from ingest.panel import panel_rows
    >>> store = Store(open_engine("sqlite://"))
    >>> days = pd.DatetimeIndex(["2024-01-01", "2024-01-02"])
    >>> rows = panel_rows("COIN", days, {"close": [10.0, 11.0]}, "example")
    >>> coin = Asset("COIN", calendar="24/7", source="example")
    >>> store.append(coin, rows, datetime(2024, 1, 5, tzinfo=UTC))
    Appended(new=2, corrected=0, late=0, unchanged=0, unfinished=0)
    >>> store.read("COIN", "2024-01-01")["close"].tolist()
    [10.0]
    """

    def __init__(self, engine: Engine) -> None:
        """Open the store; see the class."""
        self._engine = engine
        create_absent(engine, _METADATA)

    def register(self, asset: Asset) -> Asset:
        """Put an asset on the books; a second time changes nothing.

        An asset that had no attention yet takes the kind that is given now. The source that is
        kept is the first; each row carries its own.

        Returns:
            The asset as it is stored.

        Raises:
            AssetConflictError: it is registered with another calendar, lag, kind of attention, or
                as simulated where it was real.
            UnknownCalendarError: nobody knows the calendar.
        """
        calendar(asset.calendar)
        with writing(self._engine) as connection:
            return _register(connection, asset)

    def assets(self) -> tuple[Asset, ...]:
        """Every asset, in the order of registration."""
        with reading(self._engine) as connection:
            found = connection.execute(select(*_FACTS).order_by(_ASSET.c.id)).all()
        return tuple(_asset(row) for row in found)

    def asset(self, symbol: str) -> Asset:
        """The asset of a symbol.

        Raises:
            UnknownSymbolError: offers the nearest symbols.
        """
        with reading(self._engine) as connection:
            return _known(connection, symbol)

    def append(self, asset: Asset, rows: pd.DataFrame, now: datetime) -> Appended:
        """Add what an import brings, in one transaction: all of it, or nothing.

        Args:
            asset: registered here if it is not yet.
            rows: a panel of the asset, as a source gives it.
            now: the instant of the import, with a time zone.

        Returns:
            The counts; `ingest.vintages` says what each means.

        Raises:
            PanelFaultError: rows that break a rule of the panel.
            AssetConflictError: as in `register`.
            CalendarRangeError: sessions outside the calendar's years.
        """
        calendar(asset.calendar)
        with writing(self._engine) as connection:
            stored = _register(connection, asset)
            added, counts = additions(stored, _vintages(connection, asset.symbol), rows, now)
            if len(added):
                connection.execute(insert(_VINTAGE), _records(added))
        return counts

    def history(self, symbol: str) -> History:
        """Every vintage of an asset, in memory.

        Raises:
            UnknownSymbolError: offers the nearest symbols.
        """
        with reading(self._engine) as connection:
            asset = _known(connection, symbol)
            return History(asset, _vintages(connection, symbol))

    def read(self, symbol: str, as_of: Day) -> pd.DataFrame:
        """What was known at the close of as_of; the same rows for ever. See `History.read`.

        Raises:
            UnknownSymbolError: offers the nearest symbols.
            AsOfError: as_of is before or after the data, or is no session.
        """
        return self.history(symbol).read(as_of)


def _register(connection: Connection, asset: Asset) -> Asset:
    found = connection.execute(select(*_FACTS).where(_ASSET.c.symbol == asset.symbol)).one_or_none()
    if found is None:
        connection.execute(insert(_ASSET).values(asdict(asset)))
        return asset
    stored = _asset(found)
    for fact in ("calendar", "lag_minutes", "simulated", "attention_kind"):
        old, new = getattr(stored, fact), getattr(asset, fact)
        if old != new and not (fact == "attention_kind" and "" in {old, new}):
            name = fact.replace("_", " ")
            raise AssetConflictError(
                f"{asset.symbol} is registered with {name} {old!r}, not {new!r}: "
                f"use {old!r}, or import under another symbol"
            )
    if asset.attention_kind and not stored.attention_kind:
        kind = {"attention_kind": asset.attention_kind}
        connection.execute(update(_ASSET).where(_ASSET.c.symbol == asset.symbol).values(kind))
        return Asset(**{**asdict(stored), **kind})
    return stored


def _known(connection: Connection, symbol: str) -> Asset:
    found = connection.execute(select(*_FACTS).where(_ASSET.c.symbol == symbol)).one_or_none()
    if found is None:
        others = connection.execute(select(_ASSET.c.symbol)).scalars().all()
        raise UnknownSymbolError(f"symbol {symbol!r} is not known here: {nearest(symbol, others)}")
    return _asset(found)


def _asset(row: Row[Any]) -> Asset:
    return Asset(**row._mapping)


def _vintages(connection: Connection, symbol: str) -> pd.DataFrame:
    """Every vintage of a symbol in the panel's columns, by session, then known_at."""
    wanted = (
        select(*(_VINTAGE.c[name] for name in COLUMNS))
        .where(_VINTAGE.c.symbol == symbol)
        .order_by(_VINTAGE.c.session, _VINTAGE.c.known_at)
    )
    return _frame(connection.execute(wanted).all())


def _frame(found: Sequence[Row[Any]]) -> pd.DataFrame:
    columns = dict(zip(COLUMNS, zip(*found, strict=True) if found else ((),) * len(COLUMNS), strict=True))
    table: dict[str, Any] = {
        "symbol": pd.array(columns["symbol"], dtype="str"),
        "session": np.array(columns["session"], dtype="datetime64[us]"),
    }
    for name in VALUES:
        table[name] = np.array(columns[name], dtype=float)
    table["source"] = pd.array(columns["source"], dtype="str")
    instants = np.array(columns["known_at"], dtype="datetime64[us]")
    table["known_at"] = pd.DatetimeIndex(instants).tz_localize("UTC")
    return pd.DataFrame(table)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    texts = rows.assign(
        session=np.datetime_as_string(rows["session"].to_numpy().astype("datetime64[D]")),
        known_at=np.datetime_as_string(
            rows["known_at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]"), unit="us"
        ),
    )
    columns = {name: texts[name].tolist() for name in COLUMNS}
    for name in VALUES:
        columns[name] = [None if value != value else value for value in columns[name]]  # noqa: PLR0124 - NaN
    return [dict(zip(COLUMNS, record, strict=True)) for record in zip(*columns.values(), strict=True)]
