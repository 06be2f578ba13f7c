"""One ticker of a file that holds several: in rows of their own, or in columns under two lines of names."""

import re
from dataclasses import replace

from ingest.errors import FileFaultError
from ingest.text.columns import find_columns, normal_name
from ingest.text.table import Cells, TextTable

IDENTIFIERS = (
    *("ticker", "symbol", "tickersymbol", "actsymbol", "tscode", "code", "secid", "permno", "isin", "slug"),
    *("instrument", "security", "asset", "coin", "currency", "name", "indexname", "股票代码"),
)
"""What columns are called that say whose row it is, as `normal_name` spells it."""
_PAIR = re.compile(r"\(\s*'(?P<name>[^']*)',\s*'(?P<ticker>[^']*)'\s*\)")
_NAMES_ABOVE = {"price", "attributes", ""}
_TICKERS = {"ticker", "tickers", "symbol", "symbols", ""}
_SHOWN, _CUT = 8, 60
_COMMON = 3
"""Columns from which on a word before all their names is none of theirs."""


def one_ticker(table: TextTable, chosen: str) -> TextTable:
    """The table of one ticker.

    Args:
        table: As it was read.
        chosen: The ticker that is wanted, where the file holds several.

    Raises:
        FileFaultError: It holds several and none is chosen, or not the chosen one.
    """
    if (under := _two_lines(table)) is not None:
        return _one_of_columns(*under, chosen, sole=True)
    if (paired := _pairs(table)) is not None:  # written of several tickers: the others may have been cut off
        return _one_of_columns(*paired, chosen, sole=False)
    return _one_of_rows(_without_prefix(table), chosen)


def is_two_lines(cells: Cells) -> bool:
    """Whether this is the line of dates' name under names and tickers, as yfinance writes it: `Date,,,`."""
    return len(cells) > 1 and normal_name(cells[0]) in {"date", "datetime"} and not any(cells[1:])


def _two_lines(table: TextTable) -> tuple[TextTable, Cells] | None:
    """The table with one line of names, and the ticker of each column; None where it has no second line."""
    if not is_two_lines(table.header) or len(table.above) < 2:  # noqa: PLR2004  # names and tickers
        return None
    names, tickers = table.above[-2:]
    fits = len(names) == len(tickers) == len(table.header)
    if not fits or names[0].casefold() not in _NAMES_ABOVE or tickers[0].casefold() not in _TICKERS:
        return None
    return replace(table, header=(table.header[0], *names[1:])), ("", *tickers[1:])


def _pairs(table: TextTable) -> tuple[TextTable, Cells] | None:
    """The same for columns that are called `('Close', 'AAPL')`."""
    found = [_PAIR.fullmatch(name) for name in table.header]
    if not any(found):
        return None
    names = tuple(pair["name"] if pair else name for pair, name in zip(found, table.header, strict=True))
    return replace(table, header=names), tuple(pair["ticker"] if pair else "" for pair in found)


def _one_of_columns(table: TextTable, tickers: Cells, chosen: str, *, sole: bool) -> TextTable:
    there = sorted({ticker for ticker in tickers if ticker})
    ticker = there[0] if sole and len(there) == 1 and not chosen else _chosen(table, there, chosen, "columns")
    kept = [at for at, own in enumerate(tickers) if own in {"", ticker}]
    rows = tuple(tuple(row[at] for at in kept) for row in table.rows)
    return replace(table, header=tuple(table.header[at] for at in kept), rows=rows)


def _one_of_rows(table: TextTable, chosen: str) -> TextTable:
    at = [at for at, name in enumerate(table.header) if normal_name(name) in IDENTIFIERS]
    at.sort(key=lambda position: IDENTIFIERS.index(normal_name(table.header[position])))
    telling = [position for position in at if len(set(table.column(position)) - {""}) > 1]
    if not chosen and not telling:
        return table
    fit = [p for p in at if chosen in table.column(p)]
    if not chosen or not fit:
        there = sorted(set(table.column((telling or at)[0])) - {""}) if at else []
        _chosen(table, there, chosen, "rows")
        return table
    kept = [row for row, cells in enumerate(table.rows) if cells[fit[0]] == chosen]
    return replace(table, rows=tuple(table.rows[row] for row in kept), lines=tuple(table.lines[row] for row in kept))


def _chosen(table: TextTable, there: list[str], chosen: str, where: str) -> str:
    """The one ticker that is meant.

    Raises:
        FileFaultError: It is not said, or not there.
    """
    if chosen in there:
        return chosen
    listed = ", ".join(name[:_CUT] for name in there[:_SHOWN]) + (
        f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
    )
    if chosen:
        raise FileFaultError(f"{table.path} has no {where} of {chosen}: --ticker is one of {listed or 'none'}")
    raise FileFaultError(f"{table.path} has {where} of tickers: say --ticker, one of {listed}")


def _without_prefix(table: TextTable) -> TextTable:
    """The table without a word before all its names but the date's, as in `AAPL.Open`, `AAPL.Close`."""
    fronts = {name.rpartition(".")[0] for name in table.header if "." in name.strip(".")}
    prefixed = [name for name in table.header if name.rpartition(".")[0] in fronts and "." in name]
    front = next(iter(fronts), "")
    plain = tuple(name.removeprefix(f"{front}.") for name in table.header)
    common = len(fronts) == 1 and len(prefixed) >= min(_COMMON, len(table.header) - 1) and len(prefixed) > 1
    if not common or "close" in find_columns(table.header) or "close" not in find_columns(plain):
        return table
    return replace(table, header=plain)
