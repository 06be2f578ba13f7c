"""Findings about the record of a panel: what was revised, who disagrees, what is late or held back.

Where `ingest.checks` looks at the rows as they are known, this looks at how they came to be known.
A finding changes nothing here either.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ingest.checks import Finding, finding
from ingest.panel import VALUES
from ingest.sessions import Calendar
from ingest.suspicion import REMEDIES

APART = 0.005
"""Two sources disagree where their closes are further apart than this fraction."""

LATE = 3
"""So many sessions may be closed and not stored yet before it is worth a word."""


def record_findings(
    vintages: pd.DataFrame, quarantined: pd.DataFrame, calendar: Calendar, newest: pd.Timestamp
) -> tuple[Finding, ...]:
    """Everything noteworthy about the record of one asset.

    Args:
        vintages: The panel's columns, one row per vintage, sorted by session and known_at.
        quarantined: The panel's columns and `reason`: rows held back and still undecided.
        calendar: The asset's calendar.
        newest: The last session that is closed.

    Raises:
        CalendarRangeError: `newest` is outside the calendar's years.
    """
    return (
        *_revisions(vintages),
        *_disagreements(vintages),
        *_behind(vintages, calendar, newest),
        *_held_back(quarantined),
    )


def _revisions(vintages: pd.DataFrame) -> Iterator[Finding]:
    again = vintages["session"].duplicated()
    if not again.any():
        return
    now, before = vintages[list(VALUES)], vintages[list(VALUES)].shift()
    revised = vintages[again & ((now != before) & ~(now.isna() & before.isna())).any(axis=1)]
    if revised.empty:  # another source gave the same values
        return
    change = (revised["close"] / before.loc[revised.index, "close"] - 1).to_numpy()
    closes = revised.loc[change != 0, "session"].nunique()
    largest = int(np.argmax(np.abs(change)))
    what = (
        f"{closes} of them in the close, the largest {change[largest]:+.2%} on "
        f"{revised['session'].iloc[largest]:%Y-%m-%d}"
        if closes
        else "the close in none of them"
    )
    detail = f"{what}; the last time on {revised['known_at'].max():%Y-%m-%d}"
    remedy = (
        "compare large ones with another source, and import what is right; forecasts already made keep what they knew"
    )
    yield finding("revision", _sessions(revised), detail, remedy)


def _disagreements(vintages: pd.DataFrame) -> Iterator[Finding]:
    if vintages["source"].nunique() < 2:  # noqa: PLR2004  # it takes two to disagree
        return
    latest = vintages.pivot_table(index="session", columns="source", values="close", aggfunc="last")
    distance = latest.max(axis=1) / latest.min(axis=1) - 1
    apart = latest[distance > APART].dropna(axis="columns", how="all")
    if len(apart):
        worst = int(np.argmax(distance.to_numpy()))
        largest = f"{distance.iloc[worst]:.2%} on {latest.index[worst]:%Y-%m-%d}"
        detail = f"closes of {' and '.join(apart.columns)} are more than {APART:.1%} apart; the largest {largest}"
        remedy = (
            "the newest vintage is used: compare both with the exchange, import the right closes, keep to one source"
        )
        yield finding("sources disagree", pd.DatetimeIndex(apart.index), detail, remedy)


def _behind(vintages: pd.DataFrame, calendar: Calendar, newest: pd.Timestamp) -> Iterator[Finding]:
    if vintages.empty or vintages["session"].iloc[-1] >= newest:
        return
    last = vintages["session"].iloc[-1]
    absent = calendar.sessions(last, newest)
    absent = absent[absent > last]
    if len(absent) > LATE:
        detail = f"the last stored session is {last:%Y-%m-%d}"
        remedy = "fetch or import the sessions since, or stop the asset (data.stopped)"
        yield finding("behind", absent, detail, remedy)


def _held_back(quarantined: pd.DataFrame) -> Iterator[Finding]:
    if quarantined.empty:
        return
    shown = "`forecaster data quarantine` with the symbol shows them"
    for reason, rows in quarantined.groupby("reason", sort=True):
        remedy = f"{shown}; {REMEDIES.get(str(reason), 'release or reject them')}"
        yield finding("quarantined", _sessions(rows), f"held back: {reason}", remedy)


def _sessions(rows: pd.DataFrame) -> pd.DatetimeIndex:
    """The sessions of some rows, each once, oldest first."""
    return pd.DatetimeIndex(rows["session"]).unique().sort_values()
