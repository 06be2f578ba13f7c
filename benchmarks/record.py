"""What a long record costs whoever asks for a part of it, and whoever asks for all."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.door import HERE, ran
from forecaster.records import chain
from forecaster.records.columns import SCORES, SUMMARY
from forecaster.records.home import open_home
from forecaster.records.tables import FORECASTS, OUTCOMES, SCORED
from ingest.database import writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator
    from sqlalchemy import Engine

NAME = "A record of 20,000 forecasts: commands that need a part of it or take it piece by piece, against all shown"
MODELS = {
    "baseline_mlp": (5448, 1633),
    "bayesian_linear": (2328, 5129),
    "bayesian_mlp": (2328, 5119),
    "climatology": (5448, 1360),
    "egarch": (316, 1603),
    "ensemble": (9528, 1595),
    "ewma": (316, 1423),
    "garch": (316, 1574),
    "gjr": (316, 1602),
    "recalibrated": (10744, 1653),
}
"""Forecaster to the bytes of its distribution and its diagnostics, as they were found on record."""
FIRST = date(2015, 1, 1)


def day(number: int) -> str:
    """The ISO date of a day of a made record."""
    return (FIRST + timedelta(days=number)).isoformat()


def forecasts(symbol: str, number: int, rng: Generator) -> Iterator[dict[str, Any]]:
    """One row per model, of one asset and day; what is long in them is noise of the length that it has in real ones."""
    for model, (size, told) in MODELS.items():
        yield {
            "symbol": symbol,
            "model": model,
            "as_of": day(number),
            "horizon": 1,
            "target": day(number + 1),
            "issued_at": f"{day(number + 1)}T00:05:00+00:00",
            "status": "ok",
            "reason": "",
            "predictive": rng.bytes(size),
            **dict(zip(SUMMARY, rng.normal(0, 0.02, len(SUMMARY)).tolist(), strict=True)),
            "diagnostics": rng.bytes(told // 2).hex(),
            "data_vintage": "0" * 64,
            "config_sha256": "1" * 64,
            "seed": "1",
            "code_version": "0",
        }


def settled(symbol: str, number: int, rng: Generator) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The outcome of such a day, and the scores of its forecasts."""
    key = {"symbol": symbol, "as_of": day(number), "horizon": 1}
    values = {**dict.fromkeys(SCORES, 0.5), "crps": rng.random(), "pit": rng.random(), "in50": True, "in90": False}
    outcome = {**key, "target": day(number + 1), "y": rng.normal(0, 0.02), "close": 100.0}
    scores = [{**key, "model": model, **values} for model in MODELS]
    return {**outcome, "settled_at": f"{day(number + 2)}T00:05:00+00:00", "data_vintage": "0" * 64}, scores


def fill(engine: Engine, assets: int, days: int) -> None:
    """Records so many assets times days times ten forecasts, all but the last day's settled."""
    rng, symbols = np.random.default_rng(0), [f"S{number:03d}" for number in range(assets)]
    for number in range(days):
        with writing(engine) as connection:
            rows = [row for symbol in symbols for row in forecasts(symbol, number, rng)]
            chain.append(connection, FORECASTS, rows)
            if number:
                found = [settled(symbol, number - 1, rng) for symbol in symbols]
                chain.append(connection, OUTCOMES, [outcome for outcome, _ in found])
                chain.append(connection, SCORED, [score for _, scores in found for score in scores])


def cases() -> dict[str, Callable[[], object]]:
    """The reference, then each command, in a process of its own."""
    place = Path(tempfile.mkdtemp(prefix="forecaster-bench-"))
    home = place / "home"
    fill(open_home(home).ledger.engine, 20, 100)
    commands = {
        "ledger show": (),
        "ledger show --last 20": ("--last", "20"),
        "ledger show --since, the last ten days": ("--since", day(90)),
        "ledger show --symbols, one of twenty": ("--symbols", "S007"),
        "ledger show --json": ("--json",),
        "ledger export record.csv": (str(place / "record.csv"),),
        "ledger export record.parquet": (str(place / "record.parquet"),),
        "ledger verify": (),
    }
    return {
        name: partial(ran, HERE, (*name.split()[:2], *words, "--home", str(home))) for name, words in commands.items()
    }
