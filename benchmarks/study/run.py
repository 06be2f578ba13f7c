"""What the study computes: forecasts of many days through the product's own replay, and fits held against NUTS."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.study import blocks, laws
from forecaster import models
from forecaster.evaluation.scores.crps import score as crps
from forecaster.issuing import fitting
from forecaster.operation.explain import explain
from forecaster.progress import quiet
from forecaster.replay.backtest import last_origins, replay
from forecaster.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forecaster.distribution.predictive import Predictive
    from ingest.history import History

REFIT = 20
"""Sessions from one fit to the next."""

POOLS_EVERY = 5
"""CRPS and mean of pools are taken on every fifth day: their hundreds of components cost more than all other scores."""

COLUMNS = (
    "block",
    "symbol",
    "window",
    "model",
    "target",
    "y",
    "log_score",
    "pit",
    "crps",
    "mean",
    "status",
    "stand_in",
)
TRUTH = "true law"
SHAPE = "the study's shape"
SHAPED = "bayesian_linear"
SHAPE_TABLES: dict[str, dict[str, Any]] = {
    "forecast": {"series": ("price",)},
    "models": {
        SHAPED: {
            "noise": "normal",
            "covariates": False,
            "scaling": "none",
            "weight_scale": 1.0,
            "other_weight_scale": 1.0,
            "intercept_scale": 1.0,
        }
    },
}
"""The original study's shape: seven lags of raw changes under normal errors of one learnt scale, price only."""

Tables = dict[str, dict[str, Any]]
Seconds = defaultdict[str, float]


@dataclass(frozen=True)
class Task:
    """A piece of work for one process.

    Attributes:
        window: Most training rows.
        names: Forecasters.
        tables: Tables of a forecaster.toml.
        days: Only the last so many days; all where 0.
    """

    window: int
    names: tuple[str, ...]
    tables: Tables = field(default_factory=dict)
    days: int = 0

    def settings(self, tables: Tables | None = None) -> Settings:
        """The settings that it runs under: the window's, over them its own tables, over these further ones."""
        return settled({"forecast": {"train_window": self.window}}, self.tables, tables or {})


@dataclass(frozen=True)
class BlockTask(Task):
    """The forecasters on a development block.

    Attributes:
        block: The block.
        variant: What the tables are called, empty for the study's own, which has the original study's shape beside it.
    """

    block: blocks.Block = field(kw_only=True)
    variant: str = ""

    @property
    def name(self) -> str:
        """Of the task, for files and people."""
        return f"{self.block.label}, {self.window} rows" + (f", {self.variant}" if self.variant else "")

    def run(self, spent: Seconds) -> pd.DataFrame:
        """One row per forecast, `COLUMNS`."""
        history = blocks.history(self.block.symbol)
        days = self.block.origins(history)[-self.days :]
        rows = replayed(history, days, self.names, self.settings(), spent)
        if not self.variant:
            before = spent[SHAPED]
            other = replayed(history, days, (SHAPED,), self.settings(SHAPE_TABLES), spent)
            spent[SHAPE], spent[SHAPED] = spent[SHAPED] - before, before
            rows = pd.concat([rows, other.assign(model=SHAPE)], ignore_index=True)
        return rows.assign(block=self.block.label, symbol=self.block.symbol, window=self.window)[list(COLUMNS)]


@dataclass(frozen=True)
class LawTask(Task):
    """The forecasters on a simulated market, and its true law beside them."""

    law: str = field(kw_only=True)
    seed: int = field(kw_only=True)

    @property
    def name(self) -> str:
        """Of the task, for files and people."""
        return f"{self.law} {self.seed}, {self.window} rows"

    def run(self, spent: Seconds) -> pd.DataFrame:
        """One row per forecast, `COLUMNS`; the truth's own among them."""
        market = laws.simulate(self.law, self.seed, self.days)
        history = market.history("SIM")
        days = last_origins(history, self.days)
        rows = replayed(history, days, self.names, self.settings(), spent)
        first = len(market.changes) - self.days
        outcomes = rows.groupby("target")["y"].first()
        truth = [{"model": TRUTH, "target": target, "y": y, "mean": market.location[k], **scored(market.law(k), y)}
                 for k, (target, y) in enumerate(outcomes.items(), first)]  # fmt: skip
        both = pd.concat([rows, pd.DataFrame(truth)], ignore_index=True)
        named = both.assign(block=f"{self.law} {self.seed}", symbol=self.law, window=self.window)
        return named.reindex(columns=list(COLUMNS))


