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
SINGLE = 6e-8
"""How far a number of single precision may lie from what was meant, relative."""


def on_priced_days(bars: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events on days that have a price: what falls on a day without one counts on the next that has.

    >>> days = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"])
    >>> bars = pd.DataFrame({"close": [50.0, np.nan, 51.0, np.nan], "dividends": [0.0, 0.2, 0.0, 0.0],
    ...                      "capital_gains": 0.0, "splits": [1.0, 2.0, 1.0, 3.0]}, index=days)
    >>> rows, coming = on_priced_days(bars)
    >>> rows[["close", "dividends", "splits"]].to_numpy().tolist(), coming["splits"].tolist()
    ([[50.0, 0.0, 1.0], [51.0, 0.2, 2.0]], [3.0])

    Args:
        bars: Indexed by day, oldest first: close, dividends, capital_gains, splits, and any other.

    Returns:
        The rows with a close above zero, and those after the last of them, whose events are still to count.
    """
    at = np.flatnonzero(bars["close"].to_numpy(dtype=float) > 0)
    if not at.size:
        return bars.iloc[:0], bars
    rows, end = bars.iloc[at].copy(), at[-1] + 1
    starts = np.append(0, at[:-1] + 1)
    for name in ("dividends", "capital_gains"):
        rows[name] = np.add.reduceat(bars[name].to_numpy(dtype=float)[:end], starts)
    rows["splits"] = np.multiply.reduceat(bars["splits"].to_numpy(dtype=float)[:end], starts)
    return rows, bars.iloc[end:]


def as_traded(bars: pd.DataFrame, undivided: pd.DatetimeIndex | None = None) -> pd.DataFrame:
    """Rows with a close, their prices as they were traded, and the total-return factor of each.

    >>> days = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04"])
    >>> columns = dict.fromkeys(("open", "high", "low", "adjusted"), np.nan) | {"capital_gains": 0.0}
    >>> bars = pd.DataFrame({"close": [50.0, 51.0, 52.0], "volume": [200.0, 100.0, 100.0], **columns,
    ...                      "dividends": [0.0, 0.0, 0.52], "splits": [1.0, 2.0, 1.0]}, index=days)
    >>> as_traded(bars)[["close", "volume", "adjustment"]].to_numpy().tolist()
    [[100.0, 100.0, 1.0], [51.0, 100.0, 2.0], [52.0, 100.0, 1.01]]
    >>> as_traded(bars, days[1:2])["close"].tolist()
    [50.0, 51.0, 52.0]

    Args:
        bars: Indexed by day, oldest first: open, high, low, close, adjusted, volume, dividends, capital_gains, splits.
        undivided: Days of splits by which what is before them is not divided yet; see `ingest.split_readings`.
    """
    splits = bars["splits"].to_numpy(dtype=float)
    if undivided is not None and len(undivided):
        owed = _after(np.where(bars.index.isin(undivided), splits, 1.0))
        bars = bars.assign(volume=bars["volume"] * owed)
        for name in (*PRICES, "adjusted", "dividends", "capital_gains"):
            bars[name] = bars[name] / owed
    rows, _ = on_priced_days(bars)
    times = _after(splits)[bars.index.isin(rows.index)]
    traded = rows.copy()
    for name in PRICES:
        prices = _rounded(rows[name].to_numpy(dtype=float) * times)
        traded[name] = np.where(prices > 0, prices, np.nan)
    volume = np.round(rows["volume"].to_numpy(dtype=float) / times)
    traded["volume"] = np.where(volume >= 0, volume, np.nan)
    paid = _rounded(_payments(rows) * times)
    traded["adjustment"] = rows["splits"].to_numpy(dtype=float) * (1.0 + paid / traded["close"].to_numpy(dtype=float))
    return traded


def _after(splits: Numbers) -> Numbers:
    """The product of the splits after each day."""
    later: Numbers = np.append(np.cumprod(splits[::-1])[::-1][1:], 1.0)
    return later


def _payments(rows: pd.DataFrame) -> Numbers:
    """Dividends plus capital gains, unless Yahoo's dividends hold the gains already; its adjusted close tells."""
    dividends, gains = (rows[name].to_numpy(dtype=float) for name in ("dividends", "capital_gains"))
    close, adjusted = (rows[name].to_numpy(dtype=float) for name in ("close", "adjusted"))
    paid: Numbers = dividends + gains
    for t in np.flatnonzero(gains > 0):
        ratio = (adjusted[t - 1] / close[t - 1]) / (adjusted[t] / close[t]) if t else np.nan
        implied = close[t - 1] * (1.0 - ratio)
        if abs(implied - dividends[t]) < abs(implied - paid[t]):
            paid[t] = dividends[t]
    return paid


def _rounded(values: Numbers) -> Numbers:
    """To seven significant digits, correctly: through decimal text; to six where single precision says no more.

    >>> _rounded(np.array([97.259994506835938, 24.31499]))  # 97.26 in single precision after a division; no 24.315
    array([97.26   , 24.31499])
    """
    found = np.array([float(f"{value:.{DIGITS - 1}g}") for value in values])
    finer = np.flatnonzero(np.abs(found - values) > SINGLE * np.abs(values))
    found[finer] = [float(f"{value:.{DIGITS}g}") for value in values[finer]]
    return found
