"""What a source tells day by day, the vintages that must come of it, and a writer that imports it until it is killed.

As a program, `daily_imports.py URL MANNER`, it prints a line before each import and one after it.
"""

import sys
import time
from datetime import datetime
from functools import cache

import numpy as np
import pandas as pd

from ingest.assets import Asset
from ingest.database import open_engine
from ingest.panel import VALUES, panel_rows
from ingest.sessions import calendar
from ingest.store import Store

SYMBOLS = ("AAA", "BBB", "CCC")
START = pd.Timestamp("2016-01-01").as_unit("us")
FIRST = 30
"""The day of a symbol's first import; sessions are numbered from 0 on, as days are."""

AGES = np.array([1, 2, 4, 9, 16, 25])
"""A session is corrected at each of these ages, in days."""

LATE = 3
"""The age at which every fifth session appears for the first time."""

PAUSE = 0.2
"""Seconds at which the broken manners dwell where a kill does harm."""

Vintage = tuple[pd.Timestamp, pd.Timestamp, tuple[float | None, ...]]
"""Session, known_at, values."""


def told(symbol: str, day: int) -> pd.DataFrame:
    """The panel that the source gives on a day: one more session, some older ones changed or there at last."""
    sessions = np.arange(day + 1)
    age = day - sessions
    walk = np.random.default_rng(SYMBOLS.index(symbol)).normal(0, 0.01, day + 1).cumsum()
    close = 100 * np.exp(walk) * (1 + 0.001 * (age[:, None] >= AGES).sum(axis=1))
    tweets = np.where(age >= AGES[1], 1000.0 + sessions, np.nan)
    there = (sessions % 5 != LATE - 1) | (age >= LATE)
    values = {"close": close, "high": 1.01 * close, "low": 0.99 * close, "tweets": tweets}
    days = pd.DatetimeIndex(START + pd.to_timedelta(sessions, unit="D"))
    return panel_rows(symbol, days[there], {name: column[there] for name, column in values.items()}, "test")


def instant(day: int) -> pd.Timestamp:
    """When a day is imported: an hour after its close."""
    return close_of(day) + pd.Timedelta(hours=1)


def close_of(session: int) -> pd.Timestamp:
    """The instant at which a session is known."""
    return (START + pd.Timedelta(days=session + 1)).tz_localize("UTC")


@cache
def vintages(symbol: str, day: int) -> tuple[Vintage, ...]:
    """What the import of a day adds, worked out here row by row."""
    before = rows_of(told(symbol, day - 1)) if day > FIRST else {}
    newest = max(before, default=pd.Timestamp.min)
    return tuple(
        (session, session.tz_localize("UTC") + pd.Timedelta(days=1) if session > newest else instant(day), values)
        for session, values in rows_of(told(symbol, day)).items()
        if before.get(session) != values
    )


def rows_of(panel: pd.DataFrame) -> dict[pd.Timestamp, tuple[float | None, ...]]:
    """Session -> values, None for a gap."""
    records = panel.loc[:, list(VALUES)].itertuples(index=False, name=None)
    values = [tuple(None if np.isnan(value) else value for value in record) for record in records]
    return dict(zip(panel["session"], values, strict=True))


def last_day(store: Store, symbol: str) -> int:
    """The last day whose import is stored: each one brings something that is known since then."""
    if symbol not in {asset.symbol for asset in store.assets()}:
        return FIRST - 1
    return int((store.history(symbol).frame["known_at"].max().tz_localize(None) - START).days) - 1


def whole(store: Store, symbol: str, day: int) -> None:
    """One import, as it should be; says when it begins and when it is stored."""
    say("begun", symbol, day)
    append(store, told(symbol, day), day)
    say("stored", symbol, day)


def halves(store: Store, symbol: str, day: int) -> None:
    """Broken: what is new on a day has a transaction of its own."""
    say("begun", symbol, day)
    rows = told(symbol, day)
    append(store, rows[rows["session"] < START + pd.Timedelta(days=day)], day)
    time.sleep(PAUSE)
    append(store, rows, day)
    say("stored", symbol, day)


def hasty(store: Store, symbol: str, day: int) -> None:
    """Broken: says that an import is stored before it is."""
    say("begun", symbol, day)
    say("stored", symbol, day)
    time.sleep(PAUSE)
    append(store, told(symbol, day), day)


def append(store: Store, rows: pd.DataFrame, day: int) -> None:
    """Add rows on a day."""
    now: datetime = instant(day)
    store.append(Asset(rows["symbol"].iloc[0], calendar="24/7", source="test"), rows, now)


def say(*words: object) -> None:
    """A line that is out before anything else happens."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main(url: str, manner: str) -> None:
    """Goes on where the store stopped, the symbol that is furthest behind first, without end."""
    imports = {"whole": whole, "halves": halves, "hasty": hasty}[manner]
    engine = open_engine(url)  # loads the driver, which takes long, as the calendar does: not where the kills fall
    calendar("24/7")
    say("open")
    store = Store(engine)
    days = {symbol: last_day(store, symbol) for symbol in SYMBOLS}
    while True:
        symbol = min(days, key=days.__getitem__)
        days[symbol] += 1
        imports(store, symbol, days[symbol])


if __name__ == "__main__":
    main(*sys.argv[1:])
