"""The forecasts of a day for many assets: what each of them lacks is trained together, then put together one by one.

An asset may lack forecasts from the day itself, scores of the track record that its pools rest on, and replays of the
days of the fan that no live forecast covers. All of it is legs, and legs of all assets are trained as a backtest's are.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from forecaster.issuing.pools import Pools
from forecaster.issuing.refits import able, in_groups, trainings
from forecaster.issuing.track_record import EVERY
from forecaster.replay.backtest import replayed
from forecaster.replay.plan import plan
from forecaster.replay.shards import FOUND, Trainings, days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from forecaster.issuing.forecast import Forecast
    from forecaster.issuing.issue import Issuer
    from forecaster.issuing.refits import Leg
    from forecaster.replay.backtest import Replayed
    from forecaster.replay.shards import Shard
    from forecaster.settings import Settings

    Compute = Callable[[Iterable[Shard]], Iterator[tuple[Shard, bytes]]]
    """Computes shards, in any order."""


@dataclass(frozen=True, eq=False)
class Lacking:
    """What one asset lacks of a day.

    Attributes:
        issuer: Of all its forecasters, with the scores of the track record that are known.
        day: The origin.
        names: All forecasters, in order.
        missing: Those that have no forecast from the day.
        holes: Origins of the fan without a forecast, oldest first.
        legs: What must be trained for all of it.
    """

    issuer: Issuer
    day: pd.Timestamp
    names: tuple[str, ...]
    missing: tuple[str, ...]
    holes: tuple[pd.Timestamp, ...]
    legs: tuple[Leg, ...]

    @classmethod
    def of(
        cls,
        issuer: Issuer,
        day: pd.Timestamp,
        names: tuple[str, ...],
        missing: tuple[str, ...],
        holes: Sequence[pd.Timestamp],
    ) -> Lacking:
        """Plans what must be trained.

        Holes from before the first possible training are left out: short histories start later.

        Raises:
            AsOfError: Where the data do not cover the day.
            TooFewRowsError: Fewer whole windows than the minimum.
            ConstantSeriesError: A price that never moves.
            IncompleteWindowError: Where the day has no price.
            CalendarRangeError: Where the asset's calendar ends with the day.
        """
        legs = issuer.legs(day, missing) if missing else []
        past = issuer.past
        turns = trainings(past, holes, EVERY).items()
        filled = tuple(hole for at, own in turns if able(past, at) for hole in own)
        if filled:
            alone, issued = plan(past, filled, issuer.pools, issuer.record, EVERY)
            legs += alone + issued
        return cls(issuer, day, names, missing, filled, _merged(legs))

    def made(self, rows: pd.DataFrame, settings: Settings) -> Made:
        """The forecasts of the asset, from what its legs gave.

        Args:
            rows: Of the asset, columns `shards.FOUND`.
            settings: All settings.
        """
        walked = list(days(rows))
        own = {one.day: self.issuer.took(one) for one in walked}
        forecasts = self.issuer.made(self.day, own[self.day], self.missing) if self.missing else ()
        pools = Pools(self.names, settings)
        fan = [
            item
            for one in walked
            if one.own and one.day in self.holes
            for item in replayed(one, pools, self.issuer.record)
        ]
        return Made(self, forecasts, fan)


@dataclass(frozen=True, eq=False)
class Made:
    """What became of one asset.

    Attributes:
        lacking: What it lacked; the issuer's record has the scores that were found.
        forecasts: From the day, in order.
        fan: The replays.
    """

    lacking: Lacking
    forecasts: tuple[Forecast, ...]
    fan: list[Replayed]


def made(lacking: Sequence[Lacking], settings: Settings, compute: Compute) -> Iterator[Made]:
    """Trains what some assets lack, all together, and makes the forecasts of one asset after the other."""
    pasts = {one.issuer.past.symbol: one.issuer.past for one in lacking}
    members = {name: None for one in lacking for name in one.issuer.pools.members}
    legs = [leg for one in lacking for leg in one.legs]
    shards = [
        Trainings(tuple(some), {leg.symbol: pasts[leg.symbol] for leg in some}, tuple(members), settings)
        for some in in_groups(legs)
    ]
    tables = [pd.read_parquet(io.BytesIO(data)) for _, data in compute(shards)]
    found = {symbol: [table[table["symbol"] == symbol] for table in tables] for symbol in pasts}
    for one in lacking:
        own = found[one.issuer.past.symbol]
        yield one.made(pd.concat(own) if own else pd.DataFrame(columns=list(FOUND)), settings)


def _merged(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """Legs of one training in one; the day's own stays apart."""
    found: dict[tuple[pd.Timestamp, bool], Leg] = {}
    for leg in legs:
        same = found.setdefault((leg.fitted_at, leg.live), leg)
        found[leg.fitted_at, leg.live] = replace(
            same,
            names=tuple(dict.fromkeys((*same.names, *leg.names))),
            scored=tuple(sorted({*same.scored, *leg.scored})),
            issued=tuple(sorted({*same.issued, *leg.issued})),
        )
    return tuple(found.values())
