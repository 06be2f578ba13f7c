"""Many origins trained at once: the same forecasts as one by one, on the same days, each from its own past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster import models
from forecaster.issuing import refits
from forecaster.issuing.training import train
from forecaster.replay.backtest import last_origins, replay
from forecaster.view.arrays import training
from forecaster.view.view import look
from ingest.errors import TooFewRowsError
from ingest.sessions import calendar

QUICK = {
    "forecast": {"train_window": 120, "minimum_rows": 40, "track_days": 5},
    "models": {
        "bayesian_linear": {"steps": 40, "draws": 20},
        "bayesian_mlp": {"steps": 40, "draws": 20},
        "baseline_mlp": {"epochs": 3},
        "regimes": {"draws": 20, "checks": 100},
        "bayes_by_backprop": {"steps": 20, "draws": 20},
        "variational_regression": {"steps": 20},
        "ensemble": {"members": ("climatology", "ewma")},
        "recalibrated": {"members": ("climatology", "ewma")},
    },
}
LEVELS = np.linspace(0.02, 0.98, 25)


@pytest.fixture(scope="module")
def history(history_of):
    """200 sessions with tweets; those of one are missing, so that the windows that touch it do without."""
    rng = np.random.default_rng(12)
    tweets = np.exp(rng.normal(5, 0.2, 201))
    tweets[187] = np.nan
    return history_of(0.01 * rng.standard_normal(200), tweets=tweets)


def without(history, positions):
    """The history with some sessions' rows missing."""
    return replace(history, frame=history.frame.drop(index=positions).reset_index(drop=True))


def origins(history, count, refit_every):
    """The last so many origins of which the first is due a fit by its number in the calendar."""
    code = calendar(history.asset.calendar)
    days = last_origins(history, count + refit_every)
    first = next(i for i, day in enumerate(days) if code.ordinal(day) % refit_every == 0)
    return days[first : first + count]


def distance(a, b) -> float:
    """Largest distance of two distributions' quantiles, in standard deviations of the first."""
    return float(np.abs(a.quantile(LEVELS) - b.quantile(LEVELS)).max() / a.sd)


def test_a_batched_replay_is_the_one_by_one_replay(history, settings_of, monkeypatch):
    """Statistical contract 3, on every model, over groups of fits and over series that differ: to the byte.

    The one-by-one replay sees one origin at a time, so that a batch that looked ahead would be noticed too. The
    control: the fit of another origin is further away.
    """
    monkeypatch.setattr(refits, "AT_ONCE", 4)
    settings, days = settings_of(**QUICK), origins(history, 12, 2)
    together = list(replay(history, days, models.names(), settings, refit_every=2))
    alone = [
        item
        for start in range(0, len(days), 2)
        for item in replay(history, days[start : start + 2], models.names(), settings, refit_every=2)
    ]
    assert len(together) == len(days) * len(models.names())
    assert {len(item.forecast.diagnostics.inputs.series) for item in together} == {1, 2}
    for many, one in zip(together, alone, strict=True):
        a, b = many.forecast, one.forecast
        assert (a.model, a.as_of, a.seed, a.status, many.fitted_at) == (
            b.model,
            b.as_of,
            b.seed,
            b.status,
            one.fitted_at,
        )
        if a.predictive is None or b.predictive is None:
            assert a.status == "withheld"
            assert a.predictive is b.predictive
        else:
            assert a.predictive.to_bytes() == b.predictive.to_bytes(), (a.model, a.as_of)
    old = replay(history, days, ("bayesian_linear",), settings, refit_every=len(days))
    last = [list(old)[-1], [item for item in together if item.forecast.model == "bayesian_linear"][-1]]
    assert distance(*(item.forecast.predictive for item in last)) > 1e-3


def test_origins_of_different_series_are_trained_each_with_its_own(history, settings_of):
    """One model is handed fits of one shape at a time, and every origin gets its own back."""
    settings = settings_of(**QUICK)
    views = [look(history, day, settings.forecast) for day in last_origins(history, 20)[::3]]
    chosen = [training(view).examples.series for view in views]
    assert set(chosen) == {("price",), ("price", "tweets")}
    for view, series, trained in zip(
        views, chosen, train(views, ("climatology", "bayesian_linear"), settings), strict=True
    ):
        assert list(trained) == ["climatology", "bayesian_linear"]
        for fit in trained.values():
            assert (fit.series, fit.fitted_at) == (series, view.as_of)
        assert trained["bayesian_linear"].fitted.weights.mean.shape == (7, len(series))


