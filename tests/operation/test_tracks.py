"""Scores of track records are kept: a second run trains nothing for them, and finds the same."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecaster import training
from forecaster.issue import Issuer
from forecaster.operation.home import open_home
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


def test_what_was_found_is_found_again_without_training(tmp_path, monkeypatch):
    home = home_with_rows(tmp_path)
    history = home.store.history(simulated.ASSETS[0].symbol)
    first = Issuer(history, ("ensemble",), home.settings)
    (fresh,) = first.issue(history.last)
    home.tracks.keep(history.asset.symbol, first.record.scores, home.settings)
    home.tracks.keep(history.asset.symbol, first.record.scores, home.settings)  # again: nothing is added

    known = home.tracks.of(history.asset.symbol, MEMBERS, home.settings)
    assert {day: set(own) for day, own in known.items()} == {day: set(MEMBERS) for day in first.record.scores}
    seen, plain = [], training._fits
    monkeypatch.setattr(training, "_fits", lambda *of: seen.extend(of[3]) or plain(*of))
    second = Issuer(history, ("ensemble",), home.settings, known)
    (again,) = second.issue(history.last)
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
