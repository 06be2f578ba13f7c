"""One ticker of a frame that has several: in two levels of columns, as of `yfinance.download`, or in levels of rows."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pandas as pd

from ingest.errors import FrameFaultError
from ingest.frames.dates import are_dates
from ingest.text.columns import ALIASES, normal_name

_PAIR = re.compile(r"\(\s*'([^']*)',\s*'([^']*)'\s*\)")
_TWO = 2
_SHOWN = 8


class One(NamedTuple):
    """A frame with one level of columns and of rows, and the ticker that it is of; empty where nothing says it."""

    frame: pd.DataFrame
    ticker: str


def of_one(frame: pd.DataFrame, chosen: str, called: str) -> One:
    """The part of a frame that is of one ticker.

    Args:
        frame: With one or two levels of columns, and of rows.
        chosen: The ticker that is wanted; empty where the frame has one.
        called: What the frame is called in a message.

    Raises:
        FrameFaultError: It has several tickers and none is chosen, not the chosen one, or more levels than two.
    """
    under, by_column = _columns(frame, chosen, called)
    return _rows(under, by_column, chosen, called)


def _columns(frame: pd.DataFrame, chosen: str, called: str) -> tuple[pd.DataFrame, str]:
    columns = _in_pairs(frame.columns)
    if columns.nlevels == 1:
        return frame, ""
    if columns.nlevels > _TWO:
        raise FrameFaultError(f"{called} has {columns.nlevels} levels of columns: keep one, the names of the prices")
    names = next((level for level in range(_TWO) if _has_close(columns.get_level_values(level))), None)
    if names is None:
        shown = ", ".join(str(column) for column in list(columns)[:_SHOWN])
        raise FrameFaultError(f"{called} has no close column in either level (it has: {shown}): name one of them Close")
    own = columns.get_level_values(1 - names).map(str)
    title = columns.names[1 - names]
    how = f"axis=1, level={title!r}" if title else f"axis=1, level={1 - names}"
    ticker = _chosen(own[own != ""], chosen, called, "columns", how if columns is frame.columns else "")
    kept = (own == ticker) | (own == "")
    return frame.loc[:, kept].set_axis(columns.get_level_values(names)[kept], axis=1), ticker


def _in_pairs(columns: pd.Index[Any]) -> pd.Index[Any]:
    """Columns that are called `('Close', 'AAPL')`, as of a file or in another library, in two levels again."""
    found = [_PAIR.fullmatch(name) if isinstance(name, str) else None for name in columns]
    if columns.nlevels > 1 or not any(found):
        return columns
    return pd.MultiIndex.from_tuples(
        [pair.groups() if pair else (str(name), "") for pair, name in zip(found, columns, strict=True)]
    )


def _has_close(names: pd.Index[Any]) -> bool:
    return any(normal_name(str(name)) in {*ALIASES["close"], *ALIASES["adjusted"]} for name in names)


def _rows(frame: pd.DataFrame, by_column: str, chosen: str, called: str) -> One:
    index = frame.index
    if index.nlevels == 1:
        return One(frame, by_column)
    dated = [level for level in range(index.nlevels) if _is_dated(index, level)]
    if index.nlevels > _TWO or len(dated) != 1:
        raise FrameFaultError(
            f"{called} has {index.nlevels} levels of rows ({', '.join(str(name) for name in index.names)}): keep the "
            "dates and at most the ticker"
        )
    own = index.get_level_values(1 - dated[0]).map(str)
    title = index.names[1 - dated[0]]
    ticker = _chosen(own, chosen, called, "rows", f"level={title!r}" if title else f"level={1 - dated[0]}")
    return One(frame[own == ticker].droplevel(1 - dated[0]), ticker)


def _is_dated(index: pd.Index[Any], level: int) -> bool:
    return are_dates(index.get_level_values(level)) or normal_name(str(index.names[level])) in ALIASES["date"]


def _chosen(own: pd.Index[Any], chosen: str, called: str, where: str, how: str) -> str:
    there = sorted(set(own))
    if chosen in there:
        return chosen
    listed = ", ".join(there[:_SHOWN]) + (f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else "")
    if chosen:
        raise FrameFaultError(f"{called} has no {where} of {chosen!r}: ticker is one of {listed}")
    if len(there) == 1:
        return str(there[0])
    other = f", or give frame.xs({there[0]!r}, {how})" if how else ""
    raise FrameFaultError(
        f"{called} has {where} of {len(there)} tickers ({listed}): say which, such as ticker={there[0]!r}{other}"
    )
