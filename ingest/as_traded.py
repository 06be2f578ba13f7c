"""From a provider's split-adjusted bars back to prices as they were traded, with total-return factors.

`ingest.sources.yahoo` says why, and has the formula.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.float64]
PRICES = ("open", "high", "low", "close")
DIGITS = 7
"""Significant digits of a price: the precision of what Yahoo sends."""


def as_traded(bars: pd.DataFrame) -> pd.DataFrame:
    """Rows with a close, their prices as they were traded, and the total-return factor of each.

    >>> days = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04"])
    >>> columns = dict.fromkeys(("open", "high", "low", "adjusted"), np.nan) | {"capital_gains": 0.0}
    >>> bars = pd.DataFrame({"close": [50.0, 51.0, 52.0], "volume": [200.0, 100.0, 100.0], **columns,
    ...                      "dividends": [0.0, 0.0, 0.52], "splits": [1.0, 2.0, 1.0]}, index=days)
    >>> as_traded(bars)[["close", "volume", "adjustment"]].to_numpy().tolist()
    [[100.0, 100.0, 1.0], [51.0, 100.0, 2.0], [52.0, 100.0, 1.01]]
    """
    splits = bars["splits"].to_numpy(dtype=float)
    later = np.append(np.cumprod(splits[::-1])[::-1][1:], 1.0)
    at = np.flatnonzero(bars["close"].to_numpy(dtype=float) > 0)
    if not at.size:
        return bars.iloc[:0].assign(adjustment=1.0)
    after = later[at]
    traded = bars.iloc[at].copy()
    for name in PRICES:
        prices = _rounded(traded[name].to_numpy(dtype=float) * after)
        traded[name] = np.where(prices > 0, prices, np.nan)
    volume = np.round(traded["volume"].to_numpy(dtype=float) / after)
    traded["volume"] = np.where(volume >= 0, volume, np.nan)
    starts = np.append(0, at[:-1] + 1)  # of each priced row: what falls on rows without a price before it is its own
    end = at[-1] + 1
    paid = _rounded(np.add.reduceat(_payments(bars)[:end], starts) * after)
    split = np.multiply.reduceat(splits[:end], starts)
    traded["adjustment"] = split * (1.0 + paid / traded["close"].to_numpy(dtype=float))
    return traded


def _payments(bars: pd.DataFrame) -> Numbers:
    """Dividends plus capital gains, unless Yahoo's dividends hold the gains already; its adjusted close tells."""
    dividends, gains = (bars[name].to_numpy(dtype=float) for name in ("dividends", "capital_gains"))
    close, adjusted = (bars[name].to_numpy(dtype=float) for name in ("close", "adjusted"))
    paid: Numbers = dividends + gains
    for t in np.flatnonzero(gains > 0):
        ratio = (adjusted[t - 1] / close[t - 1]) / (adjusted[t] / close[t]) if t else np.nan
        implied = close[t - 1] * (1.0 - ratio)
        if abs(implied - dividends[t]) < abs(implied - paid[t]):
            paid[t] = dividends[t]
    return paid


def _rounded(values: Numbers) -> Numbers:
    """To seven significant digits, correctly: through decimal text."""
    return np.array([float(f"{value:.{DIGITS}g}") for value in values])
