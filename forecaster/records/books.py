"""Mistakes on the books put right while nothing is recorded yet: an asset on another calendar, or forgotten.

What was computed of its rows under the mistake, replays and track records, goes with it: both can be made again at any
time. Configurations that were tried stay on record (`forecaster.records.trials`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from forecaster.errors import LedgerError
from forecaster.issuing.diagnostics import companions_of
from forecaster.records.replays import REPLAYS
from forecaster.records.tables import FORECASTS
from forecaster.records.tracks import TRACKS
from ingest import rebooking
from ingest.database import writing

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from forecaster.records.home import Home
    from ingest.rebooking import Moved


def move(home: Home, symbol: str, code: str) -> tuple[Moved, int]:
    """Puts an asset on another calendar, with its rows; see `ingest.rebooking`.

    Args:
        home: Where it is on the books.
        symbol: The asset's.
        code: The new calendar's.

    Returns:
        What became of its rows, and how many replayed forecasts were dropped.

    Raises:
        UnknownSymbolError: Offers the nearest symbols.
        LedgerError: Forecasts of it, or of others that looked at it, are on record; nothing was changed.
        UnknownCalendarError: Nobody knows the calendar.
        CalendarRangeError: Rows lie outside its years.
    """
    asset = home.store.asset(symbol)
    remedy = f"import it under another symbol with --calendar {code}, and put {symbol} into data.stopped"
    with writing(home.ledger.engine) as connection:
        _refuse_recorded(connection, symbol, f"dated by the calendar {asset.calendar}: {remedy}")
        moved = rebooking.move(connection, asset, code, home.clock.now())
        return moved, _drop_computed(connection, symbol)


def forget(home: Home, symbol: str, series: str = "") -> int:
    """Removes an asset with all its rows, or one series of its own, and what was computed of them.

    Args:
        home: Where it is on the books.
        symbol: The asset's.
        series: The name of a series of its own; the whole asset where empty.

    Returns:
        How many replayed forecasts were dropped.

    Raises:
        UnknownSymbolError: Offers the nearest symbols.
        LedgerError: Forecasts of it, or of others that looked at it, are on record; nothing was changed.
    """
    home.store.asset(symbol)
    with writing(home.ledger.engine) as connection:
        _refuse_recorded(
            connection,
            symbol,
            f"which are kept and need its rows: to stop it, put {symbol} into data.stopped",
            beside=not series,  # others look at its prices alone
        )
        if series:
            rebooking.forget_series(connection, symbol, series)
        else:
            rebooking.forget(connection, symbol)
        return _drop_computed(connection, symbol)


def _refuse_recorded(connection: Connection, symbol: str, why: str, *, beside: bool = True) -> None:
    """Refuses what forecasts of the asset on record forbid, or, unless not beside, those of others that saw it."""
    wanted = select(func.count()).select_from(FORECASTS).where(FORECASTS.c.symbol == symbol)
    count = connection.execute(wanted).scalar_one()
    told = f"{symbol} has {_forecasts(count)} on record"
    if not count and beside:
        named = FORECASTS.c.diagnostics.contains(json.dumps(symbol), autoescape=True)
        others = [
            one.symbol
            for one in connection.execute(select(FORECASTS.c.symbol, FORECASTS.c.diagnostics).where(named))
            if (companions := companions_of(one.diagnostics)) and symbol in companions[1].symbols
        ]
        count = len(others)
        told = f"{symbol} is a companion of {_forecasts(count)} of {', '.join(sorted(set(others)))} on record"
    if count:
        raise LedgerError(f"{told}, {why} in forecaster.toml; nothing was changed")


def _forecasts(count: int) -> str:
    return "1 forecast" if count == 1 else f"{count} forecasts"


def _drop_computed(connection: Connection, symbol: str) -> int:
    connection.execute(delete(TRACKS).where(TRACKS.c.symbol == symbol))
    replayed = delete(REPLAYS).where(REPLAYS.c.symbol == symbol).returning(REPLAYS.c.id)
    return len(connection.execute(replayed).all())
