"""A home is real or a rehearsal from its first row on, and no row is written behind the newest."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from sqlalchemy import select, text, update

from forecaster.clock import REAL, REHEARSAL, Clock
from forecaster.errors import LedgerError
from forecaster.evaluation.scoring import VERSION
from forecaster.issuing.issue import issue
from forecaster.operation.settle import settle
from forecaster.records import chain, clocks
from forecaster.records.home import Home, open_home
from forecaster.records.tables import EVENTS, FORECASTS, TOKENS
from forecaster.witness.statement import CHAINS, Statement
from ingest.database import open_engine, reading, writing
from tests.cheap_settings import write_cheap
from tests.forecaster.records.former_home import former
from tests.walk import NOW, WALK, walk

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.issuing.forecast import Forecast

THEN = "2017-09-01T01:00Z"
LATER = datetime(2018, 3, 1, tzinfo=UTC)
DAYS = [pd.Timestamp(f"2018-01-{day}") for day in range(10, 16)]


def opened(folder: Path, start: str = "", speed: float = 1.0) -> Home:
    """The home under a clock."""
    return open_home(folder, {"clock": {"start": start, "speed": speed}})


def events(home: Home) -> list[dict[str, object]]:
    """What its events say of its clock."""
    with reading(home.ledger.engine) as connection:
        return [json.loads(found) for found in connection.execute(select(EVENTS.c.details)).scalars()]


@pytest.fixture
def home(url: str, tmp_path: Path) -> Home:
    """A home of the real clock with a walk, on each kind of database."""
    write_cheap(tmp_path, models=["climatology"])
    made = open_home(tmp_path, {"data": {"database": url}})
    made.store.append(WALK, walk(200), NOW)
    return made


@pytest.fixture
def made(home: Home) -> list[Forecast]:
    """A forecast of each day."""
    history = home.store.history("WALK")
    return [one for day in DAYS for one in issue(history, day, ("climatology",), home.settings)]


def test_a_home_with_rows_never_takes_another_clock(tmp_path: Path) -> None:
    write_cheap(tmp_path)
    real = opened(tmp_path)
    assert real.clock == opened(tmp_path).clock == Clock(begun=opened(tmp_path).clock.begun) or real.clock.kind == REAL
    real.store.append(WALK, walk(200), NOW)
    with pytest.raises(LedgerError, match=r"keeps the real clock, .* rehearse in another home .*; nothing was changed"):
        opened(tmp_path, THEN)
    assert events(opened(tmp_path)) == [{"clock": "real"}]
    assert opened(tmp_path).rehearsal == ""


def test_a_rehearsal_keeps_its_start_and_goes_on(tmp_path: Path) -> None:
    write_cheap(tmp_path)
    first = opened(tmp_path, THEN, 3600.0)
    first.store.append(WALK, walk(200), first.clock.now())
    began = first.clock.begun
    for again in (opened(tmp_path, THEN, 3600.0), opened(tmp_path)):
        assert (again.clock.kind, again.clock.start, again.clock.speed) == (REHEARSAL, first.clock.start, 3600.0)
        assert again.clock.begun == began, "the same clock, not another that starts again"
    assert len(events(first)) == 1
    assert first.rehearsal == (
        f"This home is a rehearsal: its clock was set to 2017-09-01 01:00 UTC on {began:%Y-%m-%d}"
    )
    moved = opened(tmp_path, "2017-09-02T01:00Z")
    assert moved.clock.start == datetime(2017, 9, 2, 1, tzinfo=UTC)
    assert [found["start"] for found in events(moved)] == ["2017-09-01T01:00:00+00:00", "2017-09-02T01:00:00+00:00"]
    assert moved.rehearsal == first.rehearsal, "the first start and the first real instant"


def test_an_empty_home_may_still_become_either(tmp_path: Path) -> None:
    write_cheap(tmp_path)
    kinds = [opened(tmp_path, start).clock.kind for start in (THEN, "", THEN)]
    assert kinds == [REHEARSAL, REAL, REHEARSAL]


def test_every_row_says_by_which_clock(tmp_path: Path, made: list[Forecast], home: Home) -> None:
    assert home.ledger.record(made[:1], LATER, home.clock.kind) == 1
    assert settle(home.ledger, home.store.history("WALK"), DAYS[1], LATER, home.clock.kind) == 1
    with reading(home.ledger.engine) as connection:
        for table in ("forecast", "outcome", "score"):
            assert connection.execute(text(f"SELECT clock, format FROM {table}")).all() == [("real", 3)]  # noqa: S608
        assert connection.execute(text("SELECT version, scored_at FROM score")).all() == [
            (VERSION, "2018-03-01T00:00:00+00:00")
        ]
    with pytest.raises(LedgerError, match="keeps the real clock, not a rehearsal one: nothing was recorded"):
        home.ledger.record(made[1:2], LATER, REHEARSAL)
    assert home.ledger.state()["forecast"] == 1


@pytest.mark.parametrize(("behind", "may"), [(299, True), (300, True), (301, False)])
def test_a_writer_five_minutes_behind_is_refused(home: Home, made: list[Forecast], behind: int, may: bool) -> None:
    home.ledger.record(made[:1], LATER)
    now = LATER - timedelta(seconds=behind)
    if may:
        assert home.ledger.record(made[1:2], now) == 1
        assert home.ledger.verify() is None
        return
    with pytest.raises(LedgerError, match=r"2018-03-01 00:00:00 UTC, and the clock says 2018-02-28 23:54:59 UTC: set"):
        home.ledger.record(made[1:2], now)
    with pytest.raises(LedgerError, match="forecaster ledger accept"):
        settle(home.ledger, home.store.history("WALK"), DAYS[1], now)
    assert home.ledger.record(made[:1], now) == 0, "what is there already may be asked for by anybody"
    assert home.ledger.state() == {"event": 1, "forecast": 1, "outcome": 0, "score": 0, "token": 0}


def test_a_person_goes_on_from_a_row_of_the_future_and_the_record_says_so(home: Home, made: list[Forecast]) -> None:
    home.ledger.record(made[:2], LATER + timedelta(days=400))
    with pytest.raises(LedgerError, match="set the computer's clock right; if it is right, `forecaster ledger accept`"):
        home.ledger.record(made[2:3], LATER)
    assert clocks.go_on(home.ledger.engine, LATER) == {"forecast": 2, "outcome": 0}
    assert home.ledger.record(made[2:3], LATER) == 1
    assert home.ledger.record(made[3:4], LATER + timedelta(hours=1)) == 1
    assert home.ledger.verify() is None
    with pytest.raises(LedgerError, match="nothing to go on from"):
        clocks.go_on(home.ledger.engine, LATER + timedelta(hours=2))
    with pytest.raises(LedgerError, match="set the computer's clock right"):  # once is once
        home.ledger.record(made[4:5], LATER)
    # Without the event, the same rows do not hold.
    with writing(home.ledger.engine) as connection:
        connection.execute(text("DELETE FROM event WHERE kind = 'ahead'"))
        if connection.dialect.name == "sqlite":
            connection.execute(text("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'event'"))
    broken = home.ledger.verify()
    assert broken is not None
    assert (broken.table, broken.seq) == ("forecast", 3)
    assert broken.fault == "its issued_at lies more than five minutes before that of a row before it"


def rewritten(home: Home, seq: int, **change: object) -> None:
    """A row changed by somebody with the source code: every later hash is computed again."""
    with writing(home.ledger.engine) as connection:
        rows = connection.execute(select(FORECASTS).order_by(FORECASTS.c.seq)).mappings().all()
        link = chain.GENESIS
        for row in rows:
            new = {**row, **(change if row["seq"] == seq else {}), "prev_hash": link}
            link = chain.row_hash({k: v for k, v in new.items() if k not in {"seq", "row_hash"}})
            connection.execute(update(FORECASTS).where(FORECASTS.c.seq == row["seq"]).values({**new, "row_hash": link}))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"issued_at": "2018-02-01T00:00:00+00:00"}, "its issued_at lies more than five minutes before"),
        ({"issued_at": "soon"}, "its issued_at is no instant"),
        ({"clock": "rehearsal"}, "it was written by a rehearsal clock, and the home keeps a real one"),
    ],
)
def test_a_row_of_another_time_does_not_hold_even_where_its_hash_does(
    home: Home, made: list[Forecast], change: dict[str, object], fault: str
) -> None:
    for at, one in enumerate(made[:3]):
        home.ledger.record([one], LATER + timedelta(hours=at))
    rewritten(home, 2)
    assert home.ledger.verify() is None, "the control: rewritten as it was"
    rewritten(home, 2, **change)
    broken = home.ledger.verify()
    assert broken is not None
    assert (broken.table, broken.seq) == ("forecast", 2)
    assert broken.fault.startswith(fault)


def test_two_hosts_ninety_seconds_apart_write_side_by_side(home: Home, made: list[Forecast]) -> None:
    for at, one in enumerate(made):
        home.ledger.record([one], LATER + timedelta(hours=at // 2, seconds=-90 if at % 2 else 0))
    assert home.ledger.verify() is None


@pytest.mark.parametrize("start", ["", "2018-01-22T01:00Z"])
def test_a_former_home_becomes_what_it_was(tmp_path: Path, start: str) -> None:
    former(open_engine(f"sqlite:///{tmp_path / 'forecaster.db'}"))
    home = opened(tmp_path, start)
    (event,) = events(home)
    assert event["clock"] == ("rehearsal" if start else "real")
    assert home.ledger.verify() is None
    if start:
        because = "its settings named a clock's start when it was brought up to date"
        assert home.rehearsal == f"This home is taken for a rehearsal: {because}"


def test_a_former_home_with_a_row_older_than_the_program_is_a_rehearsal(tmp_path: Path, home: Home) -> None:
    """Such as one whose clock was faked for one run: nothing in it is evidence of foresight any more."""
    engine = former(open_engine(f"sqlite:///{tmp_path / 'forecaster.db'}"))
    with writing(engine) as connection:
        connection.execute(text("UPDATE forecast SET issued_at = '2018-01-13T22:00:00+00:00' WHERE seq = 12"))
    told = opened(tmp_path)
    assert told.clock.kind == REHEARSAL
    assert "claims to be of 2018-01-13, which is before this program was written" in told.rehearsal
    assert replace(told.clock, start=None).kind == REAL
    assert home.clock.kind == REAL


def test_who_writes_each_row_a_little_behind_the_one_before_is_refused_and_found(
    home: Home, made: list[Forecast]
) -> None:
    """Not the last row counts but the newest."""
    home.ledger.record(made[:1], LATER)
    home.ledger.record(made[1:2], LATER - timedelta(seconds=290))
    with pytest.raises(LedgerError, match="set the computer's clock right"):
        home.ledger.record(made[2:3], LATER - timedelta(seconds=580))
    home.ledger.record(made[2:3], LATER - timedelta(seconds=280))
    assert home.ledger.verify() is None
    rewritten(home, 3, issued_at=(LATER - timedelta(seconds=580)).isoformat())
    broken = home.ledger.verify()
    assert broken is not None
    assert (broken.seq, broken.fault) == (3, "its issued_at lies more than five minutes before that of a row before it")


def test_rows_that_say_their_clock_need_an_event_that_does(home: Home, made: list[Forecast]) -> None:
    home.ledger.record(made[:1], LATER)
    with writing(home.ledger.engine) as connection:
        connection.execute(text("DELETE FROM event"))
        if connection.dialect.name == "sqlite":
            connection.execute(text("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'event'"))
    broken = home.ledger.verify()
    assert broken is not None
    assert (broken.table, broken.seq) == ("event", 1)
    assert broken.fault == "it is gone: no event says which clock the home keeps, and rows tell of one"


@pytest.mark.parametrize(("minutes", "holds"), [(-9, True), (-11, False)])
def test_a_row_from_before_a_time_stamp_that_lacks_it_does_not_hold(
    home: Home, made: list[Forecast], minutes: int, holds: bool
) -> None:
    """Such as one that was backdated by way of `ledger accept`."""
    home.ledger.record(made[:1], LATER - timedelta(hours=1))
    with writing(home.ledger.engine) as connection:
        head = chain.head(connection, FORECASTS)
        rows = {**dict.fromkeys(CHAINS, 0), "forecast": 1}
        said = Statement(rows, {**dict.fromkeys(CHAINS, chain.GENESIS), "forecast": head}, head).text
        token = {"statement": said, "forecasts": 1, "at": LATER.isoformat(), "authority": "A", "token": b"t"}
        chain.append(connection, TOKENS, [token])
    home.ledger.record(made[1:2], LATER + timedelta(minutes=minutes))
    broken = home.ledger.verify()
    assert (broken is None) is holds
    if broken is not None:
        assert broken.fault == "its issued_at is from before a time stamp, 2018-03-01 00:00:00 UTC, that lacks it"


def test_a_rehearsal_does_not_start_before_its_newest_row(tmp_path: Path, made: list[Forecast]) -> None:
    folder = tmp_path / "rehearsal"
    folder.mkdir()
    home = opened(folder, THEN)
    home.ledger.record(made[:1], home.clock.now(), home.clock.kind)
    with pytest.raises(LedgerError, match=r"set clock.start to a later instant, or rehearse in another home"):
        opened(folder, "2017-08-31T01:00Z")
    assert len(events(home)) == 1, "nothing was noted"
    assert opened(folder, "2017-09-01T02:00Z").clock.kind == REHEARSAL
