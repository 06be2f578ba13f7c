"""What it costs to verify a record, and to hold its tables against each other and against the market's data.

`python -m benchmarks.ledger [ASSETS DAYS]` makes a record of so many assets and days of ten forecasts in a home, 50 and
200 where none are given, and prints processor seconds and memory of `ledger verify` and `ledger verify --deep`.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.door import HERE, MAIN, ran
from benchmarks.record import MODELS
from forecaster.distribution.predictive import Predictive
from forecaster.distribution.recalibrated import PitMap
from forecaster.evaluation.outcomes import outcome
from forecaster.evaluation.scoring import score
from forecaster.records import chain
from forecaster.records.columns import scored
from forecaster.records.home import open_home
from forecaster.records.tables import FORECASTS, OUTCOMES, SCORED
from ingest.assets import Asset
from ingest.database import writing
from ingest.history import vintage_sha256
from ingest.panel import panel_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    from forecaster.records.home import Home
    from ingest.history import History

NAME = "A record of 2,000 forecasts verified, and its tables held against each other"
SESSIONS = 1_000
"""Of each asset's history, before its first forecast."""


def laws(rng: Generator) -> dict[str, Predictive]:
    """A distribution per model, of the kind and the size that it has in real records."""
    sample = Predictive.of_sample(rng.standard_t(4, 400) * 0.02)
    draws = Predictive.of(
        rng.normal(0, 0.002, 100),
        0.02 * np.exp(rng.normal(0, 0.1, 100)),
        rng.uniform(3, 9, 100),
        rng.normal(0, 0.05, 100),
    )
    one = Predictive.of(0.0005, 0.02 * np.exp(rng.normal(0, 0.2)), rng.uniform(4, 9))
    parts = (sample, draws, draws.moved(0.001), one)
    weight = np.concatenate([part.weight / len(parts) for part in parts])
    rest = (np.concatenate([getattr(part, name) for part in parts]) for name in ("loc", "scale", "df", "skew"))
    pool = Predictive(weight, *rest)
    known = {"baseline_mlp": sample, "climatology": sample.moved(0.0001), "bayesian_linear": draws}
    known |= {"bayesian_mlp": draws.moved(-0.001), "ensemble": pool}
    known |= {"recalibrated": pool.through(PitMap.of(rng.normal(0, 1, 250), 0.5, 0.3))}
    return {name: known.get(name, one.moved(0.0001 * place)) for place, name in enumerate(MODELS)}


def fill(home: Home, assets: int, days: int) -> None:
    """Records so many assets times days times ten forecasts, all but the last day's settled.

    The assets have one history under their names, so that a day's distributions and scores are made once.
    """
    rng = np.random.default_rng(0)
    sessions = pd.date_range("2019-01-01", periods=SESSIONS + days + 1, unit="us")
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, len(sessions))))
    symbols = [f"S{number:03d}" for number in range(assets)]
    now = (sessions[-1] + pd.Timedelta(days=2)).tz_localize("UTC").to_pydatetime()
    for symbol in symbols:
        asset = Asset(symbol, calendar="24/7", source="csv_file")
        home.store.append(asset, panel_rows(symbol, sessions, {"close": close}, "csv_file"), now)
    history = home.store.history(symbols[0])
    for as_of, target in zip(sessions[SESSIONS:-1], sessions[SESSIONS + 1 :], strict=True):
        issued = list(forecasts(history, as_of, target, rng))
        settled = settlement(history, issued, target)
        with writing(home.ledger.engine) as connection:
            named = [{**row, "symbol": symbol} for symbol in symbols for row in issued]
            chain.append(connection, FORECASTS, named)
            if target != sessions[-1]:
                chain.append(connection, OUTCOMES, [{**settled[0], "symbol": symbol} for symbol in symbols])
                scores = [{**row, "symbol": symbol} for symbol in symbols for row in settled[1]]
                chain.append(connection, SCORED, scores)


def forecasts(history: History, as_of: pd.Timestamp, target: pd.Timestamp, rng: Generator) -> Iterator[dict[str, Any]]:
    """One row per model, of a day."""
    vintage = vintage_sha256(history.read(as_of))
    for model, law in laws(rng).items():
        yield {
            "model": model,
            "as_of": f"{as_of:%Y-%m-%d}",
            "horizon": 1,
            "target": f"{target:%Y-%m-%d}",
            "issued_at": f"{target:%Y-%m-%d}T00:05:00+00:00",
            "status": "ok",
            "reason": "",
            "predictive": law.to_bytes(),
            "mean": law.mean,
            "sd": law.sd,
            "prob_up": law.prob_up,
            **law.quantiles,
            "diagnostics": rng.bytes(MODELS[model][1] // 2).hex(),
            "data_vintage": vintage,
            "config_sha256": "1" * 64,
            "seed": "1",
            "code_version": "0",
        }


def settlement(
    history: History, issued: list[dict[str, Any]], target: pd.Timestamp
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The outcome of a day, and the scores of its forecasts."""
    found = outcome(history, target, target)
    if found is None:
        raise ValueError(f"{target} has no change")
    key = {name: issued[0][name] for name in ("as_of", "horizon")}
    rest = {"target": f"{target:%Y-%m-%d}", "y": found.y, "close": found.close, "data_vintage": found.data_vintage}
    scores = [
        {**key, "model": row["model"], **scored(score(Predictive.from_bytes(row["predictive"]), found.y))}
        for row in issued
    ]
    return {**key, **rest, "settled_at": f"{target:%Y-%m-%d}T23:59:00+00:00"}, scores


def cases() -> dict[str, Callable[[], object]]:
    """The chains alone, then all."""
    home = Path(tempfile.mkdtemp(prefix="forecaster-bench-")) / "home"
    fill(open_home(home), 10, 20)
    words = {"ledger verify": (), "ledger verify --deep": ("--deep",)}
    return {name: partial(ran, HERE, ("ledger", "verify", *more, "--home", str(home))) for name, more in words.items()}


def main() -> None:
    """Prints seconds and memory of both."""
    assets, days = map(int, sys.argv[1:3] or (50, 200))
    home = Path(tempfile.mkdtemp(prefix="forecaster-bench-")) / "home"
    fill(open_home(home), assets, days)
    print(f"{assets * days * len(MODELS):,} forecasts, {(home / 'forecaster.db').stat().st_size / 1e6:.0f} MB")
    for more in ((), ("--deep",)):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", MAIN, "ledger", "verify", *more, "--home", home], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        print(f"ledger verify {' '.join(more):<7} {taken:7.1f} s {after.ru_maxrss / 1024:6.0f} MiB")


if __name__ == "__main__":
    main()
