"""Every change of a row that somebody else can vouch for is found and placed; honest histories raise no alarm.

A record of six days with tokens after the second and the fourth, whose head at the end is kept elsewhere, is tampered
with in every way of `KINDS`: by whoever can open the file, and by an insider with the source code, who computes all
later hashes again, sets the database's counters, and keeps the tokens, drops them or has others made by a clock of his
own. What must be found is each change of a row that the kept line covers.
"""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from forecaster.errors import ForecasterError, LedgerError
from forecaster.records import heads, tokens, witnesses
from forecaster.records.backup import backup, restore
from forecaster.records.deep.look import look
from forecaster.records.door import open_record
from forecaster.records.home import Home, open_home
from forecaster.records.ledger import Ledger
from forecaster.records.tables import FORECASTS, TABLES, TOKENS
from forecaster.records.whole import first_break
from forecaster.witness.token import verify
from ingest.daily_counts import Counts
from ingest.database import open_engine, writing
from ingest.errors import IngestError
from tests.authority import Authority, authority, stamp_time
from tests.forecaster.records.former_home import SETTINGS, former
from tests.forecaster.records.histories import COIN, MODELS, after, day, fetched, lived, rehashed, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

__all__ = ["authority"]
NAMES = tuple(table.name for table in TABLES)
PLACE = re.compile(rf"({'|'.join(NAMES)}) rows? (\d+)(?: to (\d+))?")
ODD = ("9e999", "-9e999", "X'00ff'", "'odd'", "7.5", "NULL", "'a' || char(0)", "CAST(X'ff41' AS TEXT)", f"{2**62}")


@dataclass(frozen=True)
class Base:
    """The record that is tampered with. Not to be changed.

    Attributes:
        folder: Its home.
        authority: Whose stamps it has.
        line: What `ledger head` said of its end, kept elsewhere.
        rows: The rows of each table.
    """

    folder: Path
    authority: Authority
    line: str
    rows: dict[str, list[tuple[Any, ...]]]