@pytest.mark.parametrize("at_once", [1, 64])
@pytest.mark.parametrize(
    ("gone", "fits"),
    [
        ([], {0: 0, 1: 0, 2: 0, 3: 3, 4: 3, 5: 3, 6: 6, 7: 6}),
        ([3], {0: 0, 1: 0, 2: 0, 4: 0, 5: 0, 6: 6, 7: 6}),
        ([0], {1: -3, 2: -3, 3: 3, 4: 3, 5: 3, 6: 6, 7: 6}),
        ([0, 1, 2, 3], {4: -3, 5: -3, 6: 6, 7: 6}),
    ],
    ids=["whole", "a due day is missing", "the first day is missing", "two due days are missing"],
)
def test_a_day_without_a_price_gives_no_forecast_and_no_fit(history, settings_of, monkeypatch, at_once, gone, fits):
    """The fit before it goes on, also where that lies before the first day that is asked for."""
    monkeypatch.setattr(refits, "AT_ONCE", at_once)
    days = origins(history, 8, 3)
    first = int(history.frame.index[history.frame["session"] == days[0]][0])
    holed = without(history, [first + position for position in gone])
    replayed = list(replay(holed, days, ("climatology",), settings_of(**QUICK), refit_every=3))
    told = {days.index(item.forecast.as_of): item.fitted_at for item in replayed}
    code = calendar(history.asset.calendar)
    turns = [*days, *code.sessions(days[0] - pd.Timedelta(days=3), days[0])[:3]]  # places -3 to -1 lie before
    assert told == {day: f"{turns[fit]:%Y-%m-%d}" for day, fit in fits.items()}


def test_a_training_with_too_little_to_learn_from_is_withheld_and_spoils_no_other(history, settings_of):
    """Its days are withheld and say why; where no training has enough, the asset is refused."""
    settings, code = settings_of(**QUICK), calendar(history.asset.calendar)
    early = next(day for day in history.frame["session"].iloc[30:] if code.ordinal(day) % 2 == 0)
    days = origins(history, 4, 2)
    found = list(replay(history, [early, *days], ("climatology", "ensemble"), settings, refit_every=2))
    assert [item.forecast.status for item in found] == ["withheld"] * 2 + ["ok"] * 8
    assert "at least 40 are needed" in found[0].forecast.reason
    assert found[1].forecast.reason.startswith("none of its members has a forecast")
    with pytest.raises(TooFewRowsError):
        list(replay(history, [early], ("climatology",), settings, refit_every=2))


def test_a_model_that_raises_at_one_training_loses_that_one_alone(history, settings_of, tmp_path, monkeypatch):
    """Its forecasts from there are withheld with the fault's own words; its other trainings and models go on."""
    lines = (
        "from forecaster.models.climatology import SUMMARY, Settings",
        "from forecaster.models import climatology",
        "def fit(examples, settings, seeds, compute):",
        "    if any(abs(rows.y[-1]) > THRESHOLD for rows in examples):",
        "        raise KeyError('no such column')",
        "    return climatology.fit(examples, settings, seeds, compute)",
    )
    days = origins(history, 6, 2)
    price = history.frame.set_index("session")["close"].pct_change()
    last = [abs(price[code_day]) for code_day in days[::2]]
    text = "\n".join(lines).replace("THRESHOLD", repr(float(sorted(last)[-2])))
    (tmp_path / "clumsy.py").write_text(text, "utf-8")
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    found = list(replay(history, days, ("climatology", "clumsy"), settings_of(**QUICK), refit_every=2))
    lost = {item.fitted_at for item in found if item.forecast.status == "withheld"}
    assert lost == {f"{days[::2][int(np.argmax(last))]:%Y-%m-%d}"}
    own = [item.forecast for item in found if item.forecast.model == "clumsy"]
    assert {f.reason for f in own if f.status == "withheld"} == {"clumsy raised KeyError: 'no such column'"}
    assert sum(f.status == "ok" for f in own) == 4
    assert all(item.forecast.status == "ok" for item in found if item.forecast.model == "climatology")
