"""Decisions and verdicts with made-up numbers, for reports of backtests."""

from __future__ import annotations

import numpy as np
import pandas as pd

SCORES = ("crps", "log_score")


def decisions(models: tuple[str, ...], rng: np.random.Generator, days: int) -> pd.DataFrame:
    """The account of every rule, buy-and-hold first."""
    known = {"asset_class": "crypto", "days": days, "trials": 3 * len(models), "worth": False}
    judged = ("hold_difference", "hold_p", "random_sharpe", "random_p", "deflated")
    hold = {"model": "buy and hold", "rule": "hold", **known, "position": 1.0, "turnover": 365 / days,
            "cost": 0.0015 * 365 / days, "return": 0.31, "volatility": 0.62, "sharpe": 0.5, "sharpe_se": 1.21,
            "drawdown": 0.44, **dict.fromkeys(judged, np.nan)}  # fmt: skip
    rows = [
        {
            **hold,
            "model": model,
            "rule": rule,
            "position": rng.uniform(0.1, 0.9),
            "turnover": (turnover := rng.uniform(2, 90)),
            "cost": 0.0015 * turnover,
            "return": rng.normal(0, 0.1),
            "sharpe": rng.normal(0, 1),
            **{name: rng.uniform() for name in judged},
        }
        for model in models
        for rule in ("volatility_target", "kelly", "direction")
    ]
    return pd.DataFrame([hold, *rows])


def standings(models: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    rows = [(model, score, rng.uniform(), i > 0) for i, model in enumerate(models) for score in SCORES]
    return pd.DataFrame(rows, columns=["model", "score", "p", "inside"])


def contests(models: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    references = [model for model in ("climatology", "garch", "baseline_mlp") if model in models]
    rows = [(name, score, rng.uniform(), name == "baseline_mlp") for name in references for score in SCORES]
    return pd.DataFrame(rows, columns=["reference", "score", "p", "won"])


def conditions(models: tuple[str, ...], rng: np.random.Generator, days: int) -> pd.DataFrame:
    """Coverage and log scores on kinds of days; the first model fails on the first."""
    kinds = ("Calm third", "Middle third", "Stormy third", "After a break", "After a pause", "After a fall")
    tests = {"coverage_90": (0.88, 0.03, ""), "log_score": (0.0, 0.02, "garch")}
    rows = [
        (model, kind, test, days // 3, rng.normal(at, by), at, against if model != "garch" else "", i == j == 0)
        for i, model in enumerate(models)
        for j, kind in enumerate(kinds)
        for test, (at, by, against) in tests.items()
        if model != "garch" or not against
    ]
    columns = ["model", "days_of", "test", "days", "observed", "overall", "against", "fails"]
    return pd.DataFrame(rows, columns=columns)


def tests_of(models: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for i, model in enumerate(models):
        plain = ("kolmogorov_smirnov", "ljung_box", "ljung_box_squares", "berkowitz")
        rows += [(model, test, np.nan, np.nan, np.nan, rng.uniform(), i % 3) for test in plain]
        for level in (0.5, 0.8, 0.9, 0.95, 0.99):
            part = level + rng.normal(0, 0.01)
            rows.append((model, f"coverage_{100 * level:.0f}", part, level - 0.02, level + 0.02, rng.uniform(), i % 3))
        for level in (95, 99):
            rate, names = 1 - level / 100, ("kupiec", "independence", "conditional_coverage")
            rows += [(model, f"{test}_{level}", rate, rate / 2, 2 * rate, rng.uniform(), i % 3) for test in names]
    return pd.DataFrame(rows, columns=["model", "test", "observed", "low", "high", "p", "stars"])


def directions(models: tuple[str, ...], rng: np.random.Generator, days: int) -> pd.DataFrame:
    """What each model's P(up) was worth."""
    rows = [
        {
            "model": model,
            "days": days,
            "ups": 0.53,
            "brier": 0.249 + rng.normal(0, 0.002),
            "skill": rng.normal(0, 0.01),
            "rps": 0.23 + rng.normal(0, 0.002),
            "auc": rng.uniform(0.48, 0.56),
            "chance": 0.07,
            "right": rng.uniform(0.49, 0.55),
            "right_half": rng.uniform(0.49, 0.57),
            "p": rng.uniform(),
            "verdict": ("", "better", "worse")[i % 3],
        }
        for i, model in enumerate(models)
    ]
    return pd.DataFrame(rows)


def reliable(models: tuple[str, ...], rng: np.random.Generator, days: int) -> pd.DataFrame:
    """Five groups of days a model."""
    rows = [
        {"model": model, "days": days // 5, "said": said, "came": came, "low": came - 0.13, "high": came + 0.13}
        for model in models
        for said in np.linspace(0.46, 0.58, 5)
        for came in [0.53 + rng.normal(0, 0.04)]
    ]
    return pd.DataFrame(rows)
