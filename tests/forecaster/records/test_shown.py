"""No report, card or export shows a row that is not what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from sqlalchemy import text

from forecaster.errors import LedgerError
from forecaster.operation.daily_contents import daily_report
from forecaster.records import chain
from forecaster.records.cards.cards import cards
from forecaster.records.export import export
from forecaster.records.home import Home, open_home
from forecaster.records.reading import EVERYTHING, LIGHT, Wanted, pieces
from forecaster.records.standing import Witnessed
from forecaster.records.tables import FORECASTS
from forecaster.witness.rows import row_hash
from ingest.database import reading, writing
from tests.forecaster.records.histories import after, day, fetched, lived, run

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

ALTERED = "its content is not what was recorded"
EDITS = [
    ("UPDATE forecast SET q50 = 0.05, prob_up = 0.99 WHERE seq = 4", f"forecast row 4 .COIN ewma.*{ALTERED}"),
    ("UPDATE forecast SET issued_at = '2026-08-01T20:00:00+00:00' WHERE seq = 4", f"forecast row 4.*{ALTERED}"),
    ("UPDATE outcome SET y = -y WHERE seq = 2", f"outcome row 2.*{ALTERED}"),
    ("UPDATE score SET crps = crps / 2 WHERE seq = 4", f"score row 4.*{ALTERED}"),
]
"""Each of a row of the model ewma, and who names it."""


@pytest.fixture
def home(url: str, tmp_path: Path) -> Home:
    """Five days of a coin and two models, four of them settled; on each kind of database."""
    return lived(open_home(tmp_path / "home", {"data": {"database": url}}), 5)


def edited(engine: Engine, statement: str) -> None:
    with writing(engine) as connection:
        connection.execute(text(statement))


def shows(home: Home, tmp_path: Path) -> None:
    """Whoever shows a row of the record beside its line; none does where one was altered."""
    day_of = pd.Timestamp(home.ledger.standings()[0].newest)
    made = (
        lambda: daily_report(home.ledger, home.replays, day_of, home.settings, (), {}),
        lambda: cards(home.ledger.engine, home.settings, ["ewma"], home.ledger.state()),
        lambda: export(home.ledger.engine, tmp_path / "record.csv", EVERYTHING),
    )
    faults = []
    for make in made:
        try:
            make()
        except LedgerError as fault:
            faults.append(str(fault))
    assert len(set(faults)) <= 1
    assert len(faults) in {0, len(made)}
    assert (tmp_path / "record.csv").exists() is not bool(faults)
    if faults:
        raise LedgerError(faults[0])


def test_an_honest_record_is_shown(home: Home, tmp_path: Path) -> None:
    shows(home, tmp_path)


def test_a_report_says_by_which_certificate_what_it_calls_proved_was_checked(home: Home) -> None:
    early = Witnessed(lambda seq: pd.DatetimeIndex([after(day(0))] * len(seq)), "", ("ab" * 32,))
    newest = pd.Timestamp(home.ledger.standings()[0].newest)
    told = daily_report(home.ledger, home.replays, newest, home.settings, (), {}, early)
    assert set(told.assets[0].fan["origin"]) == {"proved"}
    said = f"checked against the certificate sha256 {'ab' * 32} of setting witness.certificate"
    assert told.provenance["time stamps"] == said
    unproved = daily_report(home.ledger, home.replays, newest, home.settings, (), {})
    assert "time stamps" not in unproved.provenance


@pytest.mark.parametrize(("statement", "said"), EDITS)
def test_an_altered_row_is_named_and_not_shown(home: Home, tmp_path: Path, statement: str, said: str) -> None:
    edited(home.ledger.engine, statement)
    with pytest.raises(LedgerError, match=said):
        shows(home, tmp_path)


def test_a_row_whose_own_hash_was_computed_anew_is_found_by_the_row_after_it(home: Home, tmp_path: Path) -> None:
    """The line of the record is of links, which stay: it would be the honest one beside an altered figure."""
    engine = home.ledger.engine
    edited(engine, "UPDATE forecast SET prob_up = 0.99 WHERE seq = 4")
    with reading(engine) as connection:
        row = {**connection.execute(FORECASTS.select().where(FORECASTS.c.seq == 4)).mappings().one()}
    content = {name: row[name] for name in chain.covered(FORECASTS)[row["format"]]}
    edited(engine, f"UPDATE forecast SET row_hash = '{row_hash(content)}' WHERE seq = 4")  # noqa: S608  # a hash
    with pytest.raises(LedgerError, match=r"forecast row 4.*the row after it does not follow it"):
        shows(home, tmp_path)


def test_only_what_is_shown_is_looked_at(home: Home) -> None:
    engine = home.ledger.engine
    fetched(home, day(5), after(day(5)), "OTHER")
    run(home, day(5), after(day(5)), "OTHER")
    edited(engine, "UPDATE forecast SET prob_up = 0.99 WHERE seq = 4")
    assert [len(some) for some in pieces(engine, Wanted(["OTHER"]), LIGHT, checked=True)] == [2]
    assert sum(len(some) for some in pieces(engine, Wanted(last=3), LIGHT, checked=True)) == 3
    with pytest.raises(LedgerError, match="forecast row 4"):
        list(pieces(engine, EVERYTHING, LIGHT, checked=True))
