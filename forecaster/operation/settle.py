"""Settles what has become known: outcomes of past forecasts, and their scores."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import pandas as pd

from forecaster.evaluation.outcomes import outcome
from forecaster.evaluation.scoring import score
from forecaster.issuing.forecast import HORIZON
from forecaster.records.ledger import Ledger, predictive_of

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.history import History


def settle(ledger: Ledger, history: History, until: pd.Timestamp, now: datetime) -> int:
    """Scores every forecast of an asset whose target's change is known by the close of `until`.

    The outcome is the change as first known at the target's own close: a later restatement does not rewrite it. A
    target in a gap has no outcome and stays unsettled.

    Returns:
        How many targets were settled.
    """
    settled = 0
    waiting = [row for row in ledger.unscored(history.asset.symbol) if pd.Timestamp(row[2]) <= until]
    for (as_of, target), rows in groupby(waiting, key=lambda row: (row[1], row[2])):
        found = outcome(history, pd.Timestamp(target), until)
        if found is None:
            continue
        scores = [(model, score(predictive_of(blob), found.y)) for model, _, _, blob in rows]
        facts = {
            "symbol": history.asset.symbol,
            "as_of": as_of,
            "horizon": HORIZON,
            "target": target,
            "y": found.y,
            "close": found.close,
            "settled_at": now.isoformat(timespec="seconds"),
            "data_vintage": found.data_vintage,
        }
        settled += ledger.settle(facts, scores)
    return settled
