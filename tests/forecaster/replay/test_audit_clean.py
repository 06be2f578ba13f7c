"""What does not leak is not accused: twenty kinds of settings, models, sources and assets, and not one false alarm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.presets import PRESETS
from forecaster.replay.audit import CHECKS, Auditor
from ingest.assets import Asset
from ingest.daily_counts import Counts
from ingest.database import open_engine
from ingest.errors import ConstantSeriesError, TooFewRowsError
from ingest.panel import panel_rows
from ingest.sessions import calendar
from ingest.sources import csv_file, sample
from ingest.store import Store
from tests.forecaster.cli.conftest import walk

CHEAP = {"train_window": 120, "minimum_rows": 40, "track_days": 5}
FITS = {
    "bayesian_linear": {"steps": 20, "draws": 20},
    "bayesian_mlp": {"steps": 20, "draws": 20},
    "baseline_mlp": {"epochs": 2},
    "regimes": {"draws": 20, "checks": 100},
    "bayes_by_backprop": {"steps": 20, "draws": 20},
    "variational_regression": {"steps": 20},
    "ensemble": {"members": ("climatology", "ewma")},
    "recalibrated": {"members": ("climatology", "ewma")},
}
NOW = pd.Timestamp("2016-01-04", tz="UTC")
SETTINGS = {
    "normal errors": ("bayesian_linear", {}, {"noise": "normal"}),
    "Student-t errors, mean field": ("bayesian_linear", {}, {"noise": "student_t", "guide": "mean_field"}),
    "Laplace, no covariates": ("bayesian_linear", {}, {"guide": "laplace", "covariates": False}),
    "a linear activation": ("bayesian_mlp", {}, {"activation": "linear"}),
    "raw changes": ("baseline_mlp", {}, {"scaling": "none"}),
    "price alone": ("baseline_mlp", {"series": ("price",)}, {}),
    "seven series": ("baseline_mlp", {"series": PRESETS["study"]["forecast"]["series"]}, {}),
    "a short half-life": ("garch", {"half_life": 3.0}, {}),
    "a long window": ("egarch", {"train_window": 2000}, {}),
    "regimes": ("regimes", {}, {}),
    "another seed": ("baseline_mlp", {"seed": 99}, {}),
    "a record that suffices to recalibrate": ("recalibrated", {"track_days": 130}, {}),
}


def short(history):
    return replace(history, frame=history.frame.tail(100).reset_index(drop=True))


def holed(history):
    """Rows that are not there, and volume that is zero or missing."""
    frame = history.frame.drop(index=[150, 151, 260, 333]).reset_index(drop=True)
    frame.loc[frame.index % 50 == 7, "volume"] = 0.0
    frame.loc[frame.index % 61 == 9, "tweets"] = np.nan
    return replace(history, frame=frame)


def closes_alone(history):
    return replace(history, frame=history.frame.assign(**dict.fromkeys(("open", "high", "low", "volume"), np.nan)))


def indices(_):
    """The S&P 500 on the calendar of its exchange."""
    store = Store(open_engine("sqlite://"))
    rows = sample.fetch(sample.ASSETS[0], NOW).tail(400)
    store.append(sample.ASSETS[0], rows, NOW)
    return store.history("^GSPC")


def currency(_):
    rng, code = np.random.default_rng(3), calendar("24/5")
    sessions = code.sessions("2014-01-01", "2015-06-01")
    rows = panel_rows("EURUSD=X", sessions, {"close": np.exp(np.cumsum(rng.normal(0, 0.005, len(sessions))))}, "test")
    store = Store(open_engine("sqlite://"))
    store.append(Asset("EURUSD=X", calendar="24/5", source="csv_file", lag_minutes=20), rows, NOW)
    return store.history("EURUSD=X")


def counted(_):
    """An index whose attention is counted by UTC day and published a day later; some counts were corrected."""
    asset = replace(
        sample.ASSETS[1], attention_source="csv_file", attention_lag_minutes=1440, attention_kind="page views a day"
    )
    store, rng = Store(open_engine("sqlite://")), np.random.default_rng(4)
    store.append(asset, sample.fetch(asset, NOW).tail(400), NOW)
    days = pd.Series(
        rng.lognormal(5, 0.3, 700), pd.date_range(end="2016-01-01", periods=700, unit="us", name="session")
    )
    for at, factor in ((NOW, 1.0), (NOW + pd.Timedelta(1, unit="D"), 1.1)):
        given = Counts(asset.attention_kind, asset.attention_lag, days.where(days.index.day != 9, factor * days), "")
        store.append_counts(asset.symbol, "csv_file", given, at, None)
    return store.history(asset.symbol)


def restated(history):
    """Vintages of many days: imported in three parts, each with corrections of the last, late rows and odd ones."""
    store, rows = Store(open_engine("sqlite://")), history.frame.assign(known_at=pd.NaT)
    for end in (200, 300, 420):
        part = rows.head(end).copy()
        part.loc[part.index % 40 == end % 7, "close"] *= 1 + end / 1e5
        part.loc[part.index == end - 30, "close"] *= 100  # held back
        part = part[(part.index % 90 != 13) | (part.index < end - 150)]
        known = part["session"].iloc[-1].tz_localize("UTC") + pd.Timedelta(26, unit="h")
        store.append(history.asset, part, known)
    made = store.history(history.asset.symbol)
    assert len(made.held)
    assert made.frame["session"].duplicated().any()
    return made


def of_a_file(path):
    """A user's file with tweets."""
    rows = csv_file.read(walk(path / "walk.csv", 300), "WALK", "24/7").rows
    store = Store(open_engine("sqlite://"))
    store.append(csv_file.asset_for(rows, "WALK", "24/7"), rows, pd.Timestamp("2019-01-01", tz="UTC"))
    return store.history("WALK")


