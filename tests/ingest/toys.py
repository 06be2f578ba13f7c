"""A source and a count of attention, each one file, put beside those of the registry for a test."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

SOURCE = '''"""Closes that are a day's number, for tests.

A longer word about it.
"""

from datetime import timedelta

import numpy as np
import pandas as pd

from ingest.assets import Asset
from ingest.errors import RateLimitedError, UnknownSymbolError
from ingest.panel import panel_rows
from ingest.sessions import as_day, calendar

FETCHED = True
ASSETS = ()
WINDOW = timedelta(days=30)


def describe(symbol, code=None, name=""):
    if name == "NONE":
        raise UnknownSymbolError(f"toy: {symbol}: not known: ask for another")
    return Asset(symbol, code or "24/7", "toy", lag_minutes=5)


def fetch(asset, now, first=None, last=None, name=""):
    if name == "SLOW":
        raise RateLimitedError(f"toy: {name}: too many requests: wait", retry_after=3600)
    days = calendar(asset.calendar)
    newest = days.last_closed(now - asset.lag)
    newest = min(newest, as_day(last)) if last is not None else newest
    sessions = days.sessions(as_day(first or "2020-01-01"), newest)
    close = [100 + day.toordinal() * 7919 % 997 / 100 + len(name) for day in sessions]
    return panel_rows(asset.symbol, sessions, {"close": np.array(close)}, "toy")
'''

ADAPTER = '''"""A day's number as its count, for tests."""

from datetime import timedelta

import pandas as pd

from ingest.daily_counts import Counts, final_days, series_of

KIND = "nods a day"
LAG = timedelta(hours=1)


def attention(subject, first, last, now, transport=None):
    start, end = final_days(first, last, now, LAG, f"toy: {subject}")
    days = pd.date_range(start, end, unit="us")
    return Counts(KIND, LAG, series_of({day: day.toordinal() % 97 for day in days}, start, end, "toy"), "")
'''


@contextmanager
def beside(registry: ModuleType, text: str, folder: Path) -> Iterator[None]:
    """The registry with one file more, `toy`; nothing of it is left behind."""
    folder.mkdir(parents=True)
    (folder / "toy.py").write_text(text, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "__path__", [*registry.__path__, str(folder)])
        yield
    sys.modules.pop(f"{registry.__name__}.toy", None)
    vars(registry).pop("toy", None)
