"""The proof of one forecast of a home, by the earliest token that covers it; see `forecaster.witness.proof`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from forecaster.errors import LedgerError
from forecaster.records import chain
from forecaster.records.tables import FORECASTS, TOKENS
from forecaster.records.tokens import checked
from forecaster.witness import merkle, statement
from forecaster.witness.proof import Proof
from forecaster.witness.statement import ROOTED
from ingest.database import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.x509 import Certificate
    from sqlalchemy import Engine

_PARTS = 3
"""Of a forecast's name, at the least."""
_DIGITS = 18
"""Of a number, at the most: no database counts farther."""
_LISTS = "`forecaster ledger show` lists what is on record"


def proof_of(engine: Engine, seq: int, roots: Sequence[Certificate]) -> Proof:
    """The proof of one forecast, by the earliest token that covers it.

    Args:
        engine: Of the home.
        seq: The number of its row.
        roots: Certificates that are trusted.

    Raises:
        LedgerError: Where there is no such forecast, it does not hold, or no token proves it.
        StoreError: Where the database cannot be read.
    """
    tokens = [token for token in checked(engine, roots) if token.proves and token.rows[ROOTED] >= seq]
    with reading(engine) as connection:
        columns = chain.content(connection, FORECASTS, seq)
        if columns is None:
            raise LedgerError(f"there is no forecast row {seq}: {_LISTS}")
        if not tokens:
            raise LedgerError(f"forecast row {seq} is in no token that holds: `forecaster ledger witness` makes one")
        first = min(tokens, key=lambda token: (token.at, token.seq))
        leaves = chain.hashes(connection, FORECASTS, first.rows[ROOTED])
        kept = connection.execute(select(TOKENS.c.statement, TOKENS.c.token).where(TOKENS.c.seq == first.seq)).one()
    index = [number for number, _ in leaves].index(seq)
    path = merkle.path([bytes.fromhex(row_hash) for _, row_hash in leaves], index)
    pem = "".join(root.public_bytes(Encoding.PEM).decode() for root in roots)
    return Proof(columns, index, len(leaves), path, statement.read(kept.statement), bytes(kept.token), pem)


def number_of(engine: Engine, name: str) -> int:
    """The number of a forecast's row.

    Args:
        engine: Of the home.
        name: That number, or SYMBOL/MODEL/AS_OF; where an asset was forecast several sessions ahead, with /HORIZON.

    Raises:
        LedgerError: Where it names no forecast, or several.
        StoreError: Where the database cannot be read.
    """
    if not name.isprintable():
        raise LedgerError(
            "the forecast's name has signs that no name has: write its row's number, or SYMBOL/MODEL/AS_OF"
        )
    if name.isdecimal():
        if len(name) > _DIGITS:
            raise LedgerError(f"there is no forecast row {name[:_DIGITS]}...: {_LISTS}")
        return int(name)
    parts = name.split("/")
    horizon = int(parts.pop()[:_DIGITS]) if parts[-1].isdecimal() else None
    if len(parts) < _PARTS:
        raise LedgerError(f"{name} is not a forecast: write the number of its row, or SYMBOL/MODEL/AS_OF")
    *symbol, model, as_of = parts
    f = FORECASTS.c
    wanted = select(f.seq).where(f.symbol == "/".join(symbol), f.model == model, f.as_of == as_of)
    with reading(engine) as connection:
        found = connection.execute(wanted if horizon is None else wanted.where(f.horizon == horizon)).scalars().all()
    if len(found) > 1:
        raise LedgerError(f"{name} are {len(found)} forecasts, for several sessions ahead: add the number, as {name}/1")
    if not found:
        raise LedgerError(f"there is no forecast {name}: {_LISTS}")
    return int(found[0])
