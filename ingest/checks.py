"""Findings about a panel: what a careful person would want to know before trusting it.

A finding changes nothing. Gaps and zeros drop the windows that touch them; the finding says how
many there are and what can be done. What is noteworthy about the record of these rows, their
vintages and sources, is found in `ingest.record_checks`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.changes import simple_changes
from ingest.sessions import Calendar
from ingest.slips import slips
from ingest.splits import unadjusted_splits

Mask = npt.NDArray[np.bool_]

COLUMNS = ("check", "first", "last", "count", "detail", "remedy")

DEVIATIONS = 8.0
"""A price change this many robust standard deviations from the median is worth a look."""

STALE = 5
"""So many equal closes at the end are worth a look."""

CURRENCIES, SUNDAY = "24/5", 6
"""Currencies open on Sunday evening: many files have a row of it, which is not used, and nothing is wrong."""

_NORMAL = 1.4826
"""Standard deviation of a normal over its median absolute deviation."""


@dataclass(frozen=True)
class Finding:
    """One kind of finding: the sessions concerned, how many, what was seen, and what to do."""

    check: str
    first: pd.Timestamp
    last: pd.Timestamp
    count: int
    detail: str
    remedy: str


def findings(rows: pd.DataFrame, calendar: Calendar) -> tuple[Finding, ...]:
    """Everything noteworthy about a panel, one of each check that found something.

    Args:
        rows: A panel of one asset, as `ingest.panel.check_panel` and `ingest.history` give it.
        calendar: The asset's calendar.

    Raises:
        CalendarRangeError: Rows outside the calendar's years.
    """
    if rows.empty:
        return ()
    days = pd.DatetimeIndex(rows["session"])
    traded = _among(days, calendar.sessions(days[0], days[-1]))
    used = rows[traded]
    said = [*_off_calendar(rows[~traded], calendar)]
    return (*said, *(one for check in _CHECKS for one in check(used, calendar))) if len(used) else tuple(said)


def finding(check: str, days: pd.DatetimeIndex, detail: str, remedy: str) -> Finding:
    """A finding about these sessions, oldest first."""
    return Finding(check, days[0], days[-1], len(days), detail, remedy)


def as_table(found: Iterable[Finding]) -> pd.DataFrame:
    """Findings as a table, a row each; columns `COLUMNS`, with their types also where there is none."""
    table = pd.DataFrame([asdict(one) for one in found], columns=list(COLUMNS))
    texts = dict.fromkeys(("check", "detail", "remedy"), "str")
    return table.astype({**texts, "first": "datetime64[us]", "last": "datetime64[us]", "count": "int64"})


def _gaps(rows: pd.DataFrame, calendar: Calendar) -> Iterator[Finding]:
    days = pd.DatetimeIndex(rows["session"])
    sessions = calendar.sessions(days[0], days[-1])
    absent = ~_among(sessions, days)
    if absent.any():
        starts = np.flatnonzero(np.diff(absent.astype(int), prepend=0) == 1)
        ends = np.flatnonzero(np.diff(absent.astype(int), append=0) == -1)
        longest = int(np.argmax(ends - starts))
        length = ends[longest] - starts[longest] + 1
        detail = (
            f"in {len(starts)} {'place' if len(starts) == 1 else 'places'}, the longest {length} "
            f"{'session' if length == 1 else 'sessions'} from {sessions[starts[longest]]:%Y-%m-%d}"
        )
        remedy = "import the missing sessions; windows that touch a gap are left out"
        yield finding("missing session", sessions[absent], detail, remedy)


def _off_calendar(rows: pd.DataFrame, calendar: Calendar) -> Iterator[Finding]:
    """About the rows of days without a session; all other checks look at the others alone."""
    off = pd.DatetimeIndex(rows["session"])
    if calendar.code == CURRENCIES:
        off = off[off.dayofweek != SUNDAY]
    if len(off):
        detail = f"the market of calendar {calendar.code} is closed on these days; their rows are not used"
        yield finding("outside calendar", off, detail, "register the asset with the calendar it trades on")


def _activity(rows: pd.DataFrame, _calendar: Calendar) -> Iterator[Finding]:
    remedy = "import the right values; a zero or a gap is no change, and windows that touch it are left out"
    for name in ("volume", "tweets"):
        levels = rows[name].to_numpy()
        missing = np.isnan(levels)
        if not (levels > 0).any():  # the asset has no such series, and none is used
            continue
        for word, mask in (("zero", levels == 0), ("missing", missing)):
            if mask.any():
                share = f"{mask.mean():.1%} of {len(rows)} rows"
                yield finding(f"{word} {name}", _days(rows, mask), share, remedy)


def _incoherent_bars(rows: pd.DataFrame, _calendar: Calendar) -> Iterator[Finding]:
    remedy = "compare with another source; forecasts use the close"
    high, low, close = (rows[name].to_numpy() for name in ("high", "low", "close"))
    missing = np.isnan(np.stack([rows["open"].to_numpy(), high, low]))
    if missing.any() and not missing.all(axis=1).any():
        mask = missing.any(axis=0)
        yield finding("missing open, high or low", _days(rows, mask), f"{mask.mean():.1%} of rows", remedy)
    crossed = high < low
    if crossed.any():
        yield finding("high below low", _days(rows, crossed), "such a bar is impossible", remedy)
    outside = ((close > high) | (close < low)) & ~crossed
    if outside.any():
        yield finding("close outside low to high", _days(rows, outside), "such a bar is impossible", remedy)


def _large_moves(rows: pd.DataFrame, calendar: Calendar) -> Iterator[Finding]:
    known = simple_changes(rows, calendar, ("price",))["price"]
    here = known.notna().to_numpy()
    changes, days = known.to_numpy()[here], known.index[here]
    if not changes.size:
        return
    distance = np.abs(changes - np.median(changes))
    spread = _NORMAL * float(np.median(distance))
    large = distance > DEVIATIONS * spread
    if spread > 0 and large.any():
        worst = int(np.argmax(distance))
        detail = (
            f"beyond {DEVIATIONS:g} robust deviations of {spread:.2%}; "
            f"the largest {changes[worst]:+.1%} on {days[worst]:%Y-%m-%d}"
        )
        remedy = "check for an unadjusted split or dividend, or a typo; a real move is kept"
        yield finding("large price move", pd.DatetimeIndex(days[large]), detail, remedy)


def _unadjusted_splits(rows: pd.DataFrame, _calendar: Calendar) -> Iterator[Finding]:
    level = np.log(rows["close"].to_numpy()) + np.cumsum(np.log(rows["adjustment"].to_numpy()))
    found = unadjusted_splits(level)
    if found:
        close = rows["close"].to_numpy()
        seen = ", ".join(
            f"{one.told} on {rows['session'].iloc[one.row]:%Y-%m-%d} "
            f"(a close of {close[one.row]:g} after {close[one.row - 1]:g})"
            for one in found[:3]
        )
        detail = f"looks like an unadjusted split: {seen}"
        remedy = "import adjusted closes (Adj Close), or the split (Stock Splits) with its day; a real move is kept"
        days = pd.DatetimeIndex(rows["session"].iloc[[one.row for one in found]])
        yield finding("unadjusted split", days, detail, remedy)


def _constant_price(rows: pd.DataFrame, _calendar: Calendar) -> Iterator[Finding]:
    close = rows["close"].to_numpy()
    if len(close) > 1 and (close == close[0]).all():
        detail = f"every close is {close[0]:g}"
        remedy = "check the file's close column; a price that never moves is not forecast"
        yield finding("constant price", pd.DatetimeIndex(rows["session"]), detail, remedy)


def _hundredfold_slips(rows: pd.DataFrame, _calendar: Calendar) -> Iterator[Finding]:
    restated = rows["adjustment"].cumprod()  # a split of 50 for 1 is no slip of the price, nor of the volume
    levels = {"close": rows["close"] * restated, "volume": rows["volume"] / restated}
    levels |= {name: rows[name] for name in ("tweets", "market_cap")}
    remedy = "compare with another source and import the right values; as they are, they create two false changes"
    for name, level in levels.items():
        found = slips(level.to_numpy(dtype=float))
        if found:
            worst = max(found, key=lambda slip: abs(np.log(slip.factor)))
            size = f"{worst.factor:,.0f} times" if worst.factor > 1 else f"1/{1 / worst.factor:,.0f} of"
            detail = f"{name} is {size} what is usual around {rows['session'].iloc[worst.rows[0]]:%Y-%m-%d}"
            days = pd.DatetimeIndex(rows["session"].iloc[[row for slip in found for row in slip.rows]])
            yield finding("hundredfold slip", days, detail, remedy)


def _stale_tail(rows: pd.DataFrame, _calendar: Calendar) -> Iterator[Finding]:
    close = rows["close"].to_numpy()
    moved = np.flatnonzero(close != close[-1])
    tail = pd.DatetimeIndex(rows["session"].iloc[moved[-1] + 1 :] if len(moved) else [])
    if len(tail) >= STALE:
        detail = f"every close since {tail[0]:%Y-%m-%d} is {close[-1]:g}"
        remedy = "check whether the source still quotes the asset; use another, or stop the asset (data.stopped)"
        yield finding("stale tail", tail, detail, remedy)


def _days(rows: pd.DataFrame, mask: Mask) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(rows["session"])[mask]


def _among(days: pd.DatetimeIndex, others: pd.DatetimeIndex) -> Mask:
    """Which of the days are among others, which ascend."""
    before, upto = (np.searchsorted(others.to_numpy(), days.to_numpy(), side) for side in ("left", "right"))
    found: Mask = before < upto
    return found


_CHECKS: tuple[Callable[[pd.DataFrame, Calendar], Iterator[Finding]], ...] = (
    _gaps,
    _activity,
    _incoherent_bars,
    _large_moves,
    _unadjusted_splits,
    _constant_price,
    _hundredfold_slips,
    _stale_tail,
)