ASSETS = {
    "a short history": (short, ("climatology", "baseline_mlp")),
    "gaps and zeros": (holed, ("ewma", "baseline_mlp", "ensemble")),
    "closes alone": (closes_alone, ("gjr", "baseline_mlp")),
    "an index on its exchange": (indices, ("climatology", "egarch", "baseline_mlp")),
    "a currency with a lag": (currency, ("ewma", "garch", "baseline_mlp")),
    "attention counted with a lag": (counted, ("climatology", "baseline_mlp")),
    "a history that was restated": (restated, ("ewma", "baseline_mlp", "ensemble")),
    "a user's file": (of_a_file, ("climatology", "bayesian_linear")),
}


def sentences(history, names, settings):
    auditor = Auditor(history, names, settings, seed=2)
    checks = list(auditor.checks(auditor.origins(1)))
    assert len(checks) == CHECKS
    assert checks[0].silent == (), "a model without a distribution is not audited"
    return [leak.sentence for check in checks for leak in check.leaks]


@pytest.mark.parametrize("name", SETTINGS)
def test_no_false_alarm_under_settings(name, simulated_history, settings_of):
    model, shared, own = SETTINGS[name]
    tables = {**FITS, model: {**FITS.get(model, {}), **own}}
    settings = settings_of(forecast={**CHEAP, **shared}, models=tables)
    assert sentences(simulated_history, (model,), settings) == []


@pytest.mark.parametrize("name", ASSETS)
def test_no_false_alarm_on_an_asset(name, simulated_history, settings_of, tmp_path):
    made, names = ASSETS[name]
    history = made(tmp_path if made is of_a_file else simulated_history)
    assert sentences(history, names, settings_of(forecast=CHEAP, models=FITS)) == []


def test_no_false_alarm_under_the_preset_quick(simulated_history, settings_of):
    preset = PRESETS["quick"]
    settings = settings_of(forecast={**preset["forecast"], "preset": "quick"}, models={"ensemble": FITS["ensemble"]})
    assert sentences(simulated_history, ("bayesian_linear", "ensemble"), settings) == []


def test_nothing_is_called_clean_where_nothing_can_be_audited(simulated_history, settings_of):
    settings = settings_of(forecast=CHEAP)
    few = replace(simulated_history, frame=simulated_history.frame.head(30))
    with pytest.raises(TooFewRowsError, match="SIM has 30 sessions, and an audit needs more than 40"):
        Auditor(few, ("climatology",), settings).origins(2)
    still = replace(simulated_history, frame=simulated_history.frame.assign(close=5.0))
    with pytest.raises(ConstantSeriesError, match="never moves"):
        Auditor(still, ("climatology",), settings).origins(2)
