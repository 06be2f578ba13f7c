"""Tables held against each other: who rewrites a table and all its hashes is found by what the others say."""

from __future__ import annotations

import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select, text, update

from forecaster.distribution.predictive import Predictive
from forecaster.errors import LedgerError
from forecaster.evaluation.scoring import VERSIONS
from forecaster.issuing.diagnostics import calendar_and_close
from forecaster.issuing.forecast import Forecast
from forecaster.operation.settle import settle
from forecaster.records import chain
from forecaster.records.columns import scored
from forecaster.records.deep import look as deep
from forecaster.records.deep.ground import Doubt
from forecaster.records.home import Home, open_home
from forecaster.records.ledger import Ledger
from forecaster.records.tables import FORECASTS, OUTCOMES, SCORED
from ingest.daily_counts import Counts
from ingest.database import open_engine, reading, writing
from tests.forecaster.records.former_home import SETTINGS, former
from tests.forecaster.records.histories import (
    COIN,
    MODELS,
    after,
    day,
    fetched,
    forecast,
    lived,
    rehashed,
    run,
)

GARBAGE = "X'00ff'"
SHORT = "substr(predictive, 1, length(predictive) - 4)"


@pytest.fixture
def home(url: str, tmp_path: Path) -> Home:
    """Five days of a coin and two models, four of them settled; on each kind of database."""
    return lived(open_home(tmp_path / "home", {"data": {"database": url}}), 5)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same on SQLite. Not to be changed."""
    return lived(open_home(tmp_path_factory.mktemp("kept")), 5).folder


@pytest.fixture
def local(kept: Path, tmp_path: Path) -> Home:
    """A copy of it."""
    return open_home(Path(shutil.copytree(kept, tmp_path / "local")))


def told(home: Home) -> list[str]:
    """What is found, a line each, after the chains were found to hold."""
    assert home.ledger.verify() is None
    return [broken.told for broken in deep.look(home.ledger.engine, home.ledger.state())]


def forged(home: Home, *statements: str) -> list[str]:
    """What is found after an insider's edit, whose hashes and counters are all as they should be."""
    with writing(home.ledger.engine) as connection:
        for statement in statements:
            connection.execute(text(statement))
    rehashed(home.ledger.engine)
    return told(home)


def test_an_honest_record_holds(home: Home) -> None:
    assert told(home) == []
    rehashed(home.ledger.engine)
    assert told(home) == []


