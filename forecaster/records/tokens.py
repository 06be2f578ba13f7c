"""The tokens of the record held against it: does each time stamp hold, and do the chains still have what it sealed?

A chain that was rewritten from some row on, every hash recomputed, no longer has the head of a token from after that
row: the change lies after the last token that matches and no later than the first that does not.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from forecaster.errors import LedgerError, WitnessError
from forecaster.records import chain
from forecaster.records.raw_rows import PIECE
from forecaster.records.tables import FORECASTS, TABLES, TOKENS
from forecaster.witness import merkle, statement
from forecaster.witness.rows import GENESIS
from forecaster.witness.statement import ROOTED
from ingest.database import reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryptography.x509 import Certificate
    from sqlalchemy import Connection, Engine, Row

    from forecaster.witness.statement import Statement

_RESTORE = "restore a copy from before it"


class Token(NamedTuple):
    """A token of the record, held against it.

    Attributes:
        seq: Its number among the tokens.
        rows: Table to the number of the last row that it covers.
        at: The instant before which these existed, UTC.
        authority: Who says so.
        verified: Whether its time stamp was verified against a trusted certificate; nothing is proved otherwise.
        fault: What does not hold, a sentence; empty where nothing is wrong.
    """

    seq: int
    rows: Mapping[str, int]
    at: datetime
    authority: str
    verified: bool
    fault: str = ""

    @property
    def proves(self) -> bool:
        """Whether it proves anything."""
        return self.verified and not self.fault

    @property
    def told(self) -> str:
        """What it says, a line."""
        upto = self.rows[ROOTED]
        rows = "nothing" if not upto else "forecast 1" if upto == 1 else f"forecast 1..{upto}"
        said = f"{rows} existed before {self.at:%Y-%m-%d %H:%M:%S} UTC, says {self.authority}"
        return (
            said if self.verified else f"{said}; not checked: no certificate is trusted (setting witness.certificate)"
        )


def checked(engine: Engine, roots: Sequence[Certificate]) -> list[Token]:
    """Every token of the record, verified offline and held against the chains as they are now.

    Args:
        engine: Of the home; its chains are taken to verify, see `Ledger.verify`.
        roots: Certificates that are trusted; without any, no time stamp is verified.

    Raises:
        StoreError: Where the database cannot be read.
    """
    with reading(engine) as connection:
        rows = connection.execute(select(TOKENS).order_by(TOKENS.c.seq)).all()
        if not rows:
            return []
        known = {row.seq: found for row in rows if (found := _read(row.statement)) is not None}
        heads = _heads(connection, [found.rows for found in known.values()])
        leaves = chain.hashes(connection, FORECASTS, chain.last(connection, FORECASTS))
    sealed = _Roots(leaves, {found.rows[ROOTED] for found in known.values()})
    held: list[Token] = []
    matched = dict.fromkeys(statement.CHAINS, 0)
    for row in rows:
        fault = _fault(row, known.get(row.seq), heads, sealed, matched)
        verified = bool(roots)
        if verified and not fault:
            fault = _stamp_fault(row, roots)
        covers = known[row.seq].rows if row.seq in known else dict.fromkeys(statement.CHAINS, 0)
        held.append(Token(row.seq, covers, _instant(row.at), row.authority, verified, fault))
    return held


class _Roots:
    """Roots of the forecasts' tree at some numbers of rows, and where each row's hash stands."""

    def __init__(self, leaves: Sequence[tuple[int, str]], wanted: set[int]) -> None:
        """Grows the tree once."""
        tree, pending, self._known = merkle.Tree(), sorted(wanted, reverse=True), {}
        for seq, row_hash in leaves:
            while pending and pending[-1] < seq:
                self._known[pending.pop()] = tree.root().hex()
            tree.add(bytes.fromhex(row_hash))
        self._known |= dict.fromkeys(pending, tree.root().hex())

    def __getitem__(self, upto: int) -> str:
        """The root over the rows up to a number."""
        return self._known[upto]


def _read(text: str) -> Statement | None:
    try:
        return statement.read(text)
    except WitnessError:
        return None


def _heads(connection: Connection, states: Sequence[Mapping[str, int]]) -> dict[tuple[str, int], str]:
    """The hash of each row that some state ends with, by table and number; absent where there is no such row."""
    found = {(table.name, 0): GENESIS for table in TABLES}
    for table in TABLES:
        numbers = sorted({rows[table.name] for rows in states})
        for at in range(0, len(numbers), PIECE):
            wanted = select(table.c.seq, table.c.row_hash).where(table.c.seq.in_(numbers[at : at + PIECE]))
            found |= {(table.name, seq): row_hash for seq, row_hash in connection.execute(wanted)}
    return found


def _fault(
    row: Row[Any],
    stated: Statement | None,
    heads: Mapping[tuple[str, int], str],
    sealed: _Roots,
    matched: dict[str, int],
) -> str:
    """What of a token does not match the chains; `matched` is how far the tokens before it did, table by table."""
    if stated is None or stated.rows[ROOTED] != row.forecasts or stated.rows[TOKENS.name] >= row.seq:
        return f"token {row.seq} does not hold: its statement is not one of this record; {_RESTORE}"
    for name, upto in stated.rows.items():
        if heads.get((name, upto)) != stated.heads[name]:
            first = min(matched[name], upto - 1) + 1
            between = f"row {upto}" if first == upto else f"rows {first} to {upto}"
            return (
                f"{name} {between} were changed, removed or added after token {row.seq} of {row.at} ({row.authority}): "
                f"the chain no longer has the head that was sealed; {_RESTORE}"
            )
        matched[name] = max(matched[name], upto)
    if sealed[stated.rows[ROOTED]] != stated.root:
        return (
            f"{ROOTED} rows 1 to {stated.rows[ROOTED]} do not give the root that token {row.seq} of {row.at} sealed: "
            f"rows were changed, removed or added; {_RESTORE}"
        )
    return ""


def _stamp_fault(row: Row[Any], roots: Sequence[Certificate]) -> str:
    """What of a token's time stamp does not hold."""
    from forecaster.witness import token  # noqa: PLC0415  # most commands verify no time stamp

    try:
        stamped = token.verify(bytes(row.token), row.statement.encode(), roots)
    except WitnessError as fault:
        return f"token {row.seq} of {row.at} does not hold: {fault}"
    if (stamped.at.isoformat(), stamped.authority) != (row.at, row.authority):
        return (
            f"token {row.seq} does not hold: its row says {row.at} by {row.authority}, its time stamp "
            f"{stamped.at.isoformat()} by {stamped.authority}; {_RESTORE}"
        )
    return ""


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as fault:
        raise LedgerError(f"a token holds {text!r} where an instant belongs: run `forecaster ledger verify`") from fault
