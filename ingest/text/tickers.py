"""One ticker of a file that holds several: in rows of their own, or in columns whose names say whose they are.

A frame of several tickers has two levels of names, written as two lines in either order, as tuples, or joined:
`Close_AAPL`, `AAPL Close`. The line of tickers may stand above or below the names, and the names above it may be cut
off. Where equal tickers side by side, or one below the other, were merged into one cell, the others are empty.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from ingest.errors import FileFaultError
from ingest.text.columns import ALIASES, CLOCKS, IDENTIFIERS, find_columns, normal_name, normal_names, shown
from ingest.text.table import Cells, TextTable
from ingest.text.unnamed import names_of

_PAIR = re.compile(r"\(\s*'(?P<one>[^']*)',\s*'(?P<other>[^']*)'\s*\)")
_JOINT = re.compile(r"[_ .|:/-]")
_NAMES_ABOVE = {"price", "attributes", ""}
_TICKERS = {"ticker", "tickers", "symbol", "symbols", ""}
_VALUES = frozenset(
    name
    for role in ("open", "high", "low", "close", "adjusted", "volume", "dividend", "split")
    for name in ALIASES[role]
)
_CLOSES = frozenset(ALIASES["close"])
_MONEY = frozenset(("currency", "ccy", "curr"))
_SHOWN, _CUT = 8, 60
_FIELDS = 3
"""Names from which on the same number under all is a ticker."""


class _Levels(NamedTuple):
    """A table with names, the ticker of each column, and whether it is sure that there was no other ticker."""

    table: TextTable
    tickers: Cells
    sole: bool


def one_ticker(table: TextTable, chosen: str, close: str = "") -> TextTable:
    """The table of one ticker.

    Args:
        table: As it was read.
        chosen: The ticker that is wanted, where the file holds several.
        close: The name of the column of closes, where the user says it: it says whose rows they are, too.

    Raises:
        FileFaultError: It holds several and none is chosen, or not the chosen one.
    """
    for levels in (_lines_above, _line_above, _line_below, _tuples):
        if (found := levels(table)) is not None:
            return _one_of_columns(found, chosen)
    if not close and (joined := _joined(table)) is not None:
        return _one_of_columns(joined, chosen)
    if chosen and (panel := _panel(table, chosen)) is not None:
        return panel
    return _one_of_rows(table, chosen)


def is_two_lines(cells: Cells) -> bool:
    """Whether this is the line of dates' name under names and tickers, as yfinance writes it: `Date,,,`."""
    return len(cells) > 1 and normal_name(cells[0]) in {"date", "datetime"} and not any(cells[1:])


def _lines_above(table: TextTable) -> _Levels | None:
    """Names and tickers, in either order, in two lines above that of the date's name; or tickers alone."""
    above = [_continued(cells) for cells in table.above[-2:] if len(cells) == len(table.header)]
    if not is_two_lines(table.header) or not above:
        return None
    one, other = above[0], above[-1]
    if one[0].casefold() in _TICKERS - {""} or _known(other[1:]) > _known(one[1:]):
        one, other = other, one
    labelled = one[0].casefold() in _NAMES_ABOVE and other[0].casefold() in _TICKERS
    if len(above) > 1 and labelled and _known(one[1:]):
        return _Levels(replace(table, header=(table.header[0], *one[1:])), ("", *other[1:]), sole=True)
    if len(above) == 1 and above[0][0].casefold() in _TICKERS and any(above[0][1:]):
        return _Levels(table, ("", *above[0][1:]), sole=True)
    return None


def _continued(cells: Cells) -> Cells:
    """A line of names with each empty cell, where cells were merged, saying what the one before it says."""
    said = [cells[0]]
    for at, cell in enumerate(cells[1:], start=1):
        said.append(cell or (said[-1] if at > 1 else ""))
    return tuple(said)


def _line_above(table: TextTable) -> _Levels | None:
    """Tickers in the line above that of all names: `,AAPL,,MSFT,` and `Date,Open,Close,Open,Close`."""
    if not table.above or len(table.above[-1]) > len(table.header):
        return None
    line = table.above[-1]
    whose = _continued((*line, *[""] * (len(table.header) - len(line))))
    names = [normal_name(name) for name in table.header]
    named = [at for at, name in enumerate(names) if name in _VALUES]
    if len({names[at] for at in named}) == len(named):
        return None
    if not _are_tickers([(names[at], whose[at]) for at in named]) or _known([whose[at] for at in named]):
        return None
    return _Levels(table, tuple(cell if at in named else "" for at, cell in enumerate(whose)), sole=True)


def _line_below(table: TextTable) -> _Levels | None:
    """Names above the tickers, which stand where the first row would: `Date,Close,Close` and `,AAPL,MSFT`."""
    at = find_columns(table.header).get("date")
    if at is None or not table.rows or table.rows[0][at]:
        return None
    first = table.rows[0]
    named = [p for p, name in enumerate(table.header) if normal_name(name) in _VALUES and not _is_label(first[p])]
    if not named or not _are_tickers([(table.header[position], first[position]) for position in named]):
        return None
    tickers = tuple(cell if position in named else "" for position, cell in enumerate(first))
    return _Levels(replace(table, rows=table.rows[1:], lines=table.lines[1:]), tickers, sole=True)


def _is_label(cell: str) -> bool:
    return bool(cell) and cell.casefold() in _TICKERS


def _are_tickers(named: Sequence[tuple[str, str]]) -> bool:
    """Whether these cells under names are tickers, each under as many names, and not a row whose date is lost."""
    if not all(cell for _, cell in named):
        return False
    words = any(cell[0] not in "-.0123456789" for _, cell in named)
    most = max(Counter(name for name, _ in named).values())
    return (words or len(named) >= _FIELDS) and len({cell for _, cell in named}) == most


