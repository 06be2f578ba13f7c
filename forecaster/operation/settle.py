"""Settles what has become known: outcomes of past forecasts, and their scores."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import pandas as pd

from forecaster.clock import REAL
from forecaster.evaluation.outcomes import outcome
from forecaster.evaluation.scoring import row_of, score
from forecaster.records.ledger import Ledger, Waiting, predictive_of

if TYPE_CHECKING:
    from datetime import datetime

    from forecaster.distribution.predictive import Predictive
    from ingest.history import History


def settle(ledger: Ledger, history: History, until: pd.Timestamp, now: datetime, clock: str = REAL) -> int:
    """Scores every forecast of an asset whose target's change is known by the close of `until`.

    The outcome is the change from the origin's close, as first known at the target's own: a later restatement does not
    rewrite it, and a forecast that is recorded after it is scored by the one on record. A target in a gap has no
    outcome and stays unsettled; so does one whose outcome was removed from the record (`Ledger.bereft`): what the
    vintages say now need not be what was recorded. Both `now` and `clock` are of the home's clock.

    Returns:
        How many targets were settled, each horizon's own.

    Raises:
        LedgerError: Where the distribution of a forecast cannot be read.
    """
    symbol, settled = history.asset.symbol, 0
    gone = {(broken.row["as_of"], broken.row["horizon"]) for broken in ledger.bereft(symbol)}
    waiting = [
        row
        for row in ledger.unscored(symbol)
        if pd.Timestamp(row.target) <= until and (row.as_of, row.horizon) not in gone
    ]
    known = ledger.outcomes(symbol) if waiting else {}
    for (as_of, horizon, target), rows in groupby(waiting, key=lambda row: (row.as_of, row.horizon, row.target)):
        facts: dict[str, Any] = {"symbol": symbol, "as_of": as_of, "horizon": horizon}
        if (y := known.get((as_of, horizon))) is None:
            found = outcome(history, pd.Timestamp(target), until, horizon)
            if found is None:
                continue
            y = found.y
            facts |= {"target": target, "y": y, "close": found.close, "data_vintage": found.data_vintage}
        drawn = row_of(symbol, target)
        scored = [(row.model, score(_predictive(symbol, row), y, drawn)) for row in rows]
        settled += ledger.settle(facts, scored, now, clock)
    return settled


def _predictive(symbol: str, row: Waiting) -> Predictive:
    return predictive_of(row.predictive, f"forecast row {row.seq} ({symbol} {row.model} {row.as_of})")
