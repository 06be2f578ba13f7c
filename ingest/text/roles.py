"""Which column of a file of prices is what: by its name, by the user's choice, and never by chance.

Two columns of one name, and two that may both be the close, are refused until the user chooses. A column that looks
like a price, a volume or a payment and is not understood is named.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ingest.errors import FileFaultError, MissingColumnError
from ingest.text.choices import COLUMNS, Choices
from ingest.text.columns import ALIASES, CLOCKS, FIRST_CHOICE, find_columns, normal_name, normal_names, shown
from ingest.text.numbers import parse_number
from ingest.text.table import TextTable

_INDEX = {"", "index", "unnamed0"}
_CLOCKLESS = re.compile(r"\d{8}|[^:]*[^\d:][^:]*")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?|\d{6}")
_QUOTED = ("quotevolume", "quoteassetvolume", "volumequote", "volumeto")
_MONEY = "usd|usdt|usdc|busd|fdusd|tusd|dai|eur|gbp|jpy|krw|try|brl|aud|cad|chf|inr"
_IN_MONEY = re.compile(rf"volume(?:{_MONEY})")
_IN_SOMETHING = re.compile(r"volume[a-z]{2,6}|totalturnover[a-z]*")
_TELLING = re.compile(
    r"(?:\b|_)(?:close|closing|price|last|settle\w*|bid|ask|nav|vol|volume|turnover|shares|amount|dividends?|"
    r"splits?|payout|distributions?)(?:\b|_)",
    re.IGNORECASE,
)
_ADJUSTED = re.compile(r"^(?!.*unadj).*(?:adj.*close|close.*adj)(?!.*split)")
_CHANGES = re.compile(r"%|\bch(?:an)?ge?\b|return|average|number of trades|no\. of trades", re.IGNORECASE)
_MOST = 0.9
"""Share of rows on which two columns agree that say the same."""


class Roles(NamedTuple):
    """The position of each role's column, and what was left out, in words."""

    positions: dict[str, int]
    notes: tuple[str, ...]


def is_indexed(cells: tuple[str, ...]) -> bool:
    """Whether these cells name a close, and their first is the nameless index of a table."""
    return len(cells) > 1 and normal_name(cells[0]) in _INDEX and "close" in find_columns(cells)


def date_column(table: TextTable) -> int:
    """The position of the column of dates: by its name, else the first where that is the index of a table.

    Raises:
        MissingColumnError: There is none.
    """
    found = find_columns(table.header)
    if "date" in found:
        return found["date"]
    if normal_name(table.header[0]) in _INDEX and len(table.header) > 1:
        return 0
    if len(table.header) == 1 and len(table.header[0].split()) > 1:
        raise MissingColumnError(
            f"{table.path} has no commas, semicolons, tabs or bars between its fields ({shown(table.header)}): save it "
            "with commas"
        )
    if 2 * sum(_is_value(cell) for cell in table.header) > len(table.header):
        raise MissingColumnError(
            f"{table.path} has no header: write one above its rows, such as Date,Open,High,Low,Close,Volume"
        )
    raise MissingColumnError(f"{table.path} has no date column (it has: {shown(table.header)}): name one of them Date")


def stamp_texts(table: TextTable, at: int) -> tuple[str, ...]:
    """The cells of the column of dates, each with the clock of a column beside it where there is one.

    Args:
        table: Of one ticker.
        at: Position of the column of dates.
    """
    dates = table.column(at)
    beside = [position for position, name in enumerate(table.header) if normal_name(name) in CLOCKS and position != at]
    clockless = all(_CLOCKLESS.fullmatch(text) for text in dates)
    if len(beside) != 1 or not clockless or not all(_CLOCK.fullmatch(text) for text in table.column(beside[0])):
        return dates
    clocks = table.column(beside[0])
    return tuple(f"{day} {clock}" for day, clock in zip(dates, clocks, strict=True))


def price_roles(table: TextTable, dates: int, choices: Choices) -> Roles:
    """The columns of prices, volume and payments.

    Args:
        table: Of one ticker.
        dates: Position of the column of dates.
        choices: What the user chose.

    Raises:
        MissingColumnError: No column is the close.
        FileFaultError: Several may be, or two have one name.
    """
    chosen = {role: named(table, name, f"--{role}") for role, name in choices.columns.items()}
    positions = {role: at for role, at in find_columns(table.header).items() if role not in {"date", "close", "volume"}}
    positions["close"] = chosen["close"] if "close" in chosen else _close(table)
    if (volume := _volume(table)) is not None:
        positions["volume"] = volume
    adjusted = [at for at, name in enumerate(table.header) if _ADJUSTED.search(normal_name(name))]
    if len(adjusted) == 1:
        positions.setdefault("adjusted", adjusted[0])
    taken = {dates, positions["close"], *chosen.values()}
    positions = {role: at for role, at in positions.items() if role == "close" or at not in taken} | chosen
    for role, at in positions.items():
        if role not in chosen:
            _refuse_repeated(table, at, role)
    return Roles(positions, _left(table, {dates, *positions.values()}, positions))


