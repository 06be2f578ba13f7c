"""Made-up but lifelike contents for reports: every number follows from a seed."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
from scipy import stats

from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport
from tests.reports.made_up_verdicts import conditions, contests, decisions, directions, reliable, standings, tests_of

MODELS = {
    "climatology": "The distribution of all past changes, the same every day.",
    "garch": "Volatility that rises after large changes and settles again, with heavy tails.",
    "baseline_mlp": "The deterministic network of the original study: one hidden layer, one number out.",
    "bayesian_linear": "A linear model on the 7-day window with a posterior over its weights.",
    "bayesian_mlp": "The same network with a posterior over its weights, fitted by variational inference.",
    "ewma": "Volatility as an exponentially weighted average of squared changes.",
    "gjr": "Volatility that rises more after falls than after rises.",
    "ensemble": "The weighted mixture of the others.",
    "egarch": "The logarithm of volatility, raised more by falls than by rises.",
    "recalibrated": "The ensemble, corrected by its own past where that has helped.",
}
LABELS = {
    "garch": "GARCH",
    "baseline_mlp": "baseline MLP",
    "bayesian_linear": "Bayesian linear",
    "bayesian_mlp": "Bayesian MLP",
    "ewma": "EWMA",
    "gjr": "GJR",
    "egarch": "EGARCH",
}
FIVE = tuple(MODELS)[:5]
POOLS = ("ensemble", "recalibrated")
LEVELS = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
AS_OF = pd.Timestamp("2026-03-04")
FINDINGS = pd.DataFrame(
    [
        (
            "missing tweets",
            pd.Timestamp("2025-04-02"),
            pd.Timestamp("2025-11-30"),
            3,
            "0.8% of 365 rows",
            "import the right values; a zero or a gap is no change, and windows that touch it are left out",
        ),
        (
            "hundredfold slip",
            pd.Timestamp("2025-09-12"),
            pd.Timestamp("2025-09-12"),
            1,
            "volume is 104 times what is usual around 2025-09-12",
            "compare with another source and import the right values; as they are, they create two false changes",
        ),
        (
            "sources disagree",
            pd.Timestamp("2024-12-30"),
            pd.Timestamp("2026-03-03"),
            1214,
            "closes of csv_file and yahoo are more than 0.5% apart; the largest 12.41% on 2025-10-10",
            "the newest vintage is used: compare both with the exchange, import the right closes, keep to one source",
        ),
        (
            "quarantined",
            pd.Timestamp("2026-03-02"),
            pd.Timestamp("2026-03-03"),
            2,
            "held back: bad tick",
            "`forecaster data quarantine` with the symbol shows them; release or reject them",
        ),
    ],
    columns=["check", "first", "last", "count", "detail", "remedy"],
)


def spoken(model: str) -> str:
    """What pages call a model."""
    return LABELS.get(model, model)


def quantiles(mean: float, sd: float) -> dict[str, float]:
    return {name: stats.t.ppf(level, 5, mean, sd * 0.77) for name, level in LEVELS.items()}


def forecasts(
    models: tuple[str, ...], sd: float, rng: np.random.Generator, **change: dict[str, object]
) -> pd.DataFrame:
    rows = []
    for i, model in enumerate(models):
        mean, spread = rng.normal(0, 0.08 * sd), sd * rng.uniform(0.85, 1.2)
        rows.append(
            {
                "model": model,
                "status": "ok",
                "reason": "",
                "origin": "claimed",
                "lead": 16.5,
                "mean": mean,
                "sd": spread,
                "prob_up": stats.t.sf(0, 5, mean, spread * 0.77),
                **quantiles(mean, spread),
                "previous_q50": mean + rng.normal(0, 0.05 * sd),
                "previous_sd": spread * rng.uniform(0.9, 1.1),
            }
            | change.get(f"row{i}", {})
        )
    return pd.DataFrame(rows)


def fan(models: tuple[str, ...], sd: float, rng: np.random.Generator, days: int, live: int) -> pd.DataFrame:
    targets = pd.date_range(end=AS_OF, periods=days)
    y = stats.t.rvs(4, scale=sd * 0.75, size=days, random_state=rng)
    spread = sd * np.exp(np.cumsum(rng.normal(0, 0.08, days)))
    rows = [
        {
            "model": model,
            "target": day,
            "origin": "claimed" if i >= days - live else "replayed",
            "y": y[i],
            "mean": 0.0,
            **quantiles(rng.normal(0, 0.1 * sd), spread[i] * rng.uniform(0.9, 1.1)),
        }
        for model in models
        for i, day in enumerate(targets)
    ]
    return pd.DataFrame(rows)


def scoreboard(
    models: tuple[str, ...], sd: float, rng: np.random.Generator, origins: tuple[tuple[str, int], ...]
) -> pd.DataFrame:
    rows = []
    for origin, days in origins:
        for model in models:
            crps = 0.55 * sd * rng.uniform(0.98, 1.03)
            rows.append(
                {
                    "model": model,
                    "origin": origin,
                    "days": days,
                    "crps": crps,
                    "skill_climatology": 1 - crps / (0.55 * sd) if model != "climatology" else np.nan,
                    "skill_baseline": 1 - crps / (0.56 * sd) if model != "baseline_mlp" else np.nan,
                    "log_score": np.log(sd) + 1.4 + rng.normal(0, 0.03),
                    "mae": 0.75 * sd * rng.uniform(0.98, 1.03),
                    "mse": sd**2 * rng.uniform(0.98, 1.03),
                    "in50": rng.uniform(0.44, 0.56),
                    "in90": rng.uniform(0.84, 0.95),
                }
            )
        nothing = dict.fromkeys(("crps", "skill_climatology", "skill_baseline", "log_score", "in50", "in90"), np.nan)
        rows.append(
            {
                "model": "predict zero",
                "origin": origin,
                "days": days,
                **nothing,
                "mae": 0.75 * sd,
                "mse": sd**2,
            }
        )
    return pd.DataFrame(rows)


def weights(models: tuple[str, ...], series: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for model in models:
        scale = 0.4 if model == "baseline_mlp" else 0.03
        for name in series:
            for lag in range(1, 8):
                sd = np.nan if model == "baseline_mlp" else rng.uniform(0.02, 0.05)
                rows.append({"model": model, "series": name, "lag": lag, "mean": rng.normal(0, scale), "sd": sd})
    return pd.DataFrame(rows)


def attribution(models: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    groups = ("window", "volatility", "leverage", "range", "calendar", "volume", "tweets")
    rows = [
        {
            "model": model,
            "group": group,
            "width": rng.normal(0, 0.1),
            "width_sd": rng.uniform(0.005, 0.04),
            "width_before": rng.normal(0, 0.06),
            "shift": 0.0009 if group == "window" else 0.0,
            "shift_sd": 0.0004 if group == "window" else 0.0,
        }
        for model in models
        for group in groups
    ]
    return pd.DataFrame(rows)


def shares(pools: tuple[str, ...], members: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    weights = rng.dirichlet(np.ones(len(members)))
    return pd.DataFrame(
        {"model": pool, "member": member, "weight": weight}
        for pool in pools
        for member, weight in zip(members, weights, strict=True)
    )


def make_asset(
    symbol: str = "BTC-USD",
    close: float = 2506.85,
    sd: float = 0.032,
    models: tuple[str, ...] = FIVE,
    seed: int = 1,
    rows: dict[str, dict[str, object]] | None = None,
    **change: object,
) -> AssetPage:
    """An asset's page with something in every table; `change` replaces fields."""
    rng = np.random.default_rng(seed)
    today = forecasts(models, sd, rng, **(rows or {}))
    parts = attribution(("bayesian_linear",), np.random.default_rng(seed))
    own = (today["model"] == "bayesian_linear") & today["previous_sd"].notna()
    today.loc[own, "previous_sd"] = today["sd"] / np.exp(parts["width"] - parts["width_before"]).prod() / 0.98
    grid = np.linspace(-6 * sd, 6 * sd, 161)
    densities = pd.concat(
        pd.DataFrame(
            {
                "model": row["model"],
                "change": grid,
                "density": stats.t.pdf(grid, 5, row["mean"], row["sd"] * 0.77),
            }
        )
        for _, row in today.iterrows()
    )
    series = ("price", "volume", "tweets")
    week = pd.date_range(end=AS_OF, periods=7)
    window = pd.DataFrame(
        {"session": day, "series": name, "change": rng.normal(0, sd * (1, 8, 5)[i])}
        for i, name in enumerate(series)
        for day in week
    )
    elbo = pd.concat(
        pd.DataFrame(
            {
                "model": model,
                "step": np.arange(0, 2001, 20),
                "loss": 3000 * np.exp(-np.arange(0, 2001, 20) / 150) - 4100,
            }
        )
        for model in ("bayesian_linear", "bayesian_mlp")
    )
    fields = {
        "symbol": symbol,
        "calendar": "24/7",
        "source": "sample",
        "simulated": False,
        "attention_kind": "tweets a day",
        "as_of": AS_OF,
        "target": AS_OF + pd.Timedelta(days=1),
        "close": close,
        "forecasts": today,
        "densities": densities,
        "fan": fan(models, sd, rng, 30, 9),
        "regimes": pd.DataFrame({"target": pd.to_datetime([]), "regime": pd.Series([], dtype=str)}),
        "window": window,
        "scoreboard": scoreboard(models, sd, rng, (("claimed", 9), ("replayed", 412))),
        "evidence": pd.DataFrame(
            {"origin": ["claimed", "replayed"], "days": [9, 412], "least": [15.9, np.nan], "median": [16.5, np.nan]}
        ),
        "verdicts": (
            ("No evidence of skill: on 412 replayed days no model beats climatology by more than luck explains."),
            "The 90 % intervals of baseline_mlp held on too few days.",
        ),
        "weights": weights(("baseline_mlp", "bayesian_linear", "bayesian_mlp"), series, rng),
        "elbo": elbo,
        "attribution": parts,
        "shares": shares(POOLS, FIVE, rng),
        "pools": pd.DataFrame(
            {"model": POOLS, "days": [250.0, 250.0], "recalibrated": [np.nan, 1.0], "gain": [np.nan, 3.1416]}
        ),
        "warning": "",
        "notes": (
            "1,993 windows of 7 sessions were complete up to 2026-03-04.",
            "24 windows were left out: tweets missing or zero.",
        ),
        "findings": FINDINGS,
    }
    return AssetPage(**(fields | change))