EDITS = [
    (
        "DELETE FROM outcome WHERE seq = 4",
        "score row 7 (COIN climatology 2026-08-04)",
        "its outcome is not on record",
    ),
    (
        "DELETE FROM forecast WHERE seq = 3",
        "score row 3 (COIN climatology 2026-08-02)",
        "its forecast is not on record",
    ),
    (
        "DELETE FROM forecast WHERE seq IN (3, 4)",
        "outcome row 2 (COIN 2026-08-02)",
        "there is no forecast that it is the outcome of",
    ),
    (
        "DELETE FROM score WHERE seq = 8",
        "forecast row 8 (COIN ewma 2026-08-04)",
        "its outcome is on record without its score",
    ),
    (
        "UPDATE forecast SET q50 = q50 * 1.00000001 WHERE seq = 2",
        "forecast row 2 (COIN ewma 2026-08-01)",
        "q50 does not follow from its distribution",
    ),
    (
        "UPDATE forecast SET mean = 0.001 WHERE seq = 9",
        "forecast row 9 (COIN climatology 2026-08-05)",
        "mean does not follow",
    ),
    (
        "UPDATE forecast SET sd = sd * 1.00000001 WHERE seq = 2",
        "forecast row 2 (COIN ewma 2026-08-01)",
        "sd does not follow",
    ),
    (
        "UPDATE forecast SET prob_up = prob_up + 1e-8 WHERE seq = 2",
        "forecast row 2 (COIN ewma 2026-08-01)",
        "prob_up does not follow",
    ),
    (
        "UPDATE forecast SET q99 = NULL WHERE seq = 2",
        "forecast row 2 (COIN ewma 2026-08-01)",
        "q99 does not follow",
    ),
    (
        "UPDATE forecast SET predictive = NULL WHERE seq = 2",
        "forecast row 2 (COIN ewma 2026-08-01)",
        "it has mean and no distribution",
    ),
    (
        "UPDATE score SET crps = crps * 1.00000001 WHERE seq = 4",
        "score row 4 (COIN ewma 2026-08-02)",
        "crps does not follow from its distribution and its outcome",
    ),
    (
        "UPDATE score SET log_score = log_score - 1 WHERE seq = 1",
        "score row 1 (COIN climatology 2026-08-01)",
        "log_score does not follow",
    ),
    (
        "UPDATE score SET pit = 1 - pit WHERE seq = 1",
        "score row 1 (COIN climatology 2026-08-01)",
        "pit does not follow",
    ),
    (
        "UPDATE score SET in90 = NOT in90 WHERE seq = 1",
        "score row 1 (COIN climatology 2026-08-01)",
        "in90 does not follow",
    ),
    (
        "UPDATE score SET squared_error = 0 WHERE seq = 1",
        "score row 1 (COIN climatology 2026-08-01)",
        "squared_error does not follow",
    ),
    (
        "UPDATE outcome SET y = y + 0.01 WHERE seq = 2",
        "outcome row 2 (COIN 2026-08-02)",
        "its y is",
    ),
    (
        "UPDATE outcome SET close = close * 2 WHERE seq = 2",
        "outcome row 2 (COIN 2026-08-02)",
        "its close is",
    ),
    (
        "UPDATE outcome SET data_vintage = 'd' WHERE seq = 2",
        "outcome row 2 (COIN 2026-08-02)",
        "its data_vintage is not that of the vintages",
    ),
    (
        "UPDATE outcome SET target = '2026-08-09' WHERE seq = 2",
        "outcome row 2 (COIN 2026-08-02)",
        "its target 2026-08-09 is not that of forecast row 3",
    ),
    (
        "UPDATE forecast SET data_vintage = 'd' WHERE seq = 9",
        "forecast row 9 (COIN climatology 2026-08-05)",
        "those known on 2026-08-04 are as they were",
    ),
    (
        "UPDATE forecast SET as_of = 'today' WHERE seq = 9",
        "forecast row 9 (COIN climatology today)",
        "its origin, target or horizon is none",
    ),
    (
        "UPDATE outcome SET horizon = 0 WHERE seq = 2",
        "outcome row 2 (COIN 2026-08-02)",
        "its origin, target or horizon is none",
    ),
    (
        "UPDATE vintage SET close = close * 1.01 WHERE session = '2026-08-05'",
        "forecast row 9 (COIN climatology 2026-08-05)",
        "the vintages known at the close of 2026-08-05; those known on 2026-08-04 are as they were (and so of 1 more",
    ),
    (
        "DELETE FROM vintage WHERE session = '2026-08-05'",
        "forecast row 9 (COIN climatology 2026-08-05)",
        "the vintages no longer reach its session",
    ),
    (
        "DELETE FROM vintage",
        "forecast row 1 (COIN climatology 2026-08-01)",
        "the vintages of COIN are gone or cannot be read",
    ),
    (
        "UPDATE vintage SET close = 'odd' WHERE session = '2026-08-05'",
        "forecast row 1 (COIN climatology 2026-08-01)",
        "the vintages of COIN are gone or cannot be read",
    ),
    (
        "UPDATE asset SET calendar = '24/5'",
        "forecast row 1 (COIN climatology 2026-08-01) does not hold",
        "",
    ),
    (
        "UPDATE asset SET calendar = 'NONE'",
        "forecast row 1 (COIN climatology 2026-08-01) does not hold",
        "calendar 'NONE' is not known",
    ),
]


@pytest.mark.parametrize(("statement", "place", "fault"), EDITS)
def test_what_an_insider_rewrites_is_named(local: Home, statement: str, place: str, fault: str) -> None:
    found = forged(local, statement)
    assert any(one.startswith(place) and fault in one for one in found), found


