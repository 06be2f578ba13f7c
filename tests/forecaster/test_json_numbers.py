"""NaN and infinity are null in JSON, by one rule, wherever JSON leaves the program."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.distribution.predictive import QUANTILES
from forecaster.json_numbers import number, numbers
from forecaster.replay.export import export, judged
from ingest.assets import Asset


def strict(text: str) -> Any:
    """A JSON document; one that holds NaN or Infinity is none."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, np.float32("inf"), None])
def test_what_is_not_finite_is_null_however_deep(value) -> None:
    assert number(value) is None
    assert numbers({"a": [{"b": (value, 1.5)}]}) == {"a": [{"b": [None, 1.5]}]}


def test_everything_else_stays_as_it_is() -> None:
    plain = {"text": "nan", "count": 3, "yes": True, "none": None, "day": pd.Timestamp("2018-01-20")}
    assert numbers(plain) == plain
    assert [type(value) for value in numbers([True, 1, np.float32(0.5)])] == [bool, int, float]


def forecasts(days: int) -> pd.DataFrame:
    """Rows of a backtest's export: two forecasters of noise, of whom one gave an outcome no density."""
    rng, targets = np.random.default_rng(0), pd.date_range("2018-01-01", periods=days, unit="us")
    quantiles = dict(zip(QUANTILES, np.linspace(-0.02, 0.02, len(QUANTILES)), strict=True))
    parts = []
    for model, worst in (("climatology", -3.0), ("ewma", np.inf)):
        y, pit = 0.01 * rng.standard_normal(days), rng.uniform(size=days)
        own = {
            "symbol": "COIN", "model": model, "as_of": targets - pd.Timedelta(days=1), "target_date": targets, "y": y,
            "pit": pit, "crps": np.abs(y), "log_score": np.r_[rng.normal(-3, 0.1, days - 1), worst],
            "absolute_error": np.abs(y), "squared_error": y**2, "in50": pit > 0.5, "in90": pit > 0.1,
        }  # fmt: skip
        same = {"horizon": 1, "mean": 0.0, "sd": 0.01, "prob_up": 0.5, "interval_score": 0.05, "status": "ok"}
        parts.append(pd.DataFrame({**own, **same, **quantiles, "reason": "", "fitted_at": "2017-12-31"}))
    return pd.concat(parts, ignore_index=True)


def test_verdicts_with_an_infinite_score_are_valid_json(tmp_path) -> None:
    """The mean difference of the log scores is infinite; the control: this reader refuses what is no JSON."""
    found = judged(forecasts(20), {}, {"refit every": "20 sessions"})
    export(found, {"COIN": Asset("COIN", calendar="24/7", source="csv_file")}, tmp_path)
    compared = strict((tmp_path / "verdicts.json").read_text("utf-8"))["verdicts"]["COIN"]["comparisons"]
    assert [one["log_score"]["mean"] for one in compared] == [None]
    with pytest.raises(AssertionError, match="Infinity is no JSON"):
        strict(json.dumps(np.inf))
