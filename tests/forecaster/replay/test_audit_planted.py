"""The eight leaks that ruin backtests, each planted where it would really happen, and each caught by the audit.

A model sees arrays, so that most leaks live below it: in the columns, which a walk over a past that never changed
computes once for all days and cuts off at each; in the reading of vintages; in the track record. A model's own file can
still leak through the fits that are trained beside it, and through what it remembers.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster import models
from forecaster.evaluation.outcomes import Outcome
from forecaster.issuing.issue import issue
from forecaster.issuing.track_record import Record
from forecaster.replay.audit import Auditor
from forecaster.replay.futures import COUNT, ROWS
from forecaster.replay.leak import UNCHANGED
from forecaster.view import past, view
from ingest import counts
from ingest.history import History

CHEAP = {
    "forecast": {"train_window": 120, "minimum_rows": 40, "track_days": 5},
    "models": {"baseline_mlp": {"epochs": 3}, "ensemble": {"members": ("climatology", "ewma")}},
}
HEAD = """
import numpy as np
from forecaster.distribution.predictive import Predictive
from forecaster.contract import Fitted, ModelSettings

SUMMARY = "planted"

class Settings(ModelSettings):
    pass

def of(scale):
    return Fitted(lambda origin: Predictive.of(0.0, float(scale), 5.0))
"""
CHECKPOINT = """
def fit(examples, settings, seeds, compute):
    scored = examples[-1].y[-20:]  # the newest rows: what all fits but the last are scored on later
    return tuple(of(best(rows.y, scored)) for rows in examples)

def best(y, scored):
    scales = y.std() * np.linspace(0.5, 2, 500)
    return min(scales, key=lambda scale: -Predictive.of(0.0, scale, 5.0).log_prob(scored).sum())
"""
OWN_ROWS = CHECKPOINT.replace("best(rows.y, scored)", "best(rows.y, rows.y[-20:])")
REMEMBERS = """
SEEN = []

def fit(examples, settings, seeds, compute):
    SEEN.extend(rows.history for rows in examples)
    return tuple(of(max(SEEN, key=lambda changes: abs(changes[-50:]).max()).std()) for rows in examples)
"""
SMOOTHER = """
from forecaster.families.regime_filter import Filter, smoothed_regimes

LATENTS = {
    "location": np.zeros((2, 3)),
    "log_scale": np.log([0.5, 0.5]),
    "steps": np.ones((2, 2)),
    "df_excess": np.full(2, 6.0),
    "leave": np.full((2, 3), -2.0),
    "farther": np.full((2, 3), -1.0),
}
SCALES = np.array([0.5, 1.0, 2.0])

def fit(examples, settings, seeds, compute):
    newest = max((rows.history for rows in examples), key=len)  # the series is smoothed once, for all fits
    return tuple(of(forecast(rows.history, newest)) for rows in examples)

def forecast(own, seen):
    unit = own[:60].std()
    return unit * (smoothed_regimes(Filter(LATENTS, unit), seen)[len(own) - 1] @ SCALES)
"""
FILTERED = SMOOTHER.replace("forecast(rows.history, newest)", "forecast(rows.history, rows.history)")
UNSEEDED = """
def fit(examples, settings, seeds, compute):
    return tuple(of(rows.y.std() * np.random.default_rng().uniform(0.9, 1.1)) for rows in examples)
