"""A fit that fails gives no forecast of its own: climatology's stands in, and says so wherever it is read."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster import models
from forecaster.issuing import training
from forecaster.issuing.issue import issue
from forecaster.issuing.training import train
from forecaster.replay.backtest import last_origins
from forecaster.view.view import look

PLANTED = """
from forecaster.distribution.predictive import Predictive
from forecaster.contract import Failed, Fitted, ModelSettings

SUMMARY = "diverges where the last change of its training rows was a fall"


class Settings(ModelSettings):
    pass


def fit(examples, settings, seeds, compute):
    return tuple(
        Failed("training diverged") if rows.y[-1] < 0 else Fitted(lambda origin: Predictive.of([0.0], [0.01]))
        for rows in examples
    )
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """The id of a forecaster, a file like any other, some of whose fits fail."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "falls_over.py").write_text(PLANTED, "utf-8")
    models.__path__.append(str(folder))
    yield "falls_over"
    models.__path__.remove(str(folder))


@pytest.fixture(scope="module")
def history(history_of):
    """Changes that rise and fall in turn."""
    rng = np.random.default_rng(13)
    return history_of(0.01 * np.abs(rng.standard_normal(160)) * np.resize([1.0, -1.0], 160))


def test_climatology_stands_in_for_a_failed_fit_and_the_forecast_says_so(history, settings_of, planted):
    """Every second of eight fits fails: its forecast is climatology's to the bit, unreliable, with the reason."""
    settings, names = settings_of(), (planted, "climatology")
    days = last_origins(history, 8)
    fits = train([look(history, day, settings.forecast) for day in days], names, settings)
    failed = []
    for day, fit in zip(days, fits, strict=True):
        own, floor = issue(history, day, names, settings, fit)
        failed.append(own.diagnostics.stand_in is not None)
        if failed[-1]:
            assert own.diagnostics.stand_in == "climatology"
            assert own.status == "unreliable"
            assert own.reason == "training diverged; climatology's distribution is used instead"
            assert own.predictive.to_bytes() == floor.predictive.to_bytes()
            assert own.config_sha256 != floor.config_sha256
        else:
            assert (own.status, own.reason) == ("ok", "")
            assert own.predictive.sd == pytest.approx(0.01, rel=1e-3)
        assert (floor.status, floor.reason, floor.diagnostics.stand_in) == ("ok", "", None)
    assert failed in ([True, False] * 4, [False, True] * 4)


def test_the_regression_that_diverges_is_stood_in_for(history, settings_of):
    """The real model, with a known scale of errors so small that its loss overflows."""
    settings = settings_of(models={"bayesian_linear": {"noise_scale": 1e-30, "steps": 20}})
    own, floor = issue(history, history.last, ("bayesian_linear", "climatology"), settings)
    assert own.status == "unreliable"
    assert own.reason.startswith("training diverged, at a slower rate too")
    assert own.predictive.to_bytes() == floor.predictive.to_bytes()


def test_what_would_stand_in_is_withheld_where_it_fails_itself(history, settings_of, planted, monkeypatch):
    monkeypatch.setattr(training, "STAND_IN", planted)
    settings = settings_of()
    made = [issue(history, day, (planted,), settings)[0] for day in last_origins(history, 2)]
    (lost,) = (forecast for forecast in made if forecast.status == "withheld")
    assert (lost.reason, lost.predictive) == ("training diverged", None)