@dataclass
class Copy:
    """A copy of its home, and what is done to it.

    Attributes:
        folder: The copy.
        rng: What is random.
        own: An authority that only the insider trusts.
        table: What is tampered with.
        seq: The first row of it that is.
        last: The last one.
    """

    folder: Path
    rng: random.Random
    own: Authority
    table: str = ""
    seq: int = 0
    last: int = field(default=0)

    @property
    def file(self) -> Path:
        """Its database."""
        return self.folder / "forecaster.db"

    def did(self, *statements: str, **values: Any) -> None:
        """Runs statements, and gives up nothing where a rule of the table refuses them."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            for statement in statements:
                connection.execute(statement, values)

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with closing(sqlite3.connect(self.file)) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  # a fixed name

    def choose(self, tables: tuple[str, ...] = NAMES, spare: int = 0) -> str:
        """Chooses a row of a table that has more than so many."""
        self.table = self.rng.choice([name for name in tables if self.count(name) > spare])
        self.seq = self.last = self.rng.randint(1, self.count(self.table) - spare)
        return self.table

    def column(self) -> str:
        """Chooses a column of the table that is tampered with."""
        with closing(sqlite3.connect(self.file)) as connection:
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({self.table})")]
        return self.rng.choice([name for name in names if name not in {"seq", "prev_hash", "row_hash", "format"}])

    def vouched(self, how: str) -> None:
        """Computes the hashes again, and sees to the tokens."""
        engine = open_engine(f"sqlite:///{self.file}")
        if how != "kept":
            self.did("DELETE FROM token", "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'token'")
        rehashed(engine)
        if how == "own":
            witnesses.seal(engine, asked(self.own, after(day(6))))


def asked(by: Authority, at: datetime) -> Callable[[bytes], Any]:
    """Asks an authority for a stamp of a time."""

    def ask(sealed: bytes) -> Any:
        der = by.forged(sealed, stamp_time(at.astimezone(UTC)))
        return der, verify(der, sealed, by.roots)

    return ask


def edited(copy: Copy) -> None:
    """Another value of the right kind."""
    copy.choose()
    name = copy.column()
    copy.did(
        f"UPDATE {copy.table} SET {name} = CASE typeof({name}) WHEN 'real' THEN {name} * 1.5 + 1 WHEN 'integer' THEN "  # noqa: S608  # of this test
        f"1 - {name} WHEN 'blob' THEN substr({name}, 1, length({name}) - 1) || X'a7' WHEN 'null' THEN 1 "
        f"ELSE {name} || '7' END WHERE seq = {copy.seq}"
    )


def misfit(copy: Copy) -> None:
    """A value of another kind than the column keeps."""
    copy.choose()
    try:
        copy.did(f"UPDATE {copy.table} SET {copy.column()} = {copy.rng.choice(ODD)} WHERE seq = {copy.seq}")  # noqa: S608  # of this test
    except sqlite3.IntegrityError:
        edited(copy)


def blob_as_text(copy: Copy) -> None:
    """The text of its own hash in place of a distribution."""
    import hashlib  # noqa: PLC0415  # of this kind alone

    copy.choose(("forecast",))
    with closing(sqlite3.connect(copy.file)) as connection:
        blob = connection.execute("SELECT predictive FROM forecast WHERE seq = ?", (copy.seq,)).fetchone()[0]
    copy.did(
        "UPDATE forecast SET predictive = :own WHERE seq = :seq", own=hashlib.sha256(blob).hexdigest(), seq=copy.seq
    )


def removed(copy: Copy) -> None:
    """A row out of the middle, or the last."""
    copy.choose()
    copy.last = copy.seq + 1
    copy.did(f"DELETE FROM {copy.table} WHERE seq = {copy.seq}")  # noqa: S608  # of this test


def swapped(copy: Copy) -> None:
    """Two rows in each other's place."""
    copy.choose(spare=1)
    copy.last = copy.seq + 1
    copy.did(
        *(
            f"UPDATE {copy.table} SET seq = {there} WHERE seq = {here}"  # noqa: S608  # of this test
            for here, there in ((copy.seq, -1), (copy.seq + 1, copy.seq), (-1, copy.seq + 1))
        )
    )


def cut(copy: Copy) -> None:
    """The last rows, by somebody who does not know of the counter."""
    copy.choose()
    copy.last = copy.count(copy.table)
    copy.did(f"DELETE FROM {copy.table} WHERE seq >= {copy.seq}")  # noqa: S608  # of this test


def renumbered(copy: Copy) -> None:
    """The last row under a later number."""
    copy.choose()
    copy.seq = copy.count(copy.table)
    copy.last = copy.seq + 7
    copy.did(f"UPDATE {copy.table} SET seq = {copy.last} WHERE seq = {copy.seq}")  # noqa: S608  # of this test


def slipped_in(copy: Copy) -> None:
    """A copy of a row under another key, at the end."""
    copy.choose(("forecast", "score"))
    copy.seq = copy.last = copy.count(copy.table) + 1
    with closing(sqlite3.connect(copy.file)) as connection, connection:
        connection.row_factory = sqlite3.Row
        row = dict(connection.execute(f"SELECT * FROM {copy.table} WHERE seq = 1").fetchone())  # noqa: S608  # of this test
        row |= {"seq": copy.seq, "model": "another", "prev_hash": "f" * 64}
        names = ", ".join(row)
        connection.execute(f"INSERT INTO {copy.table} ({names}) VALUES (:{', :'.join(row)})", row)  # noqa: S608  # of this test


def dropped(copy: Copy) -> None:
    """A table and all its rows."""
    copy.choose()
    copy.seq, copy.last = 1, copy.count(copy.table)
    copy.did(f"DROP TABLE {copy.table}")


