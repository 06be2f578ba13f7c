"""`forecaster ingest` from the registry: one file more is listed, ingested and fetched every day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ingest import attention, sources
from ingest.database import open_engine
from ingest.store import Store
from tests.ingest import toys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ingest.history import History

NOON = "2024-06-28T12:00:00+00:00"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A source `toy` and an adapter `toy`, each one file beside the registry, on a day that is always the same."""
    monkeypatch.setenv("FORECASTER__CLOCK__START", NOON)
    with (
        toys.beside(sources, toys.SOURCE, tmp_path / "sources"),
        toys.beside(attention, toys.ADAPTER, tmp_path / "attention"),
    ):
        yield


def history(home: Path, symbol: str = "SYM") -> History:
    return Store(open_engine(f"sqlite:///{home / 'forecaster.db'}")).history(symbol)


@pytest.mark.usefixtures("toy")
def test_a_source_of_one_file_is_listed_ingested_and_fetched_every_day(
    command: Callable[..., Any], new_home: Path
) -> None:
    listed = command("ingest", "--help").out
    assert "toy" in listed
    assert "Closes that are a day's number, for tests." in listed
    assert "A longer word" not in listed
    assert "csv_file" not in listed
    assert "SOURCE" not in listed
    own = command("ingest", "toy", "--help").out
    assert "forecaster ingest toy" in own
    assert "--calendar" in own
    said = command("ingest", "toy", "sym", "--from", "2024-01-01", "--to", "2024-06-20", "--home", new_home)
    assert (said.code, said.err) == (0, ""), said
    assert said.out == "SYM: 172 sessions from 2024-01-01 to 2024-06-20 (24/7): 172 new.\n"
    assert history(new_home).asset.lag_minutes == 5
    assert command("run", "--home", new_home).code == 0
    known = history(new_home)
    assert f"{known.last:%Y-%m-%d}" == "2024-06-27"
    assert len(known.frame) == 179
    assert set(known.frame["source"]) == {"toy"}


@pytest.mark.usefixtures("toy")
def test_a_count_of_one_file_is_ingested_and_fetched_every_day(command: Callable[..., Any], new_home: Path) -> None:
    assert command("ingest", "toy", "SYM", "--from", "2024-01-01", "--home", new_home).code == 0
    asked = ("--source", "toy", "--subject", "anything", "--to", "2024-06-01")
    said = command("ingest", "attention", "SYM", *asked, "--home", new_home)
    assert said.code == 0, said
    assert said.out.startswith("SYM: nods a day from toy, now 2023-12-22 to 2024-06-01: ")
    with (new_home / "forecaster.toml").open("a") as file:
        file.write('[data.attention.SYM]\nsource = "toy"\nsubject = "anything"\n')
    said = command("run", "--home", new_home)
    assert said.code == 0, said
    assert f"{history(new_home).counts['day'].max():%Y-%m-%d}" == "2024-06-27"


@pytest.mark.usefixtures("toy")
def test_what_fails_is_named_as_with_any_source(command: Callable[..., Any], new_home: Path) -> None:
    """Unknown symbols, a rate limit that ends the asking and outlives the command, for ingest and run alike."""
    with (new_home / "forecaster.toml").open("a") as file:
        file.write('[data.renamed]\nGONE = "NONE"\nBUSY = "SLOW"\n')
    said = command("ingest", "toy", "GONE", "SYM", "BUSY", "OTHER", "--home", new_home)
    assert said.code == 3, said
    lines = said.out.splitlines()
    assert lines[0].startswith("SYM: ")
    assert lines[1:] == [
        "withheld: toy: GONE: not known: ask for another",
        "withheld: toy: SLOW: too many requests: wait",
        "withheld: toy: OTHER: not asked after that: run again later",
    ]
    paused = command("ingest", "toy", "SYM", "--home", new_home).complaint(1)
    assert paused.startswith("toy: SYM: not requested: the provider asked to wait until ")
    assert "toy: SYM: not requested: the provider asked to wait until " in command("run", "--home", new_home).complaint(
        1
    )
    assert "Missing argument 'symbols'" in command("ingest", "toy", "--home", new_home).complaint(2)


def test_own_assets_all_or_by_name(command: Callable[..., Any], new_home: Path) -> None:
    one = command("ingest", "sample", "^gspc", "--home", new_home)
    assert (one.code, one.out) == (0, "^GSPC: 5031 new.\n")
    assert [asset.symbol for asset in Store(open_engine(f"sqlite:///{new_home / 'forecaster.db'}")).assets()] == [
        "^GSPC"
    ]
    both = command("ingest", "sample", "--home", new_home)
    assert (both.code, both.out) == (0, "^GSPC: 5031 unchanged.\n^IXIC: 5031 new.\n")
    wrong = command("ingest", "sample", "AAPL", "--home", new_home).complaint(1)
    assert wrong == "source sample has no 'AAPL': known: ^GSPC, ^IXIC"
    part = command("ingest", "sample", "^IXIC", "AAPL", "--home", new_home)
    assert part.code == 3
    assert part.out.splitlines()[1] == f"withheld: {wrong}"
    odd = command("ingest", "sample", "^IXIC", "--calendar", "XLON", "--home", new_home).complaint(1)
    assert odd == "source sample has ^IXIC with calendar XNYS, not XLON: leave --calendar out"
    span = ("--from", "2019-01-01", "--to", "2019-01-31")
    none = command("ingest", "sample", "^GSPC", *span, "--home", new_home)
    assert (none.code, none.out) == (0, "^GSPC: nothing to store.\n")


def test_days_of_a_simulated_market(command: Callable[..., Any], new_home: Path) -> None:
    span = ("--from", "2020-01-01", "--to", "2020-03-31")
    said = command("ingest", "simulated", *span, "--home", new_home)
    assert (said.code, said.out) == (0, "SIM: 91 new.\n")
    assert f"{history(new_home, 'SIM').first:%Y-%m-%d}" == "2020-01-01"


@pytest.mark.parametrize(
    ("word", "offer"),
    [
        ("yahu", "nearest: yahoo"),
        ("simulate", "nearest: simulated"),
        ("csw", "nearest: csv"),
        ("csv_file", "known: attention, csv, sample, series, simulated, yahoo"),
        ("SOURCE", "known: attention, csv, sample, series, simulated, yahoo"),
    ],
)
def test_an_unknown_source_is_one_line_with_the_nearest(
    command: Callable[..., Any], new_home: Path, word: str, offer: str
) -> None:
    complaint = command("ingest", word, "AAPL", "--home", new_home).complaint(2)
    assert complaint == f"source {word!r} is not known: {offer}; `forecaster ingest --help` lists the options"


def test_a_file_in_the_place_of_a_source_names_its_command(command: Callable[..., Any], new_home: Path) -> None:
    complaint = command("ingest", "../text", "AAPL", "--home", new_home).complaint(2)
    assert complaint.startswith("to import a file, say `forecaster ingest csv ../text --symbol S`")
