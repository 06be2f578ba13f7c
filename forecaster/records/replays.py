"""Replayed forecasts, kept apart from the record: what a fresh home shows before it has a history of its own.

A convenience that can be made again at any time, and so neither chained nor exported as a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import (
    Column,
    Double,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    select,
)

from forecaster.json_numbers import number
from forecaster.records.columns import SUMMARY, score_columns, scored
from forecaster.records.tables import KEY
from ingest.database import reading, writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from forecaster.replay.backtest import Replayed

METADATA = MetaData()
REPLAYS = Table(
    "replay",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("symbol", String(32), nullable=False),
    Column("model", String(64), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("horizon", Integer, nullable=False, server_default="1"),
    Column("target", String(10), nullable=False),
    Column("config_sha256", String(64), nullable=False),
    Column("fitted_at", String(10), nullable=False),
    Column("status", String(16), nullable=False),
    *(Column(name, Double) for name in ("y", *SUMMARY)),
    *score_columns(nullable=True),
    UniqueConstraint(*KEY),
)


class Replays:
    """The replayed forecasts of one home.

    Args:
        engine: Of a home whose tables are prepared, see `forecaster.records.preparation`.
    """

    def __init__(self, engine: Engine) -> None:
        """Opens the table; see the class."""
        self._engine = engine

    def add(self, replayed: Sequence[Replayed]) -> None:
        """Keeps replayed forecasts, in place of earlier ones of the same days: all of them or none.

        Where two are of the same day, the later one stands.
        """
        rows = {tuple(row[name] for name in KEY): row for row in map(_row, replayed)}
        if not rows:
            return
        same = [REPLAYS.c[name] == bindparam(f"old_{name}") for name in KEY]
        with writing(self._engine) as connection:
            connection.execute(
                delete(REPLAYS).where(*same), [{f"old_{name}": row[name] for name in KEY} for row in rows.values()]
            )
            connection.execute(insert(REPLAYS), list(rows.values()))

    def of(self, symbol: str) -> pd.DataFrame:
        """All replayed forecasts of an asset, by target."""
        wanted = select(REPLAYS).where(REPLAYS.c.symbol == symbol).order_by(REPLAYS.c.target, REPLAYS.c.id)
        with reading(self._engine) as connection:
            found = connection.execute(wanted)
            return pd.DataFrame(found.all(), columns=list(found.keys()))


def _row(item: Replayed) -> dict[str, Any]:
    forecast = item.forecast
    summary = {name: number(value) for name, value in forecast.summary().items()}
    return {
        "symbol": forecast.symbol,
        "model": forecast.model,
        "as_of": f"{forecast.as_of:%Y-%m-%d}",
        "horizon": forecast.horizon,
        "target": f"{forecast.target:%Y-%m-%d}",
        "config_sha256": forecast.config_sha256,
        "fitted_at": item.fitted_at,
        "status": forecast.status,
        "y": number(item.y),
        **{name: summary[name] for name in SUMMARY},
        **scored(item.score),
    }
