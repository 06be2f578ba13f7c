"""What a replay of one asset has to train, and for which days."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.issuing.refits import Leg, able, trainings
from forecaster.issuing.track_record import EVERY
from forecaster.view.arrays import training
from ingest.errors import IncompleteWindowError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from forecaster.issuing.pools import Pools
    from forecaster.issuing.track_record import Record
    from forecaster.view.past import Past


def plan(
    past: Past, as_ofs: Sequence[pd.Timestamp], pools: Pools, record: Record, refit_every: int
) -> tuple[list[Leg], list[Leg]]:
    """The legs for the track record alone, and those whose forecasts are wanted; each oldest first.

    The former are trained apart, as they are live, and first: no day needs scores of a later leg.

    Raises:
        TooFewRowsError: Where even the last origin has too short a history.
        ConstantSeriesError: Where the price never moves.
    """
    issued = _issued(past, as_ofs, refit_every)
    legs = {(refit_every, at): Leg(past.symbol, at, pools.trainees, issued=days) for at, days in issued.items()}
    alone = []
    for leg in record.legs(as_ofs[0], as_ofs[-1]) if pools.names and legs else []:
        if (same := (EVERY, leg.fitted_at)) in legs:
            legs[same] = replace(legs[same], scored=leg.scored)
        else:
            alone.append(leg)
    return alone, list(legs.values())


def _issued(
    past: Past, as_ofs: Sequence[pd.Timestamp], refit_every: int
) -> dict[pd.Timestamp, tuple[pd.Timestamp, ...]]:
    """The origins of each training.

    Those whose training would lie before the data, or too early to learn from, are forecast from the first of them that
    has enough behind it; the ones before that stay with a training that says what it lacks.
    """
    found = trainings(past, as_ofs, refit_every)
    while found and not able(past, first := min(found)):
        del found[first]
    covered = {day for days in found.values() for day in days}
    early = [day for day in as_ofs if day not in covered]
    start = next((day for day in early if able(past, day)), None)
    if start is not None:
        found[start] = tuple(day for day in early if day >= start)
    elif not found and as_ofs:
        with suppress(IncompleteWindowError):  # a day without a price gives no forecast
            training(past.look(as_ofs[-1]))
    left = [day for day in early if (start is None or day < start) and _priced(past, day)]
    if left and found:
        found[left[0]] = tuple(left)
    return dict(sorted(found.items()))


def _priced(past: Past, day: pd.Timestamp) -> bool:
    """Whether the day has a price."""
    try:
        past.look(day)
    except IncompleteWindowError:
        return False
    return True
