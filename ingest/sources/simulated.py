r"""A market whose distribution is known, so that forecasters can be scored against the truth. SIMULATED.

With `z[t]` independent Student-t of unit variance, `w` and `q` the published log changes of
tweets and volume, the change of session t given everything up to t-1 is

    v[t]      = omega + alpha * e[t-1]^2 + beta * v[t-1]                  GARCH(1,1) variance
    sd[t]     = sqrt(v[t]) * exp(tweets_sd * tanh(w[t-1]) + volume_sd * tanh(q[t-1]))
    mean[t]   = drift + tweets_mean * sd[t] * tanh(w[t-1])
    change[t] = mean[t] + sd[t] * z[t],   e[t] = sqrt(v[t]) * z[t]

so that tweets and volume tell much about tomorrow's volatility and a little about its direction.
Log tweets and log volume are autoregressions that today's surprise drives:

    a[t] = persistence * a[t-1] + surprise * (|z[t]| - E|z|) + noise * normal

A change below -95 % is cut there (about once in eight thousand years of the default market).
Each random quantity has its own stream, so that day k never depends on how many days are drawn:
fetching later only appends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from ingest.assets import Asset
from ingest.panel import VALUES, panel_rows
from ingest.sessions import Day, as_day, calendar
from ingest.sources import offered

START = "2014-01-01"
"""First session of every simulated path."""

FLOOR = -0.95
"""No change is below this."""

FETCHED = True
WINDOW = None
ASSETS = (
    Asset(
        "SIM",
        calendar="24/7",
        source="simulated",
        simulated=True,
        attention_kind="simulated tweets a day",
    ),
)


@dataclass(frozen=True)
class Market:
    """The true parameters; the defaults are the market of `SIM`.

    Attributes:
        seed: Of all streams.
        df: Degrees of freedom of the surprises, above 2.
        drift: Mean change, a fraction a session.
        omega, alpha, beta: Of the variance recursion, in squared fractions; alpha + beta < 1.
        tweets_sd, volume_sd: How log volatility answers the last change of tweets and of volume.
        tweets_mean: How the mean, in sd, answers the last change of tweets.
        persistence, surprise, noise: Of log tweets and log volume.
        price, volume, tweets: Levels around which the path begins; volume in currency.
        supply: Units in existence, for the market capitalisation.
    """

    seed: int = 20140101
    df: float = 5.0
    drift: float = 0.0001
    omega: float = 1.2e-5
    alpha: float = 0.08
    beta: float = 0.90
    tweets_sd: float = 0.60
    volume_sd: float = 0.15
    tweets_mean: float = 0.30
    persistence: float = 0.90
    surprise: float = 0.25
    noise: float = 0.20
    price: float = 100.0
    volume: float = 5e8
    tweets: float = 20_000.0
    supply: float = 1e8


def describe(symbol: str, code: str | None = None, name: str = "") -> Asset:
    """The one of `ASSETS`.

    Args:
        symbol: Its symbol.
        code: Its calendar's code, where it is known.
        name: Not looked at.

    Raises:
        UnknownSymbolError: For another asset.
        AssetConflictError: For another calendar than its own.
    """
    return offered(ASSETS, symbol, code)


def fetch(
    asset: Asset, now: datetime, first: Day | None = None, last: Day | None = None, name: str = ""
) -> pd.DataFrame:
    """The sessions of the simulated market that are closed at now.

    Args:
        asset: The one of `ASSETS`.
        now: With a time zone.
        first: First day wanted; `START` where None.
        last: Last day wanted; the last closed one where None.
        name: Not looked at.

    Returns:
        A panel from 2014-01-01 on.

    Raises:
        UnknownSymbolError: For another asset.
    """
    own = offered(ASSETS, asset.symbol)
    closed = calendar(own.calendar).last_closed(now)
    path = simulate(Market(), max(0, (closed - pd.Timestamp(START)).days + 1))
    path = path.loc[first and as_day(first) : last and as_day(last)]
    return panel_rows(own.symbol, pd.DatetimeIndex(path.index), {name: path[name] for name in VALUES}, "simulated")


def simulate(market: Market, sessions: int) -> pd.DataFrame:
    """A path of the market with the law that it was drawn from.

    Args:
        market: The true parameters.
        sessions: How many, from `START` on.

    Returns:
        One row a session, indexed by session: the panel's values, and the true conditional law of
        the session's change given the session before: `mean` and `scale` in fractions, and
        `df`, of a Student-t `mean + scale * t(df)`. The first session has no change: NaN.

    >>> longer, shorter = simulate(Market(), 60), simulate(Market(), 40)
    >>> longer.iloc[:40].equals(shorter)
    True
    """
    days = pd.date_range(START, periods=sessions, freq="D", unit="us", name="session")
    noises = _Streams.draw(market, sessions)
    path = _path(market, noises)
    opened = np.concatenate([path["close"][:1], path["close"][:-1]])
    reach = 0.5 * path["sd"]
    path["open"] = opened
    path["high"] = np.maximum(opened, path["close"]) * np.exp(reach * np.abs(noises.high))
    path["low"] = np.minimum(opened, path["close"]) * np.exp(-reach * np.abs(noises.low))
    path["market_cap"] = path["close"] * market.supply
    path["adjustment"] = np.ones(sessions)
    path["scale"] = path["sd"] * math.sqrt((market.df - 2) / market.df)
    path["df"] = np.full(sessions, market.df)
    for name in ("mean", "scale"):
        path[name][:1] = np.nan
    return pd.DataFrame({name: path[name] for name in (*VALUES, "mean", "scale", "df")}, index=days)


@dataclass(frozen=True)
class _Streams:
    """Random numbers `(sessions,)`, each from a stream of its own."""

    z: np.ndarray
    tweets: np.ndarray
    volume: np.ndarray
    high: np.ndarray
    low: np.ndarray

    @classmethod
    def draw(cls, market: Market, sessions: int) -> _Streams:
        seeds = np.random.SeedSequence(market.seed).spawn(5)
        surprises, *others = (np.random.Generator(np.random.PCG64(seed)) for seed in seeds)
        unit = math.sqrt((market.df - 2) / market.df)
        z = surprises.standard_t(market.df, sessions) * unit
        return cls(z, *(stream.standard_normal(sessions) for stream in others))


def _path(market: Market, noises: _Streams) -> dict[str, np.ndarray]:
    """The recursion of the module's docstring, from rest: one pass over the sessions."""
    names = ("close", "volume", "tweets", "mean", "sd")
    out = {name: np.empty(len(noises.z)) for name in names}
    usual = _mean_absolute(market.df)
    v, e = market.omega / (1 - market.alpha - market.beta), 0.0
    a = u = w = q = 0.0
    close, tweets, volume = market.price, market.tweets, market.volume
    for t, z in enumerate(noises.z.tolist()):
        v = market.omega + market.alpha * e * e + market.beta * v
        sd = math.sqrt(v) * math.exp(market.tweets_sd * math.tanh(w) + market.volume_sd * math.tanh(q))
        mean = market.drift + market.tweets_mean * sd * math.tanh(w)
        e = math.sqrt(v) * z
        if t:
            close *= 1 + max(mean + sd * z, FLOOR)
        driven = market.surprise * (abs(z) - usual)
        a = market.persistence * a + driven + market.noise * float(noises.tweets[t])
        u = market.persistence * u + driven + market.noise * float(noises.volume[t])
        before = tweets, volume
        tweets, volume = max(1.0, round(market.tweets * math.exp(a))), market.volume * math.exp(u)
        if t:
            w, q = math.log(tweets / before[0]), math.log(volume / before[1])
        for name, value in zip(names, (close, volume, tweets, mean, sd), strict=True):
            out[name][t] = value
    return out


def _mean_absolute(df: float) -> float:
    """E|z| of a Student-t of unit variance."""
    log_ratio = math.lgamma((df + 1) / 2) - math.lgamma(df / 2)
    return 2 * math.sqrt(df - 2) * math.exp(log_ratio) / (math.sqrt(math.pi) * (df - 1))
