"""Reads the record in short transactions, so that nobody who writes has to wait for a long answer.

SQLite lets a writer finish only while nobody reads. The record is therefore read in pieces, each in a transaction of
its own, and what is done with a piece is done between them. Where not all is asked for, the numbers of the rows are
found first, some thousand at a time, from an index alone.

The pieces fit together: rows of the record are only ever added, numbered in the order in which one writer after the
other was done, so that the rows up to some number are the same whenever they are read. A *state* is such numbers, one
a table, found in one transaction: a forecast that was settled after it has no outcome yet in any piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import eq, ge, le
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Boolean, Integer, TypeDecorator, and_, func, select, type_coerce

from forecaster.errors import LedgerError
from forecaster.records import chain, shown
from forecaster.records.cells import sound
from forecaster.records.columns import SCORES
from forecaster.records.raw_rows import PIECE
from forecaster.records.tables import EVENTS, FORECASTS, KEY, OUTCOME_KEY, OUTCOMES, SCORED, TABLES, TOKENS
from forecaster.records.whole import naming
from ingest.database import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Column, ColumnElement, Engine, Row, Select, Table

State = Mapping[str, int]
"""The number of the last row of each table."""
OFFERED = (*FORECASTS.c, OUTCOMES.c.y, *(SCORED.c[name] for name in SCORES))
"""What there is of a forecast, its outcome and its scores."""
COLUMNS = tuple(column.name for column in OFFERED)
HEAVY = ("predictive", "diagnostics")
"""What makes rows long."""
LIGHT = tuple(name for name in COLUMNS if name not in HEAVY)
_NUMBERS = 10_000
"""How many numbers of rows one read transaction takes."""


@dataclass(frozen=True)
class Wanted:
    """Which forecasts.

    Attributes:
        symbols: Only of these assets; of all where empty.
        models: Only of these forecasters; of all where empty.
        as_of: Only from this origin, an ISO date.
        since: Only from this origin or a later one.
        until: Only from this origin or an earlier one.
        horizon: Only so many sessions ahead.
        targets: Only those of the last so many targets, of all that the above leaves.
        last: Only so many, those recorded last.
    """

    symbols: Sequence[str] = ()
    as_of: str | None = None
    since: str | None = None
    until: str | None = None
    horizon: int | None = None
    targets: int | None = None
    last: int | None = None
    models: Sequence[str] = ()


EVERYTHING = Wanted()


class Standing(NamedTuple):
    """What is on record of an asset.

    Attributes:
        symbol: The asset's.
        forecasts: How many.
        newest: Their last origin, an ISO date.
    """

    symbol: str
    forecasts: int
    newest: str


def state(engine: Engine) -> dict[str, int]:
    """The state of now, of all tables at one instant."""
    with reading(engine) as connection:
        return {table.name: chain.last(connection, table) for table in TABLES}


def state_of(engine: Engine, number: int) -> dict[str, int]:
    """The state in which a forecast was the last one, so that what is said of it then is the same for ever.

    What came before it counts, and tokens of no more forecasts. Rows of older formats do not say what came before them:
    outcomes count that are not younger, and all scores.

    Args:
        engine: Of the home.
        number: The forecast's.
    """
    issued = select(FORECASTS.c.issued_at).where(FORECASTS.c.seq == number)
    with reading(engine) as connection:
        at = connection.execute(issued).scalar() or ""
        chosen = {
            EVENTS: EVENTS.c.forecasts < number,
            FORECASTS: FORECASTS.c.seq <= number,
            OUTCOMES: func.coalesce(OUTCOMES.c.forecasts < number, OUTCOMES.c.settled_at <= at),
            SCORED: func.coalesce(SCORED.c.forecasts < number, True),
            TOKENS: TOKENS.c.forecasts <= number,
        }
        ends = {table.name: select(func.max(table.c.seq)).where(condition) for table, condition in chosen.items()}
        return {name: connection.execute(end).scalar() or 0 for name, end in ends.items()}


def pieces(
    engine: Engine,
    wanted: Wanted = EVERYTHING,
    columns: Sequence[str] = COLUMNS,
    upto: State | None = None,
    *,
    checked: bool = False,
) -> Iterator[list[Row[Any]]]:
    """Forecasts in order of record, their outcome and scores beside them (None where not settled yet).

    Args:
        engine: Of the home.
        wanted: Which.
        columns: What of them, of `COLUMNS`; it comes in the order that they have there.
        upto: The state to read; that of now where None.
        checked: Whether each row is held against its hash, see `shown`; all of it is read then.

    Yields:
        At most `PIECE` rows; no transaction is open meanwhile.

    Raises:
        LedgerError: Where a value is not what its column keeps; the first row that does not hold is named. Where a row
            is to be held against its hash and is not what was recorded, it is named.
        StoreError: Where the database cannot be read.
    """
    upto = state(engine) if upto is None else upto
    query, kinds = _joined(columns, upto), [column for column in OFFERED if column.name in columns]
    for piece in numbered(engine, wanted, upto[FORECASTS.name]):
        with naming(engine):
            with reading(engine) as connection:
                rows = list(connection.execute(query.where(piece)).all())
                stored = shown.parts(connection, piece, upto) if checked else ()
            if not sound(kinds, rows):
                raise ValueError("a row of the record holds what its column does not keep")
        if broken := shown.fault(stored):
            raise LedgerError(broken.told)
        if rows:
            yield rows


def standings(engine: Engine, wanted: Wanted = EVERYTHING) -> list[Standing]:
    """What is on record of each asset, by its first forecast; from an index alone."""
    f = FORECASTS.c
    found = select(f.symbol, func.count(), func.max(f.as_of)).group_by(f.symbol).order_by(func.min(f.seq))
    with reading(engine) as connection:
        return [Standing(*row) for row in connection.execute(found.where(*_conditions(wanted)))]


def same(left: Table, right: Table, key: Sequence[str]) -> ColumnElement[bool]:
    """Rows of two tables that have the same key."""
    return and_(*(left.c[name] == right.c[name] for name in key))


class _Truth(TypeDecorator[bool]):
    """Yes or no; SQLite keeps 1 and 0, and SQLAlchemy's own type takes anything else for yes."""

    impl = Integer
    cache_ok = True

    def process_result_value(self, value: Any, _dialect: object) -> bool | None:  # noqa: ANN401  # whatever is there
        """True, false or nothing.

        Raises:
            ValueError: For anything else.
        """
        if value is None or (isinstance(value, int) and value in {0, 1}):
            return None if value is None else bool(value)
        raise ValueError(f"{value!r} is neither yes nor no")


