"""Which configurations were ever backtested in a home: the more were tried, the luckier is the best of them.

A configuration is a model, its settings and the distance of its fits. It counts once, however often and on whatever
asset it was run, and it never leaves: what was seen cannot be unseen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, MetaData, String, Table, UniqueConstraint, func, insert, select

from ingest.database import reading, writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

METADATA = MetaData()
TRIALS = Table(
    "trial",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("model", String(64), nullable=False),
    Column("config_sha256", String(64), nullable=False),
    Column("refit_every", Integer, nullable=False),
    UniqueConstraint("model", "config_sha256", "refit_every"),
)


class Trials:
    """The configurations tried in one home.

    Args:
        engine: Of a home whose tables are prepared, see `forecaster.records.preparation`.
    """

    def __init__(self, engine: Engine) -> None:
        """Opens the table; see the class."""
        self._engine = engine

    def add(self, configurations: Mapping[str, str], refit_every: int) -> None:
        """Adds those that were not tried before.

        Args:
            configurations: Model to the hash of its settings, see `forecaster.issuing.provenance.config_sha256`.
            refit_every: Sessions from fit to fit.
        """
        tried = select(TRIALS.c.model, TRIALS.c.config_sha256).where(TRIALS.c.refit_every == refit_every)
        with writing(self._engine) as connection:
            known = {(row.model, row.config_sha256) for row in connection.execute(tried)}
            new = [(model, config) for model, config in configurations.items() if (model, config) not in known]
            rows = [{"model": m, "config_sha256": c, "refit_every": refit_every} for m, c in new]
            if rows:
                connection.execute(insert(TRIALS), rows)

    def count(self) -> int:
        """How many were ever tried."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.count()).select_from(TRIALS)).scalar_one())