@pytest.mark.parametrize("value", [GARBAGE, SHORT, "X''"])
def test_a_distribution_that_cannot_be_read_is_named(local: Home, value: str) -> None:
    said = r"forecast row 10 \(COIN ewma 2026-08-05\) does not hold: its distribution cannot be read"
    assert re.match(said, forged(local, f"UPDATE forecast SET predictive = {value} WHERE seq = 10")[0])  # noqa: S608
    fetched(local, day(5), after(day(5)))
    with pytest.raises(LedgerError, match=said):
        settle(local.ledger, local.store.history(COIN), day(5), after(day(5)))


def test_a_number_that_is_none_in_a_distribution_is_named(local: Home) -> None:
    engine = local.ledger.engine
    with writing(engine) as connection:
        stored = connection.execute(select(FORECASTS.c.predictive).where(FORECASTS.c.seq == 1)).scalar_one()
        odd = stored[:-12] + np.array([np.nan, 1, 1], "<f4").tobytes()
        connection.execute(update(FORECASTS).where(FORECASTS.c.seq == 1).values(predictive=odd))
    rehashed(engine)
    assert "forecast row 1 (COIN climatology 2026-08-01) does not hold: its distribution cannot" in told(local)[0]


def test_scores_of_a_version_that_is_not_known_are_a_doubt(home: Home) -> None:
    assert max(VERSIONS) < 7
    forged(home, "UPDATE score SET version = 7 WHERE seq = 3")
    found = deep.look(home.ledger.engine, home.ledger.state())
    assert [type(one) for one in found] == [Doubt]
    assert found[0].told == (
        "score row 3 (COIN climatology 2026-08-02) cannot be recomputed: its scores are of version 7, which this "
        "program does not know; update the program"
    )
    assert forged(home, "UPDATE score SET version = NULL WHERE seq = 3") == []


def test_an_outcome_settled_anew_from_an_altered_vintage_is_found(local: Home) -> None:
    """The last outcome and its scores are deleted, its close is altered, and the program itself settles it again."""
    with writing(local.ledger.engine) as connection:
        kept = connection.execute(select(OUTCOMES.c.y).where(OUTCOMES.c.seq == 4)).scalar_one()
        for statement in (
            "DELETE FROM outcome WHERE seq = 4",
            "DELETE FROM score WHERE seq > 6",
            "UPDATE vintage SET close = close * 1.02 WHERE session = '2026-08-05'",
        ):
            connection.execute(text(statement))
    rehashed(local.ledger.engine)
    run(local, day(4), after(day(4)))
    assert local.ledger.state()["outcome"] == 4
    assert local.ledger.outcomes(COIN)["2026-08-04", 1] != kept
    assert [one.split(":")[0] for one in told(local)] == ["forecast row 9 (COIN climatology 2026-08-05) does not hold"]


def test_an_outcome_deleted_alone_is_not_settled_from_whatever_the_store_says_now(local: Home) -> None:
    with writing(local.ledger.engine) as connection:
        connection.execute(text("DELETE FROM outcome WHERE seq = 4"))
    history = local.store.history(COIN)
    local.ledger.record([forecast(history, day(3), "garch")], after(day(4)))
    assert settle(local.ledger, history, day(4), after(day(4))) == 0
    assert [(one.place, one.fault) for one in local.ledger.bereft(COIN)] == [
        ("score row 7 (COIN climatology 2026-08-04)", "its outcome is gone"),
        ("score row 8 (COIN ewma 2026-08-04)", "its outcome is gone"),
    ]


def test_a_forecast_that_came_after_its_outcome_is_scored_by_the_one_on_record(home: Home) -> None:
    """It has no score until the next run, which is no fault, whatever the store has learnt meanwhile."""
    history = home.store.history(COIN)
    home.ledger.record([forecast(history, day(1), "garch")], after(day(4), 30))
    assert told(home) == []
    assert settle(home.ledger, history, day(4), after(day(4), 40)) == 1
    assert told(home) == []


