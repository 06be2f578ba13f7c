"""Is the record whole: all its chains unbroken, none cut off, and a name for the first row that is not as it was?"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal, select
from sqlalchemy.exc import DBAPIError, StatementError

from forecaster.errors import LedgerError
from forecaster.records import chain, event_details
from forecaster.records.instants import Instants
from forecaster.records.tables import EVENTS, FORECASTS, TABLES, TOKENS
from forecaster.records.tails import cut
from ingest.database import reading
from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Engine

_UNREADABLE = "decode"
"""What SQLite's driver says of a text that is none."""


def first_break(engine: Engine, upto: Mapping[str, int] | None = None) -> chain.Break | None:
    """The first row of any table that does not hold, None where all do.

    Args:
        engine: Of a home whose tables are prepared.
        upto: The number of the last row of each table that is looked at; of now where None.

    Raises:
        StoreError: Where the database cannot be read.
    """
    ends = {table.name: None if upto is None else upto[table.name] for table in TABLES}
    with reading(engine) as connection:
        last = {table.name: chain.last(connection, table) for table in TABLES}

    def odd(_: int, row: Mapping[str, Any]) -> str | None:
        return event_details.fault(row["kind"], row["at"], row["details"], last)

    # Events and tokens first: the instants of other rows are held against them.
    broken = chain.verify(engine, EVENTS, ends[EVENTS.name], odd) or chain.verify(engine, TOKENS, ends[TOKENS.name])
    if broken:
        return broken
    with reading(engine) as connection:
        cuts, gone = {table.name: cut(connection, table) for table in TABLES}, _without_events(connection)
        try:
            instants = {table.name: Instants.of(connection, table) for table in TABLES}
        except (AttributeError, KeyError, TypeError, ValueError, LedgerError):
            return chain.Break(
                EVENTS.name, chain.last(connection, EVENTS), {}, "the events do not say which clock is kept"
            )
    others = [table for table in TABLES if table not in (EVENTS, TOKENS)]
    rest = (chain.verify(engine, table, ends[table.name], instants[table.name].fault) for table in others)
    return next((found for some in ([cuts[EVENTS.name], gone], rest, cuts.values()) for found in some if found), None)


def _without_events(connection: Connection) -> chain.Break | None:
    """Rows say by which kind of clock they were written, and no event says which one the home keeps."""
    written = select(literal(1)).where(FORECASTS.c.clock.is_not(None)).limit(1)
    if chain.last(connection, EVENTS) or connection.execute(written).first() is None:
        return None
    return chain.Break(EVENTS.name, 1, {}, "it is gone: no event says which clock the home keeps, and rows tell of one")


@contextmanager
def naming(engine: Engine) -> Iterator[None]:
    """What cannot be read of the record is said by its first row that does not hold.

    Raises:
        LedgerError: Naming it.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, LedgerError, StoreError) as fault:
        if isinstance(fault, StoreError) and not _of_a_value(fault.__cause__):
            raise
        broken = first_break(engine)
        if broken is None:
            raise
        raise LedgerError(broken.told) from fault


def _of_a_value(cause: BaseException | None) -> bool:
    """Whether the driver could not take or give a value, which is no fault of the database."""
    return isinstance(cause, StatementError) and (not isinstance(cause, DBAPIError) or _UNREADABLE in str(cause))
