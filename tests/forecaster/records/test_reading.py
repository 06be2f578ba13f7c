"""The record is read in pieces, by the numbers of its rows, and the pieces are one state of it, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import event, select

from benchmarks.record import MODELS, day, fill, forecasts, settled
from forecaster.records import chain
from forecaster.records.ledger import Ledger
from forecaster.records.preparation import prepare
from forecaster.records.raw_rows import PIECE
from forecaster.records.reading import COLUMNS, EVERYTHING, LIGHT, Wanted, pieces, standings
from forecaster.records.tables import FORECASTS, OUTCOMES, SCORED
from ingest.database import open_engine, reading, writing
from ingest.errors import StoreError
from tests.ingest.postgres import emptied

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine, Row

ASSETS, DAYS = 30, 8
ROWS = ASSETS * DAYS * len(MODELS)
"""Three pieces, the last one not full."""


@pytest.fixture
def engine(url: str) -> Engine:
    """A record of three pieces on each kind of database."""
    engine = open_engine(url)
    prepare(engine)
    fill(engine, ASSETS, DAYS)
    return engine


def rows(engine: Engine, wanted: Wanted = EVERYTHING, columns: tuple[str, ...] = COLUMNS) -> list[Row[Any]]:
    return [row for some in pieces(engine, wanted, columns) for row in some]


def add(engine: Engine, number: int) -> None:
    """Records a forecast of another asset, and settles the last day of one of the others."""
    rng = np.random.default_rng(number)
    with writing(engine) as connection:
        chain.append(connection, FORECASTS, [next(forecasts(f"NEW{number}", DAYS + number, rng))])
        outcome, scores = settled(f"S{number:03d}", DAYS - 1, rng)
        chain.append(connection, OUTCOMES, [outcome])
        chain.append(connection, SCORED, scores)


def beside_a_writer(engine: Engine, read: Callable[[], object]) -> tuple[object, int]:
    """What is read while another, who waits for nobody, writes after each read transaction; and how often it did."""
    other, written = open_engine(engine.url), []

    def write(*_: Any) -> None:
        add(other, len(written))
        written.append(True)

    event.listen(engine, "close", write)
    try:
        return read(), len(written)
    finally:
        event.remove(engine, "close", write)


def test_pieces_are_one_state_whoever_writes_between_them(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(engine)
    assert [len(some) for some in pieces(engine)] == [1000, 1000, 400]
    monkeypatch.setattr("ingest.database.BUSY_SECONDS", 0)
    after, written = beside_a_writer(engine, lambda: rows(engine))
    assert after == before
    assert written == 1 + 3
    assert len(rows(engine)) == ROWS + written
    assert sum(row.y is not None for row in rows(engine, columns=("y",))) == ROWS - 10 * ASSETS + 10 * written


def test_a_chain_is_verified_while_somebody_writes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, upto = Ledger(engine), Ledger(engine).state()
    heads = ledger.heads()
    monkeypatch.setattr("ingest.database.BUSY_SECONDS", 0)
    found, written = beside_a_writer(engine, ledger.verify)
    assert found is None
    assert written == 1 + 2 + 3 + 1 + 3  # of the events and instants, and of each table with rows
    assert ledger.heads(upto) == heads
    assert ledger.heads() != heads
    assert ledger.verify() is None


def test_negative_control_one_long_read_keeps_a_writer_out_of_sqlite(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.database.BUSY_SECONDS", 0)
    other = open_engine(engine.url)
    with reading(engine) as connection:
        found = connection.execute(select(FORECASTS.c.seq), execution_options={"yield_per": 10})
        next(found.partitions())
        if engine.dialect.name == "sqlite":
            with pytest.raises(StoreError, match=r"another process keeps .* busy"):
                add(other, 0)
        else:
            add(other, 0)
        found.close()


def test_what_is_wanted_is_what_is_read(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows(engine)
    monkeypatch.setattr("forecaster.records.reading._NUMBERS", 1200)
    for wanted, kept in (
        (Wanted(["S003", "S017"]), lambda row: row.symbol in {"S003", "S017"}),
        (Wanted(as_of=day(3)), lambda row: row.as_of == day(3)),
        (Wanted(since=day(6)), lambda row: row.as_of >= day(6)),
        (Wanted(["S003"], since=day(2), until=day(4)), lambda row: row.symbol == "S003" and 600 < row.seq <= 1500),
        (Wanted(["S029"], until=day(6), targets=2), lambda row: row.symbol == "S029" and day(5) <= row.as_of <= day(6)),
        (Wanted(last=7), lambda row: row.seq > ROWS - 7),
        (Wanted(last=ROWS - 1), lambda row: row.seq > 1),
        (Wanted(last=ROWS + 1), lambda _: True),
        (Wanted(since=day(0)), lambda _: True),
        (Wanted(["S029"], last=7), lambda row: row.seq > ROWS - 7),
        (Wanted(["NONE"]), lambda _: False),
        (Wanted(horizon=2), lambda _: False),
    ):
        assert rows(engine, wanted) == [row for row in whole if kept(row)], wanted


def test_where_an_asset_stands(engine: Engine) -> None:
    add(engine, 0)
    found = standings(engine, Wanted(until=day(DAYS)))
    assert [(own.symbol, own.forecasts, own.newest) for own in found] == [
        *((f"S{number:03d}", 80, day(DAYS - 1)) for number in range(ASSETS)),
        ("NEW0", 1, day(DAYS)),
    ]


def test_an_empty_record_has_no_pieces(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    prepare(engine)
    assert rows(engine) == rows(engine, Wanted(last=3)) == standings(engine) == []
    assert Ledger(engine).verify() is None
    assert Ledger(engine).forecasts().columns.tolist() == list(COLUMNS)


def steps(engine: Engine, wanted: Wanted) -> int:
    """How many instructions SQLite carries out for an answer: its work, whatever else the machine does."""
    done = []

    def count(raw: Any, _record: object) -> None:
        raw.set_progress_handler(lambda: done.append(None), 1)

    event.listen(engine, "connect", count)
    try:
        rows(engine, wanted, LIGHT)
    finally:
        event.remove(engine, "connect", count)
    return len(done)


def plan(engine: Engine, wanted: Wanted) -> str:
    """How SQLite finds the numbers of the rows."""
    told: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT forecast.seq"):
            found = connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            told.extend(row[3] for row in found)

    event.listen(engine, "after_cursor_execute", explain)
    try:
        assert rows(engine, wanted, ("symbol",))
    finally:
        event.remove(engine, "after_cursor_execute", explain)
    return told[0]


def test_a_part_is_found_by_an_index_alone(tmp_path: Path) -> None:
    """Of two records, one four times as long as the other: the work for the last twenty is the same."""
    small, large = (open_engine(f"sqlite:///{tmp_path / name}.db") for name in ("small", "large"))
    for engine, days in ((small, 2), (large, 8)):
        prepare(engine)
        fill(engine, ASSETS, days)
    assert steps(large, Wanted(last=20)) < 1.05 * steps(small, Wanted(last=20)) < steps(large, Wanted()) / 50
    assert plan(large, Wanted(last=20)).startswith("SEARCH forecast USING INTEGER PRIMARY KEY")
    for wanted in (Wanted(["S003"]), Wanted(["S003"], last=5), Wanted(["S003"], as_of=day(3))):
        assert plan(large, wanted).startswith("SEARCH forecast USING COVERING INDEX"), wanted
    for wanted in (Wanted(since=day(7)), Wanted(as_of=day(3)), Wanted(since=day(6), last=5)):
        assert plan(large, wanted).startswith("SCAN forecast USING COVERING INDEX"), wanted


def test_postgresql_is_never_asked_for_more_than_a_piece(server: str) -> None:
    """What its driver holds at a time: the rows of an answer that it fetched whole."""
    engine = emptied(open_engine(server))
    prepare(engine)
    fill(engine, ASSETS, DAYS)
    held: list[int] = []

    def count(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "FROM forecast" in statement:
            held.append(cursor.rowcount)

    event.listen(engine, "after_cursor_execute", count)
    assert len(rows(engine)) == ROWS
    assert Ledger(engine).verify() is None
    event.remove(engine, "after_cursor_execute", count)
    assert max(held) == PIECE
