"""What a replay of one asset has to train, and for which days."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.legs import Leg, trainings
from forecaster.track import EVERY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from forecaster.past import Past
    from forecaster.pooling import Pools
    from forecaster.track import Record


def plan(
    past: Past, as_ofs: Sequence[pd.Timestamp], pools: Pools, record: Record, refit_every: int
) -> tuple[list[Leg], list[Leg]]:
    """The legs for the track record alone, and those whose forecasts are wanted; each oldest first.

    The former are trained apart, as they are live, and first: no day needs scores of a later leg.

    Raises:
        TooFewRowsError: Where even the last training has too short a history.
        ConstantSeriesError: Where the price never moves.
    """
    issued = trainings(past, as_ofs, refit_every)
    if not issued:
        return [], []
    _ = past.look(max(issued)).training  # says what is missing, where it is too little for any of them
    legs = {(refit_every, at): Leg(past.symbol, at, pools.trainees, issued=days) for at, days in issued.items()}
    alone = []
    for leg in record.legs(as_ofs[0], as_ofs[-1]) if pools.names else []:
        if (same := (EVERY, leg.fitted_at)) in legs:
            legs[same] = replace(legs[same], scored=leg.scored)
        else:
            alone.append(leg)
    return alone, list(legs.values())
