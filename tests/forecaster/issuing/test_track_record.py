"""Track records and pools: the same from every run, from the past alone, and a mixture of just what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.errors import SettingsError, UnknownNameError
from forecaster.issuing.fitting import answers
from forecaster.issuing.issue import issue
from forecaster.issuing.track_record import EVERY, Record
from forecaster.issuing.walk import walk
from forecaster.replay.backtest import last_origins, replay
from forecaster.view.past import Past
from forecaster.view.view import look
from ingest.sessions import calendar

MEMBERS = ("climatology", "bayesian_linear")
QUICK = {
    "forecast": {"train_window": 120, "minimum_rows": 40, "track_days": 30},
    "models": {
        "bayesian_linear": {"steps": 30, "draws": 20},
        "ensemble": {"members": MEMBERS},
        "recalibrated": {"members": MEMBERS},
    },
}
POOLS = ("ensemble", "recalibrated")


@pytest.fixture(scope="module")
def history(history_of):
    """240 sessions whose volatility changes now and then: one member can be better than the other."""
    rng = np.random.default_rng(21)
    size = np.repeat(0.01 * np.exp(rng.normal(0, 0.7, 12)), 20)
    return history_of(size * rng.standard_normal(240))


def test_a_walk_over_the_past_sees_what_each_day_saw(history, settings_of):
    """The columns of a day are the beginnings of later ones, bit for bit; a restated row ends that."""
    settings, days = settings_of(**QUICK).forecast, last_origins(history, 3)
    frame = history.frame
    restated = frame.iloc[[100]].assign(close=1.0, known_at=frame["known_at"].iloc[-2])
    for known, steady in ((history, True), (replace(history, frame=pd.concat([frame, restated])), False)):
        assert known.steady is steady
        past = Past(known, settings)
        for day in days:
            fast, slow = past.look(day), look(known, day, settings)
            for one, other in ((fast.rows, slow.rows), (fast.changes, slow.changes), (fast.known, slow.known)):
                pd.testing.assert_frame_equal(one, other, check_exact=True, check_freq=False)
            for one, other in ((fast.standard, slow.standard), (fast.covariates, slow.covariates)):
                assert one.to_numpy().tobytes() == other.to_numpy().tobytes()
            assert fast.data_vintage == slow.data_vintage


def find(record, first, last, settings):
    """Adds the scores that the tracks of some origins need."""
    for walked in walk({record.past.symbol: record.past}, record.legs(first, last), MEMBERS, settings):
        record.scores[walked.day] = walked.scores


def at(past, day, settings):
    """The track of one origin."""
    record = Record(past, MEMBERS, settings)
    find(record, day, day, settings)
    return record.known_at(day)


def test_a_record_is_the_same_whoever_asks(history, settings_of):
    """Asked for one day, or prepared for many: the members' scores of a day agree to 1e-4, and days to the last."""
    settings, days = settings_of(**QUICK), last_origins(history, 12)
    past = Past(history, settings.forecast)
    many = Record(past, MEMBERS, settings)
    find(many, days[0], days[-1], settings)
    for day in (days[0], days[-1]):
        one, other = at(past, day, settings), many.known_at(day)
        assert one.pit.shape == (30, 2)
        np.testing.assert_allclose(one.pit, other.pit, atol=1e-4)
        np.testing.assert_allclose(one.log_score, other.log_score, atol=1e-3)


def test_a_record_is_of_replays_from_fits_before_each_day(history, settings_of):
    """Every row equals the replay of that day from the latest fit whose number divides; the last is of yesterday."""
    settings = settings_of(**QUICK)
    day = last_origins(history, 1)[0]
    track = at(Past(history, settings.forecast), day, settings)
    code = calendar("24/7")
    due = [d for d in last_origins(history, 50) if code.ordinal(d) % EVERY == 0][-1]
    days = [d for d in last_origins(history, 50) if due <= d < day]
    replayed = list(replay(history, days, ("climatology",), settings, refit_every=EVERY))
    np.testing.assert_allclose(track.pit[-len(days) :, 0], [item.score["pit"] for item in replayed], atol=1e-12)