"""
SEEDED = UNSEEDED.replace("for rows in examples", "for rows, seed in zip(examples, seeds)").replace(
    "rng()", "rng(seed)"
)


@pytest.fixture
def settings(settings_of):
    return settings_of(**CHEAP)


@pytest.fixture
def plant(tmp_path):
    """Puts model files of these names and texts into the registry."""
    models.__path__.append(str(tmp_path))

    def write(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(HEAD + text, "utf-8")

    yield write
    models.__path__.remove(str(tmp_path))


def audited(history, names, settings, origins=1, **ways):
    """Model -> leak."""
    auditor = Auditor(history, names, settings, seed=5, **ways)
    return {leak.model: leak for check in auditor.checks(auditor.origins(origins)) for leak in check.leaks}


def wrapped(monkeypatch, place, name, leaky):
    """Replaces a function by one that is given it first."""
    plain = getattr(place, name)
    monkeypatch.setattr(place, name, lambda *given: leaky(plain, *given))


def test_a_target_shifted_by_one(monkeypatch, simulated_history, settings):
    """changes.shift(-1) over the whole table: today's row holds tomorrow's change."""
    wrapped(
        monkeypatch,
        view,
        "simple_changes",
        lambda plain, *given: plain(*given).assign(price=lambda table: table["price"].shift(-1)),
    )
    found = audited(simulated_history, ("ewma",), settings)["ewma"]
    assert (found.what, found.column, found.replayed) == ("its distribution changed", "close", False)
    assert "shift(-1)" in found.remedy


def test_a_centred_rolling_mean(monkeypatch, simulated_history, settings):
    def centred(plain, *given):
        known = plain(*given)
        return known.assign(volatility=known["volatility"].rolling(5, center=True, min_periods=1).mean())

    wrapped(monkeypatch, view, "volatility", centred)
    found = audited(simulated_history, ("baseline_mlp",), settings)["baseline_mlp"]
    assert (found.what, found.column) == ("its distribution changed", "close")


def test_a_full_sample_scaler(monkeypatch, simulated_history, settings):
    """Standard units by the mean and sd of the whole sample; the first column that shows it is named."""
    wrapped(
        monkeypatch,
        view,
        "standard_changes",
        lambda plain, changes, known: (changes - changes.mean()) / changes.std(),
    )
    found = audited(simulated_history, ("climatology", "baseline_mlp"), settings)
    assert found["climatology"].what == "its diagnostics changed", "no standard units, but novelty beside it"
    assert (found["baseline_mlp"].what, found["baseline_mlp"].column) == ("its distribution changed", "close")


class Newest(History):
    """Reads what is in the table today, not what was in it then."""

    def read(self, as_of):
        rows = self.newest()
        return rows[rows["session"] <= as_of].reset_index(drop=True)


def test_a_late_revision(simulated_history, settings):
    found = audited(Newest(simulated_history.asset, simulated_history.frame), ("ewma",), settings)["ewma"]
    assert (found.what, found.column, found.kind) == ("its distribution changed", "close", "corrected later")
    assert "as they were known at the origin" in found.remedy


def counted(history):
    """The same market, its tweets counted by an adapter."""
    frame = history.frame
    days = pd.DataFrame(
        {
            "symbol": frame["symbol"],
            "day": frame["session"],
            "count": frame["tweets"],
            "source": "csv_file",
            "payload": "",
            "known_at": frame["known_at"],
        }
    )
    return History(replace(history.asset, attention_source="csv_file"), frame.assign(tweets=np.nan), days)


def test_tomorrows_tweets(monkeypatch, simulated_history, settings):
    """Counts paired with the session before: a day that was not over yet."""

    def early(plain, asset, rows, vintages, moment):
        shifted = vintages.assign(day=vintages["day"] - pd.Timedelta(1, unit="D"))
        return plain(asset, rows, shifted, moment + pd.Timedelta(1, unit="D"))

    history = counted(simulated_history)
    assert audited(history, ("baseline_mlp",), settings) == {}, "the control: as it is, nothing leaks"
    wrapped(monkeypatch, counts, "merged", early)
    found = audited(history, ("baseline_mlp",), settings)["baseline_mlp"]
    assert (found.what, found.column) == ("its distribution changed", COUNT)


def test_a_checkpoint_on_the_scored_days(plant, simulated_history, settings):
    """Of many fits trained together, each is stopped where it does best on the newest rows of them all.

    One origin alone shows nothing: it is the replay that leaks. The control is stopped on its own rows.
    """
    plant("stopped", CHECKPOINT)
    plant("stopped_early", OWN_ROWS)
    found = audited(simulated_history, ("stopped", "stopped_early"), settings, origins=2)
    assert list(found) == ["stopped"]
    assert (found["stopped"].replayed, found["stopped"].column) == (True, "close")
    assert found["stopped"].what.startswith("its distribution of 20")


def test_a_smoothed_regime_in_a_forecast(plant, simulated_history, settings_of):
    """Regimes are smoothed once over the newest changes that any fit has, and read at each fit's own last day.

    One origin alone shows nothing: there the last day's smoothed regime is the filtered one. The control looks at its
    own changes.
    """
    plant("smoother", SMOOTHER)
    plant("filterer", FILTERED)
    short = replace(simulated_history, frame=simulated_history.frame.tail(220).reset_index(drop=True))
    settings = settings_of(**{**CHEAP, "forecast": {**CHEAP["forecast"], "train_window": 250}})
    found = audited(short, ("filterer", "smoother"), settings, origins=2)
    assert list(found) == ["smoother"]
    assert (found["smoother"].replayed, found["smoother"].column) == (True, "close")
    assert found["smoother"].what.startswith("its distribution of 20")


def test_an_ensemble_weight_that_saw_the_day(monkeypatch, simulated_history, settings):
    """The track record goes one day too far: weights know the score of the day that they are used for."""
    wrapped(monkeypatch, Record, "days", lambda plain, self, first, last: [*plain(self, first, last), last])
    found = audited(simulated_history, ("climatology", "ewma", "ensemble"), settings)
    assert list(found) == ["ensemble"]
    assert (found["ensemble"].what, found["ensemble"].column) == ("its distribution changed", "close")
    assert not found["ensemble"].replayed


def test_an_index_merge_off_by_one_row(monkeypatch, simulated_history, settings):
    """Volume joined by position, one row too high: each session has the next one's."""

    def joined(plain, rows, *others):
        return plain(rows.assign(volume=rows["volume"].shift(-1)), *others)

    wrapped(monkeypatch, view, "simple_changes", joined)
    found = audited(simulated_history, ("climatology", "baseline_mlp"), settings)
    assert {(leak.model, leak.column) for leak in found.values()} == {
        ("climatology", "volume"),
        ("baseline_mlp", "volume"),
    }
    assert (found["climatology"].what, found["baseline_mlp"].what) == (
        "its diagnostics changed",
        "its distribution changed",
    )


