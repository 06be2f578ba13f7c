"""Whatever a user calls a frame, as a pandas one: a series of closes, polars, pyarrow, a mapping of columns.

Another library's frame is asked to become pandas' by its own `to_pandas`, or handed over by the Arrow C stream that the
libraries share (`__arrow_c_stream__`); none of them is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from os import PathLike
from typing import Any, NamedTuple

import pandas as pd

from ingest.errors import BadSymbolError, FrameFaultError
from ingest.panel import check_symbol
from ingest.text.columns import ALIASES, find_columns, normal_name

FRAME, SERIES = "the frame", "the series"
_KNOWN = {name for names in ALIASES.values() for name in names}


class Given(NamedTuple):
    """A frame as pandas has it, what it is called in a message, and the symbol that it says itself; empty for none."""

    frame: pd.DataFrame
    called: str
    symbol: str


def as_pandas(data: object) -> Given:
    """The frame that a user gave; what was given stays as it is.

    Args:
        data: A DataFrame or Series of pandas, polars or pyarrow, a mapping from names to columns, or one from
            dates to closes.

    Raises:
        FrameFaultError: It is nothing of the kind, or has no rows.

    >>> as_pandas(pd.Series([1.0], index=["2024-01-02"], name="AAPL")).symbol
    'AAPL'
    """
    frame = _from_library(data)
    if isinstance(frame, pd.Series):
        named = str(frame.name) if frame.name is not None else ""
        return Given(_with_rows(frame.to_frame("Close"), SERIES), SERIES, ticker(named))
    if isinstance(frame, str | PathLike):
        raise FrameFaultError(
            f"prices come as a DataFrame, not as the name of a file: give pd.read_csv({str(frame)!r})"
        )
    if not isinstance(frame, pd.DataFrame):
        raise FrameFaultError(
            f"prices come as a DataFrame or a Series with dates, of pandas, polars or pyarrow, not as "
            f"{_kind(data)}: put it into pd.Series(closes, index=dates)"
        )
    return _named(_with_rows(frame, FRAME))


def _from_library(data: object) -> object:
    if isinstance(data, pd.DataFrame | pd.Series):
        return data
    try:
        if isinstance(data, Mapping):
            series = bool(data) and all(isinstance(value, Real) for value in data.values())
            return pd.Series(dict(data)) if series else pd.DataFrame(dict(data))
        if hasattr(data, "to_pandas"):
            return data.to_pandas()
        if hasattr(data, "__arrow_c_stream__"):
            import pyarrow as pa  # noqa: PLC0415  # where nobody brings such a frame, it is not needed

            return pa.table(data).to_pandas()
    except (ValueError, TypeError, ImportError) as fault:
        reason = " ".join(str(fault).split())
        raise FrameFaultError(f"{_kind(data)} does not become a pandas DataFrame: {reason}") from fault
    return data


def _with_rows(frame: pd.DataFrame, called: str) -> pd.DataFrame:
    if not len(frame):
        raise FrameFaultError(f"{called} has no rows: give it one row per day")
    return frame


def _named(frame: pd.DataFrame) -> Given:
    """A frame of one column, or of one beside its dates, holds closes, whatever the column is called."""
    if frame.columns.nlevels > 1:
        return Given(frame, FRAME, "")
    header = tuple(str(name) for name in frame.columns)
    dates = find_columns(header).get("date")
    rest = [at for at in range(len(header)) if at != dates]
    if len(rest) != 1 or normal_name(header[rest[0]]) in _KNOWN:
        return Given(frame, FRAME, "")
    names: list[Any] = list(frame.columns)
    names[rest[0]] = "Close"
    return Given(frame.set_axis(names, axis=1), FRAME, ticker(header[rest[0]]))


def ticker(name: str) -> str:
    """A name as a symbol, where it is a plain ticker and no name of a column of prices; else nothing.

    >>> ticker("BRK-B"), ticker("Close"), ticker("my closes")
    ('BRK-B', '', '')
    """
    try:
        return "" if normal_name(name) in _KNOWN else check_symbol(name)
    except BadSymbolError:
        return ""


def _kind(data: object) -> str:
    kind = type(data)
    return (
        kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}.{kind.__qualname__}"
    )
