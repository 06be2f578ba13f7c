"""Names of columns that have none, by what stands in them: files of klines, OHLCVT, MetaTrader, and headers cut off.

Nothing is guessed from the number of columns alone. Of four columns of prices one is the highest in every row and one
the lowest; of the other two, that which the next row's other one is nearer to is the close, since between a close and
the next open less happens than between an open and the close after it. Where rows do not say that clearly, nothing is
named and the file is refused.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from statistics import fmean, median
from typing import NamedTuple

from ingest.errors import BadDateError
from ingest.text.choices import DATES
from ingest.text.numbers import parse_number
from ingest.text.stamps import Stamp, parse_stamps

Cells = tuple[str, ...]
_ROWS = 10
"""Rows from which open and close can be told apart."""
_NEARER = 1.5
"""Times by which the one must be nearer to the next row than the other."""
_PRICES = 4
_LEVEL, _SWING = 0.2, 3.0
"""Of a column in parts of the price: its median, and how far it moves, where it is a price too."""
_KLINES = ("Close time", "Quote asset volume", "Number of trades", "Taker buy base", "Taker buy quote", "Ignore")
"""What follows the volume in the bars that Binance publishes: https://github.com/binance/binance-public-data."""
_CLOCK_SIGNS = frozenset("0123456789:.")
_COMPACT = 6
"""Digits of a clock without signs."""
_MOST_TICKERS = 0.5
"""Share of rows up to which texts in the first column are tickers."""


class _Rest(NamedTuple):
    """The columns before the numbers, named, and the row numbers in order of ticker and time."""

    names: tuple[str, ...]
    order: list[int]
    tickers: tuple[str, ...]


def names_of(rows: Sequence[Cells]) -> Cells | None:
    """The names of all columns; None where they cannot be told.

    Args:
        rows: All rows, none a header.
    """
    if not rows or any(len(cells) != len(rows[0]) for cells in rows):
        return None
    rest = _rest(rows)
    if rest is None:
        return None
    columns = [_numbers([cells[at] for cells in rows]) for at in range(len(rest.names), len(rows[0]))]
    known = [column for column in columns if column is not None]
    if not columns or len(known) < len(columns):
        return None
    named = ("Close",) if len(known) == 1 else _bars(known, rest)
    return None if named is None else (*rest.names, *named)


def _rest(rows: Sequence[Cells]) -> _Rest | None:
    """Tickers, dates and clocks, which come first; None where the first columns are none of these."""
    width, at = len(rows[0]), 0
    names: list[str] = []
    tickers = tuple(cells[0] for cells in rows)
    stamps = _stamps(tickers)
    while stamps is None and at < 2 and at + 1 < width:  # noqa: PLR2004  # a ticker and a period
        if len({cells[at] for cells in rows}) > max(1.0, _MOST_TICKERS * len(rows)):
            return None
        names.append(("Ticker", "Period")[at])
        at += 1
        stamps = _stamps(tuple(cells[at] for cells in rows))
    if stamps is None:
        return None
    names.append("Date")
    if at + 1 < width and _are_clocks([cells[at + 1] for cells in rows]):
        clocked = _stamps(tuple(f"{cells[at]} {cells[at + 1]}" for cells in rows))
        if clocked is not None:
            stamps = clocked
            names.append("Time")
    whose = tickers if names[0] == "Ticker" else ("",) * len(rows)
    order = sorted(range(len(rows)), key=lambda row: (whose[row], stamps[row].day, str(stamps[row].clock or "")))
    return _Rest(tuple(names), order, whose)


def _are_clocks(texts: Sequence[str]) -> bool:
    """Whether all are clocks: `16:00`, or six digits, which numbers with a leading zero are."""
    colons = all(":" in text and set(text) <= _CLOCK_SIGNS for text in texts)
    return colons or (all(len(text) == _COMPACT and text.isdigit() for text in texts) and texts[0].startswith("0"))


