"""Homes with a history of some days that cost milliseconds: real rows, real settlements, small distributions.

What an insider with the source code does to them is here too: a table altered, all later hashes computed again, and the
database's own counters set.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import select, text, update

from forecaster.distribution.predictive import Predictive
from forecaster.issuing.diagnostics import AssetFacts, Diagnostics, Inputs
from forecaster.issuing.forecast import Forecast
from forecaster.operation.settle import settle
from forecaster.records import chain
from forecaster.records.tables import TABLES
from ingest.assets import Asset
from ingest.database import reading, writing
from ingest.history import vintage_sha256
from ingest.panel import panel_rows
from ingest.sessions import calendar

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Table

    from forecaster.records.home import Home
    from ingest.history import History

SESSIONS = pd.date_range("2026-06-01", "2026-09-30", unit="us")
"""Of a coin that trades every day."""
FIRST = SESSIONS.get_loc(pd.Timestamp("2026-08-01"))
MODELS = ("climatology", "ewma")
COIN = "COIN"


def day(number: int) -> pd.Timestamp:
    """The session of a number, 0 the first that is forecast from."""
    return SESSIONS[FIRST + number]


def after(session: pd.Timestamp, minutes: float = 20) -> datetime:
    """So long after the close of a session."""
    return (calendar("24/7").close(session) + timedelta(minutes=minutes)).to_pydatetime()


def asset(symbol: str = COIN) -> Asset:
    """A coin."""
    return Asset(symbol, calendar="24/7", source="csv_file", lag_minutes=15)


def prices(symbol: str = COIN) -> pd.DataFrame:
    """All rows of a coin, a seeded walk."""
    rng = np.random.default_rng(sum(symbol.encode()))
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, len(SESSIONS))))
    return panel_rows(symbol, SESSIONS, {"close": close, "volume": rng.lognormal(10, 0.5, len(SESSIONS))}, "csv_file")


def fetched(
    home: Home, session: pd.Timestamp, now: datetime, symbol: str = COIN, lacking: tuple[int, ...] = ()
) -> None:
    """Brings a coin up to a session, but for the sessions of some numbers."""
    rows = prices(symbol)
    gone = [day(number) for number in lacking]
    home.store.append(asset(symbol), rows[(rows["session"] <= session) & ~rows["session"].isin(gone)], now)


def law(symbol: str, session: pd.Timestamp, model: str) -> Predictive:
    """A small mixture, another for each coin, day and model."""
    rng = np.random.default_rng([sum(f"{symbol} {model}".encode()), session.dayofyear])
    skew = rng.normal(0, 0.1, 3) * (model == "ewma")
    return Predictive.of(rng.normal(0, 0.004, 3), rng.uniform(0.02, 0.04, 3), rng.uniform(4, 9, 3), skew)


def forecast(history: History, session: pd.Timestamp, model: str, *, withheld: bool = False) -> Forecast:
    """A model's forecast of the session after, with what was known."""
    own, days = history.asset, calendar(history.asset.calendar)
    target = days.next(session)
    rows = history.read(session)
    facts = AssetFacts(own.calendar, own.source, own.simulated, own.attention_kind, days.close(target).isoformat())
    return Forecast(
        symbol=own.symbol,
        model=model,
        as_of=session,
        horizon=1,
        target=target,
        status="withheld" if withheld else "ok",
        reason="it did not converge" if withheld else "",
        predictive=None if withheld else law(own.symbol, session, model),
        diagnostics=Diagnostics(Inputs(facts, float(rows["close"].iloc[-1]), 0.03, ("price",), (), ())),
        data_vintage=vintage_sha256(rows),
        config_sha256="c" * 64,
        seed=1,
        code_version="test",
    )


def run(home: Home, session: pd.Timestamp, now: datetime, symbol: str = COIN, models: tuple[str, ...] = MODELS) -> None:
    """A day of a coin that was fetched: what has become known is settled, and what is not yet on record is recorded."""
    history, kind = home.store.history(symbol), home.clock.kind
    settle(home.ledger, history, session, now, kind)
    home.ledger.record([forecast(history, session, model) for model in models], now, kind)


def lived(home: Home, days: int, symbols: tuple[str, ...] = (COIN,)) -> Home:
    """The same after so many days."""
    for number in range(days):
        for symbol in symbols:
            fetched(home, day(number), after(day(number)), symbol)
            run(home, day(number), after(day(number)), symbol)
    return home


def raw(engine: Engine, table: Table) -> list[dict[str, Any]]:
    """The rows of a table as they are."""
    with reading(engine) as connection:
        return rows_of(connection, table)


def rehashed(engine: Engine, only: tuple[Table, ...] = TABLES) -> None:
    """Computes the hashes of all rows again, as this program would have, and sets the database's counters."""
    covered = "formats"
    for table in only:
        link = chain.GENESIS
        with writing(engine) as connection:
            for row in rows_of(connection, table):
                kept = {name: row[name] for name in table.info[covered][row["format"]]} | {"prev_hash": link}
                own = chain.row_hash(kept)
                if (row["prev_hash"], row["row_hash"]) != (link, own):
                    changed = update(table).where(table.c.seq == row["seq"]).values(prev_hash=link, row_hash=own)
                    connection.execute(changed)
                link = own
            counted(engine, connection, table)


def counted(engine: Engine, connection: Connection, table: Table) -> None:
    """Sets SQLite's counter to the last row of a table."""
    if engine.dialect.name == "sqlite":
        last = chain.last(connection, table)
        connection.execute(
            text("UPDATE sqlite_sequence SET seq = :last WHERE name = :name"), {"last": last, "name": table.name}
        )


def rows_of(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """The same inside of a transaction."""
    return [dict(row) for row in connection.execute(select(table).order_by(table.c.seq)).mappings()]