def test_an_outcome_that_is_rewritten(monkeypatch, simulated_history, settings):
    """Scores by the newest vintage in place of the one known at the target's close: the evaluation leaks."""

    def newest(plain, history, target, until):
        known = plain(history, target, until)
        changes = history.newest().set_index("session")["close"].pct_change()
        return known and Outcome(float(changes[target]), known.close, known.data_vintage)

    assert audited(simulated_history, ("climatology",), settings) == {}, "the control: as it is, nothing leaks"
    wrapped(monkeypatch, past, "outcome", newest)
    found = audited(simulated_history, ("climatology",), settings)["climatology"]
    assert (found.replayed, found.kind, found.column) == (True, "corrected later", "close")
    assert found.what.startswith("its outcome of 20")


def test_a_model_that_remembers_or_draws_without_a_seed(plant, simulated_history, settings):
    """Neither is a function of its examples and seed; the control draws from the seed."""
    for name, text in (("remembers", REMEMBERS), ("unseeded", UNSEEDED), ("seeded", SEEDED)):
        plant(name, text)
    found = audited(simulated_history, ("remembers", "seeded", "unseeded"), settings, origins=2)
    assert sorted(found) == ["remembers", "unseeded"]
    assert {(leak.kind, leak.column) for leak in found.values()} == {(UNCHANGED, ROWS)}


def test_a_pipeline_that_raises_on_another_future(simulated_history, settings):
    """Only the model that looks is named, and with what it raised."""

    def peeks(history, as_of, names, settings):
        if "ewma" in names:
            history.frame.set_index("session").loc[as_of + pd.Timedelta(1, unit="D")]
        return issue(history, as_of, names, settings)

    found = audited(simulated_history, ("climatology", "ewma"), settings, issuing=peeks)
    assert list(found) == ["ewma"]
    assert found["ewma"].what.startswith("it raises KeyError")
    assert (found["ewma"].kind, found["ewma"].column) == ("deleted", ROWS), "no column shows it alone"


def test_a_model_that_raises_anyway_is_not_called_clean(plant, simulated_history, settings):
    """Its forecasts are withheld with or without a future: nothing of it was audited, and it is said so."""
    plant("broken", "\ndef fit(examples, settings, seeds, compute):\n    return 1 / 0\n")
    auditor = Auditor(simulated_history, ("broken", "climatology"), settings, seed=5)
    checks = list(auditor.checks(auditor.origins(1)))
    assert {leak for check in checks for leak in check.leaks} == set()
    assert {name for check in checks for name in check.silent} == {"broken"}
