"""Providers are asked side by side, each for one asset after the other; a fault is of its own asset."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from forecaster.operation import fetch
from forecaster.records.home import open_home
from ingest import sources
from ingest.assets import Asset
from tests.cheap_settings import write_cheap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forecaster.records.home import Home

NAMES = ("left", "right")
LAST = pd.Timestamp("2018-01-21")
SOURCE = '''
"""A provider that answers once the other has been asked too."""
import time
from datetime import timedelta
from pathlib import Path

import pandas as pd

from ingest.errors import ProviderError
from ingest.panel import panel_rows

FETCHED, ASSETS, WINDOW = True, (), timedelta(days=400)
HERE, OTHER = Path({here!r}), Path({other!r})


def describe(symbol, code=None, name=""):
    raise NotImplementedError


def fetch(asset, now, first=None, last=None, name=""):
    with HERE.open("a") as file:
        file.write(f"begin {{asset.symbol}}\\n")
    until = time.monotonic() + 60
    while not OTHER.exists():
        if time.monotonic() > until:
            raise ProviderError(f"{{asset.symbol}}: the other was never asked")
        time.sleep(0.02)
    with HERE.open("a") as file:
        file.write(f"end {{asset.symbol}}\\n")
    if asset.symbol.endswith("BAD"):
        raise ProviderError(f"{{asset.symbol}}: no answer")
    days = pd.date_range(end="2018-01-21", periods=5, unit="us")
    return panel_rows(asset.symbol, days, {{"close": [10.0, 10.1, 10.2, 10.1, 10.3]}}, asset.source)
'''


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home with two assets of each of two providers."""
    for name, other in zip(NAMES, reversed(NAMES), strict=True):
        text = SOURCE.format(here=str(tmp_path / f"{name}.log"), other=str(tmp_path / f"{other}.log"))
        (tmp_path / f"{name}.py").write_text(text.lstrip(), "utf-8")
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path)])
    write_cheap(tmp_path)
    opened = open_home(tmp_path)
    for name in NAMES:
        for symbol in (f"{name}.ONE", f"{name}.BAD", f"{name}.TWO"):
            opened.store.register(Asset(symbol, calendar="24/7", source=name))
    yield opened
    for name in NAMES:
        sys.modules.pop(f"ingest.sources.{name}", None)


def test_each_provider_is_asked_in_turn_and_all_at_once(home: Home) -> None:
    told = fetch.side_by_side(home, home.store.assets(), None)
    for name in NAMES:
        lines = (home.folder / f"{name}.log").read_text().split("\n")[:-1]
        assert lines == [f"{word} {name}.{own}" for own in ("ONE", "BAD", "TWO") for word in ("begin", "end")]
        assert [told[f"{name}.{own}"].fault is None for own in ("ONE", "BAD", "TWO")] == [True, False, True]
        assert str(told[f"{name}.BAD"].fault) == f"{name}.BAD: no answer"
        assert home.store.history(f"{name}.TWO").last == LAST
