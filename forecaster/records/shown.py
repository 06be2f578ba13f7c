"""Rows that are shown, each held against its own hash: no page shows a figure that is not the one on record.

A row whose content was altered no longer has the hash that stands beside it; where that was computed anew, no later row
follows it any more. Whoever recomputes all later rows as well changes the head, which the line of the record has.
What is not shown is left to `forecaster ledger verify`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, select

from forecaster.records import chain, raw_rows
from forecaster.records.tables import FORECASTS, KEY, OUTCOME_KEY, OUTCOMES, SCORED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

    from forecaster.records.raw_rows import Raw

_KEYS = {FORECASTS: None, OUTCOMES: OUTCOME_KEY, SCORED: KEY}


class Part(NamedTuple):
    """Rows of one table as they are stored.

    Attributes:
        table: The table.
        rows: The rows.
        followed: Hashes of rows that another follows.
        last: The number of its last row, which none follows.
    """

    table: Table
    rows: list[Raw]
    followed: frozenset[str]
    last: int


def parts(connection: Connection, piece: ColumnElement[bool], upto: Mapping[str, int]) -> list[Part]:
    """What is stored of some forecasts, their outcomes and scores.

    Args:
        connection: Of a read transaction.
        piece: Which forecasts, at most `raw_rows.PIECE`.
        upto: The number of the last row of each table that is looked at.
    """
    return [_part(connection, table, piece, upto[table.name]) for table in _KEYS]


def fault(found: Sequence[Part]) -> chain.Break | None:
    """The first row that is not what was recorded; None where all are."""
    for part in found:
        if broken := chain.altered(part.table, part.rows):
            return broken
        for seq, row, stored in part.rows:
            if seq < part.last and stored not in part.followed:
                return chain.Break(part.table.name, seq, row, "the row after it does not follow it: one was changed")
    return None


def _part(connection: Connection, table: Table, piece: ColumnElement[bool], upto: int) -> Part:
    key = _KEYS[table]
    if key is not None:
        own = and_(*(table.c[name] == FORECASTS.c[name] for name in key), table.c.seq <= upto)
        piece = table.c.seq.in_(select(table.c.seq).select_from(FORECASTS.join(table, own)).where(piece))
    rows = raw_rows.those(connection, table, piece)
    links = select(table.c.prev_hash).where(
        table.c.prev_hash.in_([stored for *_, stored in rows if isinstance(stored, str)])
    )
    return Part(table, rows, frozenset(connection.execute(links).scalars()), chain.last(connection, table))
