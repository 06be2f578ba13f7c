"""What somebody kept elsewhere, found again in the record: the hash of a row, or a line of `forecaster ledger head`.

A row is found by indexes alone: every one but the last is named by the one after it. A line is the digest of what the
record was at a state; where it is not that any more, the tokens tell how far the record is as it was.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from forecaster.errors import LedgerError, WitnessError
from forecaster.records import chain
from forecaster.records.tables import TABLES, TOKENS
from forecaster.records.witnesses import stated
from forecaster.witness import statement
from ingest.database import reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Engine, Table

    from forecaster.records.reading import State
    from forecaster.records.tokens import Token
    from forecaster.witness.statement import Line

_HASH = re.compile("[0-9a-f]{64}")
_RESTORE = "restore a copy from that time, or name the home that it is of"


def is_one(text: str) -> bool:
    """Whether a text is a hash or a line that can be looked for."""
    if _HASH.fullmatch(text.strip().lower()):
        return True
    try:
        statement.read_line(text)
    except WitnessError:
        return False
    return True


def told(engine: Engine, text: str, upto: State, tokens: Sequence[Token]) -> str:
    """What a hash or a line is of, in a sentence.

    Args:
        engine: Of a home whose chains hold.
        text: Of either kind, see `is_one`.
        upto: The state that is looked at.
        tokens: Those of the record, which hold.

    Raises:
        LedgerError: Where the record has no such row, or is not what the line says.
        StoreError: Where the database cannot be read.
    """
    digest = text.strip().lower()
    if not _HASH.fullmatch(digest):
        return _line(engine, statement.read_line(digest), digest, upto, tokens)
    found = find(engine, digest, upto)
    if found is not None:
        return f"{digest} is row {found[1]} of {found[0]}"
    sealed = _sealed(engine, digest)
    if sealed is None:
        raise LedgerError(
            f"no row has this hash: {digest}; it is mistyped, or its row was removed or rewritten since, or it is of "
            f"another record: {_RESTORE}"
        )
    return f"{digest} is what token {sealed} sealed"


def find(engine: Engine, row_hash: str, upto: State) -> tuple[str, int] | None:
    """Table and number of the row that has a hash, None where none has.

    Args:
        engine: Of a home whose chains hold.
        row_hash: 64 hexadecimal digits.
        upto: The state that is looked at.

    Raises:
        StoreError: Where the database cannot be read.
    """
    with reading(engine) as connection:
        for table in TABLES:
            last = upto[table.name]
            own = last and chain.head(connection, table, last) == row_hash
            seq = last if own else _before(connection, table, row_hash)
            if seq is not None and seq <= last:
                return table.name, seq
    return None


def _before(connection: Connection, table: Table, row_hash: str) -> int | None:
    """The number of the row that the one with this link follows."""
    after = select(table.c.seq).where(table.c.prev_hash == row_hash).scalar_subquery()
    return connection.execute(select(func.max(table.c.seq)).where(table.c.seq < after)).scalar()


def _sealed(engine: Engine, digest: str) -> int | None:
    """The number of the token whose statement has a digest."""
    with reading(engine) as connection:
        rows = connection.execute(select(TOKENS.c.seq, TOKENS.c.statement).order_by(TOKENS.c.seq)).all()
    return next((seq for seq, text in rows if statement.read(text).digest == digest), None)


def _line(engine: Engine, line: Line, kept: str, upto: State, tokens: Sequence[Token]) -> str:
    gone = [f"{name} {_span(upto[name], rows)}" for name, rows in line.rows.items() if rows > upto[name]]
    if not gone and stated(engine, line.rows).digest == line.digest:
        if not any(line.rows.values()):
            return f"{kept} is of a record without rows, as every one begins: it says nothing of this one"
        return f"the record is what {kept} says: its first {_counts(line.rows)} are as they were then"
    there = {name: min(rows, upto[name]) for name, rows in line.rows.items()}
    covered = [token for token in tokens if all(token.rows[name] <= rows for name, rows in there.items())]
    sealed = max(covered, key=lambda token: token.seq, default=None)
    after = dict.fromkeys(there, 0) if sealed is None else sealed.rows
    changed = [f"{name} {_span(after[name], rows)}" for name, rows in there.items() if rows > after[name]]
    if not any(line.rows.values()):
        raise LedgerError(f"{kept} is no line of this program: it tells of no row, and its digest is not that of none")
    one = len(gone) == 1 and " rows " not in gone[0]
    faults = [f"{', '.join(gone)} {'is' if one else 'are'} gone"] if gone else []
    if changed:
        faults.append(f"of {', '.join(changed)} some {'may have been' if gone else 'were'} changed, removed or added")
    as_sealed = f"; what came before is as token {sealed.seq} sealed it" if sealed else ""
    remedy = f"unless the line is mistyped, {_RESTORE}"
    raise LedgerError(f"the record is not what {kept} says: {', and '.join(faults)}{as_sealed}; {remedy}")


def _span(after: int, last: int) -> str:
    return f"row {last}" if last == after + 1 else f"rows {after + 1} to {last}"


def _counts(rows: Mapping[str, int]) -> str:
    told = [f"{count} {name}{'s' if count != 1 else ''}" for name, count in rows.items() if count]
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)
