"""Rows, events and databases of another hand: each command says which in one plain line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from forecaster.records import chain
from forecaster.records.tables import EVENTS, FORECASTS
from forecaster.witness.rows import GENESIS, row_hash
from ingest.database import open_engine, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMANDS = {
    "verify": ("ledger", "verify"),
    "run": ("run", "--as-of", "2018-01-21"),
    "doctor": ("doctor",),
    "card": ("models", "card", "climatology"),
    "report": ("report", "--as-of", "2018-01-21"),
    "accept": ("ledger", "accept"),
}


def rewritten(home: Path, seq: int, **change: object) -> None:
    """A forecast changed by somebody with the source code: every later hash is computed again."""
    with writing(open_engine(home / "forecaster.db")) as connection:
        if change:
            connection.execute(update(FORECASTS).where(FORECASTS.c.seq == seq).values(**change))
        link = GENESIS
        for row in connection.execute(select(FORECASTS).order_by(FORECASTS.c.seq)).mappings().all():
            own = {name: row[name] for name in chain.covered(FORECASTS)[row["format"]]} | {"prev_hash": link}
            link = row_hash(own)
            links = {"prev_hash": own["prev_hash"], "row_hash": link}
            connection.execute(update(FORECASTS).where(FORECASTS.c.seq == row["seq"]).values(**links))


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(
    ("kind", "details"), [("clock", '{"clock":"x"}'), ("ahead", '"\x1b\n"')], ids=["clock", "ahead"]
)
def test_an_event_that_nobody_can_read(home: Path, command, words: tuple[str, ...], kind: str, details: str) -> None:
    with writing(open_engine(home / "forecaster.db")) as connection:
        at = {"at": "2026-11-26T20:00:00+00:00", "forecasts": 0}
        chain.append(connection, EVENTS, [{"kind": kind, "details": details, **at}])
    said = command(*words, "--home", home)
    if said.code and "event row 2" in said.err:
        assert said.complaint().startswith(("event row 2 does not hold: its d", "not fit to run: ledger: event row 2 "))
    else:  # what does not ask where a person went on goes on itself
        assert kind == "ahead"
        assert words[1] != "verify"
        assert "internal error" not in said.err


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"as_of": "soon"}, "its origin, target or horizon is none"),
        ({"target": "soon"}, "its origin, target or horizon is none"),
        ({"predictive": None}, "and no distribution"),
    ],
    ids=["as_of", "target", "predictive"],
)
def test_a_forecast_that_nobody_can_read(home: Path, command, change: dict[str, Any], line: str) -> None:
    rewritten(home, 1)
    assert command("ledger", "verify", "--home", home).code == 0, "the hashes are computed as they were"
    rewritten(home, 1, **change)
    assert line in command("ledger", "verify", "--deep", "--home", home).complaint()
    for words in COMMANDS.values():
        said = command(*words, "--home", home)
        assert "internal error" not in said.err


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_database_of_one_byte_is_damaged(home: Path, command: Callable[..., Any], words: tuple[str, ...]) -> None:
    (home / "forecaster.db").write_bytes(b"x")
    complaint = command(*words, "--home", home).complaint()
    assert complaint == (
        f"{home / 'forecaster.db'} is damaged or is not a database: restore a copy, or choose another home"
    )
    assert (home / "forecaster.db").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = " + "[" * 5000, "a value in it is nested too deep"),
        ('[clock]\nstart = "9999-12-31T23:59:59Z"\n', "setting clock.start: a rehearsal starts in a year from 1900"),
        ("[clock]\nspeed = inf\n", "setting clock.speed: "),
    ],
    ids=["deep", "year", "speed"],
)
def test_settings_that_nobody_can_use(home: Path, command, text: str, line: str) -> None:
    (home / "forecaster.toml").write_text(text)
    for words in (*COMMANDS.values(), ("schedule", "status"), ("ingest", "csv", "x.csv", "--symbol", "X")):
        assert line in command(*words, "--home", home).complaint()


def test_a_home_of_nobody(command: Callable[..., Any]) -> None:
    assert "nobody here has that name" in command("doctor", "--home", "~nobodyx/x").complaint()


def test_names_that_do_not_print_are_refused(home: Path, command: Callable[..., Any]) -> None:
    said = command("ledger", "show", "--symbols", "\udcff", "--home", home).complaint(2)
    assert "a name has signs that no name has" in said
