"""What a forecast says of itself: one typed record, written as it always was, and read from records of every age."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecaster import models
from forecaster.errors import LedgerError
from forecaster.issuing.diagnostics import Diagnostics, Inputs, Part, read, write
from forecaster.issuing.issue import issue

TEXTS = Path(__file__).with_name("diagnostics_on_record.jsonl").read_text("utf-8").splitlines()
"""As a regression with its posterior, a deterministic network and a pool were recorded before there was this type."""

QUICK = {
    "forecast": {"train_window": 120, "minimum_rows": 40, "track_days": 5},
    "models": {
        "bayesian_linear": {"steps": 20, "draws": 20},
        "bayesian_mlp": {"steps": 20, "draws": 20, "hidden": 5},
        "baseline_mlp": {"epochs": 2},
        "bayes_by_backprop": {"steps": 20, "draws": 20, "hidden": 4},
        "variational_regression": {"steps": 20},
        "ensemble": {"members": ["climatology", "ewma"]},
        "recalibrated": {"members": ["climatology", "ewma"]},
    },
}


@pytest.fixture(scope="module")
def forecasts(simulated_history, settings_of):
    """One of each forecaster, by model."""
    history = simulated_history
    return {made.model: made for made in issue(history, history.last, models.names(), settings_of(**QUICK))}


@pytest.mark.parametrize("text", TEXTS)
def test_what_was_recorded_is_read_and_written_again_to_the_byte(text: str) -> None:
    assert write(read(text)) == text


def test_every_part_of_a_record_is_read() -> None:
    regression, network, pool = (read(text) for text in TEXTS)
    assert isinstance(regression.inputs, Inputs)
    assert regression.inputs.asset.target_close == "2018-01-20T00:00:00+00:00"
    assert (regression.inputs.rows, regression.inputs.series) == (120, ("price", "volume", "tweets"))
    assert np.shape(regression.inputs.window) == np.shape(regression.weights.mean) == (7, 3)
    assert regression.elbo[0][0] == 1
    assert isinstance(regression.attribution["volatility"], Part)
    assert regression.pool is regression.stand_in is None
    assert set(np.ravel(network.weights.sd)) == {None}
    assert (network.elbo, network.attribution) == ((), None)
    assert sum(pool.pool.values()) == pytest.approx(1)
    assert (pool.elbo, pool.weights, set(pool.figures)) == (
        None, None, {"recalibrated", "recalibration_gain", "track_days"},
    )  # fmt: skip


def test_a_forecast_of_every_model_is_read_as_it_was_written(forecasts) -> None:
    for name, made in forecasts.items():
        text = write(made.diagnostics)
        assert read(text) == made.diagnostics, name
        facts = json.loads(text)
        assert text == json.dumps(facts, sort_keys=True, separators=(",", ":"), allow_nan=False)
        pooled = models.pool(name) is not None
        assert (facts.keys() >= {"figures", "pool"}) is pooled
        assert ("elbo" in facts) is not pooled


def test_a_record_of_an_older_program_lacks_what_it_did_not_know() -> None:
    facts = json.loads(TEXTS[0])
    del facts["attribution"], facts["inputs"]["findings"]
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    old = read(text)
    assert old.attribution is None
    assert old.inputs.findings is None
    assert write(old) == text


def test_a_record_of_a_later_program_is_read_without_what_is_not_known_yet() -> None:
    facts = json.loads(TEXTS[0])
    later = {**facts, "paths": [1], "inputs": {**facts["inputs"], "companions": {"^VIX": 1.0}}}
    assert read(json.dumps(later)) == read(TEXTS[0])


def test_what_is_not_finite_is_null() -> None:
    diverged = replace(read(TEXTS[0]), attribution={"window": Part(np.nan, np.inf, -np.inf, 0.0, None)})
    part = json.loads(write(diverged))["attribution"]["window"]
    assert part == {"width": None, "width_sd": None, "shift": None, "shift_sd": 0.0, "width_before": None}


@pytest.mark.parametrize("text", ["", "[]", '{"inputs":{}}', '{"inputs":{"asset":7}}', '{"weights":{"mean":[]}}'])
def test_a_text_that_is_no_record_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(LedgerError, match=r"cannot be read .*: `forecaster ledger verify`") as told:
        read(text)
    assert "\n" not in str(told.value)


def test_a_forecast_that_is_taken_up_from_a_backtest_has_none() -> None:
    assert write(Diagnostics()) == "{}"
    assert read("{}") == Diagnostics()