def truncated(copy: Copy) -> None:
    """A part of the file, or nothing of it."""
    size = copy.file.stat().st_size
    with copy.file.open("r+b") as written:
        written.truncate(copy.rng.choice([0, 100, copy.rng.randrange(size), size // 4096 // 2 * 4096]))


def unlinked(copy: Copy) -> None:
    """The file."""
    copy.file.unlink()


def redated(copy: Copy) -> None:
    """An insider's row that says that it was issued a year before, or by another clock."""
    copy.choose(("forecast", "outcome"))
    copy.seq = copy.last = max(copy.seq, 2)
    column = {"forecast": "issued_at", "outcome": "settled_at"}[copy.table]
    new = copy.rng.choice([f"{column} = replace({column}, '2026-', '2025-')", "clock = 'rehearsal'"])
    copy.did(f"UPDATE {copy.table} SET {new} WHERE seq = {copy.seq}")  # noqa: S608  # of this test
    copy.vouched("none")


def insider(copy: Copy, how: str) -> None:
    """An edit, a removal or a cut tail, with all hashes and counters as this program would have them."""
    tables = ("forecast", "outcome", "score") if how != "kept" else ("forecast",)
    what = copy.rng.choice(["edit", "remove", "cut"])
    copy.choose(tables)
    if how == "kept":  # what the tokens cover
        copy.seq = copy.last = copy.rng.randint(1, 4 * len(MODELS))
    if what == "edit":
        column = {"forecast": "q50", "outcome": "y", "score": "crps"}[copy.table]
        copy.did(f"UPDATE {copy.table} SET {column} = {column} * 1.5 + 0.01 WHERE seq = {copy.seq}")  # noqa: S608  # of this test
    elif what == "remove":
        copy.did(f"DELETE FROM {copy.table} WHERE seq = {copy.seq}")  # noqa: S608  # of this test
    else:
        copy.last = copy.count(copy.table)
        copy.did(f"DELETE FROM {copy.table} WHERE seq >= {copy.seq}")  # noqa: S608  # of this test
    copy.vouched(how)


KINDS: dict[str, Callable[[Copy], None]] = {
    "edited": edited,
    "misfit": misfit,
    "blob as text": blob_as_text,
    "removed": removed,
    "swapped": swapped,
    "cut": cut,
    "renumbered": renumbered,
    "slipped in": slipped_in,
    "dropped": dropped,
    "truncated": truncated,
    "unlinked": unlinked,
    "redated": redated,
    "insider, tokens kept": lambda copy: insider(copy, "kept"),
    "insider, tokens dropped": lambda copy: insider(copy, "none"),
    "insider, tokens of his own": lambda copy: insider(copy, "own"),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Base:
    """Six days of a coin, sealed after the second and the fourth."""
    home = open_home(tmp_path_factory.mktemp("base"))
    for number in range(6):
        fetched(home, day(number), after(day(number)))
        run(home, day(number), after(day(number)))
        if number in {1, 3}:
            witnesses.seal(home.ledger.engine, asked(authority, after(day(number), 30)))
    engine = home.ledger.engine
    assert alarms(engine, authority) == []
    return Base(home.folder, authority, witnesses.stated(engine).line, raw(home.folder / "forecaster.db"))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, base: Base) -> Authority:
    """An authority that nobody but the insider trusts; it calls itself what the true one does."""
    assert base.authority.folder.exists()
    return Authority(tmp_path_factory.mktemp("own"))


def raw(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each table, byte for byte."""
    with closing(sqlite3.connect(file)) as connection:
        connection.text_factory = bytes
        return {name: connection.execute(f"SELECT * FROM {name} ORDER BY seq").fetchall() for name in NAMES}  # noqa: S608  # fixed names


def alarms(engine: Engine, trusted: Authority, *lines: str) -> list[str]:
    """All that `verify --deep --head` says against a record, by what it asks in this order."""
    ledger = Ledger(engine)
    upto = ledger.state()
    broken = ledger.verify(upto)
    if broken is not None:
        return [broken.told]
    held = tokens.checked(engine, trusted.roots)
    found = [token.fault for token in held if token.fault]
    for line in lines:
        try:
            heads.told(engine, line, upto, [token for token in held if not token.fault])
        except LedgerError as fault:
            found.append(str(fault))
    return found + [one.told for one in look(engine, upto)]


def judged(folder: Path, base: Base) -> list[str]:
    """The same of a home's folder, which may hold no database any more."""
    try:
        return alarms(open_record(folder), base.authority, base.line)
    except (ForecasterError, IngestError) as fault:
        return [str(fault)]


def unchanged(copy: Copy, base: Base) -> bool:
    """Whether no row of the record has another byte."""
    try:
        return raw(copy.file) == base.rows
    except sqlite3.Error:
        return False


def tampered(number: int, base: Base, own: Authority, place: Path) -> tuple[str, Copy, list[str]]:
    """One case of the campaign: its kind, what was done, and what is said of it."""
    kind = [*KINDS][number % len(KINDS)]
    folder = Path(shutil.copytree(base.folder, place / str(number)))
    copy = Copy(folder, random.Random(number), own)  # noqa: S311  # no secret
    KINDS[kind](copy)
    return kind, copy, judged(folder, base)


def placed(copy: Copy, said: list[str]) -> bool:
    """Whether a row that was tampered with is among those that are named, or the file or table that is gone."""
    if not copy.table or any(f"table {copy.table}, " in one for one in said):
        return bool(said)
    spans = [(name, int(first), int(last or first)) for one in said for name, first, last in PLACE.findall(one)]
    return any(name == copy.table and first <= copy.last and copy.seq <= last for name, first, last in spans)


@pytest.mark.parametrize("cases", [45, pytest.param(510, marks=pytest.mark.campaign)])
def test_whatever_is_done_to_a_row_is_found_and_placed(cases: int, base: Base, own: Authority, tmp_path: Path) -> None:
    touched = 0
    for number in range(cases):
        kind, copy, said = tampered(number, base, own, tmp_path)
        if copy.file.exists() and not said and unchanged(copy, base):
            continue  # a page beside the record was cut off
        touched += 1
        assert said, (number, kind, copy.table, copy.seq, copy.last)
        assert placed(copy, said[:1] if kind == "insider, tokens kept" else said), (number, kind, copy, said)
        assert not any("internal" in one or "Traceback" in one or "\n" in one for one in said), said
        shutil.rmtree(copy.folder)
    assert touched > 0.95 * cases


def test_negative_control_what_nobody_else_vouches_for_is_not_found(base: Base, own: Authority, tmp_path: Path) -> None:
    """An insider who drops the tokens and a whole last day, where no line is kept: no verification can tell."""
    folder = Path(shutil.copytree(base.folder, tmp_path / "copy"))
    copy = Copy(folder, random.Random(0), own)  # noqa: S311  # no secret
    copy.did(
        "DELETE FROM forecast WHERE seq > 10", "DELETE FROM outcome WHERE seq > 4", "DELETE FROM score WHERE seq > 8"
    )
    copy.vouched("none")
    engine = open_record(folder)
    assert alarms(engine, base.authority) == []
    (said,) = alarms(engine, base.authority, base.line)
    assert "forecast rows 11 to 12" in said
    assert said.endswith("; unless the line is mistyped, restore a copy from that time, or name the home that it is of")


@dataclass
class Honest:
    """A home with an honest history, and lines that were kept of it; `late` is how long after each day it runs."""

    home: Home
    rng: random.Random
    late: timedelta = timedelta(0)
    lines: list[str] = field(default_factory=list)
    number: int = 0

    def now(self, minutes: float) -> datetime:
        """So long after the close of its day."""
        return after(day(self.number), minutes) + self.late

    def lived(self, symbol: str = COIN) -> None:
        """A day as one of two hosts, 90 s apart, sees it; a row may come later, and a run may be repeated."""
        slow = self.rng.choice([0, 1.5])
        now = self.now(20 - slow)
        lacking = (self.number - 1,) if self.number and self.rng.random() < 0.3 else ()
        fetched(self.home, day(self.number), now, symbol, lacking)
        models = MODELS[: self.rng.choice([1, 2])]
        for again in range(self.rng.choice([1, 2])):
            run(self.home, day(self.number), now + timedelta(minutes=again), symbol, models)

    def talked(self) -> None:
        """A coin whose attention is late by a day, or more."""
        now = self.now(25)
        fetched(self.home, day(self.number), now, "TALKED")
        if self.rng.random() < 0.7:
            days = pd.date_range(day(0), day(self.number), name="session", unit="us")
            counts = Counts("tweets a day", timedelta(0), pd.Series(np.arange(60.0, 60 + len(days)), days), "p" * 64)
            recorded = self.home.ledger.newest("TALKED")
            self.home.store.append_counts("TALKED", "tweets", counts, now, recorded)
        run(self.home, day(self.number), now, "TALKED")

    def caught_up(self) -> None:
        """Another model from a day that is over."""
        run(self.home, day(max(self.number - 1, 0)), self.now(40), COIN, ("garch",))

    def restored(self, place: Path) -> None:
        """The same in another home, from a backup."""
        file = place / f"{self.number}.backup"
        backup(self.home.ledger.engine, file)
        other = open_home(place / f"restored{self.number}")
        restore(other.ledger.engine, file)
        self.home = open_home(other.folder)


def honest(number: int, template: Path, place: Path, by: Authority) -> Honest:
    """One history of the control."""
    rng = random.Random(number)  # noqa: S311  # no secret
    place.mkdir(mode=0o700)
    if number % 6 == 5:
        former(open_engine(f"sqlite:///{place / 'forecaster.db'}"))
        (place / "forecaster.toml").write_text(SETTINGS)
    else:
        shutil.copy(template, place / "forecaster.db")
    one = Honest(open_home(place), rng, timedelta(days=150 * (number % 6 == 5)))  # its rows are of November
    for _ in range(rng.choice([2, 3])):
        one.lived()
        for more, chance in ((one.talked, 0.3), (one.caught_up, 0.3), (lambda: one.restored(place), 0.15)):
            if rng.random() < chance:
                more()
        if rng.random() < 0.3:
            witnesses.seal(one.home.ledger.engine, asked(by, one.now(50)))
        one.lines.append(witnesses.stated(one.home.ledger.engine).line)
        one.number += 1
    return one


@pytest.mark.parametrize("cases", [6, pytest.param(500, marks=pytest.mark.campaign)])
def test_no_honest_history_raises_an_alarm(cases: int, authority: Authority, tmp_path: Path) -> None:
    home = open_home(tmp_path / "template")
    rows = 0
    for number in range(cases):
        one = honest(number, home.folder / "forecaster.db", tmp_path / f"honest{number}", authority)
        assert alarms(one.home.ledger.engine, authority, *one.lines) == [], number
        rows += one.home.ledger.state()["forecast"]
        shutil.rmtree(tmp_path / f"honest{number}")
    assert rows > 3 * cases


def test_two_hosts_share_a_home_on_either_database(url: str, tmp_path: Path, authority: Authority) -> None:
    """Each has its own connection, and one's clock is 90 s behind."""
    first, second = (open_home(tmp_path / name, {"data": {"database": url}}) for name in ("first", "second"))
    lived(first, 1)
    for number in (1, 2):
        fetched(first, day(number), after(day(number)))
        run(first, day(number), after(day(number)), models=MODELS[:1])
        run(second, day(number), after(day(number), 18.5))
    assert alarms(second.ledger.engine, authority) == []
    assert first_break(first.ledger.engine) is None
    assert first.ledger.state()[FORECASTS.name] == 6
    with writing(first.ledger.engine) as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {TOKENS.name}")).scalar() == 0  # noqa: S608  # a fixed name