def test_late_rows_and_withheld_forecasts_are_no_fault(home: Home) -> None:
    for number, lacking in ((5, (5,)), (6, (5,)), (7, ()), (8, ())):
        fetched(home, day(number), after(day(number)), lacking=lacking)
        history = home.store.history(COIN)
        settle(home.ledger, history, day(number), after(day(number)))
        own: list[Forecast] = [
            forecast(history, day(number), model, withheld=model == "ewma") for model in MODELS if number not in lacking
        ]
        home.ledger.record(own, after(day(number)))
    assert told(home) == []
    with reading(home.ledger.engine) as connection:
        targets = connection.execute(select(OUTCOMES.c.target).order_by(OUTCOMES.c.seq)).scalars().all()
    assert targets == [f"{day(number):%Y-%m-%d}" for number in (1, 2, 3, 4, 7, 5, 8)]


@pytest.mark.parametrize("seen", [True, False])
def test_attention_that_came_after_a_settlement_is_known_from_its_arrival(local: Home, seen: bool) -> None:
    """A run that ended between its settlement and its forecasts has read rows all the same; the control has no such."""
    days = pd.Series(np.arange(60.0, 67.0), pd.date_range(day(0), periods=7, name="session", unit="us"))
    counts = Counts("tweets a day", timedelta(0), days, "p" * 64)
    fetched(local, day(5), after(day(5)))
    settle(local.ledger, local.store.history(COIN), day(5), after(day(5)))
    assert local.ledger.newest(COIN) == day(5)
    recorded = local.ledger.newest(COIN) if seen else day(4)
    local.store.append_counts(COIN, "tweets", counts, after(day(6)), recorded)
    found = told(local)
    assert [one.split(":")[0] for one in found] == ([] if seen else ["outcome row 5 (COIN 2026-08-05) does not hold"])


def test_a_calendar_whose_hours_have_changed_is_a_doubt(local: Home) -> None:
    """A row tells the close of its target; where the library of today says otherwise, nothing can be recomputed."""
    history = local.store.history(COIN)
    made = forecast(history, day(4), "garch")
    assert made.diagnostics.inputs is not None
    earlier = made.diagnostics.inputs.asset.target_close.replace("T00:00", "T21:00")
    text_of = (
        "UPDATE forecast SET data_vintage = 'd', diagnostics = replace(diagnostics, :close, :earlier) WHERE seq = 9"
    )
    with writing(local.ledger.engine) as connection:
        close = made.diagnostics.inputs.asset.target_close
        connection.execute(text(text_of), {"close": close, "earlier": earlier})
    rehashed(local.ledger.engine)
    found = deep.look(local.ledger.engine, local.ledger.state())
    assert [(type(one), one.doubted) for one in found if isinstance(one, Doubt)] == [(Doubt, {("forecast", 9)})] * 2
    place = "forecast row 9 (COIN climatology 2026-08-05) cannot be recomputed: "
    assert found[0].told.startswith(
        f"{place}its target closes at {earlier} by its own row, and at {close} by 24/7 today"
    )
    assert found[1].told.startswith(f"{place}its data_vintage")


def test_one_asset_is_looked_at_after_another(local: Home) -> None:
    for number in (4, 5):
        for symbol in ("ANOTHER", "THIRD"):
            fetched(local, day(number), after(day(number)), symbol)
            run(local, day(number), after(day(number)), symbol)
    assert told(local) == []
    found = forged(local, "UPDATE vintage SET volume = volume + 1 WHERE symbol = 'THIRD' AND session = '2026-07-01'")
    assert [one.split(" does")[0] for one in found] == [
        "forecast row 13 (THIRD climatology 2026-08-05)",
        "outcome row 6 (THIRD 2026-08-05)",
    ]


def test_a_state_is_looked_at_whatever_came_later(home: Home) -> None:
    upto = home.ledger.state()
    fetched(home, day(5), after(day(5)))
    run(home, day(5), after(day(5)))
    assert deep.look(home.ledger.engine, upto) == []


