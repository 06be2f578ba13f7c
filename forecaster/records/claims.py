"""Who runs which day: a row for each calendar and session, so that two processes never run one twice.

A claim is a lease in real time. Its holder renews it while it works; a holder that was killed falls silent, and after
the lease another process takes the day over. A finished day stays finished.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)

from ingest.database import reading, writing

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Engine

METADATA = MetaData()
RUNS = Table(
    "run",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("calendar", String(16), nullable=False),
    Column("session", String(10), nullable=False),
    Column("owner", String(128), nullable=False),
    Column("takeovers", Integer, nullable=False),
    Column("claimed_at", String(32), nullable=False),
    Column("renewed_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("outcome", Text),
    UniqueConstraint("calendar", "session"),
)


class Claims:
    """The run table of one home.

    Args:
        engine: Of a home whose tables are prepared, see `forecaster.records.preparation`.
    """

    def __init__(self, engine: Engine) -> None:
        """Opens the table; see the class."""
        self._engine = engine

    def claim(self, calendar: str, session: pd.Timestamp, owner: str, lease: timedelta) -> bool:
        """Takes a day, or a silent holder's day over; False where it is finished or in good hands."""
        now = datetime.now(UTC)
        with writing(self._engine) as connection:
            found = connection.execute(select(RUNS).where(*_day(calendar, session))).mappings().first()
            if found is None:
                facts = {"claimed_at": _text(now), "renewed_at": _text(now), "takeovers": 0, "owner": owner}
                day = {"calendar": calendar, "session": f"{session:%Y-%m-%d}"}
                connection.execute(insert(RUNS).values(**day, **facts))
                return True
            silent = datetime.fromisoformat(found["renewed_at"]) + lease < now
            if found["finished_at"] is not None or not silent:
                return False
            taken = {"owner": owner, "renewed_at": _text(now), "takeovers": found["takeovers"] + 1, "outcome": None}
            connection.execute(update(RUNS).where(RUNS.c.id == found["id"]).values(taken))
            return True

    def renew(self, calendar: str, session: pd.Timestamp, owner: str) -> bool:
        """Says that the holder is alive; False where another has taken over."""
        return self._change(calendar, session, owner, renewed_at=_text(datetime.now(UTC)))

    def finish(self, calendar: str, session: pd.Timestamp, owner: str, outcome: str) -> bool:
        """Marks a day as done; False where another has taken over."""
        return self._change(calendar, session, owner, finished_at=_text(datetime.now(UTC)), outcome=outcome)

    def postpone(self, calendar: str, session: pd.Timestamp, owner: str, outcome: str) -> bool:
        """Says how far a day came that is not done: after the lease anyone may try again; False as for `finish`."""
        return self._change(calendar, session, owner, renewed_at=_text(datetime.now(UTC)), outcome=outcome)

    def table(self, calendar: str | None = None) -> pd.DataFrame:
        """All runs, by calendar and session; `finished_at` is missing while one goes on."""
        wanted = select(RUNS).order_by(RUNS.c.calendar, RUNS.c.session)
        if calendar is not None:
            wanted = wanted.where(RUNS.c.calendar == calendar)
        with reading(self._engine) as connection:
            found = connection.execute(wanted)
            return pd.DataFrame(found.all(), columns=list(found.keys()))

    def _change(self, calendar: str, session: pd.Timestamp, owner: str, **values: str) -> bool:
        mine = (*_day(calendar, session), RUNS.c.owner == owner, RUNS.c.finished_at.is_(None))
        with writing(self._engine) as connection:
            statement = update(RUNS).where(*mine).values(values).returning(RUNS.c.id)
            return connection.execute(statement).first() is not None


def _day(calendar: str, session: pd.Timestamp) -> tuple[ColumnElement[bool], ...]:
    return RUNS.c.calendar == calendar, RUNS.c.session == f"{session:%Y-%m-%d}"


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="microseconds")
