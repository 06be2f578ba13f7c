"""The tables of the market's data, and how their rows become frames and back.

`asset`, one row per asset; `vintage`, a row for every value that a session was ever known to have;
`attention`, the same for the counts of a UTC day; `series`, one row per series of an asset's own, and
`series_vintage`, its values; `quarantine`, rows that are held back, and what was decided on them. Rows are
only ever inserted, except that a decision is filled in once.

Sessions are ISO dates and instants ISO times in UTC, as text of fixed width, so that they sort, read
the same on SQLite and PostgreSQL, and can be read by people; values are double precision, NULL for a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Boolean, Column, Double, ForeignKey, Integer, MetaData, Row, String, Table, UniqueConstraint

from ingest.panel import COLUMNS, VALUES

METADATA = MetaData()
ASSET = Table(
    "asset",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("symbol", String(32), nullable=False, unique=True),
    Column("calendar", String(16), nullable=False),
    Column("source", String(64), nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("attention_kind", String(64), nullable=False),
    Column("lag_minutes", Integer, nullable=False),
    Column("attention_source", String(64), nullable=False, server_default=""),
    Column("attention_lag_minutes", Integer, nullable=False, server_default="0"),
)


def _provenance() -> tuple[Column[Any], ...]:
    return (
        Column("source", String(64), nullable=False),
        Column("payload", String(64), nullable=False, server_default=""),
        Column("known_at", String(26), nullable=False),
    )


def _of_asset() -> Column[Any]:
    return Column("symbol", String(32), ForeignKey("asset.symbol"), nullable=False)


VINTAGE = Table(
    "vintage",
    METADATA,
    Column("id", Integer, primary_key=True),
    _of_asset(),
    Column("session", String(10), nullable=False),
    *(Column(name, Double) for name in VALUES),
    *_provenance(),
    UniqueConstraint("symbol", "session", "known_at"),
)
ATTENTION = Table(
    "attention",
    METADATA,
    Column("id", Integer, primary_key=True),
    _of_asset(),
    Column("day", String(10), nullable=False),
    Column("count", Double, nullable=False),
    *_provenance(),
    UniqueConstraint("symbol", "day", "known_at"),
)
QUARANTINE = Table(
    "quarantine",
    METADATA,
    Column("id", Integer, primary_key=True),
    _of_asset(),
    Column("session", String(10), nullable=False),
    *(Column(name, Double) for name in VALUES),
    *_provenance(),
    Column("reason", String(32), nullable=False),
    Column("decision", String(10), nullable=False, server_default=""),
    Column("decided_at", String(26)),
    UniqueConstraint("symbol", "session", "known_at"),
)
SERIES = Table(
    "series",
    METADATA,
    Column("id", Integer, primary_key=True),
    _of_asset(),
    Column("name", String(32), nullable=False),
    Column("transform", String(32), nullable=False),
    Column("lag_minutes", Integer, nullable=False),
    UniqueConstraint("symbol", "name"),
)
SERIES_VINTAGE = Table(
    "series_vintage",
    METADATA,
    Column("id", Integer, primary_key=True),
    _of_asset(),
    Column("name", String(32), nullable=False),
    Column("session", String(10), nullable=False),
    Column("value", Double, nullable=False),
    *_provenance(),
    UniqueConstraint("symbol", "name", "session", "known_at"),
)
COUNTED = ("symbol", "day", "count", "source", "payload", "known_at")
"""Columns of a frame of attention."""
OWN = ("symbol", "name", "session", "value", "source", "payload", "known_at")
"""Columns of a frame of the values of an asset's own series."""
HELD = (*COLUMNS, "reason", "decision", "decided_at")
"""Columns of a frame of quarantined rows."""
_DAYS = frozenset({"session", "day"})
_INSTANTS = frozenset({"known_at", "decided_at"})
_NUMBERS = frozenset({*VALUES, "count", "value"})


def frame(columns: Sequence[str], found: Sequence[Row[Any]]) -> pd.DataFrame:
    """Rows of a table as a frame of typed columns, in the order of the rows."""
    parts = zip(*found, strict=True) if found else ((),) * len(columns)
    return pd.DataFrame({name: _typed(name, part) for name, part in zip(columns, parts, strict=True)})


def records(columns: Sequence[str], rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as a table takes them."""
    parts = [_plain(name, rows[name]) for name in columns]
    return [dict(zip(columns, record, strict=True)) for record in zip(*parts, strict=True)]


def instant(when: pd.Timestamp) -> str:
    """An instant as the tables write it.

    >>> instant(pd.Timestamp("2024-01-05 14:05", tz="UTC"))
    '2024-01-05T14:05:00.000000'
    """
    return str(np.datetime_as_string(when.tz_convert(None).to_datetime64().astype("datetime64[us]"), unit="us"))


def _typed(name: str, part: Sequence[Any]) -> Any:  # noqa: ANN401  # any column
    if name in _DAYS:
        return np.array(part, dtype="datetime64[us]")
    if name in _INSTANTS:
        return pd.DatetimeIndex(np.array(part, dtype="datetime64[us]")).tz_localize("UTC")
    if name in _NUMBERS:
        return np.array(part, dtype=float)
    return pd.array(part, dtype="str")


def _plain(name: str, part: pd.Series[Any]) -> list[Any]:
    if name in _DAYS:
        return list(np.datetime_as_string(part.to_numpy().astype("datetime64[D]")))
    if name in _INSTANTS:
        moments = part.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        return [None if np.isnat(m) else str(np.datetime_as_string(m, unit="us")) for m in moments]
    values = part.tolist()
    return [None if value != value else value for value in values] if name in _NUMBERS else values  # noqa: PLR0124  # NaN
