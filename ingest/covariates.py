"""What is known at a close about how far the next change may go: volatility, and covariates of it.

Everything runs forward over sessions: a value at a close is a function of what was known then, and no later row can
alter a byte of it. Where a column is missing the covariates that need it are NaN; where a value of it is missing the
average of the earlier ones stands. With `EWMA_h` the exponentially weighted mean of half-life h sessions, `r` the
change of price and `s` its volatility:

    short_volatility   log EWMA_3 |r| - log s
    long_volatility    log of the mean of all r^2 so far / 2 - log s
    leverage           EWMA_3 of q, in units of its own sd, where q = r / s with the s before r
    range              log EWMA_3 of Garman and Klass's variance / 2 - log s
    days_to_target     log of the days from this close to the next session
    volume, tweets     log level minus its EWMA_20, at most 2 in size
    long_leverage      EWMA_10 of q, in units of its own sd

The variance of a day's range is that of Garman and Klass (1980, doi:10.1086/296072).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

WARM_UP = 20
"""Changes that must have been seen before a volatility is given."""

TAME = 20.0
"""Volatilities beyond which a change counts as this many: a slipped decimal must not rule for a year."""

QUIET = 0.02
"""Volatility is never taken below this fraction of the median move so far."""

RANGE_CAP = 8.0
"""Volatilities beyond which the log range of a day is not believed."""

PRICE_CLIP, LEVEL_CLIP, COVARIATE_CLIP = 5.0, 4.0, 6.0
"""Where standardised changes of price, those of other series, and covariates end."""

LEVEL_HALF_LIFE = 30.0
"""Half-life of the spread by which changes of other series are divided, sessions."""

SHORT, LONG, LEVEL = 3.0, 10.0, 20.0
"""Half-lives of the covariates, sessions."""


@dataclass(frozen=True)
class Covariate:
    """A covariate of the log scale, with the fixed numbers that standardise it: nothing is learnt from a sample.

    Attributes:
        name: Its column.
        kind: What it speaks of, for people.
        centre: Its usual value.
        spread: Its usual standard deviation.
        core: Whether much is expected of it: the others are held closer to zero.
    """

    name: str
    kind: str
    centre: float
    spread: float
    core: bool


COVARIATES = (
    Covariate("short_volatility", "volatility", -0.27, 0.23, core=True),
    Covariate("long_volatility", "volatility", 0.0, 0.42, core=True),
    Covariate("leverage", "leverage", 0.0, 1.0, core=True),
    Covariate("range", "range", -0.25, 0.25, core=True),
    Covariate("days_to_target", "calendar", 0.2, 0.46, core=False),
    Covariate("volume", "volume", 0.0, 0.2, core=False),
    Covariate("tweets", "tweets", 0.0, 0.3, core=False),
    Covariate("long_leverage", "leverage", 0.0, 1.0, core=False),
)

_OF_ITSELF = {of.name: of for of in COVARIATES}
_MARKET = "market_"

KNOWN = "_known"
"""What the name of a covariate ends with that says whether a series is known."""

Group = Literal["core", "minor", "market", "own"]


def group_of(name: str) -> Group:
    """What is expected of a covariate: much or little of the asset's bars, of its market's, of a series of its own.

    >>> group_of("range"), group_of("volume"), group_of("market_range"), group_of("implied_volatility")
    ('core', 'minor', 'market', 'own')
    """
    if name in _OF_ITSELF:
        return "core" if _OF_ITSELF[name].core else "minor"
    return "market" if name.startswith(_MARKET) else "own"


def kind_of(name: str) -> str:
    """What a covariate speaks of, for people.

    >>> kind_of("long_leverage"), kind_of("market_range"), kind_of("implied_volatility_known")
    ('leverage', 'market', 'implied volatility')
    """
    if name in _OF_ITSELF:
        return _OF_ITSELF[name].kind
    return "market" if name.startswith(_MARKET) else name.removesuffix(KNOWN).replace("_", " ")


def volatility(price_changes: pd.Series, half_life: float) -> pd.DataFrame:
    """The exponentially weighted volatility known at each session's close, and the changes as it took them.

    `s[t]^2 = sum_k w^k c[t-k]^2 / sum_k w^k + floor^2` over the changes up to and including t, with
    `w = 0.5 ** (1 / half_life)` and c the change, at most `TAME` times the volatility before it. A missing change is
    skipped: the last value stands, and earlier changes do not fade over the gap.

    Args:
        price_changes: Fractions per session `(sessions,)`, oldest first, NaN for a gap.
        half_life: In sessions, above zero.

    Returns:
        Columns `change` and `volatility`, fractions per session `(sessions,)`; the volatility is NaN until
        `WARM_UP` changes have been seen.

    Raises:
        ValueError: A half-life that is not above zero.

    >>> import pandas as pd
    >>> quiet = pd.Series([0.01, -0.01] * 15)
    >>> round(float(volatility(quiet, half_life=10)["volatility"].iloc[-1]), 6)
    0.010002
    """
    if not half_life > 0:
        raise ValueError(f"half_life is {half_life} sessions: it must be above zero")
    change = price_changes.to_numpy(dtype=float)
    size = price_changes.abs()
    floor = (QUIET * size.where(size > 0).expanding().median()).ffill().fillna(0.0).to_numpy()
    decay, total, weight, seen, known = 0.5 ** (1 / half_life), 0.0, 0.0, 0, np.nan
    tame, found = np.full(len(change), np.nan), np.full(len(change), np.nan)
    for t, value in enumerate(change.tolist()):
        if value == value:  # noqa: PLR0124  # not NaN
            kept = max(-TAME * known, min(TAME * known, value)) if known > 0 else value
            total, weight, seen = decay * total + kept * kept, decay * weight + 1, seen + 1
            tame[t] = kept
            if seen >= WARM_UP:
                known = float(np.sqrt(total / weight + floor[t] ** 2))
        found[t] = known
    return pd.DataFrame({"change": tame, "volatility": np.where(found > 0, found, np.nan)}, index=price_changes.index)


def standard_changes(changes: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Changes in units in which every day and every asset look alike.

    A change of price is divided by the volatility known before it; the logarithm of any other ratio by its own
    exponentially weighted spread known before it.

    Args:
        changes: A row for every calendar session, as `ingest.changes.simple_changes` gives them.
        known: What `volatility` gave for their price.

    Returns:
        The same columns and rows, without unit, NaN where not known.
    """
    made = {}
    for name in map(str, changes.columns):
        if name == "price":
            made[name] = (known["change"] / known["volatility"].shift(1)).clip(-PRICE_CLIP, PRICE_CLIP)
            continue
        logs = np.log1p(changes[name])
        spread = np.sqrt(_mean(logs**2, LEVEL_HALF_LIFE, WARM_UP).shift(1))
        made[name] = (logs / spread.where(spread > 0)).clip(-LEVEL_CLIP, LEVEL_CLIP)
    return pd.DataFrame(made, index=changes.index)


