"""What a forecast says of its data: the facts of the day, and notes on the rows that were learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from forecaster.json_numbers import number
from ingest.changes import SERIES
from ingest.counts import counted_days
from ingest.windows import LENGTH

if TYPE_CHECKING:
    from forecaster.view.view import View
    from ingest.windows import Windows


def facts(view: View, series: tuple[str, ...]) -> dict[str, Any]:
    """Asset, price, volatility and the window of these series, JSON-ready."""
    return view.once(("facts", series), lambda: _facts(view, series))


def _facts(view: View, series: tuple[str, ...]) -> dict[str, Any]:
    window, asset = view.changes.iloc[-LENGTH:], view.history.asset
    return {
        "asset": {
            "calendar": asset.calendar,
            "source": asset.source,
            "simulated": asset.simulated,
            "attention_kind": asset.attention_kind,
            "target_close": view.calendar.close(view.target).isoformat(),
        },
        "close": view.close,
        "volatility": number(view.volatility.iloc[-1]),
        "series": list(series),
        "sessions": [f"{day:%Y-%m-%d}" for day in window.index],
        "window": [[number(v) for v in row] for row in zip(*(window[name] for name in series), strict=True)],
    }


def notes(view: View, windows: Windows) -> tuple[str, ...]:
    """Windows used and left out, series used and not, the kind of attention; a sentence each."""
    absent = [name for name in view.settings.series if name not in windows.series]
    said = [f"{len(windows)} windows of 7 sessions were complete up to {view.as_of:%Y-%m-%d}."]
    said += [
        f"{count} window{' was' if count == 1 else 's were'} left out: {reason}."
        for reason, count in windows.dropped.items()
    ]
    for name in absent:
        held = int((view.rows[SERIES[name]] > 0).sum())
        few = f"only {held} session{' has' if held == 1 else 's have'} it, or today's window lacks it"
        had = few if held else "the source has none"
        said.append(f"The series {name} was not used: {had}.")
    asset = view.history.asset
    if asset.attention_source:
        (day,) = counted_days(asset, pd.DatetimeIndex([view.as_of]))
        counted = f"{asset.attention_kind.capitalize()} come from {asset.attention_source}"
        said.append(f"{counted}; the newest that were out at the close of {view.as_of:%Y-%m-%d} are of {day:%Y-%m-%d}.")
    return tuple(said)
