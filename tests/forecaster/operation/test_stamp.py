"""A report is left alone where nothing that it depends on has changed, and rendered again in every other case."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from forecaster.issuing.issue import issue
from forecaster.operation import daily, stamp
from forecaster.operation.settle import settle
from forecaster.operation.stamp import Stamp
from forecaster.records.home import Home, open_home
from tests.cheap_settings import TWO, write_cheap
from tests.walk import NOW, WALK, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAY = pd.Timestamp("2018-01-20")


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose day was run, and whose next day is known. Not to be changed."""
    folder = tmp_path_factory.mktemp("reported")
    write_cheap(folder, models=TWO)
    home = open_home(folder)
    home.store.append(WALK, walk(210), NOW)
    assert daily.run(home, DAY).report == folder / "reports" / "2018-01-20.pdf"
    return folder


@pytest.fixture
def home(reported: Path, tmp_path: Path) -> Iterator[Home]:
    """A copy of it, opened as by a new process."""
    stamp._program.cache_clear()
    yield open_home(shutil.copytree(reported, tmp_path / "home"))
    stamp._program.cache_clear()


def pages(home: Home) -> dict[str, tuple[int, bytes]]:
    """Each page: when it was written, and its bytes."""
    found = (home.reports / f"2018-01-20.{kind}" for kind in ("pdf", "html"))
    return {page.suffix: (page.stat().st_mtime_ns, page.read_bytes()) for page in found}


def holds(home: Home, withheld: dict[str, str] | None = None) -> bool:
    """Whether a new process would leave the report of the day alone."""
    stamp._program.cache_clear()
    return Stamp.of(open_home(home.folder), DAY, ("WALK",), withheld or {}).holds


def test_the_second_run_leaves_the_pages_alone(home: Home) -> None:
    before = pages(home)
    again = daily.run(home, DAY)
    assert pages(home) == before
    assert (again.report, again.recorded, again.as_ofs) == (home.reports / "2018-01-20.pdf", 0, {"WALK": DAY})


def test_a_report_that_was_deleted_comes_back_byte_for_byte(home: Home) -> None:
    before = pages(home)
    (home.reports / "2018-01-20.html").unlink()
    assert not holds(home)
    daily.run(home, DAY)
    for kind, (written, contents) in pages(home).items():
        assert written != before[kind][0]
        assert contents == before[kind][1]
    assert holds(home)


def test_a_new_program_renders_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = pages(home)
    monkeypatch.setattr(stamp, "code_version", lambda: "0.2.0+12345678")
    daily.run(home, DAY)
    assert all(written != before[kind][0] for kind, (written, _) in pages(home).items())
    assert holds(home)


@pytest.mark.parametrize("name", ["pdf", "html", "stamp"])
def test_a_file_that_is_gone_or_is_not_as_it_was_holds_no_more(home: Home, name: str) -> None:
    file = home.reports / f"2018-01-20.{name}"
    assert holds(home)
    file.write_bytes(b"\xff{" + file.read_bytes())
    assert not holds(home)
    file.write_text("[" * 100_000)
    assert not holds(home)
    file.unlink()
    assert not holds(home)


def other_settings(home: Home) -> None:
    file = home.folder / "forecaster.toml"
    file.write_text(file.read_text("utf-8").replace("[report]\ndays = 3", "[report]\ndays = 2"), "utf-8")


def new_outcome(home: Home) -> None:
    assert settle(home.ledger, home.store.history("WALK"), DAY + pd.Timedelta(days=1), home.clock.now()) == 1


def new_forecast(home: Home) -> None:
    assert home.ledger.record(issue(home.store.history("WALK"), DAY, ("ewma",), home.settings), home.clock.now()) == 1


def other_replay(home: Home) -> None:
    with closing(sqlite3.connect(home.folder / "forecaster.db")) as connection, connection:
        assert connection.execute("UPDATE replay SET q50 = q50 + 0.001").rowcount > 0


@pytest.mark.parametrize("change", [other_settings, new_outcome, new_forecast, other_replay])
def test_a_home_in_which_something_changed_holds_no_more(home: Home, change: Callable[[Home], None]) -> None:
    assert holds(home)
    change(home)
    assert not holds(home)


def test_other_words_on_the_page_hold_no_more(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not holds(home, {"SHORT": "SHORT has 30 rows"})
    assert not Stamp.of(home, DAY, ("WALK", "SHORT"), {}).holds
    assert not Stamp.of(home, DAY + pd.Timedelta(days=1), ("WALK",), {}).holds
    assert holds(home)
    monkeypatch.setattr(stamp, "version", lambda name: f"the next of {name}")
    assert not holds(home)


def test_a_stamp_tells_no_password_and_knows_every_file_of_the_pages(home: Home) -> None:
    address = {"database": "postgresql+psycopg://user:secret@host/name"}
    secret = home.settings.model_copy(update={"data": home.settings.data.model_copy(update=address)})
    assert Stamp.of(replace(home, settings=secret), DAY, ("WALK",), {}).holds, "a hash of a password could be guessed"
    program = json.dumps(stamp._program())
    assert "sections/fan.py" in program
    assert "templates/report.typ" in program
    assert ".pyc" not in program