@dataclass(frozen=True)
class NutsTask(Task):
    """The newest fit of an asset, held against NUTS; `names` is the one model."""

    symbol: str = field(kw_only=True)

    @property
    def name(self) -> str:
        """Of the task, for files and people."""
        return f"NUTS {self.symbol}, {self.window} rows"

    def run(self, spent: Seconds) -> pd.DataFrame:
        """One row: `symbol, model, as_of, rows, difference, k_hat, reason, nuts_reason`."""
        history, (model,) = blocks.history(self.symbol), self.names
        start = process_time()
        facts = explain(history, history.last, model, self.settings(), nuts=quiet).facts
        spent["NUTS"] = process_time() - start - spent[model]
        assert facts.nuts is not None  # noqa: S101  # for the type checker: it was asked for
        row = {"symbol": self.symbol, "model": model, "as_of": facts.as_of, "rows": facts.rows,
               "difference": facts.nuts.largest_difference(facts.quantiles), "k_hat": facts.figures["k_hat"],
               "reason": facts.reason, "nuts_reason": facts.nuts.reason}  # fmt: skip
        return pd.DataFrame([row])


@dataclass(frozen=True, eq=False)
class Found:
    """What a task gave.

    Attributes:
        rows: Its table.
        seconds: CPU seconds of each forecaster's fits, `scores`, `the rest`; and `wall`, by the clock.
    """

    rows: pd.DataFrame
    seconds: Mapping[str, float]


def run(task: BlockTask | LawTask | NutsTask | PathTask) -> Found:
    """Does a task, and tells what it took."""
    start, began = process_time(), perf_counter()
    with clocked() as spent:
        rows = task.run(spent)
    spent["the rest"] = process_time() - start - sum(spent.values())
    return Found(rows, {**spent, "wall": perf_counter() - began})


def settled(*tables: Tables) -> Settings:
    """Settings from tables of a forecaster.toml, later ones over earlier ones; a model's table is replaced whole."""
    merged: Tables = {}
    for table in tables:
        for section, keys in table.items():
            merged[section] = {**merged.get(section, {}), **keys}
    return Settings.model_validate(merged)


def replayed(
    history: History, days: Sequence[pd.Timestamp], names: tuple[str, ...], settings: Settings, spent: Seconds
) -> pd.DataFrame:
    """`model, target, y, status, stand_in` and the scores of each forecast, in the models' order within a day."""
    place = {day: k for k, day in enumerate(days)}
    rows = []
    for item in replay(history, list(days), names, settings, REFIT):
        forecast, start = item.forecast, process_time()
        whole = models.pool(forecast.model) is None or place[forecast.as_of] % POOLS_EVERY == 0
        predictive = forecast.predictive if np.isfinite(item.y) else None
        marks = scored(predictive, item.y, whole=whole) if predictive else {}
        stand_in = forecast.diagnostics.stand_in or ""
        rows.append({"model": forecast.model, "target": forecast.target, "y": item.y, **marks,
                     "status": forecast.status, "stand_in": stand_in})  # fmt: skip
        spent["scores"] += process_time() - start
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))


def scored(predictive: Predictive, y: float, *, whole: bool = False) -> dict[str, float]:
    """Log score and PIT; the mean, and CRPS, where the whole is wanted."""
    marks = {"log_score": -float(predictive.log_prob(y)), "pit": float(predictive.cdf(y))}
    return {**marks, "crps": crps(predictive, y), "mean": predictive.mean} if whole else marks


@contextmanager
def clocked() -> Iterator[Seconds]:
    """CPU seconds that each forecaster's fits take meanwhile."""
    spent: Seconds = defaultdict(float)
    plain = fitting.answer

    def timed(request: fitting.Request) -> Any:  # noqa: ANN401  # whatever it gives
        start = process_time()
        try:
            return plain(request)
        finally:
            spent[request.model] += process_time() - start

    fitting.answer = timed
    try:
        yield spent
    finally:
        fitting.answer = plain


@dataclass(frozen=True)
class PathTask(LawTask):
    """Forecasters on one path, scored as the verdicts need it; the true law beside them.

    Attributes:
        refit: Sessions from one training to the next.
    """

    refit: int = field(kw_only=True)

    @property
    def name(self) -> str:
        """Of the task, for files and people."""
        return f"{self.law} {self.seed}, {self.days} days, {self.window} rows"

    def run(self, spent: Seconds) -> pd.DataFrame:
        """`model, target, y, log_score, pit, crps, mean`, one row per forecast."""
        market = laws.simulate(self.law, self.seed, self.days)
        history = market.history("SIM")
        issued = replay(history, last_origins(history, self.days), self.names, self.settings(), self.refit)
        rows = [{"model": item.forecast.model, "target": item.forecast.target, "y": item.y,
                 **(scored(item.forecast.predictive, item.y, whole=True) if item.forecast.predictive else {})}
                for item in issued]  # fmt: skip
        outcomes = {row["target"]: row["y"] for row in rows}
        first = len(market.changes) - self.days
        rows += [{"model": TRUTH, "target": target, "y": y, **scored(market.law(k), y, whole=True)}
                 for k, (target, y) in enumerate(sorted(outcomes.items()), first)]  # fmt: skip
        return pd.DataFrame(rows)
