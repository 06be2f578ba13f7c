"""What a reader should know about the rows that were learnt from, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from forecaster.view.atoms import in_words
from ingest.changes import SERIES
from ingest.counts import counted_days

if TYPE_CHECKING:
    from forecaster.view.view import View
    from ingest.windows import Windows


def of_companions(view: View) -> tuple[str, ...]:
    """A sentence on who stands beside the asset, and one on those that its day lacks."""
    known = view.beside
    if known is None:
        return ()
    own = [name.replace("_", " ") for name in known.own]
    parts = (
        [f"the mean of {len(known.others)} others ({', '.join(known.others)}) as its market"] if known.others else []
    )
    parts += [f"{name} as its market" for name in known.market] + [f"its own {name}" for name in own]
    said = [f"Beside its own bars, forecasters with covariates see {', and '.join(parts)}."]
    if known.missing:
        names = ", ".join(name.replace("_", " ") if name in known.own else name for name in known.missing)
        said.append(f"Not known in time on {view.as_of:%Y-%m-%d}, and counted as usual: {names}.")
    return tuple(said)


def notes(view: View, windows: Windows) -> tuple[str, ...]:
    """Windows used and left out, series used and not, atom and tick, the kind of attention; a sentence each."""
    absent = [name for name in view.settings.series if name not in windows.series]
    said = [f"{len(windows)} windows of 7 sessions were complete up to {view.as_of:%Y-%m-%d}."]
    said += [
        f"{count} window{' was' if count == 1 else 's were'} left out: {reason}."
        for reason, count in windows.dropped.items()
    ]
    for name in absent:
        held = int((view.rows[SERIES[name]] > 0).sum())
        few = f"only {held} session{' has' if held == 1 else 's have'} it, or the newest window lacks it"
        had = few if held else "the source has none"
        said.append(f"The series {name} was not used: {had}.")
    said += in_words(view)
    asset = view.history.asset
    if asset.attention_source:
        (day,) = counted_days(asset, pd.DatetimeIndex([view.as_of]))
        counted = f"{asset.attention_kind.capitalize()} come from {asset.attention_source}"
        said.append(f"{counted}; the newest published by the close of {view.as_of:%Y-%m-%d} are for {day:%Y-%m-%d}.")
    return tuple(said)
