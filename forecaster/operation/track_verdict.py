"""What a day's report says of skill: the verdict on the track record by which pools weigh their members.

The record is replayed: each of its days was forecast from what was known then, by the same code. It holds log scores
and PITs, so that skill is judged by log score alone. The ensemble's own follow from its members': each day's weights
are earned on the days before, from equal shares on the first. Outcomes are no part of it: they are looked up where
something would be claimed, which may not rest on days without a change.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.combination.settings import MixtureSettings
from forecaster.combination.weights import past_weights, pooled, pooled_pit
from forecaster.evaluation import calibration
from forecaster.evaluation.skill import skill
from forecaster.evaluation.verdicts import compare, in_words
from forecaster.issuing.pools import Pools
from ingest.changes import simple_changes
from ingest.errors import IngestError
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.issuing.walk import Scores
    from forecaster.records.tracks import Tracks
    from forecaster.settings import Settings
    from ingest.store import Store

MIXTURE = "ensemble"
"""The pool that is the plain mixture of its members: its past scores follow from theirs."""
DAYS = "replayed sessions"


def track_verdict(
    known: tuple[Tracks, Store], settings: Settings, trials: int, symbol: str, as_of: pd.Timestamp
) -> tuple[str, ...]:
    """Sentences on the sessions before a day, the verdict first; none where the home has no record of them.

    Args:
        known: The record and the market's data of the home.
        settings: Whose members and how many days.
        trials: Configurations ever backtested in the home: these scores were made when outcomes were known.
        symbol: The asset.
        as_of: The day: no outcome after it is looked at.
    """
    pools = Pools(settings.model_names(), settings)
    tracks, store = known
    scores = tracks.of(symbol, pools.members, settings) if pools.members else {}
    days = sorted(day for day in scores if day < as_of)[-settings.forecast.track_days :]
    if not days:
        return ()
    rows = track_rows({day: scores[day] for day in days}, pools, settings)
    comparisons = compare(rows, trials)
    if any(one.claims for one in comparisons):
        comparisons = compare(rows.assign(y=rows["target"].map(_outcomes(store, symbol, as_of))), trials)
    said = (
        skill(comparisons, DAYS).sentence,
        _label(len(days), pools.names),
        *in_words(comparisons),
        *calibration.in_words(calibration.calibrations(rows)),
    )
    return tuple(dict.fromkeys(said))


def track_rows(known: Scores, pools: Pools, settings: Settings) -> pd.DataFrame:
    """`model, target, log_score, pit` of the members and of the ensemble, NaN where there was no forecast.

    Args:
        known: Day to member to its log score and PIT, oldest first.
        pools: Those of the settings.
        settings: Of the ensemble's weights.
    """
    members, nothing = pools.members, (np.nan, np.nan)
    table = np.array([[own.get(name, nothing) for name in members] for own in known.values()])
    columns = {name: table[:, i] for i, name in enumerate(members)}
    own = settings.model(MIXTURE)
    if MIXTURE in pools.names and isinstance(own, MixtureSettings):
        mixed = settings.members(MIXTURE)
        scores, pits = np.moveaxis(np.stack([columns[name] for name in mixed], axis=1), -1, 0)
        weights = past_weights(scores, own.floor, own.half_life)[:-1]
        columns[MIXTURE] = np.stack([pooled(scores, weights), pooled_pit(pits, weights)], axis=1)
    rows = [
        pd.DataFrame({"model": name, "target": list(known), "log_score": pairs[:, 0], "pit": pairs[:, 1]})
        for name, pairs in columns.items()
    ]
    return pd.concat(rows, ignore_index=True)


def _outcomes(store: Store, symbol: str, as_of: pd.Timestamp) -> pd.Series:
    """The change of the session after each one, as known on a day; none where the home has no data of it."""
    with suppress(IngestError):
        history = store.history(symbol)
        changes = simple_changes(history.read(as_of), calendar(history.asset.calendar), ("price",))["price"]
        return changes.shift(-1)
    return pd.Series(dtype=float)


def _label(days: int, names: Sequence[str]) -> str:
    """What was judged, and what was not."""
    left = ", ".join(name for name in names if name != MIXTURE)
    besides = f"; not judged by it: {left}" if left else ""
    return (
        f"Judged by log score on replays of the last {days} sessions, each from what was known then (their CRPS is not "
        f"kept){besides}."
    )
