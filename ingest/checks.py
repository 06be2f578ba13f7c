"""Findings about a panel: what a careful person would want to know before trusting it.

A finding changes nothing. Gaps and zeros drop the windows that touch them; the finding says how
many there are and what can be done.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ingest.changes import simple_changes
from ingest.panel import check_panel
from ingest.sessions import Calendar

COLUMNS = ("check", "first", "last", "count", "detail", "remedy")

DEVIATIONS = 8.0
"""A price change this many robust standard deviations from the median is worth a look."""

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


def findings(rows: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Everything noteworthy about a panel, a row a check that found something.

    Args:
        rows: a panel of one asset.
        calendar: the asset's calendar.

    Returns:
        Columns `COLUMNS`: name of the check, first and last session concerned, their number, what
        was seen, what to do. Empty where there is nothing to say.

    Raises:
        PanelFaultError: rows that break a rule of the panel.
        CalendarRangeError: rows outside the calendar's years.
    """
    rows = check_panel(rows)
    found = [finding for check in _CHECKS for finding in check(rows, calendar)] if len(rows) else []
    return pd.DataFrame([asdict(finding) for finding in found], columns=list(COLUMNS)).astype({"count": "int64"})


def _gaps(rows: pd.DataFrame, calendar: Calendar) -> Iterator[Finding]:
    sessions = calendar.sessions(rows["session"].iloc[0], rows["session"].iloc[-1])
    absent = ~np.isin(sessions.to_numpy(), rows["session"].to_numpy())
    if absent.any():
        starts = np.flatnonzero(np.diff(absent.astype(int), prepend=0) == 1)
        ends = np.flatnonzero(np.diff(absent.astype(int), append=0) == -1)
        longest = int(np.argmax(ends - starts))
        detail = (
            f"in {len(starts)} places, the longest {ends[longest] - starts[longest] + 1} sessions "
            f"from {sessions[starts[longest]]:%Y-%m-%d}"
        )
        remedy = "import the missing sessions; windows that touch a gap are left out"
        yield _finding("missing session", sessions[absent], detail, remedy)


def _off_calendar(rows: pd.DataFrame, calendar: Calendar) -> Iterator[Finding]:
    days = pd.DatetimeIndex(rows["session"])
    off = days[~np.isin(days.to_numpy(), calendar.sessions(days[0], days[-1]).to_numpy())]
    if len(off):
        detail = f"the market of calendar {calendar.code} is shut on these days; their rows are not used"
        yield _finding("outside calendar", off, detail, "register the asset with the calendar it trades on")


def _activity(rows: pd.DataFrame, _calendar: Calendar) -> Iterator[Finding]:
    remedy = "import the right values; a zero or a gap is no change, and windows that touch it are left out"
    for name in ("volume", "tweets"):
        levels = rows[name]
        if levels.isna().all():
            continue
        for word, mask in (("zero", levels == 0), ("missing", levels.isna())):
            if mask.any():
                share = f"{mask.mean():.1%} of {len(rows)} rows"
                yield _finding(f"{word} {name}", _days(rows, mask), share, remedy)


def _incoherent_bars(rows: pd.DataFrame, _calendar: Calendar) -> Iterator[Finding]:
    remedy = "compare with another source; forecasts use the close"
    missing = rows[["open", "high", "low"]].isna()
    if missing.any(axis=None) and not missing.all(axis=0).any():
        mask = missing.any(axis=1)
        yield _finding("missing open, high or low", _days(rows, mask), f"{mask.mean():.1%} of rows", remedy)
    crossed = rows["high"] < rows["low"]
    if crossed.any():
        yield _finding("high below low", _days(rows, crossed), "a bar cannot be so", remedy)
    outside = ((rows["close"] > rows["high"]) | (rows["close"] < rows["low"])) & ~crossed
    if outside.any():
        yield _finding("close outside low to high", _days(rows, outside), "a bar cannot be so", remedy)


def _large_moves(rows: pd.DataFrame, calendar: Calendar) -> Iterator[Finding]:
    changes = simple_changes(rows, calendar, ("price",))["price"].dropna()
    if changes.empty:
        return
    distance = (changes - changes.median()).abs()
    spread = _NORMAL * float(distance.median())
    large = distance > DEVIATIONS * spread
    if spread > 0 and large.any():
        worst = int(np.argmax(distance.to_numpy()))
        detail = (
            f"beyond {DEVIATIONS:g} robust deviations of {spread:.2%}; "
            f"the largest {changes.iloc[worst]:+.1%} on {changes.index[worst]:%Y-%m-%d}"
        )
        remedy = "check for a split that is not adjusted or a typing error; a real move is kept"
        yield _finding("large price move", pd.DatetimeIndex(changes.index[large]), detail, remedy)


def _constant_price(rows: pd.DataFrame, _calendar: Calendar) -> Iterator[Finding]:
    if len(rows) > 1 and (rows["close"] == rows["close"].iloc[0]).all():
        detail = f"every close is {rows['close'].iloc[0]:g}"
        remedy = "check the file's close column; a price that never moves is not forecast"
        yield _finding("constant price", pd.DatetimeIndex(rows["session"]), detail, remedy)


def _days(rows: pd.DataFrame, mask: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(rows.loc[mask, "session"])


def _finding(check: str, days: pd.DatetimeIndex, detail: str, remedy: str) -> Finding:
    return Finding(check, days[0], days[-1], len(days), detail, remedy)


_CHECKS: tuple[Callable[[pd.DataFrame, Calendar], Iterator[Finding]], ...] = (
    _gaps,
    _off_calendar,
    _activity,
    _incoherent_bars,
    _large_moves,
    _constant_price,
)
