"""The earlier forecasts of an asset, recorded and replayed, and what they are evidence of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.issuing.forecast import HORIZON
from forecaster.records.standing import REPLAYED, STANDINGS, leads

if TYPE_CHECKING:
    from forecaster.records.standing import Witnessed

BANDS = ("q05", "q25", "q50", "q75", "q95")
FIGURES = ("mean", "sd", "prob_up", *BANDS, "y", "crps", "log_score", "absolute_error", "squared_error", "in50", "in90")
"""What is read of earlier forecasts, facts and figures."""
RECORD = ("seq", "symbol", "model", "as_of", "target", "issued_at", "status")
FACTS = ("reason", "clock", "calendar", "close")
"""What else of a row on record says what it is evidence of; see `forecaster.records.standing`."""


def earlier(
    own: pd.DataFrame, replayed: pd.DataFrame, day: tuple[str, str], days: int, witnessed: Witnessed
) -> pd.DataFrame:
    """The last forecasts whose targets lie at or before a day, replayed ones only where none was recorded.

    Args:
        own: On record, `RECORD`, `FIGURES` and `FACTS`.
        replayed: Of the fan, the same without `seq`, `issued_at` and `FACTS`, and `horizon`.
        day: The day, an ISO date, and the asset's calendar.
        days: How many targets.
        witnessed: What the home can show.

    Returns:
        `RECORD` without the symbol, `FIGURES`, `reason` (of those on record), and `origin` and `lead` as in
        `reports.contents.AssetPage`, by target.
    """
    as_of, code = day
    record, old = own[own["as_of"] < as_of], replayed[(replayed["target"] <= as_of) & (replayed["horizon"] == HORIZON)]
    columns = [*(name for name in RECORD if name != "symbol"), *FIGURES]
    unrecorded = old.assign(**dict.fromkeys(("seq", "issued_at", *FACTS)))
    parts = [part[[*columns, *FACTS]] for part in (record, unrecorded) if len(part)]
    if not parts:
        return pd.DataFrame(columns=[*columns, "reason", "origin", "lead"]).assign(target=pd.to_datetime([]))
    both = pd.concat(parts).drop_duplicates(["model", "as_of"], keep="first")
    recent = sorted(both["target"].unique())[-days:]
    kept = both[both["target"].isin(recent)].sort_values("target", kind="stable")
    kept = kept.assign(**{c: kept[c].astype(float) for c in FIGURES}, target=pd.to_datetime(kept["target"]))
    told = kept.assign(origin=witnessed.standings(kept, code), lead=leads(kept, code))
    return told.drop(columns=[name for name in FACTS if name != "reason"])


def evidence(past: pd.DataFrame) -> pd.DataFrame:
    """What `earlier` forecasts are evidence of: `origin, days, least, median`, the leads in hours, NaN for replays."""
    rows = []
    for origin in STANDINGS:
        block = past[past["origin"] == origin]
        if len(block):
            known = block["lead"].to_numpy(float) if origin != REPLAYED else np.array([])
            least, median = (float(known.min()), float(np.median(known))) if known.size else (np.nan, np.nan)
            rows.append((origin, block["target"].nunique(), least, median))
    return pd.DataFrame(rows, columns=["origin", "days", "least", "median"])