def _tuples(table: TextTable) -> _Levels | None:
    """Columns that are called `('Close', 'AAPL')` or `('AAPL', 'Close')`: the others may have been cut off."""
    found = [_PAIR.fullmatch(name) for name in table.header]
    if not any(found):
        return None
    pairs = [
        (pair["one"], pair["other"]) if pair else (name, "") for pair, name in zip(found, table.header, strict=True)
    ]
    if _known([other for _, other in pairs]) > _known([one for one, other in pairs if other]):
        pairs = [(other or one, one if other else "") for one, other in pairs]
    return _Levels(
        replace(table, header=tuple(one for one, _ in pairs)), tuple(other for _, other in pairs), sole=False
    )


def _joined(table: TextTable) -> _Levels | None:
    """Columns that are called `Close_AAPL`, `AAPL Close` or `AAPL.Close`, and none plainly a close."""
    if _CLOSES & {normal_name(name) for name in table.header}:
        return None
    split = [[_parts(name, front=front) for name in table.header] for front in (True, False)]
    parts = max(split, key=lambda found: len({normal_name(name) for name, ticker in found if ticker}))
    if not any(normal_name(name) in _CLOSES for name, ticker in parts if ticker):
        return None
    header, tickers = (tuple(part[level] for part in parts) for level in range(2))
    return _Levels(replace(table, header=header), tickers, sole=True)


def _parts(name: str, *, front: bool) -> tuple[str, str]:
    """A column's own name, in front or behind, and the ticker at the other end; no ticker where it has none."""
    if normal_name(name) not in _VALUES:
        for joint in _JOINT.finditer(name):
            halves = name[: joint.start()].strip(), name[joint.end() :].strip()
            own, ticker = halves if front else halves[::-1]
            if normal_name(own) in _VALUES and ticker:
                return own, ticker
    return name, ""


def _panel(table: TextTable, chosen: str) -> TextTable | None:
    """The dates and the closes of a table with a column of closes for each ticker: `Date,AAPL,MSFT`.

    Beside a ticker alone stand columns such as `Volume` of its own; beside others, or where it is spelt as one of them,
    `OPEN` and `LOW` are tickers too.
    """
    own = [at for at, name in enumerate(table.header) if name == chosen]
    if len(own) != 1:
        return None
    table = replace(table, header=tuple("Close" if at in own else name for at, name in enumerate(table.header)))
    names = normal_names(table.header)
    if names.count("close") > 1 or set(names) & {*IDENTIFIERS, *_CLOSES - {"close"}}:
        return None
    dated = {find_columns(table.header).get("date", 0)}
    dated |= {at for at, name in enumerate(names) if name in CLOCKS}
    others = [at for at, name in enumerate(names) if name not in _VALUES and at not in dated]
    bars = len({"open", "high", "low"} & find_columns(table.header).keys())
    alone = not others and bars in {0, 3} and normal_name(chosen) not in _VALUES
    return table if alone else table.only(sorted({*dated, *own}))


def _known(names: Sequence[str]) -> int:
    """How many different ones of these are what a close, or another value, is called."""
    return len({normal_name(name) for name in names} & _VALUES)


def _one_of_columns(levels: _Levels, chosen: str) -> TextTable:
    table, tickers = levels.table, levels.tickers
    there = sorted({ticker for ticker in tickers if ticker})
    alone = levels.sole and len(there) == 1 and not chosen
    ticker = there[0] if alone else _chosen(table, there, chosen, "columns")
    one = table.only([at for at, own in enumerate(tickers) if own in {"", ticker}])
    return _named(one) if is_two_lines(one.header) else one


def _named(table: TextTable) -> TextTable:
    """The table with names by what stands in its columns, where those above them are cut off."""
    names = names_of(table.rows)
    if names is None:
        return table
    note = f"names above the tickers are missing; columns recognised by their content: {', '.join(names)}"
    return replace(table, header=names, notes=(*table.notes, note))


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
    whose = _whose(table, fit[0])
    kept = [row for row, own in enumerate(whose) if own == chosen]
    for position in at:
        several = sorted({table.rows[row][position] for row in kept} - {""})
        if normal_name(table.header[position]) in _MONEY and len(several) > 1:
            raise FileFaultError(f"{table.path} has rows of {chosen} in {', '.join(several)[:_CUT]}: keep one currency")
    return replace(table, rows=tuple(table.rows[row] for row in kept), lines=tuple(table.lines[row] for row in kept))


def _whose(table: TextTable, at: int) -> Cells:
    """The ticker of each row; where each stands once, above its rows, it is that of those below it too.

    Raises:
        FileFaultError: A row has none, and the others do not say it.
    """
    own = table.column(at)
    lacking = own.index("") if "" in own else None
    if lacking is None:
        return own
    said = [cell for cell in own if cell]
    if not own[0] or len(set(said)) < len(said):
        raise FileFaultError(
            f"{table.place(lacking)}: {table.header[at]} is empty, and so it is not known whose row this is: write it "
            "there, or leave the row out"
        )
    filled: list[str] = []
    for cell in own:
        filled.append(cell or filled[-1])
    return tuple(filled)


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
    if chosen and not there:
        how = f"--close {chosen}" if chosen in table.header else "--close and the name of a column"
        raise FileFaultError(
            f"{table.path} has no column of tickers (it has: {shown(table.header)}): leave out --ticker, or say {how}"
        )
    if chosen:
        raise FileFaultError(f"{table.path} has no {where} of {chosen}: --ticker is one of {listed}")
    whole = ", or --close and the name of a column" if where == "columns" else ""
    raise FileFaultError(f"{table.path} has {where} of several tickers: say --ticker, one of {listed}{whole}")