def _strictly(column: Column[Any]) -> ColumnElement[Any]:
    return type_coerce(column, _Truth()).label(column.name) if isinstance(column.type, Boolean) else column


def _joined(columns: Sequence[str], upto: State) -> Select[Any]:
    joined = FORECASTS.outerjoin(
        OUTCOMES, and_(same(FORECASTS, OUTCOMES, OUTCOME_KEY), OUTCOMES.c.seq <= upto[OUTCOMES.name])
    ).outerjoin(SCORED, and_(same(FORECASTS, SCORED, KEY), SCORED.c.seq <= upto[SCORED.name]))
    return select(*(_strictly(c) for c in OFFERED if c.name in columns)).select_from(joined).order_by(FORECASTS.c.seq)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    f = FORECASTS.c
    compared = (
        (eq, f.as_of, wanted.as_of),
        (ge, f.as_of, wanted.since),
        (le, f.as_of, wanted.until),
        (eq, f.horizon, wanted.horizon),
    )
    conditions = [compare(column, value) for compare, column, value in compared if value is not None]
    if wanted.symbols:
        conditions.append(f.symbol.in_(wanted.symbols))
    if wanted.models:
        conditions.append(f.model.in_(wanted.models))
    if wanted.targets is not None:
        last = select(f.target).where(*conditions).distinct().order_by(f.target.desc()).limit(wanted.targets).subquery()
        conditions.append(f.target >= select(func.min(last.c.target)).scalar_subquery())
    return conditions


def numbered(engine: Engine, wanted: Wanted, end: int) -> Iterator[ColumnElement[bool]]:
    """Which rows each piece has.

    Args:
        engine: Of the home.
        wanted: Which forecasts.
        end: The last number of a row that is looked at.

    Yields:
        A condition on the forecasts: a range of numbers where all are wanted, else a list; at most `PIECE`.
    """
    seq, conditions = FORECASTS.c.seq, _conditions(wanted)
    # A sum is no key: by the key itself SQLite would go through the long rows, where an index has all that is asked.
    number = seq + 0 if conditions else seq
    found = select(number).where(number <= end, *conditions)
    after = 0 if wanted.last is None else _before(engine, found.order_by(number.desc()).offset(wanted.last - 1))
    if not conditions:
        for first in range(after, end, PIECE):
            yield and_(seq > first, seq <= min(first + PIECE, end))
        return
    while True:
        with reading(engine) as connection:
            some = connection.execute(found.where(number > after).order_by(number).limit(_NUMBERS)).scalars().all()
        for at in range(0, len(some), PIECE):
            yield seq.in_(some[at : at + PIECE])
        if len(some) < _NUMBERS:
            return
        after = some[-1]


def _before(engine: Engine, found: Select[int]) -> int:
    """The number before the first one that is found; 0 where none is."""
    with reading(engine) as connection:
        first = connection.execute(found.limit(1)).scalar()
    return 0 if first is None else first - 1