def test_a_former_home_holds(url: str, tmp_path: Path) -> None:
    engine = former(open_engine(url))
    (tmp_path / "forecaster.toml").write_text(SETTINGS)
    home = open_home(tmp_path, {"data": {"database": engine.url.render_as_string(hide_password=False)}})
    assert told(home) == []
    assert isinstance(home.ledger, Ledger)
    assert SCORED.c.version.nullable
    assert chain.FIRST == 1


def moved_closes(home: Home, seqs: str, by: timedelta) -> None:
    """The closes that some forecasts tell of their targets, moved."""
    with writing(home.ledger.engine) as connection:
        wanted = text(f"SELECT seq, diagnostics FROM forecast WHERE seq IN ({seqs})")  # noqa: S608  # fixed numbers
        for seq, told in connection.execute(wanted).all():
            close = calendar_and_close(told)[1]
            later = (datetime.fromisoformat(close) + by).isoformat()
            new = {"told": told.replace(close, later), "seq": seq}
            connection.execute(text("UPDATE forecast SET diagnostics = :told WHERE seq = :seq"), new)


@pytest.mark.parametrize("vintage", ["data_vintage", "'d'"])
def test_another_close_excuses_no_outcome_that_the_rows_never_gave(local: Home, vintage: str) -> None:
    """Its scores are made to follow from it, and the close of its forecasts is moved by a minute."""
    moved_closes(local, "3, 4", timedelta(minutes=1))
    rows = local.ledger.forecasts(columns=("seq", "predictive", "y")).set_index("seq")
    y = -float(rows["y"][3])
    edits = [f"UPDATE outcome SET y = {y!r}, data_vintage = {vintage} WHERE seq = 2"]  # noqa: S608  # a number
    for seq in (3, 4):
        scores = scored(VERSIONS[1](Predictive.from_bytes(rows["predictive"][seq]), y))
        told = ", ".join(f"{name} = {value!r}" for name, value in scores.items())
        edits.append(f"UPDATE score SET {told} WHERE seq = {seq}")  # noqa: S608  # numbers
    found = forged(local, *edits)
    (fault,) = (one for one in found if "cannot be recomputed" not in one)
    assert fault.startswith(
        f"outcome row 2 (COIN 2026-08-02) does not hold: its y is {y:.6g}, and the vintages give {-y:.6g}; restore"
    )


def test_another_close_may_excuse_the_rows_that_were_known(local: Home) -> None:
    moved_closes(local, "3, 4", timedelta(minutes=1))
    found = forged(local, "UPDATE outcome SET data_vintage = 'd' WHERE seq = 2")
    assert all("cannot be recomputed" in one for one in found)
    assert [one.split(" (COIN")[0] for one in found] == ["forecast row 3", "outcome row 2"]
    assert "1 more rows" in found[0]


def test_a_close_on_another_day_or_none_at_all_is_a_fault(local: Home) -> None:
    moved_closes(local, "9", timedelta(days=2))
    assert forged(local)[0].startswith(
        "forecast row 9 (COIN climatology 2026-08-05) does not hold: its target closes at 2026-08-09T00:00:00+00:00 by "
        "its own row, and at 2026-08-07T00:00:00+00:00 by 24/7 today"
    )
    found = forged(
        local, "UPDATE forecast SET diagnostics = replace(diagnostics, '2026-08-09T', 'later, T') WHERE seq = 9"
    )
    assert "does not hold: its target closes at later, T00:00:00" in found[0]


@pytest.mark.parametrize(
    ("edit", "own", "books"),
    [
        ("UPDATE asset SET calendar = '24/5'", "24/7", "24/5"),
        ("""UPDATE forecast SET diagnostics = replace(diagnostics, '"24/7"', '"XNYS"')""", "XNYS", "24/7"),
    ],
)
def test_a_forecast_of_another_calendar_than_its_assets_is_named(local: Home, edit: str, own: str, books: str) -> None:
    assert forged(local, edit)[0] == (
        f"forecast row 1 (COIN climatology 2026-08-01) does not hold: its calendar is {own}, and that of COIN on the "
        f"books is {books} (and so of 9 more rows of COIN); restore a copy from before it"
    )
