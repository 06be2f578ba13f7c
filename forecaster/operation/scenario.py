"""A scenario: the last session as it would have been, had its price, volume or attention been another.

A factor multiplies the level of the last known session: +50% and x1.5 are the same. Open, high, low, close and market
capitalisation follow the price together, so that the bar stays possible; whatever is computed from them follows too.
"""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster import small_files
from forecaster.errors import ScenarioError
from ingest.counts import counted_days
from ingest.errors import nearest, quoted
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.history import History

COLUMNS = {"price": ("close", "open", "high", "low", "market_cap"), "volume": ("volume",), "tweets": ("tweets",)}
"""Series -> the columns of the panel that follow it; the first is its level."""

REMEDY = {
    "price": "choose a session with a close",
    "volume": "import a file with volume",
    "tweets": "import counts with `forecaster ingest attention`",
}

_PERCENT = re.compile(r"([+-])(\d+(?:\.\d+)?|\.\d+)\s*%")
_TIMES = re.compile(r"x\s*(\d+(?:\.\d+)?|\.\d+)|(\d+(?:\.\d+)?|\.\d+)\s*x")
_MOST = 1e9
"""The largest factor: beyond it a level says nothing any more."""
NAME = "name"
LONGEST = 1000
"""Scenarios in a file."""
SIZE = 2**24
"""Bytes that a file of scenarios may have."""


@dataclass(frozen=True)
class Scenario:
    """What is changed in the last session.

    Attributes:
        name: For people.
        factors: Series of `COLUMNS` -> what its level is multiplied by, finite and above zero.
    """

    name: str
    factors: Mapping[str, float]


def factor_of(text: str, place: str) -> float:
    """The factor that a change stands for.

    Args:
        text: Such as `+50%`, `-5%` or `x2`.
        place: Where it was written, for the message.

    Raises:
        ScenarioError: Where it is neither, or the level would be zero, negative or without bounds.

    >>> factor_of("+50%", "--volume"), factor_of("-5%", "--price"), factor_of("x2", "--tweets")
    (1.5, 0.95, 2.0)
    >>> factor_of("50%", "--volume")
    Traceback (most recent call last):
    forecaster.errors.ScenarioError: --volume '50%' is not a change: write +50% (or -50%), or a factor such as x1.5
    """
    plain = text.strip().lower().replace("\u2212", "-").replace("\u00d7", "x")
    if found := _PERCENT.fullmatch(plain):
        factor = (100 + float(found[1] + found[2])) / 100
    elif found := _TIMES.fullmatch(plain):
        factor = float(found[1] or found[2])
    else:
        bare = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", plain)
        offer = f"write +{bare[0]} (or -{bare[0]})" if bare else "write +50% or -5%"
        raise ScenarioError(f"{place} {quoted(text)} is not a change: {offer}, or a factor such as x1.5")
    if not 0 < factor <= _MOST:
        raise ScenarioError(
            f"{place} {quoted(text)} would make the level {'zero or less' if factor <= 0 else 'larger than any'}: "
            "write a change above -100%, or a factor above 0 and up to a billion"
        )
    return factor


def read_scenarios(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of a CSV file: a row each, columns `price`, `volume`, `tweets`, and `name` where wanted.

    An empty cell leaves a series as it was. Columns are separated by commas, semicolons or tabs.

    Raises:
        ScenarioError: The file, the row and the column, with what to do.
    """
    try:
        text = small_files.read(path, SIZE).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is not text in UTF-8"
        raise ScenarioError(f"{path} cannot be read ({why}): name a CSV file of scenarios") from fault
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    lines = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(cell.strip() for cell in row)]
    names = [name.strip().lower() for name in lines[0]] if lines else []
    for name in names:
        if name not in {NAME, *COLUMNS}:
            raise ScenarioError(f"{path} has a column {quoted(name)}: {nearest(name, (NAME, *COLUMNS))}")
    if len(set(names)) < len(names) or not set(names) & set(COLUMNS):
        raise ScenarioError(f"{path} needs a first line that names each column once: name,{','.join(COLUMNS)}")
    if not 1 < len(lines) <= LONGEST + 1:
        raise ScenarioError(f"{path} has {len(lines) - 1} scenarios: give it from 1 to {LONGEST:,}, one per row")
    return tuple(_scenarios(path, names, lines[1:]))


def _scenarios(path: Path, names: list[str], lines: list[list[str]]) -> Iterator[Scenario]:
    for number, line in enumerate(lines, 1):
        if len(line) > len(names):
            raise ScenarioError(
                f"{path}, scenario {number} has {len(line)} cells for {len(names)} columns: remove some"
            )
        row = {name: cell.strip() for name, cell in zip(names, line, strict=False)}
        factors = {
            name: factor_of(row[name], f"{path}, scenario {number}, {name}") for name in COLUMNS if row.get(name)
        }
        yield Scenario(row.get(NAME) or f"scenario {number}", factors)


def level(history: History, as_of: pd.Timestamp, series: str) -> float:
    """The last known level of a series at the close of a session.

    Raises:
        ScenarioError: Where it is missing or zero.
        AsOfError: Where the data do not cover the session.
    """
    row = history.read(as_of).iloc[-1]
    found = float(row[COLUMNS[series][0]])
    if row["session"] != as_of or not (math.isfinite(found) and found > 0):
        raise ScenarioError(
            f"{history.asset.symbol} has no {series} on {as_of:%Y-%m-%d}: leave {series} out of the scenario, or "
            f"{REMEDY[series]}"
        )
    return found


def hypothetical(history: History, as_of: pd.Timestamp, factors: Mapping[str, float]) -> History:
    """The same history, in memory, with the levels of one session multiplied.

    The vintage that was known at the session's close is changed in its place: it arrived when it did, and all others
    are as they were.

    Args:
        history: Every vintage of the asset.
        as_of: A session that has a row.
        factors: Series of `COLUMNS` -> factor.

    Raises:
        ScenarioError: Where a series has no level to multiply.
    """
    asset = history.asset
    moment = calendar(asset.calendar).close(as_of) + asset.lag
    frame, counts = history.frame, history.counts
    for series, factor in factors.items():
        level(history, as_of, series)
        if series == "tweets" and asset.attention_source:
            day = counted_days(asset, pd.DatetimeIndex([as_of]))[0]
            counts = _multiplied(counts, _newest(counts, "day", day, moment), ("count",), factor)
        else:
            frame = _multiplied(frame, _newest(frame, "session", as_of, moment), COLUMNS[series], factor)
    return replace(history, frame=frame, counts=counts)


def _newest(vintages: pd.DataFrame, column: str, day: pd.Timestamp, moment: pd.Timestamp) -> int:
    """The place of the latest vintage of a day, of those known at the moment."""
    seen = ((vintages[column] == day) & (vintages["known_at"] <= moment)).to_numpy()
    at = np.flatnonzero(seen)
    known = vintages["known_at"].to_numpy()[at]
    return int(at[len(at) - 1 - int(np.argmax(known[::-1]))])


def _multiplied(vintages: pd.DataFrame, row: int, columns: tuple[str, ...], factor: float) -> pd.DataFrame:
    """The same vintages, with some columns of one row multiplied."""
    made = {}
    for column in columns:
        values = vintages[column].to_numpy(dtype=float, copy=True)
        values[row] *= factor
        made[column] = values
    return vintages.assign(**made)
