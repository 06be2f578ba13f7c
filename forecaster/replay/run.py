"""A whole backtest: planned, computed in shards by some backend, and put together; interrupted, it goes on.

The parts lie in a folder of their own until all is done. What is found there under the same key is not computed again,
so that a run that was stopped, in whatever way, ends with the same bytes as one that was not.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq

from forecaster.errors import ForecasterError, named
from forecaster.issuing.pools import Pools
from forecaster.issuing.refits import Leg, in_groups
from forecaster.issuing.track_record import Record
from forecaster.issuing.walk import Pair
from forecaster.replay import backends
from forecaster.replay.plan import plan
from forecaster.replay.shards import DAYS, Days, Shard, Trainings, digest
from forecaster.view.past import Past
from ingest.errors import IngestError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from forecaster.progress import Tell
    from forecaster.replay.backends import Backend, Means
    from forecaster.replay.parts import Parts
    from forecaster.settings import Settings
    from ingest.history import History

UNPRICED = "none of these days has a price to forecast from"


@dataclass(frozen=True, eq=False)
class Request:
    """The backtest that is asked for.

    Attributes:
        histories: The assets, in order.
        as_ofs: The origins of each, oldest first, by symbol.
        names: Forecasters, in order.
        settings: All settings.
        refit_every: Sessions from one training to the next.
        faults: Symbol to why it has no such days.
    """

    histories: Mapping[str, History]
    as_ofs: Mapping[str, Sequence[pd.Timestamp]]
    names: tuple[str, ...]
    settings: Settings
    refit_every: int
    faults: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """Hash of everything that the result depends on."""
        days = {symbol: list(days) for symbol, days in self.as_ofs.items()}
        report = {"novelty", "warn_above"}
        settings = self.settings.model_dump(
            mode="json", include={"forecast": True, "models": True, "compute": {"device"}, "report": report}
        )
        return digest(
            [
                {symbol: past.sha256 for symbol, past in self._pasts.items()},
                days,
                self.names,
                settings,
                self.refit_every,
            ]
        )

    @cached_property
    def _pasts(self) -> Mapping[str, Past]:
        return {symbol: Past(history, self.settings.forecast) for symbol, history in self.histories.items()}

    def run(self, backend: str, means: Means, parts: Parts, tell: Tell) -> Done:
        """Computes what is not there yet.

        Raises:
            ForecasterError: Where the backend cannot go on, or none of the assets can be replayed.
        """
        planned, withheld = self._planned()
        if not planned:
            raise ForecasterError("; ".join(named(withheld)))
        trainings = self._trainings(planned)
        compute = partial(_compute, backends.load(backend), means, parts, tell)
        compute("trainings", trainings, sum(t.size for t in trainings))
        days = sum(len(leg.issued) for _, issued in planned.values() for leg in issued)
        keys: list[str] = []
        compute("forecasts", self._days(planned, trainings, parts, keys, withheld), days)
        if not keys:
            raise ForecasterError("; ".join(named(withheld)))
        return Done(parts, tuple(keys), withheld)

    def _planned(self) -> tuple[dict[str, tuple[list[Leg], list[Leg]]], dict[str, str]]:
        """The legs of each asset, and why there are none."""
        pools = Pools(self.names, self.settings)
        planned, withheld = {}, dict(self.faults)
        for symbol in self.as_ofs:
            past = self._pasts[symbol]
            record = Record(past, pools.members, self.settings)
            try:
                legs = plan(past, self.as_ofs[symbol], pools, record, self.refit_every)
            except StoreError:
                raise
            except IngestError as fault:
                withheld[symbol] = str(fault)
                continue
            if legs[1]:
                planned[symbol] = legs
            else:
                withheld[symbol] = UNPRICED
        return planned, withheld

    def _trainings(self, planned: Mapping[str, tuple[list[Leg], list[Leg]]]) -> list[Trainings]:
        """Trainings of all assets together, those for records alone first."""
        alone = [leg for own, _ in planned.values() for leg in own]
        issued = [leg for _, own in planned.values() for leg in own]
        members = Pools(self.names, self.settings).members
        made = []
        for legs in [*in_groups(alone), *in_groups(issued)]:
            symbols = dict.fromkeys(leg.symbol for leg in legs)
            pasts = {symbol: self._pasts[symbol] for symbol in symbols}
            made.append(Trainings(tuple(legs), pasts, members, self.settings))
        return made

    def _days(
        self,
        planned: Iterable[str],
        trainings: Sequence[Trainings],
        parts: Parts,
        keys: list[str],
        withheld: dict[str, str],
    ) -> Iterator[Days]:
        """The days of each asset in turn; their keys are noted in order, and which assets have none."""
        for symbol in planned:
            before = len(keys)
            own = [t for t in trainings if symbol in t.pasts]
            scores = _scores(parts, own, symbol)
            issued = {day: t for t in own for leg in t.legs if leg.symbol == symbol for day in leg.issued}
            for chunk in (list(issued)[start : start + DAYS] for start in range(0, len(issued), DAYS)):
                rows = _rows(parts, dict.fromkeys(issued[day] for day in chunk), symbol, chunk)
                if rows.empty:
                    continue
                known = {day: of for day, of in scores.items() if day <= chunk[-1]}
                shard = Days(self._pasts[symbol], rows, known, self.names, self.settings, tuple(t.key for t in own))
                keys.append(shard.key)
                yield shard
            if len(keys) == before:
                withheld[symbol] = UNPRICED


def _scores(parts: Parts, trainings: Iterable[Trainings], symbol: str) -> dict[pd.Timestamp, dict[str, Pair]]:
    """The track record of an asset, as far as its trainings go."""
    found: dict[pd.Timestamp, dict[str, Pair]] = {}
    for one in trainings:
        rows = _read(parts, one.key, ["symbol", "as_of", "model", "scored", "log_score", "pit"])
        rows = rows[rows["scored"] & (rows["symbol"] == symbol)]
        days = pd.DatetimeIndex(rows["as_of"]).as_unit("us")
        for day, model, *pair in zip(days, rows["model"], rows["log_score"], rows["pit"], strict=True):
            found.setdefault(day, {})[model] = (pair[0], pair[1])
    return found


def _rows(parts: Parts, trainings: Iterable[Trainings], symbol: str, days: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """The forecasts of some days of an asset."""
    tables = []
    for one in trainings:
        rows = _read(parts, one.key)
        tables.append(rows[(rows["symbol"] == symbol) & rows["as_of"].isin(days) & rows["status"].notna()])
    return pd.concat(tables, ignore_index=True)


@dataclass(frozen=True, eq=False)
class Done:
    """A backtest that is computed.

    Attributes:
        parts: Where its rows lie.
        keys: Of the shards that hold them, in order.
        withheld: Symbol to why it was not replayed.
    """

    parts: Parts
    keys: tuple[str, ...]
    withheld: Mapping[str, str]

    def write(self, path: Path) -> None:
        """Puts the rows together, shard by shard.

        Raises:
            ForecasterError: Where the file cannot be written.
        """
        writer = None
        try:
            for key in self.keys:
                table = pq.read_table(io.BytesIO(_bytes(self.parts, key)))
                writer = writer or pq.ParquetWriter(path, table.schema)
                writer.write_table(table.cast(writer.schema))
        except OSError as fault:
            raise ForecasterError(
                f"{path} cannot be written ({fault.strerror}): free some space, and run the same command again"
            ) from fault
        finally:
            if writer is not None:
                writer.close()


def _compute(
    backend: Backend, means: Means, parts: Parts, tell: Tell, what: str, shards: Iterable[Shard], total: int
) -> None:
    """Computes those of the shards that are not there."""
    done = 0

    def missing() -> Iterator[Shard]:
        nonlocal done
        for shard in shards:
            if parts.find(shard.key) is None:
                yield shard
            else:
                done += shard.size
                tell(what, done, total)

    tell(what, done, total)
    for shard, data in backend.run(missing(), means):
        parts.commit(shard.key, data)
        done += shard.size
        tell(what, done, total)


def _read(parts: Parts, key: str, columns: list[str] | None = None) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(_bytes(parts, key)), columns=columns)


def _bytes(parts: Parts, key: str) -> bytes:
    path = parts.find(key)
    if path is None:
        raise ForecasterError(f"a part in {parts.folder} is gone or was changed: run the same command again")
    return path.read_bytes()
