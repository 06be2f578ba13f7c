"""Whether Yahoo has divided the prices before a split by it already, read from the prices themselves.

Yahoo lists a split when it is announced, and divides the history by it at some time on the day on which it takes
effect, or some days late. Taken for the other state, every earlier price is wrong by the ratio. With r new shares
for one old, and c and p the closes before and after the split as they came,

    u = -log(p / c) / log(r)

is near 0 where c is divided by r already, and near 1 where it is not. Where no price after the split is known yet,
or r is too near 1 for that, the decimals tell: a price as it was traded has no more of them than Yahoo shows
(`priceHint`), and one that was divided has, as a rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.as_traded import on_priced_days
from ingest.errors import NoDataError

if TYPE_CHECKING:
    from collections.abc import Iterator

Numbers = npt.NDArray[np.float64]

CLEAR = np.log(1.5)
"""A ratio that is nearer to 1 looks like a day's move."""
NEAR = 0.25
"""How far u may lie from 0 or 1: a fall of 16 % beside a split of 2 for 1."""
RECENT = 40
"""Closes before a split whose decimals are looked at."""
ENOUGH = 20
_MOST = 0.9
"""Share of closes that must fit: some are printed with more decimals than their market shows."""
_HALF = 0.5
_SURE = 0.1
"""Ticks; a price that single precision keeps less sharply says nothing of its decimals."""
_LATE = pd.Timedelta(7, unit="D")
"""After so many days Yahoo has divided, also where no price has come since: trading is halted."""


@dataclass(frozen=True)
class Present:
    """Where the present stands among the rows.

    Attributes:
        settled: The last day whose close is final.
        today: The exchange's local day.
        decimals: That Yahoo shows prices of the symbol with; None where it does not say.
    """

    settled: pd.Timestamp
    today: pd.Timestamp
    decimals: int | None


@dataclass(frozen=True, eq=False)
class _Split:
    """The splits between two prices.

    Attributes:
        days: Theirs.
        ratio: New shares for one old.
        before: Closes before it, as they came, the last `RECENT`, none from before another split.
        price: The close after it; NaN where there is none yet.
        is_settled: Whether that close is final, or the day long past.
    """

    days: pd.DatetimeIndex
    ratio: float
    before: Numbers
    price: float
    is_settled: bool


def undivided(bars: pd.DataFrame, present: Present, where: str) -> pd.DatetimeIndex:
    """The days of the splits by which Yahoo has not divided yet.

    Args:
        bars: As they came; see `ingest.as_traded`.
        present: Where the present stands.
        where: Provider and symbol, for the message.

    Raises:
        NoDataError: It cannot be told.
    """
    found: list[pd.Timestamp] = []
    for split in _splits(bars, present):
        divided = _settled(split, present) if split.is_settled else _pending(split, present)
        if divided is None:
            raise NoDataError(
                f"{where}: a split of {split.ratio:.6g} for 1 is announced for {split.days[-1]:%Y-%m-%d}, and its "
                "prices do not show whether Yahoo has already divided them by it: nothing was stored; try again after "
                "that session's close"
            )
        if not divided:
            found.extend(split.days)
    return pd.DatetimeIndex(found, dtype="datetime64[us]")


def _splits(bars: pd.DataFrame, present: Present) -> Iterator[_Split]:
    rows, _ = on_priced_days(bars)
    close, priced = rows["close"].to_numpy(dtype=float), pd.DatetimeIndex(rows.index)
    days = pd.DatetimeIndex(bars.index[bars["splits"] != 1])
    at = np.searchsorted(priced.to_numpy(), days.to_numpy())  # of each split, the first price after it
    previous = 0
    for t in np.unique(at[at > 0]).tolist():  # before the first price there is nothing to divide
        own, is_coming = days[at == t], t == len(rows)
        # Of several that are to come, Yahoo may have divided by some: no decimals are looked at.
        before = close[:0] if is_coming and len(own) > 1 else close[max(previous, t - RECENT) : t]
        ratio = float(bars.loc[own, "splits"].to_numpy(dtype=float).prod())
        price = np.nan if is_coming else float(close[t])
        settled = own[0] + _LATE < present.today if is_coming else priced[t] <= present.settled
        yield _Split(own, ratio, before, price, bool(settled))
        previous = t


def _settled(split: _Split, present: Present) -> bool:
    """Of a split that has taken effect the prices are divided, unless they clearly are not: Yahoo may be late.

    Where neither level nor decimals tell (a ratio near 1, soon after another split), Yahoo is taken to be in time.
    """
    by_level = _by_level(split)
    if by_level is not None or abs(np.log(split.ratio)) >= CLEAR or _by_decimals(split, present) != (False, True):
        return by_level is not False
    # Eighths of a dollar that were divided by 5/4 are whole tenths: of old prices decimals alone prove nothing.
    return split.days[-1] + _LATE < present.today and (np.isnan(split.price) or _nearness(split) <= _HALF)


def _pending(split: _Split, present: Present) -> bool | None:
    """Of a split that takes effect now or later; None where it cannot be told."""
    by_level = _by_level(split)
    if by_level is not None:
        return by_level
    as_divided, as_traded = _by_decimals(split, present)
    if as_divided != as_traded:
        return as_divided
    # Before its day Yahoo has not divided; but closes that would all be whole tens of ticks speak for a reverse split.
    if split.days[0] > present.today and not (as_divided and split.ratio < 1):
        return False
    return None


def _nearness(split: _Split) -> float:
    return float(-np.log(split.price / split.before[-1]) / np.log(split.ratio))


def _by_level(split: _Split) -> bool | None:
    """Whether the close before is divided, by the close after; None where that does not tell."""
    if abs(np.log(split.ratio)) < CLEAR or np.isnan(split.price):
        return None
    nearness = _nearness(split)
    if abs(nearness) <= NEAR:
        return True
    return False if abs(nearness - 1) <= NEAR else None


def _by_decimals(split: _Split, present: Present) -> tuple[bool, bool]:
    """Whether the closes before could be divided prices, and whether they could be traded ones."""
    return _fits(split.before * split.ratio, present.decimals), _fits(split.before, present.decimals)


def _fits(closes: Numbers, decimals: int | None) -> bool:
    """Whether prices have no more decimals than are shown, within single precision.

    >>> shown = np.arange(100.01, 130.0, 1.03)
    >>> _fits(shown, 2), _fits(shown / 4, 2)
    (True, False)
    """
    if decimals is None:
        return False
    ticks = closes * 10.0**decimals
    slack = np.maximum(0.01, 2e-7 * np.abs(ticks))
    sure = slack < _SURE
    fits = np.abs(ticks - np.round(ticks)) <= slack
    return bool(sure.sum() >= ENOUGH and fits[sure].mean() >= _MOST)
