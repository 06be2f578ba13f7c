"""The one daily table: its columns, their units, and the rules that every row keeps.

A panel holds the rows of one symbol, one row per session, oldest first:

===========  ==================================================================================
symbol       text, see `check_symbol`
session      local date of the trading day; midnight without a time zone, `datetime64[us]`
open ... close  prices in the asset's currency, as the market quoted them (not adjusted)
volume       what was traded in the session, in the source's own unit
tweets       attention: tweets a day, or the substitute that `ingest.store.Asset` declares
market_cap   in the asset's currency
adjustment   total-return factor of the session, no unit; see `ingest.adjustments`
source       name of the source that gave the row
payload      sha256 of what the source gave: the file, or the provider's answer, as it came
known_at     instant at which the row became known, `datetime64[us, UTC]`; `NaT` until stored
===========  ==================================================================================

Values are float64, NaN where a source has none; `close` is always there, and `adjustment` in what is
stored: where a source does not say it, the store finds it out (`ingest.joining`). `known_at` belongs to
the store alone: a source leaves it `NaT`, since only the store knows whether a row is the first of its
session or a correction.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import BadSymbolError, PanelFaultError

VALUES = ("open", "high", "low", "close", "volume", "tweets", "market_cap", "adjustment")
COLUMNS = ("symbol", "session", *VALUES, "source", "payload", "known_at")
_POSITIVE = ("open", "high", "low", "close", "adjustment")
_SYMBOL = re.compile(r"[A-Za-z0-9^=_][A-Za-z0-9.^=_-]{0,31}")


def check_symbol(symbol: str) -> str:
    """The symbol itself, if it is a plain ticker; it enters file names, pages and SQL as it is.

    Args:
        symbol: 1 to 32 of `A-Z a-z 0-9 . ^ = _ -`, not beginning with `-` or `.`,
            without `..`.

    Raises:
        BadSymbolError: Anything else.

    >>> check_symbol("^GSPC"), check_symbol("BRK-B"), check_symbol("EURUSD=X")
    ('^GSPC', 'BRK-B', 'EURUSD=X')
    >>> check_symbol("../../x")
    Traceback (most recent call last):
    ingest.errors.BadSymbolError: symbol '../../x' is not allowed: use 1 to 32 of letters, digits ...
    """
    if not isinstance(symbol, str) or ".." in symbol or not _SYMBOL.fullmatch(symbol):
        shown = repr(symbol if len(str(symbol)) <= 40 else str(symbol)[:37] + "...")  # noqa: PLR2004  # a line's worth
        raise BadSymbolError(
            f"symbol {shown} is not allowed: use 1 to 32 of letters, digits and . ^ = _ -, "
            "beginning with a letter, a digit, ^, = or _, such as ETH-USD"
        )
    return symbol


def panel_rows(
    symbol: str, sessions: pd.DatetimeIndex, values: Mapping[str, Any], source: str, payload: str = ""
) -> pd.DataFrame:
    """A checked panel from arrays; what a source does not have becomes NaN, no adjustment 1.0.

    Args:
        symbol: The asset's symbol.
        sessions: Local dates, `(rows,)`, any order.
        values: Some of `VALUES`, each `(rows,)`; `close` is required.
        source: Name of the source.
        payload: The sha256 of what the source gave; of the values themselves where there is nothing behind them.

    Raises:
        PanelFaultError: The rows break a rule of the panel.
    """
    rows = len(sessions)
    columns: dict[str, Any] = {"symbol": [symbol] * rows, "session": sessions}
    for name in VALUES:
        absent = 1.0 if name == "adjustment" else np.nan
        columns[name] = np.asarray(values[name], dtype=float) if name in values else np.full(rows, absent)
    given = payload or hashlib.sha256(b"".join(columns[name].tobytes() for name in VALUES)).hexdigest()
    columns |= {"source": [source] * rows, "payload": [given] * rows, "known_at": pd.NaT}
    return check_panel(pd.DataFrame(columns))


def check_panel(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy of the table in the panel's columns, types and order, or the first rule it breaks.

    Args:
        frame: Rows of one symbol with the columns `COLUMNS`, in any order.

    Raises:
        PanelFaultError: Names the symbol, the session, the column and the rule.
        BadSymbolError: The symbol is no plain ticker.
    """
    absent = [name for name in COLUMNS if name not in frame.columns]
    if absent:
        raise PanelFaultError(f"the panel lacks {', '.join(absent)}: give every column of ingest.panel.COLUMNS")
    rows = _typed(frame).sort_values("session", kind="stable", ignore_index=True)
    symbols = rows["symbol"].unique()
    if len(symbols) > 1:
        raise PanelFaultError(f"a panel holds one symbol, not {', '.join(sorted(symbols))}: split it by symbol")
    for symbol in symbols:
        check_symbol(symbol)
    twice = rows["session"].duplicated()
    if twice.any():
        where = _place(rows, int(np.argmax(twice.to_numpy())))
        raise PanelFaultError(f"{where} appears twice: keep one row per session")
    _check_values(rows)
    return rows


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame.loc[:, list(COLUMNS)].copy()
    try:
        rows["session"] = pd.to_datetime(rows["session"]).astype("datetime64[us]")
        rows["known_at"] = pd.to_datetime(rows["known_at"], utc=True).astype("datetime64[us, UTC]")
        rows = rows.astype(
            {**dict.fromkeys(("symbol", "source", "payload"), "str"), **dict.fromkeys(VALUES, "float64")}
        )
    except (TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise PanelFaultError(f"the panel has a column of the wrong type: {reason}") from error
    sessions = rows["session"]
    if sessions.isna().any() or (sessions != sessions.dt.normalize()).any():
        raise PanelFaultError("a session is a date: midnight, no time zone, never missing")
    return rows


def _check_values(rows: pd.DataFrame) -> None:
    values = rows.loc[:, list(VALUES)].to_numpy()
    positive = np.isin(VALUES, _POSITIVE)
    always = np.array(VALUES) == "close"
    bad = np.isinf(values) | (values < 0) | (positive & (values == 0)) | (always & np.isnan(values))
    if not bad.any():
        return
    row, column = np.argwhere(bad)[0]
    name = VALUES[column]
    rule = "must be above zero" if name in _POSITIVE else "must be zero or more, or missing"
    raise PanelFaultError(f"{_place(rows, int(row))}: {name} is {values[row, column]:g} and {rule}")


def _place(rows: pd.DataFrame, row: int) -> str:
    return f"{rows['symbol'].iloc[row]}, session {rows['session'].iloc[row]:%Y-%m-%d}"
