"""Atom and tick on every forecast of a day, in its scores, in the record of pools, and nowhere where there is none."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from forecaster.combination.mixture import mixture
from forecaster.contract import Failed
from forecaster.distribution.predictive import Predictive
from forecaster.evaluation.scoring import VERSION, VERSIONS, score
from forecaster.issuing.issue import Issuer
from forecaster.issuing.possible import Shown, impossible
from forecaster.issuing.training import STAND_IN
from forecaster.models import garch
from forecaster.replay.backtest import last_origins, replay
from forecaster.view.atoms import atom_and_tick
from forecaster.view.past import Past
from tests.rounded import market

MEMBERS = ("climatology", "ewma", "garch")
NAMES = ("climatology", "ewma", "garch", "bayesian_linear", "ensemble", "recalibrated")
TABLES = {
    "forecast": {"train_window": 300, "minimum_rows": 40, "track_days": 130},
    "models": {
        "bayesian_linear": {"steps": 40, "draws": 20},
        "ensemble": {"members": MEMBERS},
        "recalibrated": {"members": MEMBERS},
    },
}


@pytest.fixture(scope="module")
def quoted():
    """A market in ticks so wide that a tenth of days does not move, and with halts besides."""
    return market(560, 0.2, 11, halts=0.1)


@pytest.fixture(scope="module")
def issued(quoted, settings_of):
    """The last day's forecasts and the record behind them."""
    issuer = Issuer(quoted.history, NAMES, settings_of(**TABLES))
    return issuer.issue(quoted.history.last), issuer


def test_all_forecasts_of_a_day_have_its_atom_and_its_tick(quoted, issued, settings_of):
    made, _ = issued
    known = atom_and_tick(Past(quoted.history, settings_of(**TABLES).forecast).look(quoted.history.last))
    assert known[0] > 0.02
    assert known[1] == pytest.approx(0.2 / quoted.closes[-1], rel=1e-6)
    for one in made:
        assert one.predictive is not None
        assert (one.predictive.atom, one.predictive.tick) == tuple(np.float32(known))
        assert one.status == "ok"
        again = Predictive.from_bytes(one.predictive.to_bytes())
        assert again.quantiles == one.predictive.quantiles
    assert any("stood still" in note for note in made[0].diagnostics.inputs.notes)


def test_where_prices_always_move_there_is_neither(settings_of):
    history = market(200, 0.0, 11).history
    (one,) = Issuer(history, ("climatology",), settings_of(**TABLES)).issue(history.last)
    assert b"atom" not in one.predictive.to_bytes()
    assert b"tick" not in one.predictive.to_bytes()
    assert not any("stood still" in note for note in one.diagnostics.inputs.notes)


def test_a_stand_in_has_them_too(quoted, settings_of, monkeypatch):
    monkeypatch.setattr(garch, "fit", lambda examples, **_: tuple(Failed("planted") for _ in examples))
    (one,) = Issuer(quoted.history, ("garch",), settings_of(**TABLES)).issue(quoted.history.last)
    assert one.diagnostics.stand_in == STAND_IN
    assert one.predictive.tick > 0


def test_days_of_an_atom_stay_in_the_weights_and_out_of_the_map(issued, quoted):
    """Their log scores are there and their PITs are not; the map is learnt from the others."""
    _, issuer = issued
    track = issuer.record.known_at(quoted.history.last)
    assert track.log_score.shape == (130, 3)
    assert np.isfinite(track.log_score).all()
    without = np.isnan(track.pit)
    assert 0.03 < without.mean() < 0.25
    still = quoted.changes[-130:] == 0
    assert not without[~still].any()
    members = {name: Predictive.of(0.0, 0.01).with_atom(0.1, 0.002) for name in MEMBERS}
    found = mixture(members, track, SimpleNamespace(floor=0.02, half_life=250.0))
    assert found.pits.size == (~without.all(axis=1)).sum()
    assert np.isfinite(found.pits).all()
    assert found.pooled.diagnostics["track_days"] == 130


def test_scores_of_a_replay_are_by_tick(quoted, settings_of):
    days = last_origins(quoted.history, 30)
    rows = list(replay(quoted.history, days, ("garch",), settings_of(**TABLES), 20))
    for one in rows:
        p, y = one.forecast.predictive, one.y
        low, high = (float(p.cdf(y + side * p.tick / 2)) for side in (-1, 1))
        assert one.score["log_score"] == pytest.approx(-np.log((high - low) / p.tick), abs=1e-6)
        assert low - 1e-12 <= one.score["pit"] <= high + 1e-12


def test_a_spike_at_zero_wins_by_the_density_and_not_by_the_tick(quoted):
    """A kernel that stands on zero: what it is worth is one tick's probability, which others have as well."""
    honest = Predictive.of(0.0, 0.008, 5.0)
    spike = Predictive.of([0.0, 0.0], [0.008, 1e-6], 5.0, weight=[0.95, 0.05])
    atom, tick = 0.12, 0.002
    y = quoted.changes[-400:]

    def gain(*still):
        one, other = (law.with_atom(*still) for law in (honest, spike))
        return float((one.log_prob(y) - other.log_prob(y)).mean())

    assert gain(0.0, 0.0) < -0.5  # the control: nats a day, out of nothing
    assert gain(atom, tick) > -0.02


def test_rows_of_the_first_version_are_scored_as_they_were():
    law = Predictive.of(0.001, 0.01, 5.0)
    assert VERSION == 2
    assert VERSIONS[1](law, 0.003) == VERSIONS[2](law, 0.003) == score(law, 0.003)
    seen = law.with_atom(0.1, 0.002)
    assert VERSIONS[1](seen, 0.003) == score(law, 0.003) != VERSIONS[2](seen, 0.003)


def test_an_atom_makes_no_forecast_impossible():
    """Nineteen days of twenty without a change: both ends of the interval are 0, and that can be."""
    changes = 0.01 * np.random.default_rng(1).standard_normal(400)
    law = Predictive.of(0.0, 0.01, 5.0).with_atom(0.94, 0.001)
    assert law.quantiles["q05"] == law.quantiles["q95"] == 0.0
    assert impossible(law, Shown.of(changes), "TICK") == ""
    assert impossible(Predictive.of(0.0, 1e-7).with_atom(0.1, 0.001), Shown.of(changes), "TICK") != ""


def test_later_rows_change_no_byte_of_a_forecast(quoted, settings_of):
    days = pd.DatetimeIndex(quoted.history.frame["session"])
    issuer = Issuer(quoted.history, ("garch",), settings_of(**TABLES))
    cut = replace(quoted, closes=quoted.closes[:521]).history
    (long_one,) = issuer.issue(days[520])
    (short_one,) = Issuer(cut, ("garch",), settings_of(**TABLES)).issue(days[520])
    assert long_one.predictive.to_bytes() == short_one.predictive.to_bytes()
