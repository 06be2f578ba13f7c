"""An event that is not as this program writes it is named, and nothing of it is believed or printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from forecaster.errors import LedgerError
from forecaster.records import chain, clocks, event_details
from forecaster.records.home import Home, open_home
from forecaster.records.tables import EVENTS
from ingest.database import reading, writing
from tests.cheap_settings import write_cheap
from tests.walk import NOW, WALK, walk

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-11-26T20:00:00+00:00"
GONE_ON = {"forecast": 0, "newest": AT, "now": AT, "outcome": 0}
SET = {"clock": "rehearsal", "speed": 2.0, "start": AT}


def texts(*several: dict[str, object]) -> list[str]:
    return [json.dumps(one, sort_keys=True) for one in several]


ODD = [
    *(("clock", one) for one in texts({"clock": "x"}, {}, {"clock": "real", "more": 1}, {**SET, "speed": 0})),
    *(("clock", one) for one in texts({**SET, "speed": float("inf")}, {**SET, "speed": True}, {**SET, "speed": "1"})),
    *(("clock", one) for one in texts({**SET, "start": "soon"}, {**SET, "because": "\x1b[31m"}, {**SET, "other": ""})),
    *(("ahead", one) for one in texts({}, {**GONE_ON, "forecast": 10**12}, {**GONE_ON, "forecast": -1})),
    *(("ahead", one) for one in texts({**GONE_ON, "outcome": True}, {**GONE_ON, "now": "\x1b\x07\n"})),
    *(("ahead", one) for one in texts({**GONE_ON, "newest": 5})),
    ("ahead", "[" * 100_000),
    ("clock", "no JSON"),
    ("clock", '{"clock":"real"}'),
    ("clock", "[1]"),
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of the real clock."""
    write_cheap(tmp_path, models=["climatology"])
    made = open_home(tmp_path)
    made.store.append(WALK, walk(200), NOW)
    return made


def add(home: Home, kind: str, details: str, at: str = AT) -> None:
    with writing(home.ledger.engine) as connection:
        chain.append(connection, EVENTS, [{"kind": kind, "at": at, "forecasts": 0, "details": details}])


@pytest.mark.parametrize(("kind", "details"), ODD, ids=range(len(ODD)))
def test_an_event_of_another_hand_is_named(home: Home, kind: str, details: str) -> None:
    add(home, kind, details)
    found = home.ledger.verify()
    assert found is not None
    assert (found.table, found.seq) == ("event", 2)
    assert found.told.isprintable()
    if "counts to" in found.fault:
        assert found.fault == "it counts to row 1000000000000 of forecast, which is not there"
        return
    assert found.told == (
        "event row 2 does not hold: its details are not as this program writes them; restore a copy from before it"
    )
    ask = clocks.kept if kind == "clock" else clocks.accepted
    with (
        reading(home.ledger.engine) as connection,
        pytest.raises(LedgerError, match="event row 2 does not hold: its d"),
    ):
        ask(connection)


def test_an_event_without_an_instant_is_named(home: Home) -> None:
    add(home, "clock", '{"clock": "real"}', "\x1bsoon")
    found = home.ledger.verify()
    assert found is not None
    assert found.fault == "its instant is none"


@pytest.mark.parametrize(
    ("kind", "details"),
    [("clock", {"clock": "real"}), ("clock", SET), ("clock", {**SET, "because": "why"}), ("ahead", GONE_ON)],
    ids=["real", "set", "because", "ahead"],
)
def test_what_this_program_writes_holds(kind: str, details: dict[str, object]) -> None:
    (text,) = texts(details)
    assert event_details.fault(kind, AT, text, {}) is None
    assert event_details.read(1, kind, AT, text) == details
