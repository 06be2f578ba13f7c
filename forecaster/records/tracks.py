"""What the track records of pools have been found to be, kept so that a day is not computed twice.

A member's score of a day is a function of the rows known then, the settings, the seed and the program. It can be made
again at any time, so that these rows are neither chained nor a record: deleting them costs time alone. So does an
update: other sources may find another score, and nobody can tell beforehand. What a former program kept is not found by
this one, and the first run after an update computes the track records anew, as a fresh home does.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import Column, Double, Integer, MetaData, String, Table, UniqueConstraint, insert, select

from forecaster.issuing.provenance import code_version, config_sha256
from ingest.database import reading, writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

    from forecaster.issuing.walk import Scores
    from forecaster.settings import Settings

METADATA = MetaData()
TRACKS = Table(
    "track",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("symbol", String(32), nullable=False),
    Column("model", String(64), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("config_sha256", String(64), nullable=False),
    Column("seed", Integer, nullable=False),
    Column("code_version", String(32), nullable=False),
    Column("log_score", Double),
    Column("pit", Double),
    UniqueConstraint("symbol", "model", "as_of", "config_sha256", "seed", "code_version"),
)


class Tracks:
    """The scores of one home.

    Args:
        engine: Of a home whose tables are prepared, see `forecaster.records.preparation`.
    """

    def __init__(self, engine: Engine) -> None:
        """Opens the table; see the class."""
        self._engine = engine

    def of(self, symbol: str, members: tuple[str, ...], settings: Settings, companions: tuple[str, ...] = ()) -> Scores:
        """What this program kept of an asset under these settings: day to member to log score and PIT, NaN for none.

        Args:
            symbol: The asset.
            members: Ids of forecasters.
            settings: All settings.
            companions: Who stands beside the asset, see `ingest.history.History.beside`.
        """
        found: dict[pd.Timestamp, dict[str, tuple[float, float]]] = {}
        with reading(self._engine) as connection:
            for name in members:
                same = [TRACKS.c[key] == value for key, value in _identity(symbol, name, settings, companions).items()]
                for row in connection.execute(select(TRACKS).where(*same)):
                    day = pd.Timestamp(row.as_of).as_unit("us")
                    found.setdefault(day, {})[name] = (_float(row.log_score), _float(row.pit))
        return found

    def keep(self, symbol: str, scores: Scores, settings: Settings, companions: tuple[str, ...] = ()) -> None:
        """Adds what is not kept yet; arguments as of `of`."""
        members = tuple(dict.fromkeys(name for day in scores.values() for name in day))
        known = self.of(symbol, members, settings, companions)
        identities = {name: _identity(symbol, name, settings, companions) for name in members}
        rows = [
            {**identities[name], "as_of": f"{day:%Y-%m-%d}", "log_score": _nullable(score), "pit": _nullable(pit)}
            for day, own in scores.items()
            for name, (score, pit) in own.items()
            if name not in known.get(day, {})
        ]
        if rows:
            with writing(self._engine) as connection:
                connection.execute(insert(TRACKS), rows)


def _identity(symbol: str, model: str, settings: Settings, companions: tuple[str, ...]) -> Mapping[str, str | int]:
    return {
        "symbol": symbol,
        "model": model,
        "config_sha256": _hash(config_sha256(settings, model), companions),
        "seed": settings.forecast.seed,
        "code_version": code_version(),
    }


def _hash(config: str, companions: tuple[str, ...]) -> str:
    """The settings' hash, and who stands beside where anybody does: the scores of past days rest on them too."""
    return hashlib.sha256("|".join((config, *companions)).encode()).hexdigest() if companions else config


def _float(value: float | None) -> float:
    return float("nan") if value is None else value


def _nullable(value: float) -> float | None:
    """Nothing for NaN, where there was no forecast; an infinite score, of one that gave no chance, stays."""
    return None if math.isnan(value) else value