def _stamps(texts: tuple[str, ...]) -> list[Stamp] | None:
    """The stamps of a column, in whatever order of day and month; None where they are none."""
    for said in (None, *DATES) if texts else ():
        with suppress(BadDateError):
            return parse_stamps(texts, str, None, said)
    return None


def _numbers(texts: Sequence[str]) -> list[float] | None:
    """The numbers of a column, as near as telling high from low needs them; None where it has others."""
    found = []
    for text in texts:
        plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
        try:
            found.append(parse_number(plain))
        except ValueError:
            return None
    return found


def _bars(columns: list[list[float]], rest: _Rest) -> tuple[str, ...] | None:
    """The names of four columns of prices and of what follows them; None where the rows do not tell."""
    for adjusted in ((), ("Adj Close",)):
        prices = columns[len(adjusted) : len(adjusted) + _PRICES]
        order = _order(prices, rest)
        if order is None or (adjusted and not _is_adjusted(columns[0], prices[order.index("Close")])):
            continue
        after = _after(columns[len(adjusted) + _PRICES :], prices[0])
        if after is not None:
            return (*adjusted, *order, *after)
    return None


def _order(prices: list[list[float]], rest: _Rest) -> tuple[str, ...] | None:
    if len(prices) < _PRICES or len(rest.order) < _ROWS:
        return None
    bars = [bar for bar in zip(*prices, strict=True) if all(value > 0 for value in bar)]  # halted days are left aside
    if len(bars) < _ROWS or any(max(bar) > _PRICES * min(bar) for bar in bars):
        return None
    highest = [at for at in range(_PRICES) if all(bar[at] == max(bar) for bar in bars)]
    lowest = [at for at in range(_PRICES) if all(bar[at] == min(bar) for bar in bars)]
    if len(highest) != 1 or len(lowest) != 1:
        return None
    one, other = (at for at in range(_PRICES) if at not in {*highest, *lowest})
    closes_first, opens_first = (_apart(prices[a], prices[b], rest) for a, b in ((one, other), (other, one)))
    close = one if closes_first < opens_first else other
    told = max(closes_first, opens_first) > _NEARER * min(closes_first, opens_first)
    if not told and prices[one] != prices[other]:  # where they are the same, either is the close
        return None
    names = {highest[0]: "High", lowest[0]: "Low", close: "Close"}
    return tuple(names.get(at, "Open") for at in range(_PRICES))


def _apart(closes: list[float], opens: list[float], rest: _Rest) -> float:
    """How far the next row's open is from a close, in the mean of absolute logarithms."""
    pairs = [
        abs(math.log(opens[after] / closes[before]))
        for before, after in pairwise(rest.order)
        if rest.tickers[before] == rest.tickers[after] and opens[after] > 0 and closes[before] > 0
    ]
    return fmean(pairs) if pairs else 0.0


def _is_adjusted(column: list[float], closes: list[float]) -> bool:
    """Whether a column is closes that are adjusted: at most as high as they are, and level with the last of them."""
    ratios = [own / close for own, close in zip(column, closes, strict=True) if close > 0]
    return bool(ratios) and all(0 < ratio < 1 + 1e-6 for ratio in ratios) and max(ratios) > 1 - 1e-6  # rounding


def _after(columns: list[list[float]], prices: list[float]) -> tuple[str, ...] | None:
    """The names of what follows the prices: a volume, and what exchanges write behind it; None for one more price."""
    if not columns:
        return ()
    if len(columns) == len(_KLINES) + 1:
        return ("Volume", *_KLINES)
    if _is_price(columns[0], prices):
        return None
    return ("Volume", *(f"Other {at}" for at in range(1, len(columns))))


def _is_price(column: list[float], prices: list[float]) -> bool:
    """Whether a column keeps to the level of the prices, as closes that are adjusted do and no volume does."""
    ratios = [own / price for own, price in zip(column, prices, strict=True) if own > 0 and price > 0]
    return bool(ratios) and _LEVEL < median(ratios) < 1 / _LEVEL and max(ratios) < _SWING * min(ratios)
