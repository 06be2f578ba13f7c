"""What companions are worth: `python -m benchmarks.companions stocks`, and `simulated` where the truth is known.

`stocks` replays a regression on the twelve US stocks whose closes and implied volatilities lie beside this repository,
from 2014 to 2022, alone, with the state of their own market, with implied volatility, and with both. Differences of log
scores are against the regression alone, and t is that of `forecaster.evaluation.diebold_mariano` on sums over the
stocks of a date. `simulated` does the same on markets of ten assets whose volatility is moved by their mean, and by
nothing that they share.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.study.blocks import known_at_close
from benchmarks.study.judging import difference
from benchmarks.study.run import settled
from forecaster.replay.backtest import last_origins, origins, replay
from ingest.assets import Asset
from ingest.companions import NONE, WATCHLIST, beside
from ingest.own_series import OwnSeries
from ingest.panel import panel_rows
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.settings import Settings
    from ingest.history import History

DATA = Path(__file__).parents[2] / "shared" / "data"
"""The files, which lie beside this repository where they are at hand at all."""

FIRST, LAST = pd.Timestamp("2014-01-01"), pd.Timestamp("2022-12-28")
MODEL, REFERENCE, TRUTH = "bayesian_linear", "garch", "true law"
VARIANTS = {"alone": (NONE, False), "market": (WATCHLIST, False), "implied": (NONE, True), "both": (WATCHLIST, True)}
"""Name to the market and whether implied volatilities are known."""

ASSETS, SHARED, MEMORY, SIZE, SIGN = 10, 0.6, 0.95, 0.08, 0.06
"""Of a simulated market: the part of shocks that is common, and how the mean shock moves the log of the volatility."""


def stocks() -> dict[str, History]:
    """The twelve stocks, each row known at its own close and each implied volatility a quarter of an hour later."""
    closes, implied = (
        pd.read_csv(DATA / name, index_col=0, parse_dates=True)
        for name in ("stocks_us12.csv.gz", "implied_volatility_us12.csv.gz")
    )
    return {symbol: _stock(symbol, closes[symbol].dropna(), implied[symbol].dropna()) for symbol in closes}


def _stock(symbol: str, closes: pd.Series, implied: pd.Series) -> History:
    days = calendar("XNYS")
    closes, implied = (of[days.are_sessions(pd.DatetimeIndex(of.index).as_unit("us"))] for of in (closes, implied))
    values = {"close": closes.to_numpy(), "adjustment": np.ones(len(closes))}
    rows = panel_rows(symbol, pd.DatetimeIndex(closes.index).as_unit("us"), values, "csv_file")
    sessions = pd.DatetimeIndex(implied.index).as_unit("us")
    known = days.known_after(sessions) + pd.Timedelta(15, unit="min")
    frame = pd.DataFrame({"session": sessions, "value": implied.to_numpy(), "known_at": known})
    history = known_at_close(Asset(symbol, calendar="XNYS", source="csv_file"), rows)
    return replace(history, own=(OwnSeries("implied_volatility", "implied_volatility", 15, frame),))


def simulated(days: int, seed: int, *, common: bool) -> tuple[dict[str, History], np.ndarray]:
    """A market, and the true standard deviation of each change `(days, assets)`; changes are normal."""
    rng = np.random.default_rng(seed)
    log, changes, scales = np.zeros(ASSETS), np.empty((days, ASSETS)), np.empty((days, ASSETS))
    for day in range(days):
        own = rng.standard_normal(ASSETS)
        shocks = SHARED * rng.standard_normal() + np.sqrt(1 - SHARED**2) * own if common else own
        scales[day] = 0.01 * np.exp(log)
        changes[day] = scales[day] * shocks
        mean = shocks.mean() / np.sqrt(SHARED**2 + (1 - SHARED**2) / ASSETS)
        moved = np.full(ASSETS, mean) if common else shocks
        log = MEMORY * log + SIZE * (np.abs(moved) - 0.8) - SIGN * moved
    sessions = calendar("XNYS").sessions("2001-01-02", LAST)[-days:]
    made = {}
    for at in range(ASSETS):
        symbol = f"A{at}"
        values = {"close": 100 * np.cumprod(1 + changes[:, at]), "adjustment": np.ones(days)}
        rows = panel_rows(symbol, sessions, values, "simulated")
        made[symbol] = known_at_close(Asset(symbol, calendar="XNYS", source="simulated", simulated=True), rows)
    return made, scales


def _absent(symbol: str) -> History:
    raise LookupError(symbol)


def replayed(
    histories: Mapping[str, History],
    symbols: Sequence[str],
    variant: str,
    names: tuple[str, ...],
    settings: Settings,
    last: int = 0,
) -> pd.DataFrame:
    """`symbol, model, target, log_score, crps, pit, variant` of some of the assets, refits every 20 sessions.

    Args:
        histories: All assets, with their series.
        symbols: Those that are scored.
        variant: Of `VARIANTS`.
        names: Forecasters.
        settings: All settings.
        last: Only so many last targets; those from `FIRST` to `LAST` where 0.
    """
    market, implied = VARIANTS[variant]
    known = histories if implied else {symbol: replace(one, own=()) for symbol, one in histories.items()}
    rows: list[dict[str, Any]] = []
    for symbol in symbols:
        one = beside(known, market, _absent)[symbol]
        days = last_origins(one, last) if last else origins(one, FIRST, LAST)
        for item in replay(one, days, names, settings, 20):
            if item.score is not None:
                kept = {name: item.score[name] for name in ("log_score", "crps", "pit")}
                rows.append({"symbol": symbol, "model": item.forecast.model, "target": item.forecast.target, **kept})
    return pd.DataFrame(rows).assign(variant=variant)


def compared(rows: pd.DataFrame, against: pd.DataFrame) -> str:
    """A row of the table: mean difference, t, assets that are better, the worst relative change of CRPS, coverage."""
    pair = pd.concat([rows.assign(model="tried"), against.assign(model="plain")]).assign(block=lambda of: of["symbol"])
    found = difference(pair, "tried", "plain")
    wide = pair.pivot_table(index="symbol", columns="model", values=["log_score", "crps"])
    better = int((wide["log_score"]["tried"] < wide["log_score"]["plain"]).sum())
    crps = float((wide["crps"]["tried"] / wide["crps"]["plain"] - 1).max())
    inside = rows["pit"].between(0.05, 0.95).groupby(rows["symbol"]).mean()
    return (
        f"{found.mean:+.4f} | {found.t:+.1f} | {better} of {len(wide)} | {crps:+.2%} | "
        f"{inside.min():.3f} to {inside.max():.3f}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.companions", description=__doc__)
    parser.add_argument("what", choices=("stocks", "simulated"))
    parser.add_argument("--days", type=int, default=500, help="scored days of a simulated market")
    parser.add_argument("--seeds", type=int, default=3, help="simulated markets of each kind")
    asked = parser.parse_args(arguments)
    if asked.what == "stocks":
        known, settings = stocks(), settled()
        found = {of: replayed(known, list(known), of, (MODEL, REFERENCE), settings) for of in VARIANTS}
        print("variant | log score minus alone | t | better | CRPS at worst | coverage at 90 %")
        for name, rows in found.items():
            own, alone = (part[part["model"] == MODEL] for part in (rows, found["alone"]))
            garch = found["alone"][found["alone"]["model"] == REFERENCE]
            print(f"{name} | {compared(own, alone)}\n{name} against {REFERENCE} | {compared(own, garch)}", flush=True)
        return
    for common in (True, False):
        for seed in range(asked.seeds):
            print(
                f"{'common' if common else 'independent'} {seed}: {behind(asked.days, seed, common=common)}", flush=True
            )


def behind(days: int, seed: int, *, common: bool, train: int = 2000, assets: int = 3, **model: Any) -> dict[str, float]:  # noqa: ANN401  # settings of the regression
    """How far the regression is behind the true distribution, alone and with the market, in nats a day."""
    known, scales = simulated(train + days + 60, seed, common=common)
    settings = settled({"forecast": {"train_window": train}, "models": {MODEL: model}})
    symbols = list(known)[:assets]
    told = {}
    for variant in ("alone", "market"):
        rows = replayed(known, symbols, variant, (MODEL,), settings, days)
        told[variant] = float(rows["log_score"].mean())
    y = np.stack([known[symbol].frame["close"].pct_change().to_numpy()[-days:] for symbol in symbols], 1)
    sd = scales[-days:, :assets]
    truth = float(np.mean(0.5 * np.log(2 * np.pi) + np.log(sd) + 0.5 * (y / sd) ** 2))
    return {variant: round(score - truth, 4) for variant, score in told.items()}


if __name__ == "__main__":
    main()
