"""Scores of track records are kept: a second run trains nothing for them, and finds the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sqlalchemy import select, update

from forecaster.issuing.fitting import answers
from forecaster.issuing.issue import Issuer
from forecaster.issuing.provenance import code_version
from forecaster.records.home import open_home
from forecaster.records.tracks import TRACKS
from ingest.database import reading, writing
from ingest.sources import simulated
from tests.cheap_settings import write_cheap

MEMBERS = ("climatology", "ewma")


def home_with_rows(folder):
    """A home whose one pool has two cheap members, and a year of the simulated market."""
    write_cheap(folder, models=["ensemble"])
    home = open_home(folder)
    now = pd.Timestamp("2015-03-01", tz="UTC")
    asset = simulated.ASSETS[0]
    home.store.append(asset, simulated.fetch(asset, now).tail(200), now)
    return home


def test_what_was_found_is_found_again_without_training(tmp_path):
    home = home_with_rows(tmp_path)
    history = home.store.history(simulated.ASSETS[0].symbol)
    first = Issuer(history, ("ensemble",), home.settings)
    (fresh,) = first.issue(history.last)
    home.tracks.keep(history.asset.symbol, first.record.scores, home.settings)
    home.tracks.keep(history.asset.symbol, first.record.scores, home.settings)  # again: nothing is added

    known = home.tracks.of(history.asset.symbol, MEMBERS, home.settings)
    assert {day: set(own) for day, own in known.items()} == {day: set(MEMBERS) for day in first.record.scores}
    seen = []

    def counted(requests):
        seen.extend(seed for request in requests for seed in request.seeds)
        return answers(requests)

    second = Issuer(history, ("ensemble",), home.settings, known)
    (again,) = second.issue(history.last, ask=counted)
    assert again.predictive.to_bytes() == fresh.predictive.to_bytes()
    assert len(seen) == len(MEMBERS), "a training for a score that was kept"


def test_other_settings_or_another_seed_find_nothing(tmp_path):
    """Kept scores belong to the settings that made them."""
    home = home_with_rows(tmp_path)
    day = pd.Timestamp("2015-01-05").as_unit("us")
    home.tracks.keep("SIM", {day: {"climatology": (-2.0, 0.5), "ewma": (np.nan, np.nan)}}, home.settings)
    (own,) = home.tracks.of("SIM", MEMBERS, home.settings).values()
    assert own["climatology"] == (-2.0, 0.5)
    assert np.isnan(own["ewma"]).all()
    for key, value in (("seed", 1), ("half_life", 5.0)):
        changed = home.settings.forecast.model_copy(update={key: value})
        other = home.settings.model_copy(update={"forecast": changed})
        assert home.tracks.of("SIM", MEMBERS, other) == {}
    assert home.tracks.of("OTHER", MEMBERS, home.settings) == {}


def test_a_forecast_that_gave_no_chance_is_not_one_that_was_not_made(tmp_path):
    """Its log score is infinite, and weighs; NaN, where there was no forecast, does not."""
    home = home_with_rows(tmp_path)
    day = pd.Timestamp("2015-01-05").as_unit("us")
    scores = {"climatology": (np.inf, 1.0), "ewma": (np.nan, np.nan)}
    home.tracks.keep("SIM", {day: scores}, home.settings)
    (own,) = home.tracks.of("SIM", MEMBERS, home.settings).values()
    assert own["climatology"] == (np.inf, 1.0)
    assert np.isnan(own["ewma"]).all()


def test_another_program_finds_nothing_and_keeps_its_own(tmp_path):
    """A score that other code found under the same number is not this program's; its own is, as the control."""
    home = home_with_rows(tmp_path)
    day, other = pd.Timestamp("2015-01-05").as_unit("us"), code_version().partition("+")[0] + "+00000000"
    home.tracks.keep("SIM", {day: {"climatology": (-2.0, 0.5)}}, home.settings)
    assert home.tracks.of("SIM", MEMBERS, home.settings) == {day: {"climatology": (-2.0, 0.5)}}
    with writing(home.ledger.engine) as connection:
        connection.execute(update(TRACKS).values(code_version=other))
    assert home.tracks.of("SIM", MEMBERS, home.settings) == {}
    home.tracks.keep("SIM", {day: {"climatology": (-3.0, 0.25)}}, home.settings)
    assert home.tracks.of("SIM", MEMBERS, home.settings) == {day: {"climatology": (-3.0, 0.25)}}
    with reading(home.ledger.engine) as connection:
        assert {row.code_version for row in connection.execute(select(TRACKS))} == {other, code_version()}


def test_a_members_own_settings_cost_its_scores_alone(tmp_path):
    """The other's are kept; how long a record is, which no score depends on, costs none."""
    home = home_with_rows(tmp_path)
    day = pd.Timestamp("2015-01-05").as_unit("us")
    scores = {day: {"climatology": (-2.0, 0.5), "ewma": (-2.5, 0.75)}}
    home.tracks.keep("SIM", scores, home.settings)
    models = {**home.settings.models, "ewma": {"decay": 0.9}}
    assert home.tracks.of("SIM", MEMBERS, home.settings.model_copy(update={"models": models})) == {
        day: {"climatology": (-2.0, 0.5)}
    }
    longer = home.settings.forecast.model_copy(update={"track_days": 99})
    assert home.tracks.of("SIM", MEMBERS, home.settings.model_copy(update={"forecast": longer})) == scores


def test_a_day_of_which_a_member_lacks_its_score_is_scored_again(tmp_path):
    """A wrong score of one member alone leaves the forecast as it was; of both it is believed, which is the control."""
    home = home_with_rows(tmp_path)
    history = home.store.history(simulated.ASSETS[0].symbol)
    first = Issuer(history, ("ensemble",), home.settings)
    (fresh,) = first.issue(history.last)
    for wrong, same in ((MEMBERS[:1], True), (MEMBERS, False)):
        known = {day: {name: (3.0 * (name == "ewma"), 0.5) for name in wrong} for day in first.record.scores}
        (again,) = Issuer(history, ("ensemble",), home.settings, known).issue(history.last)
        assert (again.predictive.to_bytes() == fresh.predictive.to_bytes()) is same
