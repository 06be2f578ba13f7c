"""Settles what has become known: outcomes of past forecasts, and their scores."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import pandas as pd

from forecaster.clock import REAL
from forecaster.evaluation.outcomes import outcome
from forecaster.evaluation.scoring import score
from forecaster.records.ledger import Ledger, predictive_of

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.history import History


def settle(ledger: Ledger, history: History, until: pd.Timestamp, now: datetime, clock: str = REAL) -> int:
    """Scores every forecast of an asset whose target's change is known by the close of `until`.

    The outcome is the change from the origin's close, as first known at the target's own: a later restatement does not
    rewrite it. A target in a gap has no outcome and stays unsettled. Both `now` and `clock` are of the home's clock.

    Returns:
        How many targets were settled, each horizon's own.
    """
    settled = 0
    waiting = [row for row in ledger.unscored(history.asset.symbol) if pd.Timestamp(row.target) <= until]
    for (as_of, horizon, target), rows in groupby(waiting, key=lambda row: (row.as_of, row.horizon, row.target)):
        found = outcome(history, pd.Timestamp(target), until, horizon)
        if found is None:
            continue
        scores = [(row.model, score(predictive_of(row.predictive), found.y)) for row in rows]
        facts = {
            "symbol": history.asset.symbol,
            "as_of": as_of,
            "horizon": horizon,
            "target": target,
            "y": found.y,
            "close": found.close,
            "data_vintage": found.data_vintage,
        }
        settled += ledger.settle(facts, scores, now, clock)
    return settled