def named(table: TextTable, name: str, option: str) -> int:
    """The position of a column that the user names.

    Args:
        table: With a header.
        name: The column's, as it is written or as `normal_name` spells it.
        option: The option by which it is named, for the message.

    Raises:
        FileFaultError: There is none of that name.
    """
    for spelt in (str, normal_name):
        there = [at for at, own in enumerate(table.header) if spelt(own) == spelt(name)]
        if len(there) == 1:
            return there[0]
    raise FileFaultError(f"{table.path}: {option} {name} does not name one column: the file has {shown(table.header)}")


def _close(table: TextTable) -> int:
    names = normal_names(table.header)
    at = {name: names.index(name) for name in ALIASES["close"] if name in names}
    first = [position for name, position in at.items() if name in FIRST_CHOICE]
    others = [position for name, position in at.items() if name not in FIRST_CHOICE]
    if not at:
        raise MissingColumnError(
            f"{table.path} has no close column (it has: {shown(table.header)}): name one of them Close, or say "
            "--close and its name"
        )
    found = (first or others)[0]
    rivals = [other for other in (first or others)[1:] if not _agree(table, found, other)]
    rivals += [other for other in others if first and _is_rival(table, found, other)]
    if rivals:
        listed = shown(tuple(table.header[position] for position in (found, *rivals)))
        raise FileFaultError(
            f"{table.path} has several columns that may be the close ({listed}): say --close and one of them"
        )
    return found


def _is_rival(table: TextTable, close: int, other: int) -> bool:
    """Whether another price may be meant: a settlement, or the last one where `Close` is that of the day before."""
    if _agree(table, close, other):
        return False
    settles = normal_name(table.header[other]).startswith("settle")
    closes, lasts = table.column(close), table.column(other)
    moved = max(_share(closes[1:], lasts[:-1]), _share(closes[:-1], lasts[1:]))
    return settles or moved > _MOST


def _volume(table: TextTable) -> int | None:
    names = normal_names(table.header)
    known = [*_QUOTED[:3], *ALIASES["volume"][:2]]
    money = [name for name in names if _IN_MONEY.fullmatch(name)]
    wanted = [*known, *money, *ALIASES["volume"][2:]]
    found = [names.index(name) for name in wanted if name in names]
    if found:
        return found[0]
    something = [
        at for at, name in enumerate(names) if _IN_SOMETHING.fullmatch(name) or name.startswith("totalturnover")
    ]
    return something[0] if len(something) == 1 else None


def _refuse_repeated(table: TextTable, at: int, role: str) -> None:
    name = normal_name(table.header[at])
    twins = [other for other, own in enumerate(table.header) if normal_name(own) == name and other != at]
    if not name or all(_agree(table, at, other) for other in twins):
        return
    option = f", or say --{role} and its whole name" if role in COLUMNS else ""
    raise FileFaultError(
        f"{table.path}: the column {shown((table.header[at],))} appears twice, with different values, and the "
        f"file does not say which one is meant: keep the columns of one ticker{option}"
    )


def _left(table: TextTable, used: set[int], positions: dict[str, int]) -> tuple[str, ...]:
    """What looks like a price, a volume or a payment, and is not understood."""
    names = [name for at, name in enumerate(table.header) if at not in used]
    telling = [n for n in names if _TELLING.search(n) and not _CHANGES.search(n) and not _is_twin(n, table, positions)]
    if not telling:
        return ()
    missing = "" if "volume" in positions or not any("vol" in n.casefold() for n in telling) else ": say --volume NAME"
    return (f"left out: {', '.join(telling)[:160]}{missing}",)


def _is_twin(name: str, table: TextTable, positions: dict[str, int]) -> bool:
    return normal_name(name) in {normal_name(table.header[at]) for at in positions.values()}


def _agree(table: TextTable, one: int, other: int) -> bool:
    """Whether two columns say the same on nearly all rows."""
    return _share(table.column(one), table.column(other)) == 1.0


def _share(one: Sequence[str], other: Sequence[str]) -> float:
    """The share of rows on which two columns say the same."""
    same = sum(a == b or _number(a) == _number(b) for a, b in zip(one, other, strict=True))
    return same / len(one) if one else 1.0


def _number(text: str) -> float | str:
    try:
        number = parse_number(text)
    except ValueError:
        return text
    return "" if number != number else number  # noqa: PLR0124  # NaN alone differs from itself


def _is_value(text: str) -> bool:
    return any(sign.isdigit() for sign in text)
