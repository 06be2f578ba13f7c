"""A model card says what the record holds: kinds apart, with counts, and with triggers that a wrong model reaches."""

from __future__ import annotations

import csv
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster import models
from forecaster.errors import UnknownNameError
from forecaster.issuing.provenance import config_sha256
from forecaster.records.cards.cards import cards
from forecaster.records.cards.inventory import INVENTORY, inventory
from forecaster.records.cards.page import page
from forecaster.records.cards.rows import KINDS, LATER
from forecaster.records.home import Home, open_home
from forecaster.records.standing import CLAIMED, PROVED, REHEARSED, REPLAYED, UNWITNESSED, Witnessed
from ingest.sessions import calendar
from tests.forecaster.records.made_record import FIRST, SD, WIDTHS, close, fill, issued

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from forecaster.records.cards.card import Card

DAYS = 120


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a record of `DAYS` live days. Not to be changed."""
    home = open_home(tmp_path_factory.mktemp("full"))
    fill(home.ledger, DAYS)
    return home


def of(home: Home, *names: str, witnessed: Witnessed = UNWITNESSED) -> tuple[Card, ...]:
    return cards(home.ledger.engine, home.settings, names, home.ledger.state(), witnessed)


def reached(card: Card) -> dict[str, bool | None]:
    return {one.id: one.reached for one in card.triggers}


def test_an_overconfident_model_reaches_its_triggers_and_an_honest_one_does_not(full: Home) -> None:
    honest, sure = of(full, "garch", "ewma")
    assert reached(honest) == {
        "coverage": False,
        "worse_than_climatology": False,
        "unreliable": False,
        "novelty": False,
        "stale": False,
    }
    assert reached(sure) == {**reached(honest), "coverage": True, "worse_than_climatology": True}
    assert "Of 5 triggers 2 are reached." in page(sure)
    assert "Of 5 triggers none is reached." in page(honest)


def test_counts_and_scores_are_those_of_the_record(full: Home) -> None:
    (card,) = of(full, "ewma")
    rows = full.ledger.forecasts().query("model == 'ewma'")
    (only,) = card.scores
    assert (only.kind, only.symbol, only.forecasts, only.scored) == (CLAIMED, "COIN", DAYS, DAYS - 1)
    assert only.crps == pytest.approx(rows["crps"].mean(), rel=1e-12)
    assert only.log_score == pytest.approx(rows["log_score"].mean(), rel=1e-12)
    assert only.in90 == pytest.approx(rows["in90"].astype(float).mean(), rel=1e-12)
    floor = full.ledger.forecasts().query("model == 'climatology'")["crps"].mean()
    assert only.skill == pytest.approx(1 - rows["crps"].mean() / floor, rel=1e-12)
    assert card.checks.unreliable == (rows["status"] == "unreliable").sum()
    assert card.checks.ok + card.checks.unreliable == DAYS
    assert card.checks.reasons == (("k-hat # is above #", card.checks.unreliable),)
    assert [(one.name, one.count, one.median) for one in card.checks.figures] == [("k_hat", DAYS, 0.2)]
    (data,) = card.data
    assert (data.source, data.calendar, data.simulated, data.series) == ("csv_file", "24/7", True, "price")
    assert (data.first, data.last) == (rows["as_of"].min(), rows["as_of"].max())
    assert data.rows == (501, 531)
    (verdict,) = card.verdicts
    assert "worse than climatology" in verdict.sentences[0]
    worst = rows.loc[rows["log_score"].idxmax()]
    assert card.worst is not None
    assert card.worst.days[0].target == worst["target"]
    assert sum(one.scored for one in card.worst.spells) == DAYS - 1


def test_a_card_is_the_same_bytes_each_time(full: Home) -> None:
    first, again = of(full, "garch"), of(full, "garch")
    assert [page(card) for card in first] == [page(card) for card in again]
    assert first == again
    alone, among = of(full, "ewma")[0], next(card for card in of(full) if card.model == "ewma")
    assert asdict(alone) == asdict(among)


def test_rows_after_the_state_are_not_counted(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    fill(home.ledger, 5)
    upto = home.ledger.state()
    before = [page(card) for card in cards(home.ledger.engine, home.settings, (), upto)]
    fill(home.ledger, 3, first=10)
    assert [page(card) for card in cards(home.ledger.engine, home.settings, (), upto)] == before
    assert [page(card) for card in of(home)] != before


def test_one_day_gives_a_card_without_empty_parts(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    fill(home.ledger, 1)
    (card,) = of(home, "garch")
    told = page(card)
    assert "No outcome yet: none of its forecasts can be scored." in told
    assert "| live, by the home's own clock | COIN | 1 | -1.0 (least -1.0) | 0 |" in told
    for missing in ("## Where it is worst", "## What the scores", "## Changes", "nan", "None", "–"):  # noqa: RUF001  # what a gap may look like
        assert missing not in told
    assert told.endswith("This card is no statement of compliance.\n")
    assert "\n\n\n" not in told


def test_a_model_that_was_never_recorded_has_a_card_of_what_it_is(full: Home) -> None:
    (card,) = of(full, "egarch")
    assert card.version == 0
    assert card.config_sha256 == config_sha256(full.settings, "egarch")
    assert "No forecast of it is on record yet." in page(card)
    assert "## Assumptions" in page(card)
    with pytest.raises(UnknownNameError, match="nearest: egarch"):
        of(full, "egarh")


def test_a_model_that_is_gone_still_has_its_card(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    fill(home.ledger, 2, {"of_my_own": 1.0})
    (card,) = of(home)
    assert (card.model, card.settings, card.assumptions) == ("of_my_own", None, ())
    assert "No longer part of this program." in page(card)


def test_kinds_are_never_added_up(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    fill(home.ledger, 10)
    fill(home.ledger, 8, first=10, late=True)

    def stamped(numbers: NDArray[np.int64]) -> pd.DatetimeIndex:
        days = (numbers - 1) // len(WIDTHS)
        return pd.DatetimeIndex([close(FIRST + pd.Timedelta(days=int(d))) if d < 4 else pd.NaT for d in days], tz="UTC")

    (card,) = of(home, "garch", witnessed=Witnessed(stamped, ""))
    assert {one.kind: (one.forecasts, one.scored) for one in card.scores} == {
        PROVED: (4, 4),
        CLAIMED: (6, 5),
        LATER: (8, 7),
    }
    assert set(KINDS) - {REPLAYED} >= {one.kind for one in card.scores}


def test_a_stamp_from_after_the_close_proves_nothing(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    fill(home.ledger, 10)
    late = Witnessed(lambda numbers: pd.DatetimeIndex([datetime(2030, 1, 1, tzinfo=UTC)] * len(numbers)), "")
    (card,) = of(home, "garch", witnessed=late)
    assert {one.kind for one in card.scores} == {CLAIMED}


def test_a_row_is_judged_by_its_own_calendar_and_close_not_by_those_of_the_last(tmp_path: Path) -> None:
    """Tokyo has closed when its forecast is recorded; the asset is then said to trade in New York."""
    home = open_home(tmp_path)
    for day, code in ((pd.Timestamp("2018-01-15"), "XTKS"), (pd.Timestamp("2018-01-16"), "XNYS")):
        made, target = issued("T", "garch", day, 1.0), day + pd.Timedelta(days=1)
        inputs = made.diagnostics.inputs
        assert inputs is not None
        facts = replace(inputs.asset, calendar=code, target_close=calendar(code).close(target).isoformat())
        told = replace(made.diagnostics, inputs=replace(inputs, asset=facts))
        home.ledger.record([replace(made, diagnostics=told)], target.to_pydatetime().replace(hour=8, tzinfo=UTC))
    stamped = Witnessed(
        lambda seq: pd.DatetimeIndex(["2018-01-16T09:00Z", "2018-01-17T09:00Z"])[seq - 1], "", ("ab" * 32,)
    )
    (card,) = of(home, "garch", witnessed=stamped)
    assert {one.kind: one.forecasts for one in card.scores} == {PROVED: 1, LATER: 1}
    said = f"Time stamps were checked against the certificate sha256 {'ab' * 32} of setting witness.certificate."
    assert said in page(card)
    assert "Time stamps" not in page(of(home, "garch")[0])


def test_a_rehearsal_says_so(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    fill(home.ledger, 3)
    told = "a rehearsal: its clock was set to 2018-01-01 00:00 UTC on 2026-11-29"
    (card,) = of(home, "garch", witnessed=UNWITNESSED._replace(rehearsal=told))
    assert {one.kind for one in card.scores} == {REHEARSED}
    assert f"{told}." in page(card)


def test_a_version_is_a_hash_of_settings_and_says_what_changed(tmp_path: Path) -> None:
    home = open_home(tmp_path, {"forecast": {"models": ("ewma",)}})
    own = {**home.settings.model_dump(), "models": {"ewma": {"decay": 0.9}}}
    changed = home.settings.model_copy(update={"models": own["models"]})
    hashes = config_sha256(home.settings, "ewma"), config_sha256(changed, "ewma")
    for start, config in zip((0, 30), hashes, strict=True):
        for number in range(start, start + 3):
            day = FIRST + pd.Timedelta(days=number)
            forecast = issued("COIN", "ewma", day, 1.0)
            object.__setattr__(forecast, "config_sha256", config)
            home.ledger.record([forecast], close(day))
    first, second = cards(home.ledger.engine, changed, ["ewma"], home.ledger.state())
    assert (first.version, first.in_force, first.triggers) == (1, False, ())
    assert (second.version, second.in_force) == (2, True)
    assert first.settings == {}
    assert second.settings == {"models.ewma.decay": 0.9}
    assert second.change is not None
    assert second.change.settings == (("models.ewma.decay", 0.94, 0.9),)
    assert "`models.ewma.decay` 0.94 -> 0.9" in page(second)
    assert reached(second)["stale"] is False
    assert "A later version has taken its place." in page(first)


def test_an_unknown_version_says_that_its_settings_are_not_known(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    fill(home.ledger, 30, {"climatology": 1.0, "ewma": 1.0}, config="b")
    fill(home.ledger, 30, {"climatology": 1.0, "ewma": 1.0}, first=40, config="c")
    _, second = of(home, "ewma")
    assert second.settings is None
    assert second.change is not None
    assert second.change.settings is None
    assert [one.scored for one in (*second.change.scores, *second.change.now)] == [29, 29]
    assert "The days differ: this is no evidence that one is better." in page(second)


def test_an_asset_that_a_new_version_leaves_out_is_stale(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    fill(home.ledger, 3)
    fill(home.ledger, 3, first=20, symbol="OTHER", config="b")
    _, second = of(home, "garch")
    assert [one.now for one in second.triggers if one.id == "stale"] == ["COIN: 20 days"]


def test_several_assets_are_told_apart_and_the_worst_is_named(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    fill(home.ledger, 70, {"climatology": 1.0, "ewma": 1.0})
    fill(home.ledger, 70, {"climatology": 1.0, "ewma": 0.4}, first=100, symbol="OTHER")
    (card,) = of(home, "ewma")
    assert [one.symbol for one in card.scores] == ["", "COIN", "OTHER"]
    assert card.worst is not None
    assert card.worst.symbol == "OTHER"
    assert reached(card)["stale"]
    assert "COIN: 100 days" in page(card)


def test_verdicts_on_many_assets_are_counted(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    for number in range(4):
        fill(home.ledger, 4, first=10 * number, symbol=f"COIN{number}")
    (card,) = of(home, "ewma")
    told = [line for line in page(card).splitlines() if "no evidence of skill" in line]
    assert told == [
        f"- 4 of 4 assets, {KINDS[CLAIMED]}: no evidence of skill against {name} in CRPS and log score."
        for name in ("climatology", "garch")
    ]


def test_stopped_assets_are_not_stale(tmp_path: Path) -> None:
    home = open_home(tmp_path, {"data": {"stopped": ("COIN",)}})
    fill(home.ledger, 3)
    fill(home.ledger, 3, first=100, symbol="OTHER")
    (card,) = of(home, "garch")
    assert reached(card)["stale"] is False


def test_the_inventory_has_a_line_a_model_and_version(full: Home) -> None:
    made = of(full)
    lines = list(csv.DictReader(inventory(made).splitlines()))
    assert list(lines[0]) == list(INVENTORY)
    assert [line["model"] for line in lines] == sorted(WIDTHS)
    sure = lines[1]
    assert sure["model"] == "ewma"
    assert (sure["claimed"], sure["claimed_scored"], sure["proved"]) == (str(DAYS), str(DAYS - 1), "0")
    assert sure["triggers_reached"] == "coverage worse_than_climatology"
    assert float(sure["claimed_crps"]) < SD


@pytest.mark.parametrize("name", models.names())
def test_every_model_states_its_assumptions_in_sentences(name: str) -> None:
    told = models.assumptions(name)
    assert told
    assert all(sentence[0].isupper() and sentence.endswith(".") and "\n" not in sentence for sentence in told)
