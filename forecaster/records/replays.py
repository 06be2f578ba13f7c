"""Replayed forecasts, kept apart from the record: what a fresh home shows before it has a history of its own.

A convenience that can be made again at any time, and so neither chained nor exported as a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
)

from forecaster.distribution.predictive import QUANTILES
from ingest.database import prepare, reading, writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from forecaster.replay.backtest import Replayed

_METADATA = MetaData()
_NUMBERS = (
    "y", "mean", "sd", "prob_up", *QUANTILES,
    "crps", "log_score", "pit", "interval_score", "absolute_error", "squared_error",
)  # fmt: skip
_LOGICAL = ("in50", "in90")
REPLAYS = Table(
    "replay",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("symbol", String(32), nullable=False),
    Column("model", String(64), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("target", String(10), nullable=False),
    Column("config_sha256", String(64), nullable=False),
    Column("fitted_at", String(10), nullable=False),
    Column("status", String(16), nullable=False),
    *(Column(name, Double) for name in _NUMBERS),
    *(Column(name, Boolean) for name in _LOGICAL),
    UniqueConstraint("symbol", "model", "as_of"),
)


class Replays:
    """The replayed forecasts of one home.

    Args:
        engine: From `ingest.database.open_engine`; the table is created where absent.
    """

    def __init__(self, engine: Engine) -> None:
        """Opens the table; see the class."""
        self._engine = engine
        prepare(engine, _METADATA)

    def add(self, replayed: Sequence[Replayed]) -> None:
        """Keeps replayed forecasts, in place of earlier ones of the same days."""
        with writing(self._engine) as connection:
            for item in replayed:
                row = _row(item)
                same = [REPLAYS.c[name] == row[name] for name in ("symbol", "model", "as_of")]
                connection.execute(delete(REPLAYS).where(*same))
                connection.execute(insert(REPLAYS).values(row))

    def of(self, symbol: str) -> pd.DataFrame:
        """All replayed forecasts of an asset, by target."""
        wanted = select(REPLAYS).where(REPLAYS.c.symbol == symbol).order_by(REPLAYS.c.target, REPLAYS.c.id)
        with reading(self._engine) as connection:
            found = connection.execute(wanted)
            return pd.DataFrame(found.all(), columns=list(found.keys()))


def _row(item: Replayed) -> dict[str, Any]:
    facts = item.row()
    numbers = {n: float(facts[n]) if facts[n] is not None and np.isfinite(facts[n]) else None for n in _NUMBERS}
    logical = {n: bool(facts[n]) if item.score else None for n in _LOGICAL}
    return {
        "symbol": item.forecast.symbol,
        "model": item.forecast.model,
        "as_of": f"{item.forecast.as_of:%Y-%m-%d}",
        "target": f"{item.forecast.target:%Y-%m-%d}",
        "config_sha256": item.forecast.config_sha256,
        "fitted_at": item.fitted_at,
        "status": item.forecast.status,
        **numbers,
        **logical,
    }
