"""Real daily bars of the S&P 500 and the NASDAQ Composite, 1999 to 2018, from the package arch."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from ingest.assets import Asset
from ingest.panel import panel_rows
from ingest.sessions import Day, as_day, calendar
from ingest.sources import offered

FETCHED = True
WINDOW = None
ASSETS = (
    Asset("^GSPC", calendar="XNYS", source="sample"),
    Asset("^IXIC", calendar="XNYS", source="sample"),
)


def describe(symbol: str, code: str | None = None, name: str = "") -> Asset:
    """One of `ASSETS`.

    Args:
        symbol: Its symbol.
        code: Its calendar's code, where it is known.
        name: Not looked at.

    Raises:
        UnknownSymbolError: For an asset that this source does not have.
        AssetConflictError: For another calendar than its own.
    """
    return offered(ASSETS, symbol, code)


def fetch(
    asset: Asset, now: datetime, first: Day | None = None, last: Day | None = None, name: str = ""
) -> pd.DataFrame:
    """The sessions that are closed at now; nothing is fetched from anywhere.

    The closes are those of a price index: there are no splits, and dividends are not in them, so
    the adjustment is 1.0 throughout. Volume is in shares; there is no attention.

    Args:
        asset: One of `ASSETS`.
        now: With a time zone.
        first: First day wanted; 1999-01-04 where None.
        last: Last day wanted; 2018-12-31 where None.
        name: Not looked at.

    Returns:
        A panel, sessions from 1999-01-04 to at most 2018-12-31.

    Raises:
        UnknownSymbolError: For an asset that this source does not have.
    """
    bars = _LOADERS[offered(ASSETS, asset.symbol).symbol]()
    newest = calendar(asset.calendar).last_closed(now)
    bars = bars.loc[first and as_day(first) : min(newest, as_day(last)) if last else newest]
    values = {name: bars[name.capitalize()] for name in ("open", "high", "low", "close", "volume")}
    return panel_rows(asset.symbol, pd.DatetimeIndex(bars.index), values, "sample")


def _bars(name: str) -> pd.DataFrame:
    """A table of `arch.data` as its own `load` gives it; arch itself, which takes two seconds to import, stays out."""
    (folder,) = find_spec("arch").submodule_search_locations  # type: ignore[union-attr, misc]  # it is installed
    bars = pd.read_csv(Path(folder) / "data" / name / f"{name}.csv.gz")
    bars["Date"] = pd.to_datetime(bars["Date"])
    return pd.DataFrame(bars.set_index("Date").apply(pd.to_numeric, errors="coerce"))


_LOADERS: dict[str, Callable[[], pd.DataFrame]] = {"^GSPC": partial(_bars, "sp500"), "^IXIC": partial(_bars, "nasdaq")}