def covariates(rows: pd.DataFrame, known: pd.DataFrame, target: pd.Timestamp | None) -> pd.DataFrame:
    """The covariates known at each close, standardised by their fixed numbers.

    Args:
        rows: A panel, by session; sessions that are not in `known` are not looked at.
        known: What `volatility` gave, a row for every calendar session.
        target: The session after the last; None where it is not known.

    Returns:
        `(sessions, covariates)` without unit, in the order of `COVARIATES`; NaN where not known.
    """
    panel = rows.set_index("session").reindex(known.index)
    s, before = known["volatility"], known["volatility"].shift(1)
    log_s, tiny = _log(s), QUIET * s
    standard = (known["change"] / before).clip(-PRICE_CLIP, PRICE_CLIP)
    end = np.datetime64("NaT") if target is None else np.datetime64(target)
    days = np.diff(np.append(known.index.to_numpy(), end)) / np.timedelta64(1, "D")
    raw = {
        "short_volatility": _log(_mean(known["change"].abs(), SHORT) + tiny) - log_s,
        "long_volatility": _log((known["change"] ** 2).expanding().mean()) / 2 - log_s,
        "leverage": _signed(standard, SHORT),
        "range": _log(_mean(_garman_klass(panel, before), SHORT) + tiny**2) / 2 - log_s,
        "days_to_target": pd.Series(np.log(days), index=known.index),
        "volume": _above_usual(panel["volume"], LEVEL),
        "tweets": _above_usual(panel["tweets"], LEVEL),
        "long_leverage": _signed(standard, LONG),
    }
    made = {
        of.name: ((raw[of.name] - of.centre) / of.spread).clip(-COVARIATE_CLIP, COVARIATE_CLIP) for of in COVARIATES
    }
    return pd.DataFrame(made, index=known.index)


def _mean(values: pd.Series, half_life: float, least: int = 1) -> pd.Series:
    """The exponentially weighted mean of the finite values up to each session."""
    return values.ewm(halflife=half_life, adjust=True, ignore_na=True, min_periods=least).mean()


def _signed(standard: pd.Series, half_life: float) -> pd.Series:
    """Which way the last changes went, in units of the sd that independent changes of sd 1 would give it."""
    decay = 0.5 ** (1 / half_life)
    return _mean(standard, half_life).mul(np.sqrt((1 + decay) / (1 - decay)))


def _above_usual(levels: pd.Series, half_life: float) -> pd.Series:
    logs = _log(levels)
    return (logs - _mean(logs, half_life)).clip(-2.0, 2.0)


def _log(levels: pd.Series) -> pd.Series:
    """The logarithm, NaN where there is none."""
    return pd.Series(np.log(levels.where(levels > 0).to_numpy(dtype=float)), index=levels.index)


def _garman_klass(panel: pd.DataFrame, before: pd.Series) -> pd.Series:
    """Variance of each session from its bar, NaN without one.

    A high below open or close, or a low above them, is lifted to them; a range of more than `RANGE_CAP` volatilities
    is a bad tick and counts as that many, or as the session's own move where this is larger.
    """
    o, h, low, c = (_log(panel[name]) for name in ("open", "high", "low", "close"))
    move = c - o
    reach = np.fmin(np.maximum(h, np.maximum(o, c)) - np.minimum(low, np.minimum(o, c)), RANGE_CAP * before)
    spread = np.maximum(reach, move.abs())
    whole: pd.Series = panel[["open", "high", "low", "close"]].gt(0).all(axis=1)
    variance: pd.Series = 0.5 * spread**2 - (2 * np.log(2) - 1) * move**2
    return variance.where(whole)
