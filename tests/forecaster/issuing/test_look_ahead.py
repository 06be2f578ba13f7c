"""A forecast is a function of what was known: nothing that is done to later rows changes a byte of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster import models
from forecaster.distribution.predictive import Predictive
from forecaster.families.scaling import inputs
from forecaster.issuing.issue import issue
from forecaster.replay.audit import CHECKS, Auditor
from forecaster.replay.futures import CORRECTED, KINDS, ROWS, alone, futures
from forecaster.view.arrays import training
from forecaster.view.view import look
from ingest.panel import VALUES
from ingest.sessions import calendar

QUICK = {
    "forecast": {"train_window": 150, "minimum_rows": 40, "track_days": 5},
    "models": {
        "bayesian_linear": {"steps": 30, "draws": 20},
        "bayesian_mlp": {"steps": 30, "draws": 20},
        "baseline_mlp": {"epochs": 3},
        "regimes": {"draws": 20, "checks": 100},
        "bayes_by_backprop": {"steps": 20, "draws": 20},
        "variational_regression": {"steps": 20},
        "ensemble": {"members": ("climatology", "ewma")},
        "recalibrated": {"members": ("climatology", "ewma")},
    },
}


def leaks(history, names, settings, count: int, seed: int = 0, **ways) -> list[str]:
    """What an audit finds at so many origins; at all but one in twenty each model has a forecast to be audited."""
    auditor = Auditor(history, names, settings, seed, **ways)
    origins = auditor.origins(count)
    checks = list(auditor.checks(origins))
    assert len(origins) > 0.8 * count, "the first parts of a history have too little before them"
    assert len(checks) == len(origins) * CHECKS or any(check.leaks for check in checks)
    assert sum(len(check.silent) for check in checks) <= count * len(names) / 20
    return [leak.sentence for check in checks for leak in check.leaks]


def test_no_model_sees_the_future(simulated_history, settings_of):
    """Every kind of future, and a replay, at a random cut; the campaign does the same at two hundred."""
    assert leaks(simulated_history, models.names(), settings_of(**QUICK), 1, seed=11) == []


@pytest.mark.campaign
def test_no_model_sees_the_future_at_two_hundred_cuts(simulated_history, settings_of):
    assert leaks(simulated_history, models.names(), settings_of(**QUICK), 200, seed=12) == []


def test_a_scaler_fitted_on_all_rows_is_caught(simulated_history, settings_of):
    """The control: the same audit of a way to issue that has the commonest of leaks, and of that way repaired."""

    def scaled(history, as_of, names, settings, learnt_until):
        known = training(look(history, learnt_until, settings.forecast)).examples
        spread = inputs(known, "volatility").std()
        made = issue(history, as_of, names, settings)
        return [replace(one, predictive=Predictive.of([0.0], [spread])) for one in made]

    def leaky(history, as_of, names, settings):
        return scaled(history, as_of, names, settings, history.last)

    def honest(history, as_of, names, settings):
        return scaled(history, as_of, names, settings, as_of)

    settings = settings_of(**QUICK)
    (found,) = leaks(simulated_history, ("climatology",), settings, 1, issuing=leaky)
    assert "climatology leaks: its distribution changed with later close multiplied by ten" in found
    assert leaks(simulated_history, ("climatology",), settings, 1, issuing=honest) == []


def test_a_future_is_another_one_and_the_past_the_same(simulated_history):
    """Each kind changes what is read later, all columns or the one it names, and no byte of what was read before."""
    as_of = simulated_history.frame["session"].iloc[300]
    past, whole = simulated_history.read(as_of), simulated_history.newest()
    every = list(futures(simulated_history, as_of, seed=3))
    assert [future.kind for future in every] == list(KINDS)
    for future in (*every, *alone(simulated_history, as_of, 3, KINDS[1:])):
        known = future.history.vintages_known(as_of)
        pd.testing.assert_frame_equal(known, simulated_history.vintages_known(as_of), check_exact=True)
        pd.testing.assert_frame_equal(future.history.read(as_of), past, check_exact=True)
        later = future.history.newest().set_index("session").reindex(whole["session"])
        held = [name for name in VALUES if whole[name].max() > whole[name].min()]
        moved = {name for name in held if not np.array_equal(later[name], whole[name], equal_nan=True)}
        assert moved == (set(held) if future.column == ROWS else {future.column} & set(held)), future


def test_a_correction_becomes_known_right_after_the_origin(simulated_history):
    """The next session reads it: an origin that knew a day too much would be seen."""
    as_of = simulated_history.frame["session"].iloc[300]
    (future,) = futures(simulated_history, as_of, seed=3, kinds=(CORRECTED,))
    next_day = calendar("24/7").next(as_of)
    before, after = simulated_history.read(next_day), future.history.read(next_day)
    assert (before["close"] != after["close"]).sum() == 30
    assert future.history.quarantined(as_of).empty
    assert len(future.history.quarantined(next_day)) == 1
