"""A writer that is killed at any moment loses nothing it acknowledged and leaves nothing half, on both databases.

SIGKILL takes the process, not the machine: that a power cut is survived rests on `synchronous=FULL` and on
PostgreSQL's own log, and is not shown here.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from ingest.database import open_engine, writing
from ingest.store import History, Store, vintage_sha256
from tests.ingest import daily_imports
from tests.ingest.daily_imports import FIRST, START, SYMBOLS, Vintage, close_of, last_day, rows_of, vintages

LIFE = 0.3
"""Seconds within which a writer is killed: one in four from when it opens the store on, else from its first import."""

READINGS = 3
"""How many days of each symbol are read after a kill, and as many that were read before."""


@dataclass
class Killed:
    """What is known of a store whose writers were killed.

    Attributes:
        days: of each symbol, the last day whose import is stored.
        read: fingerprints of (symbol, as_of) as they were read after some kill.
        kills: how many there were.
        in_flight: those that hit between the line before an import and the line after it.
        stored: those of them after which the import was there, whole.
        journals: those that left SQLite's journal, so that they hit within a write.
        imports: acknowledged ones.
    """

    days: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SYMBOLS, FIRST - 1))
    read: dict[tuple[str, pd.Timestamp], str] = field(default_factory=dict)
    kills: int = 0
    in_flight: int = 0
    stored: int = 0
    journals: int = 0
    imports: int = 0

    @property
    def figures(self) -> str:
        """The counts in one line."""
        return (
            f"{self.kills} kills, {self.in_flight} with an import in flight, {self.stored} of these stored whole, "
            f"{self.journals} journals left, {self.imports} imports acknowledged"
        )


PATIENCE = 10
"""Times the kills that are wanted: on a busy machine many fall before a writer's first import is done."""


def killed(url: str, manner: str, kills: int, seed: int) -> Killed:
    """Kills one writer after another at random moments and looks at the store after each."""
    rng, found = np.random.default_rng(seed), Killed()
    while found.kills < kills or (found.imports < kills and found.kills < PATIENCE * kills):
        said = one_life(url, manner, rng.uniform(0, LIFE), from_first_import=rng.random() < 0.75)
        found.kills += 1
        found.journals += url.startswith("sqlite") and Path(url.removeprefix("sqlite:///") + "-journal").exists()
        look(url, said, found, rng)
    return found


def one_life(url: str, manner: str, seconds: float, *, from_first_import: bool) -> list[str]:
    """What a writer said that was killed so many seconds after it began."""
    command = [sys.executable, daily_imports.__file__, url, manner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        said = writer.stdout.readline() if from_first_import else ""
        time.sleep(seconds)
        writer.kill()
        said += writer.stdout.read()
    assert writer.returncode == -signal.SIGKILL
    return said.splitlines()


def look(url: str, said: list[str], found: Killed, rng: np.random.Generator) -> None:
    """Everything that was said to be stored is, whole; nothing else is, but for the import in flight, whole."""
    engine = open_engine(url)
    with writing(engine) as connection:  # waits until a server has noticed that its client is gone
        if url.startswith("sqlite"):
            assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    store = Store(engine)
    begun, stored = (
        [(symbol, int(day)) for word, symbol, day in map(str.split, said) if word == wanted]
        for wanted in ("begun", "stored")
    )
    flying = set(begun) - set(stored)
    found.in_flight += len(flying)
    found.imports += len(stored)
    registered = {asset.symbol for asset in store.assets()}
    for symbol in SYMBOLS:
        first = next((day for name, day in begun if name == symbol), found.days[symbol] + 1)
        assert first == found.days[symbol] + 1, f"{symbol}: the writer did not go on where the store stopped"
        day = max([found.days[symbol], *(day for name, day in stored if name == symbol)])
        there = last_day(store, symbol)
        assert there >= day, f"{symbol}: day {day} was acknowledged and is not stored"
        assert there == day or {(symbol, there)} == flying, f"{symbol}: day {there} was never begun"
        found.stored += there > day
        found.days[symbol] = there
        if symbol in registered:
            compare(store.history(symbol), there, found, rng)


def compare(history: History, day: int, found: Killed, rng: np.random.Generator) -> None:
    """The vintages are those of the imports up to the day, and what was known at some closes is what must be."""
    symbol = history.asset.symbol
    expected = [vintage for past in range(FIRST, day + 1) for vintage in vintages(symbol, past)]
    assert stored_of(history) == sorted(expected, key=lambda vintage: vintage[:2]), (
        f"{symbol}: an import is stored by half"
    )
    asked = START + pd.to_timedelta(rng.integers(0, day, READINGS), unit="D")
    for as_of in asked:
        rows = history.read(as_of)
        assert rows_of(rows) == known(expected, as_of), f"{symbol}: another reading at {as_of:%Y-%m-%d}"
        assert found.read.setdefault((symbol, as_of), vintage_sha256(rows)) == vintage_sha256(rows)
    earlier = [as_of for name, as_of in found.read if name == symbol]
    for at in rng.integers(0, len(earlier), READINGS):
        assert vintage_sha256(history.read(earlier[at])) == found.read[symbol, earlier[at]]


def stored_of(history: History) -> list[Vintage]:
    """The vintages of a history, by session, then by when they were known."""
    frame = history.frame
    values = rows_of(frame.assign(session=range(len(frame)))).values()
    return list(zip(frame["session"], frame["known_at"], values, strict=True))


def known(expected: list[Vintage], as_of: pd.Timestamp) -> dict[pd.Timestamp, tuple[float | None, ...]]:
    """Of each session up to as_of, the last values known at its close; vintages come in the order of imports."""
    moment = close_of((as_of - START).days)
    seen = {session: values for session, since, values in expected if session <= as_of and since <= moment}
    return dict(sorted(seen.items()))


@pytest.mark.parametrize("kills", [6, pytest.param(200, marks=pytest.mark.campaign)])
def test_a_killed_writer_loses_nothing_and_leaves_nothing_half(
    url: str, kills: int, record_testsuite_property: Callable[[str, object], None]
) -> None:
    found = killed(url, "whole", kills, seed=kills)
    record_testsuite_property(f"{kills} kills on {url.partition(':')[0]}", found.figures)
    assert found.in_flight >= kills / 3, "too few kills hit an import"
    assert found.imports >= kills


@pytest.mark.parametrize(
    ("manner", "fault"), [("halves", "is stored by half"), ("hasty", "was acknowledged and is not")]
)
def test_negative_control_a_broken_writer_is_found_out(tmp_path: Path, manner: str, fault: str) -> None:
    """The test above can fail: with an import in two transactions, or acknowledged before it is stored, it would."""
    with pytest.raises(AssertionError, match=fault):
        killed(f"sqlite:///{tmp_path / 'market.db'}", manner, kills=6, seed=1)
