"""The assets that are watched, each with the others that stand beside it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from forecaster.errors import ForecasterError
from forecaster.issuing.diagnostics import companions_of
from ingest.companions import MOST, NONE, WATCHLIST, Named, beside, exactly
from ingest.errors import UnknownSymbolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from forecaster.records.home import Home
    from ingest.assets import Asset
    from ingest.history import History


def watchlist(home: Home, symbols: tuple[str, ...] = ()) -> tuple[Asset, ...]:
    """The assets asked for, else those of the settings, else all in the store."""
    stopped = home.settings.data.stopped
    for symbol in symbols:
        if symbol in stopped:
            raise ForecasterError(f"{symbol} is stopped: remove it from data.stopped to forecast it again")
    wanted = symbols or home.settings.data.symbols
    assets = tuple(home.store.asset(symbol) for symbol in wanted) if wanted else home.store.assets()
    assets = tuple(asset for asset in assets if asset.symbol not in stopped)
    if not assets:
        raise ForecasterError(
            f"there is no asset in {home.folder}: import one with `forecaster ingest csv FILE --symbol S`, or try "
            "`forecaster demo`"
        )
    return assets


def reported(home: Home, assets: tuple[Asset, ...]) -> tuple[str, ...]:
    """Symbols of a day's report: the whole watchlist, and what was asked for besides.

    Two runs of one day, each for some assets, must not hide each other's forecasts.
    """
    return tuple(dict.fromkeys(asset.symbol for asset in (*watchlist(home), *assets)))


def _watched(home: Home) -> tuple[Asset, ...]:
    """The watchlist without those that are stopped, in order; none where it cannot be told."""
    stopped, wanted = home.settings.data.stopped, home.settings.data.symbols
    assets = home.store.assets()
    own = {asset.symbol: asset for asset in assets}
    return tuple(own[symbol] for symbol in wanted or own if symbol in own and symbol not in stopped)


def histories(home: Home, assets: Iterable[Asset]) -> Mapping[str, History]:
    """Every vintage of some assets, each with its companions: the watchlist's others, or the market that is named."""
    wanted = {asset.symbol: asset for asset in assets}
    together = {symbol: home.store.history(symbol) for symbol in wanted}
    if home.settings.forecast.market == WATCHLIST:
        for code in dict.fromkeys(asset.calendar for asset in wanted.values()):
            for one in islice((one for one in _watched(home) if one.calendar == code), MOST + 1):
                if one.symbol not in together:
                    together[one.symbol] = home.store.history(one.symbol)
    order = [symbol for one in _watched(home) if (symbol := one.symbol) in together]
    known = {symbol: together[symbol] for symbol in dict.fromkeys((*order, *together))}
    made = beside(known, home.settings.forecast.market, lambda symbol: named_market(home, symbol))
    return {symbol: made[symbol] for symbol in wanted}


def named_market(home: Home, symbol: str) -> History:
    """Every vintage of the asset that the settings name as the market.

    Raises:
        ForecasterError: It is not in the store.
    """
    try:
        return home.store.history(symbol)
    except UnknownSymbolError as fault:
        remedy = f"import it, or say {WATCHLIST} (the mean of the others) or {NONE}"
        raise ForecasterError(f"setting forecast.market: {fault}: {remedy}") from fault


def history(home: Home, symbol: str, as_of: pd.Timestamp | None = None) -> History:
    """Every vintage of one asset with its companions: those of a day's forecasts on record, else those of now."""
    asset = home.store.asset(symbol)
    if as_of is not None:
        recorded = home.ledger.forecasts((symbol,), as_of, columns=("diagnostics",))
        for text in recorded["diagnostics"].head(1):
            beside_it = companions_of(text)
            return exactly(home.store.history(symbol), beside_it[1] if beside_it else Named(), home.store.history)
    return histories(home, (asset,))[symbol]
