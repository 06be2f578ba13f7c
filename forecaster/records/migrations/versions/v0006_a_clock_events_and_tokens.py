"""0006: rows say of which clock they are, scores of which version; events and tokens are chains of their own.

A home that has rows becomes real or a rehearsal here. It is a rehearsal where its settings name a clock's start, or a
row of its record claims to be older than this program is.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Integer, LargeBinary, String, Text, UniqueConstraint, column, func, insert, select, table

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection

    from forecaster.settings import Settings

revision = "0006"
down_revision = "0005"

BORN = "2026-11-21"
"""The day on which this program could first record anything."""
_TIMES = {"forecast": "issued_at", "outcome": "settled_at"}


def upgrade(op: Operations) -> None:
    """Adds columns that may be null, so that rows stay as they are, and the two tables."""
    for name in ("forecast", "outcome", "score"):
        op.add_column(name, Column("clock", String(16)))
    for name in ("outcome", "score"):
        op.add_column(name, Column("forecasts", Integer))
    op.add_column("score", Column("version", Integer))
    op.add_column("score", Column("scored_at", String(32)))
    _chained(
        op,
        "event",
        [_text("kind", 16), _text("at", 32), _number("forecasts"), Column("details", Text, nullable=False)],
        ("kind", "at", "details"),
    )
    _chained(
        op,
        "token",
        [
            Column("statement", Text, nullable=False),
            _number("forecasts"),
            _text("at", 32),
            _text("authority", 256),
            Column("token", LargeBinary, nullable=False),
        ],
        ("statement", "authority", "at"),
    )
    _note_clock(op.get_bind(), op.get_context().opts["settings"])


def _chained(op: Operations, name: str, columns: list[Column[Any]], key: tuple[str, ...]) -> None:
    op.create_table(
        name,
        Column("seq", Integer, primary_key=True, autoincrement=True),
        *columns,
        Column("format", Integer, nullable=False, server_default="1"),
        Column("prev_hash", String(64), nullable=False, unique=True),
        Column("row_hash", String(64), nullable=False),
        UniqueConstraint(*key),
        sqlite_autoincrement=True,
    )


def _note_clock(connection: Connection, settings: Settings | None) -> None:
    """The first event of a home that has rows."""
    asset = table("asset", column("symbol"))
    found: list[str] = []
    for name, at in _TIMES.items():
        found += connection.execute(select(column(at)).select_from(table(name))).scalars()
    if not found and connection.execute(select(asset.c.symbol).limit(1)).first() is None:
        return
    details: dict[str, Any] = {"clock": "real"}
    if found and min(found) < BORN:
        because = f"a row of its record claims to be of {min(found)[:10]}, which is before this program was written"
        details = {"clock": "rehearsal", "start": max(found), "speed": 1.0, "because": because}
    elif settings is not None and (start := settings.clock.start):
        because = "its settings named a clock's start when it was brought up to date"
        details = {"clock": "rehearsal", "start": _utc(start), "speed": settings.clock.speed, "because": because}
    forecasts = connection.execute(select(func.max(column("seq"))).select_from(table("forecast"))).scalar() or 0
    row = {
        "kind": "clock",
        "at": datetime.now(UTC).isoformat(),
        "forecasts": forecasts,
        "details": json.dumps(details, sort_keys=True),
        "format": 2,
        "prev_hash": "0" * 64,
    }
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    event = table("event", *(column(name) for name in (*row, "row_hash")))
    connection.execute(insert(event).values(**row, row_hash=hashlib.sha256(text.encode()).hexdigest()))


def _utc(text: str) -> str:
    instant = datetime.fromisoformat(text)
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")


def _text(name: str, length: int) -> Column[Any]:
    return Column(name, String(length), nullable=False)


def _number(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False)