def make_daily(*assets: AssetPage, models: int = 5, **change: object) -> DailyReport:
    """A day's report on some assets."""
    fields = {
        "as_of": AS_OF,
        "rendered_from": datetime(2026, 3, 4, 21, 5, 7, tzinfo=UTC),
        "assets": assets,
        "withheld": {},
        "models": dict(list(MODELS.items())[:models]),
        "labels": LABELS,
        "provenance": {
            "Ledger head": "9f2c4f1e0b7a4d0b8a1fd3a7c5e2b6d49f2c4f1e0b7a4d0b8a1fd3a7c5e2b6d4",
            "Code version": "0.1.0",
            "Settings": "5c1f0e7b2a9d48c6b3e4f5a60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a",
            "Seed": "20260304",
        },
    }
    return DailyReport(**(fields | change))


def make_backtest_asset(
    symbol: str = "BTC-USD",
    sd: float = 0.032,
    models: tuple[str, ...] = FIVE,
    seed: int = 2,
    days: int = 250,
    **change: object,
) -> BacktestAsset:
    """A replayed asset; `change` replaces fields."""
    rng = np.random.default_rng(seed)
    past = fan(models, sd, rng, days, 0)
    pit = pd.DataFrame({"model": past["model"], "pit": rng.beta(1.1, 1.0, len(past))})
    limits = stats.binom.ppf((0.002, 0.998), days, 0.1)
    fields = {
        "symbol": symbol,
        "simulated": False,
        "first": past["target"].min(),
        "last": past["target"].max(),
        "fan": past,
        "scoreboard": scoreboard(models, sd, rng, (("replayed", days),)),
        "calibration": pit,
        "decisions": decisions(models, rng, days),
        "decided": ("No evidence that any of the 15 positions tried is worth its costs.",),
        "summary": (f"All models against climatology: no evidence that any model is better; {days} days.",),
        "verdicts": (f"No evidence of skill: on {days} days no model beats climatology by more than luck explains.",),
        "standings": standings(models, rng),
        "contests": contests(models, rng),
        "calibrated": pd.DataFrame(
            [(model, days, *limits, i, ("green", "yellow")[i % 2]) for i, model in enumerate(models)],
            columns=["model", "days", "low", "high", "breaches", "light"],
        ),
        "tests": tests_of(models, rng),
        "novel_days": novel_days(models, rng, days),
        "unlike": (f"{models[0]}: no evidence that warned days were harder (p = 0.34).",),
        "conditions": conditions(models, np.random.default_rng(seed), days),
        "failings": (f"{models[0]}: covers 81% at 90% (p = 0.0002) in the 20 sessions after a break (83 days).",),
        "directions": directions(models, rng, days),
        "reliable": reliable(models, rng, days),
        "notes": ("Volume is summed over several exchanges.",),
    }
    return BacktestAsset(**(fields | change))


def novel_days(models: tuple[str, ...], rng: np.random.Generator, days: int) -> pd.DataFrame:
    """Days unlike their past against the others."""
    names = ("model", "warned", "others", "log_score", "log_score_others", "low", "high", "p", "crps", "crps_others")
    rows = [(m, 7, days - 7, -2.5, -2.9, -0.2, 0.2, rng.uniform(), -0.001, -0.0005) for m in models]
    return pd.DataFrame(rows, columns=list(names))


def make_backtest(*assets: BacktestAsset, models: int = 5) -> BacktestReport:
    """A backtest of some assets."""
    design = {
        "Refit": "every 20 sessions",
        "Training window": "2,000 sessions",
        "Preset": "standard",
        "Seed": "7",
    }
    return BacktestReport(assets, dict(list(MODELS.items())[:models]), LABELS, design)
