"""A database that fails: one plain line, nothing stored is lost, and the next write works."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from ingest.assets import Asset
from ingest.database import open_engine, place, reading, writing
from ingest.errors import StoreError
from ingest.store import Appended, Store, vintage_sha256
from tests.bad_places import fill, small_disk, without_rights

MakePanel = Callable[..., pd.DataFrame]
COIN = Asset("COIN", calendar="24/7", source="test")
NOW = datetime(2024, 6, 1, tzinfo=UTC)


def test_a_full_disk_loses_nothing_and_the_next_append_works(tmp_path: Path, make_panel: MakePanel) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        store = Store(open_engine(f"sqlite:///{disk / 'market.db'}"))
        store.append(COIN, make_panel(300), datetime(2025, 1, 1, tzinfo=UTC))
        before = vintage_sha256(store.read("COIN", "2024-10-20"))
        ballast = fill(disk, left=40_000)
        more = make_panel(900)
        with pytest.raises(StoreError) as fault:
            store.append(COIN, more, datetime(2026, 10, 1, tzinfo=UTC))
        assert str(fault.value) == (
            f"the disk is full: free some space at {disk} and run again; nothing already stored was changed"
        )
        assert vintage_sha256(store.read("COIN", "2024-10-20")) == before
        assert len(store.history("COIN").frame) == 300
        ballast.unlink()
        counts = store.append(COIN, more, datetime(2026, 10, 1, tzinfo=UTC))
        assert counts.new == 600
        assert vintage_sha256(store.read("COIN", "2024-10-20")) == before
        with reading(open_engine(f"sqlite:///{disk / 'market.db'}")) as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_a_full_disk_at_the_very_first_write(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "16k") as disk:
        fill(disk)
        with pytest.raises(StoreError, match="the disk is full: free some space"):
            Store(open_engine(f"sqlite:///{disk / 'market.db'}"))


def test_a_disk_mounted_read_only_can_be_read_and_says_that_it_cannot_be_written(
    tmp_path: Path, make_panel: MakePanel
) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        url = f"sqlite:///{disk / 'market.db'}"
        Store(open_engine(url)).append(COIN, make_panel(10), NOW)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        store = Store(open_engine(url))
        assert len(store.read("COIN", "2024-01-10")) == 10
        with pytest.raises(StoreError, match=r"market.db may not be written: check its permissions"):
            store.append(COIN, make_panel(20), NOW)


def test_a_home_without_permission_is_one_clear_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o555)
    engine = open_engine(f"sqlite:///{home / 'market.db'}")
    cannot = pytest.raises(StoreError, match=r"cannot be opened: check that .* may be written")
    try:
        with without_rights(tmp_path), cannot:
            Store(engine)
    finally:
        home.chmod(0o755)


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"absent exists and may be written, or choose another home"):
        Store(open_engine(f"sqlite:///{tmp_path / 'absent' / 'market.db'}"))


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    path.write_text("Date,Close\n" * 500)
    with pytest.raises(StoreError, match=r"market.db is damaged or is not a database"):
        Store(open_engine(f"sqlite:///{path}"))
    assert path.read_text() == "Date,Close\n" * 500


def test_a_crash_in_the_middle_of_a_write_leaves_nothing_of_it(tmp_path: Path, make_panel: MakePanel) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'market.db'}")
    store = Store(engine)
    store.append(COIN, make_panel(10), NOW)

    def interrupted() -> None:
        with writing(engine) as connection:
            connection.execute(text("DELETE FROM vintage"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert store.append(COIN, make_panel(10), NOW + timedelta(days=1)) == Appended(unchanged=10)


def test_a_writer_that_waits_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.database.BUSY_SECONDS", 0.2)
    engine = open_engine(f"sqlite:///{tmp_path / 'market.db'}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
    with writing(engine), pytest.raises(StoreError, match=r"another process keeps .* busy"), writing(engine):
        pass


@pytest.mark.parametrize("url", ["", "not a url", "mysql://user:secret@host/db", "oracle://user:secret@host/db"])
def test_an_address_of_nothing_we_know_is_one_clear_line(url: str) -> None:
    with pytest.raises(StoreError) as fault:
        open_engine(url)
    assert "sqlite:///FILE or postgresql+psycopg://" in str(fault.value)
    assert "secret" not in str(fault.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone:s3cret@127.0.0.1:9/market",
        "postgresql://someone@127.0.0.1:9/market?password=s3cret",
    ],
)
def test_a_password_is_never_printed(url: str) -> None:
    engine = open_engine(url)
    with pytest.raises(StoreError, match="cannot be reached") as fault, reading(engine):
        pass
    assert "s3cret" not in str(fault.value) + place(engine) + repr(engine)
    assert "\n" not in str(fault.value)
