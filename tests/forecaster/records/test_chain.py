"""A chained table of three formats: rows of each verify beside the others, and no edit passes for another type."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Boolean, Column, Double, Engine, LargeBinary, MetaData, String, Text, text

from forecaster.errors import LedgerError
from forecaster.records import chain
from forecaster.witness.rows import GENESIS, row_hash
from ingest.database import open_engine, reading, writing

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Table


def toy(formats: int) -> Table:
    """The table as a program knows it that has so many formats; the database has the columns of all three."""
    columns: dict[int, list[Column[Any]]] = {
        1: [Column("name", String(8)), Column("blob", LargeBinary), Column("q50", Double), Column("up", Boolean)],
        2: [],
        3: [Column("note", Text)],
    }
    return chain.chained_table("toy", MetaData(), {n: columns[n] for n in range(1, formats + 1)}, ("name",))


ROWS: list[dict[str, Any]] = [
    {"name": f"r{n}", "blob": bytes([n, 255]), "q50": value, "up": up}
    for n, (value, up) in enumerate([(0.1, True), (2.0, False), (5e-324, None), (-0.0, True), (1e300, False)])
]


def first_hash(row: dict[str, Any]) -> str:
    """As the program before formats hashed: of every column, bytes as the text of their sha256."""
    plain = {k: hashlib.sha256(v).hexdigest() if isinstance(v, bytes) else v for k, v in row.items()}
    return hashlib.sha256(
        json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
    ).hexdigest()


@pytest.fixture
def engine(url: str) -> Engine:
    """Two rows of format 1, two of format 2 and one of format 3, each written by a program that knows no later one."""
    return filled(open_engine(url))


@pytest.fixture
def loose(tmp_path: Path) -> Engine:
    """The same on the kind of database whose columns hold any type."""
    return filled(open_engine(f"sqlite:///{tmp_path / 'loose.db'}"))


def filled(engine: Engine) -> Engine:
    """Those rows in an empty database."""
    with writing(engine) as connection:
        toy(3).create(connection)
        link = GENESIS
        for row in ROWS[:2]:
            hashed = first_hash({**row, "prev_hash": link})
            connection.execute(toy(1).insert(), {**row, "prev_hash": link, "row_hash": hashed})
            link = hashed
        assert chain.append(connection, toy(2), ROWS[2:4]) == 2
        assert chain.append(connection, toy(3), [{**ROWS[4], "note": "new"}]) == 1
    return engine


def edited(engine: Engine, statement: str, **values: Any) -> chain.Break | None:
    """What is found after an edit, by the newest program."""
    with writing(engine) as connection:
        connection.execute(text(statement), values)
    return chain.verify(engine, toy(3))


def test_rows_of_every_format_verify_in_one_chain(engine: Engine) -> None:
    assert chain.verify(engine, toy(3)) is None
    with reading(engine) as connection:
        formats = connection.execute(text("SELECT format FROM toy ORDER BY seq")).scalars().all()
    assert formats == [1, 1, 2, 2, 3]


@pytest.mark.parametrize("seq", [1, 3])
def test_a_blob_and_the_text_of_its_own_hash_differ(loose: Engine, seq: int) -> None:
    """The hash of format 1 could not tell them apart: the kind of the value does."""
    digest = hashlib.sha256(ROWS[seq - 1]["blob"]).hexdigest()
    found = edited(loose, "UPDATE toy SET blob = :digest WHERE seq = :seq", digest=digest, seq=seq)
    assert found is not None
    fault = "its content is not what was recorded: blob holds text where bytes should stand"
    assert (found.seq, found.fault) == (seq, fault)


def test_a_number_and_its_text_differ() -> None:
    row = {"name": "a", "format": 2}
    assert len({row_hash({**row, "v": v}) for v in (1, 1.0, True, "1", "1.0", "true", b"1", None)}) == 8


@pytest.mark.parametrize(
    ("statement", "seq", "fault"),
    [
        ("UPDATE toy SET note = 'old' WHERE seq = 2", 2, r"it holds note, which rows of its format \(1\) do not have"),
        ("UPDATE toy SET note = '' WHERE seq = 3", 3, r"it holds note, which rows of its format \(2\) do not have"),
        ("UPDATE toy SET note = NULL WHERE seq = 5", 5, "its content is not what was recorded"),
        ("UPDATE toy SET format = 2 WHERE seq = 1", 1, "its content is not what was recorded"),
        ("UPDATE toy SET format = 1 WHERE seq = 3", 3, "its content is not what was recorded"),
        ("UPDATE toy SET format = 3 WHERE seq = 4", 4, "its content is not what was recorded"),
        ("UPDATE toy SET format = 0 WHERE seq = 4", 4, "its content is not what was recorded"),
        ("UPDATE toy SET format = 4 WHERE seq = 4", 4, r"a newer version of this program \(format 4, 3 is known here"),
        ("UPDATE toy SET up = NULL WHERE seq = 4", 4, "its content is not what was recorded"),
        ("UPDATE toy SET q50 = 0.0 WHERE seq = 2", 2, "its content is not what was recorded"),
    ],
)
def test_an_edit_names_the_first_row_that_does_not_hold(engine: Engine, statement: str, seq: int, fault: str) -> None:
    found = edited(engine, statement)
    assert found is not None
    assert found.seq == seq
    with pytest.raises(LedgerError, match=fault):
        raise LedgerError(found.fault)


@pytest.mark.parametrize("seq", [1, 3, 5])
@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "NaN"])
def test_a_number_that_is_not_finite_is_a_named_row(engine: Engine, value: str, seq: int) -> None:
    """SQLite knows infinity as 9e999, and no NaN: it becomes null."""
    written = {"Infinity": "9e999", "-Infinity": "-9e999", "NaN": "9e999 - 9e999"}[value]
    sqlite = engine.dialect.name == "sqlite"
    found = edited(engine, f"UPDATE toy SET q50 = {written if sqlite else repr(value)} WHERE seq = {seq}")  # noqa: S608
    assert found is not None
    assert (found.table, found.seq) == ("toy", seq)
    assert found.fault.startswith("its content is not what was recorded")
    assert ("q50 is not a finite number" in found.fault) is (value != "NaN" or not sqlite)


def test_a_truth_of_two_is_no_truth(loose: Engine) -> None:
    found = edited(loose, "UPDATE toy SET up = 2 WHERE seq = 1")
    assert found is not None
    assert found.seq == 1


def test_an_older_program_names_the_later_format_and_adds_nothing_to_it(engine: Engine) -> None:
    found = chain.verify(engine, toy(2))
    assert found is not None
    assert (found.seq, found.remedy) == (5, "update the program")
    assert found.fault == "it was written by a newer version of this program (format 3, 2 is known here)"
    with (
        pytest.raises(LedgerError, match=r"last row of toy was written by a newer version .*: update the program"),
        writing(engine) as connection,
    ):
        chain.append(connection, toy(2), [{**ROWS[0], "name": "later"}])


def test_nothing_is_added_behind_a_format_that_is_no_number(loose: Engine) -> None:
    with writing(loose) as connection:
        connection.execute(text("UPDATE toy SET format = 'two' WHERE seq = (SELECT max(seq) FROM toy)"))
    with pytest.raises(LedgerError, match=r"format two, 3 is known here"), writing(loose) as connection:
        chain.append(connection, toy(3), [{**ROWS[0], "name": "later"}])


def test_what_a_later_format_adds_may_be_left_out_of_a_row(engine: Engine) -> None:
    with writing(engine) as connection:
        chain.append(connection, toy(3), [{**ROWS[1], "name": "bare"}])
    assert chain.verify(engine, toy(3)) is None
