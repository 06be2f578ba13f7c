"""Walk-forward replay: issue over past origins, score each forecast against what happened.

Models are trained on the days of training of `forecaster.issuing.refits`; between two of them the same fit forecasts
from each day's own window, as it would have live. Every model is asked about every day. Many trainings are done at
once, each on what was known at its own session.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from forecaster.distribution import percentiles
from forecaster.evaluation import scores
from forecaster.evaluation.scoring import row_of, score
from forecaster.issuing.fitting import answers
from forecaster.issuing.pools import Pools
from forecaster.issuing.refits import in_groups
from forecaster.issuing.track_record import Record
from forecaster.issuing.walk import walk
from forecaster.replay.plan import plan
from forecaster.view.past import Past
from ingest.errors import AsOfError
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from forecaster.issuing.fitting import Ask
    from forecaster.issuing.forecast import Forecast
    from forecaster.issuing.walk import Walked
    from forecaster.settings import Settings
    from ingest.history import History

COLUMNS = (
    "symbol", "model", "as_of", "horizon", "target_date", "y", "mean", "sd", "prob_up", *percentiles.NAMES,
    *scores.FIRST[:3], "status",
)  # fmt: skip
"""The columns of `forecasts.parquet` that other programs rely on; `EXTRA` follow them, then scores that were added."""

NOVELTY = "novelty"
"""A column: how unlike its past the origin is, see `forecaster.view.novelty`; NaN where that is not known."""

EXTRA = (*scores.FIRST[3:], "reason", "fitted_at")

DISTRIBUTION = "predictive"
"""The last column of the file: the distribution itself, in the bytes that the record keeps, so that who has the file
can compute everything of it again. What is computed from the rows here goes without."""

TEXT = ("symbol", "model", "as_of", "horizon", "target_date", "status", "reason", "fitted_at", DISTRIBUTION)
"""The columns that are no measurements and no scores: the others are, also where all of them are missing."""


def columns() -> list[str]:
    """All columns of the export, in order."""
    return list(dict.fromkeys((*COLUMNS, *EXTRA, *scores.names(), NOVELTY)))


@dataclass(frozen=True, eq=False)
class Replayed:
    """A replayed forecast and what became of it.

    Attributes:
        forecast: As issued.
        fitted_at: Origin of the fit.
        y: The change that came, NaN where the target lies in a gap.
        novelty: How unlike its past the origin is, from 0 to 1; NaN where that is not known.
    """

    forecast: Forecast
    fitted_at: str
    y: float
    novelty: float = np.nan

    @cached_property
    def score(self) -> Mapping[str, float] | None:
        """By id; None where there is no distribution or no outcome."""
        predictive, row = self.forecast.predictive, row_of(self.forecast.symbol, self.forecast.target)
        return score(predictive, self.y, row) if predictive and np.isfinite(self.y) else None

    def row(self) -> dict[str, Any]:
        """One row of the export: `columns`, and the distribution."""
        f = self.forecast
        known = f.predictive
        blank = dict.fromkeys(columns(), np.nan)
        facts = {
            "symbol": f.symbol,
            "model": f.model,
            "as_of": f.as_of,
            "horizon": f.horizon,
            "target_date": f.target,
            "y": self.y,
            "status": f.status,
            "reason": f.reason,
            "fitted_at": self.fitted_at,
            NOVELTY: self.novelty,
            DISTRIBUTION: known.to_bytes() if known else None,
        }
        whole = percentiles.percentiles(known) if known else {}
        return {**blank, **facts, **whole, **f.summary(), **(self.score or {})}


def origins(history: History, first: pd.Timestamp, last: pd.Timestamp) -> list[pd.Timestamp]:
    """The origins whose targets are the sessions from `first` to `last` that the data cover.

    Raises:
        AsOfError: Where there is none.
    """
    code = calendar(history.asset.calendar)
    start, end = max(first, code.next(history.first)), min(last, history.last)
    targets = code.sessions(start, end) if start <= end else pd.DatetimeIndex([])
    if targets.empty:
        raise AsOfError(
            f"{history.asset.symbol} has no session from {first:%Y-%m-%d} to {last:%Y-%m-%d}: its data run from "
            f"{history.first:%Y-%m-%d} to {history.last:%Y-%m-%d}"
        )
    return [code.previous(target) for target in targets]


def last_origins(history: History, count: int, until: pd.Timestamp | None = None) -> list[pd.Timestamp]:
    """The origins of the last `count` targets up to `until` (the end of the data where None), oldest first."""
    code = calendar(history.asset.calendar)
    end = until or history.last
    targets = code.sessions(code.next(history.first), end)[-count:]
    return [code.previous(target) for target in targets]


def replay(
    history: History,
    as_ofs: Sequence[pd.Timestamp],
    names: tuple[str, ...],
    settings: Settings,
    refit_every: int,
    ask: Ask = answers,
) -> Iterator[Replayed]:
    """Replays an asset over its origins, oldest first, models within a day in the given order.

    An origin without a price of its own gives no forecast; one whose window has a hole, or whose training had too
    little to learn from, gives withheld ones.

    Args:
        history: Every vintage of the asset.
        as_ofs: Origins, oldest first.
        names: Forecasters, in order.
        settings: All settings.
        refit_every: Sessions from one training to the next, see `forecaster.issuing.refits`.
        ask: Who trains.

    Raises:
        TooFewRowsError: Where even the last training has too short a history.
        ConstantSeriesError: Where the price never moves.
    """
    pools = Pools(names, settings)
    past = Past(history, settings.forecast)
    record = Record(past, pools.members, settings)
    alone, issued = plan(past, as_ofs, pools, record, refit_every)
    for legs in (*in_groups(alone), *in_groups(issued)):
        for walked in walk({past.symbol: past}, legs, pools.members, settings, ask):
            if walked.scores:
                record.scores[walked.day] = walked.scores
            if walked.own:
                yield from replayed(walked, pools, record)


def replayed(walked: Walked, pools: Pools, record: Record) -> Iterator[Replayed]:
    """The forecasts of one day, those of pools from the scores that were known then."""
    for made in pools.day(walked.own, lambda: record.known_at(walked.day), lambda: record.past.look(walked.day)):
        yield Replayed(made, f"{walked.leg.fitted_at:%Y-%m-%d}", walked.y, walked.novelty)


def table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows of the export as a table, `columns` and the distribution; dates are dates in it."""
    made = pd.DataFrame([dict(row) for row in rows], columns=[*columns(), DISTRIBUTION])
    logical = [name for name in scores.names() if scores.logical(name)]
    numbers = [name for name in columns() if name not in {*TEXT, *logical}]
    kinds: dict[str, Any] = {**dict.fromkeys(numbers, "float64"), **dict.fromkeys(logical, "boolean")}
    kinds |= {"fitted_at": "datetime64[us]", DISTRIBUTION: pd.ArrowDtype(pa.binary())}
    return made.astype(kinds).copy()  # its columns side by side again, not each in a block of its own
