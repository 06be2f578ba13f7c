"""A stranger's forecasts: GARCH(1,1) with Student-t errors, fitted by the package `arch` alone."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from arch import arch_model
from scipy import stats

from ingest.sources import sample

DAYS, REFIT, WINDOW = 250, 50, 1000
LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


@cache
def garch() -> pd.DataFrame:
    """`target, mean, sd, df` of the last sessions of ^GSPC, fractions; fitted on what was known before each."""
    asset = next(one for one in sample.ASSETS if one.symbol == "^GSPC")
    rows = sample.fetch(asset, pd.Timestamp("2026-01-01", tz="UTC"))
    close = rows.set_index("session")["close"]
    changes = 100 * close.pct_change().dropna()
    found = []
    first = len(changes) - DAYS
    for start in range(first, len(changes), REFIT):
        known = changes.iloc[start - WINDOW : start]
        fit = arch_model(known, mean="Constant", vol="GARCH", dist="t").fit(disp="off")
        mu, omega, alpha, beta, nu = (fit.params[name] for name in ("mu", "omega", "alpha[1]", "beta[1]", "nu"))
        variance = fit.conditional_volatility.iloc[-1] ** 2
        for at in range(start, min(start + REFIT, len(changes))):
            variance = omega + alpha * (changes.iloc[at - 1] - mu) ** 2 + beta * variance
            found.append((changes.index[at], mu / 100, np.sqrt(variance) / 100, nu))
    return pd.DataFrame(found, columns=["target", "mean", "sd", "df"])


def dated(rows: pd.DataFrame) -> pd.DataFrame:
    """Keys of a file beside the rows: the asset, and when each forecast was made, the evening before."""
    made = rows["target"].dt.strftime("%Y-%m-%dT09:00:00-05:00")
    return pd.DataFrame({"symbol": "^GSPC", "target_date": rows["target"].dt.strftime("%Y-%m-%d"), "made_at": made})


def quantiles(levels: tuple[float, ...] = LEVELS, width: float = 1.0) -> pd.DataFrame:
    """Its quantiles as a file has them; `width` times as wide as they should be."""
    own = garch()
    scale = (own["sd"] * np.sqrt((own["df"] - 2) / own["df"])).to_numpy()
    file = dated(own)
    for level in levels:
        drawn = stats.t.ppf(level, own["df"].to_numpy())
        file[f"q{level:.3g}"] = own["mean"].to_numpy() + width * scale * drawn
    return file


def draws(count: int = 100) -> pd.DataFrame:
    """Draws from it, each in a column."""
    own, rng = garch(), np.random.default_rng(5)
    scale = (own["sd"] * np.sqrt((own["df"] - 2) / own["df"])).to_numpy()
    drawn = own["mean"].to_numpy()[:, None] + scale[:, None] * rng.standard_t(
        own["df"].to_numpy()[:, None], (len(own), count)
    )
    return pd.concat([dated(own), pd.DataFrame(drawn, columns=[f"draw_{at}" for at in range(1, count + 1)])], axis=1)