def test_later_rows_change_nothing_in_a_record(history, settings_of):
    """Deleted or tenfold later rows leave every number as it was; the control: a changed row within is seen."""
    settings = settings_of(**QUICK)
    day = last_origins(history, 20)[0]

    def record(known):
        track = at(Past(known, settings.forecast), day, settings)
        return track.log_score.tobytes() + track.pit.tobytes()

    truth, frame = record(history), history.frame
    later = frame["session"] > day
    tenfold = frame.assign(close=np.where(later, 10 * frame["close"], frame["close"]))
    assert record(replace(history, frame=frame[~later])) == truth
    assert record(replace(history, frame=tenfold)) == truth
    touched = frame.assign(close=np.where(frame["session"] == day, 1.05 * frame["close"], frame["close"]))
    assert record(replace(history, frame=touched)) != truth


def test_a_pool_is_its_members_mixture_live_and_replayed(history, settings_of):
    """Its density is the weighted sum of theirs; weights sum to one; a replay of the day gives the same bytes."""
    settings, day = settings_of(**QUICK), last_origins(history, 1)[0]
    *own, pooled, corrected = issue(history, day, (*MEMBERS, *POOLS), settings)
    weights = pooled.diagnostics.pool
    assert list(weights) == list(MEMBERS)
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights.values()) >= 0.02
    grid = np.linspace(-0.05, 0.05, 11)
    mixed = sum(weights[f.model] * np.exp(f.predictive.log_prob(grid)) for f in own)
    np.testing.assert_allclose(np.exp(pooled.predictive.log_prob(grid)), mixed, rtol=1e-5)
    assert (pooled.status, pooled.reason, pooled.diagnostics.figures["track_days"]) == ("ok", "", 30)
    assert corrected.diagnostics.figures["recalibrated"] == 0.0, "too few past days to correct anything"
    assert corrected.predictive.to_bytes() == pooled.predictive.to_bytes()
    again = [item.forecast for item in replay(history, [day], POOLS, settings, refit_every=1)]
    assert [f.predictive.to_bytes() for f in again] == [pooled.predictive.to_bytes(), corrected.predictive.to_bytes()]


def test_fits_that_a_record_needs_are_not_trained_again(history, settings_of):
    """With the record's own distance between refits, a backtest trains each model once at each of them."""
    seen = []

    def counted(requests):
        seen.extend((request.model, seed) for request in requests for seed in request.seeds)
        return answers(requests)

    names = ("bayesian_linear", "ensemble")
    list(replay(history, last_origins(history, 45), names, settings_of(**QUICK), EVERY, counted))
    assert seen
    assert len(seen) == len(set(seen))


def test_a_pool_whose_members_have_no_forecast_is_withheld(history, settings_of):
    """Today's window has a hole: nobody has a forecast, and the pool says whose lack it was."""
    frame = history.frame
    holed = replace(history, frame=frame.drop(index=frame.index[-3]).reset_index(drop=True))
    *own, pooled = issue(holed, holed.last, (*MEMBERS, "ensemble"), settings_of(**QUICK))
    assert {forecast.status for forecast in own} == {"withheld"}
    assert (pooled.status, pooled.predictive) == ("withheld", None)
    assert pooled.reason.startswith("none of its members has a forecast")


def test_a_pool_of_pools_is_refused(settings_of):
    with pytest.raises(SettingsError, match="recalibrated is itself a combination of others"):
        settings_of(models={"ensemble": {"members": ["recalibrated"]}}).members("ensemble")
    with pytest.raises(UnknownNameError, match="climatology"):
        settings_of(models={"ensemble": {"members": ["climatologi"]}}).members("ensemble")
