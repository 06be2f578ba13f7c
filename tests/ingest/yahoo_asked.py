"""Listings made up, a Yahoo session that asks a server about them, and what came of it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ingest.errors import IngestError
from ingest.limits import Limits
from ingest.sessions import calendar
from ingest.sources import yahoo
from ingest.yahoo_chart import Chart, download
from ingest.yahoo_session import YahooSession
from tests.ingest.loopback import Server
from tests.ingest.yahoo_server import Listing
from tests.ingest.yahoo_server import yahoo as speaks

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from tests.ingest.loopback import Answer, Asked

NOW = datetime(2024, 6, 28, 22, tzinfo=UTC)
LIMITS = Limits(max_bytes=1_000_000, wait=(20, 60))
QUICK = Limits(connect=1.0, deadline=2.5, max_bytes=1_000_000, wait=(20, 60))
"""For faults that the clock must find."""
_NUMBER = itertools.count(1)


def listing(first: str = "2024-01-02", last: str = "2024-06-28", code: str = "XNYS", **facts: Any) -> Listing:
    """A new symbol with a price in cents on every session of a calendar."""
    days = calendar(code).sessions(first, last)
    rng = np.random.default_rng(3)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.02, len(days)))), 2)
    return Listing(f"T{next(_NUMBER):03d}", days, close, **facts)


class Ask:
    """A session against a script; remembers how long it was told to wait."""

    def __init__(self, script: Callable[[Asked], Answer], limits: Limits = LIMITS) -> None:
        """Nothing is asked yet."""
        self.waits: list[float] = []
        self.server = Server(script)
        self.session = YahooSession(self.server.url, limits, lambda: 1000.0)

    def chart(self, symbol: str, first: str = "2024-01-01") -> Chart:
        return download(symbol, first, self.session, self.waits.append)

    def rows(self, symbol: str, now: datetime = NOW, code: str | None = None, **days: str) -> pd.DataFrame:
        with self.server:
            chart = self.chart(symbol, days.pop("first", "2024-01-01"))
            return yahoo.rows_of(chart, yahoo.asset_of(symbol, chart.meta, code), now, **days)

    def fault(self, symbol: str, kind: type[IngestError]) -> str:
        with self.server, pytest.raises(IngestError) as caught:
            self.chart(symbol)
        line = str(caught.value)
        assert type(caught.value) is kind, line
        assert line.startswith(f"yahoo: {symbol}: ")
        assert "\n" not in line
        return line

    @property
    def charts(self) -> list[Asked]:
        return [asked for asked in self.server.asked if "/chart/" in asked.path]


def rows(share: Listing, now: datetime = NOW, **options: Any) -> pd.DataFrame:
    """The panel of one listing."""
    return Ask(speaks(share)).rows(share.symbol, now, **options)
