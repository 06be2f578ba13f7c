"""Others that stand beside an asset: its market, as other assets or as one that is named.

Which they are is settled before anything is looked at. Point in time they are read like the asset itself: what of them
was known at an instant (`History.known_by`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from ingest.history import History

WATCHLIST, NONE = "watchlist", "none"
"""What may stand in the place of a market's symbol: the mean of the others, and no market at all."""

FEWEST = 5
"""Assets of one calendar from which on they are each other's market."""

MOST = 30
"""Others of which a market's mean is taken; the mean of more is hardly another."""


@dataclass(frozen=True, eq=False)
class Companions:
    """The market of an asset.

    Attributes:
        others: Assets of its own calendar whose mean is its market, without companions of their own; none where one is
            named.
        market: The asset that is named as its market.
    """

    others: tuple[History, ...] = ()
    market: History | None = None

    @property
    def all(self) -> tuple[History, ...]:
        """All of them."""
        return self.others if self.market is None else (*self.others, self.market)


@dataclass(frozen=True)
class Named:
    """Who stood beside an asset in a forecast.

    Attributes:
        others: Symbols of the assets whose mean was its market.
        market: Symbol of the asset that was named as its market; empty for none.
        own: Names of the series of its own.
    """

    others: tuple[str, ...] = ()
    market: str = ""
    own: tuple[str, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Of the assets among them."""
        return (*self.others, self.market) if self.market else self.others


def exactly(history: History, named: Named, find: Callable[[str], History]) -> History:
    """A history with those companions alone that are named, as a forecast on record had them.

    Args:
        history: The asset's, with all of its series.
        named: Whom.
        find: Gives the history of a symbol; it raises where there is none.
    """
    others = tuple(replace(find(symbol), companions=None) for symbol in named.others)
    market = replace(find(named.market), companions=None) if named.market else None
    own = tuple(series for series in history.own if series.name in named.own)
    return replace(history, own=own, companions=Companions(others, market) if others or market else None)


def beside(histories: Mapping[str, History], market: str, find: Callable[[str], History]) -> dict[str, History]:
    """The same histories, each with its companions.

    Args:
        histories: The assets that are forecast together, by symbol.
        market: `WATCHLIST`, `NONE`, or the symbol of an asset.
        find: Gives the history of a symbol that is not among them; it raises where there is none.
    """
    alone = {symbol: replace(history, companions=None) for symbol, history in histories.items()}
    if market == NONE:
        return alone
    if market != WATCHLIST:
        named = alone.get(market) or replace(find(market), companions=None)
        return {s: h if s == market else replace(h, companions=Companions(market=named)) for s, h in alone.items()}
    made = {}
    for symbol, history in alone.items():
        group = [other for other in alone.values() if other.asset.calendar == history.asset.calendar]
        others = tuple(islice((other for other in group if other is not history), MOST))
        made[symbol] = replace(history, companions=Companions(others)) if len(group) >= FEWEST else history
    return made


def latest_by(history: History, instant: pd.Timestamp) -> pd.Timestamp:
    """The last session of an asset whose row its source has published by an instant, whether the row is there or not.

    Raises:
        CalendarRangeError: None is.
    """
    return calendar(history.asset.calendar).newest_closed((instant - history.asset.lag).to_pydatetime())
