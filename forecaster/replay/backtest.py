"""Walk-forward replay: issue over past origins, score each forecast against what happened.

Models are trained at the first origin and again every `refit_every` sessions; between refits the same fit forecasts
from each day's own window, as it would have live. Every model is asked about every day. Many refits are trained at
once, each on what was known at its own origin.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecaster.evaluation.scoring import Score, score
from forecaster.issue import Issuer
from forecaster.predictive import QUANTILES
from forecaster.track import AT_ONCE
from forecaster.training import train
from ingest.errors import AsOfError, IncompleteWindowError
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forecaster import market
    from forecaster.issue import Forecast
    from forecaster.settings import Settings
    from forecaster.training import Trained
    from ingest.history import History

COLUMNS = (
    "symbol", "model", "as_of", "horizon", "target_date", "y", "mean", "sd", "prob_up", *QUANTILES,
    "crps", "log_score", "pit", "status",
)  # fmt: skip
"""The columns of `forecasts.parquet` that other programs rely on; `EXTRA` follow them."""

EXTRA = ("in50", "in90", "interval_score", "absolute_error", "squared_error", "reason", "fitted_at")


@dataclass(frozen=True, eq=False)
class Replayed:
    """A replayed forecast and what became of it.

    Attributes:
        forecast: As issued.
        fitted_at: Origin of the fit.
        y: The change that came, NaN where the target lies in a gap.
    """

    forecast: Forecast
    fitted_at: str
    y: float

    @cached_property
    def score(self) -> Score | None:
        """None where there is no distribution or no outcome."""
        predictive = self.forecast.predictive
        return score(predictive, self.y) if predictive and np.isfinite(self.y) else None

    def row(self) -> dict[str, Any]:
        """One row of the export: `COLUMNS`, then `EXTRA`."""
        f = self.forecast
        blank = dict.fromkeys((*COLUMNS, *EXTRA), np.nan)
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
        }
        return {**blank, **facts, **f.summary(), **(asdict(self.score) if self.score else {})}


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
    as_ofs: list[pd.Timestamp],
    names: tuple[str, ...],
    settings: Settings,
    refit_every: int,
) -> Iterator[Replayed]:
    """Replays an asset over its origins, oldest first, models within a day in the given order: see `walk`."""
    return walk(Issuer(history, names, settings), as_ofs, refit_every)


def walk(issuer: Issuer, as_ofs: list[pd.Timestamp], refit_every: int) -> Iterator[Replayed]:
    """Walks forward over origins, oldest first.

    An origin without a price of its own gives no forecast; one whose window has a hole gives withheld ones.

    Raises:
        TooFewRowsError: Where the first origin has too short a history to train on.
        ConstantSeriesError: Where the price never moves.
    """
    if not as_ofs:
        return
    trained = None
    if issuer.record is not None:
        issuer.record.prepare(as_ofs[0], as_ofs[-1])
    span = AT_ONCE * refit_every
    for start in range(0, len(as_ofs), span):
        days = as_ofs[start : start + span]
        refits = _refits(issuer, days, refit_every, first=trained is None)
        for as_of in days:
            trained = refits.get(as_of, trained)
            if trained is not None:
                yield from _replayed(issuer, as_of, trained)


def _refits(
    issuer: Issuer, days: list[pd.Timestamp], refit_every: int, *, first: bool
) -> dict[pd.Timestamp, Mapping[str, Trained]]:
    """Trains at those of the days that are due a fit and have a price of their own.

    Due are days whose number in the calendar is a multiple of `refit_every`: those of the track record are among them
    where both have the same distance, and are not trained again. Where nothing is trained yet (`first`), the first day
    with a price is due, whichever it is.
    """
    code = calendar(issuer.past.history.asset.calendar)
    views: list[market.View] = []
    for as_of in days:
        if code.ordinal(as_of) % refit_every == 0 or (first and not views):
            with suppress(IncompleteWindowError):
                views.append(issuer.past.look(as_of))
    known = {view.as_of: issuer.trained(view.as_of) for view in views}
    found: dict[pd.Timestamp, Mapping[str, Trained]] = {}
    for missing in dict.fromkeys(issuer.missing(own) for own in known.values()):
        some = [view for view in views if issuer.missing(known[view.as_of]) == missing]
        for view, fits in zip(some, train(some, missing, issuer.settings), strict=True):
            found[view.as_of] = {**known[view.as_of], **fits}
    return found


def _replayed(issuer: Issuer, as_of: pd.Timestamp, trained: Mapping[str, Trained]) -> Iterator[Replayed]:
    """The forecasts of one day, none where it has no price of its own."""
    try:
        forecasts = issuer.issue(as_of, trained)
    except IncompleteWindowError:
        return
    y = issuer.past.outcome(forecasts[0].target, issuer.past.history.last)
    for forecast in forecasts:
        yield Replayed(forecast, forecast.diagnostics["inputs"]["fitted_at"], y)


def table(replayed: list[Replayed]) -> pd.DataFrame:
    """The export's rows."""
    rows = pd.DataFrame([r.row() for r in replayed], columns=[*COLUMNS, *EXTRA])
    return rows.astype(dict.fromkeys(("in50", "in90"), "boolean"))
