"""The tables of `ingest` used alone: created where absent, and never taken for whole where a column is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect, text

from ingest.database import open_engine, prepare, writing
from ingest.errors import StoreError
from ingest.pauses import PAUSES, Pauses
from ingest.store import Store
from ingest.tables import METADATA
from tests.ingest.rows import everything

if TYPE_CHECKING:
    from pathlib import Path


def test_a_store_and_pauses_make_their_own_tables_alone(url: str) -> None:
    engine = open_engine(url)
    Store(engine)
    assert set(inspect(engine).get_table_names()) == set(METADATA.tables)
    Pauses(engine)
    assert set(inspect(engine).get_table_names()) == {*METADATA.tables, PAUSES.name}


def test_one_that_is_absent_is_made_beside_the_others(url: str) -> None:
    engine = open_engine(url)
    Store(engine)
    before = everything(engine)
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE quarantine"))
    prepare(engine, METADATA)
    assert everything(engine) == before


def test_where_all_are_there_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    Store(open_engine(f"sqlite:///{path}"))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    Store(open_engine(f"sqlite:///{path}"))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.parametrize("absent", [(), ("DROP TABLE quarantine",)])
def test_a_table_that_lacks_a_column_is_refused_by_name(url: str, absent: tuple[str, ...]) -> None:
    engine = open_engine(url)
    Store(engine)
    with writing(engine) as connection:
        for statement in ("ALTER TABLE vintage DROP COLUMN payload", *absent):
            connection.execute(text(statement))
    before = everything(engine)
    with pytest.raises(
        StoreError, match="its table vintage lacks payload: `forecaster doctor` brings the home"
    ) as fault:
        Store(engine)
    assert "\n" not in str(fault.value)
    assert everything(engine) == before
