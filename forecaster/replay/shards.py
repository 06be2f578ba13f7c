"""A backtest cut into pieces that any process can compute from what it is handed, and nothing else.

First come trainings, whose models forecast and score their own days; then days, on which pools are made of those
forecasts, and everything is scored. Where the cuts lie follows from what was asked, not from who computes it: so each
backend gives the same bytes. A shard's key is a hash of all that its result depends on.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from forecaster.distribution.predictive import Predictive
from forecaster.issuing import diagnostics
from forecaster.issuing.diagnostics import Diagnostics
from forecaster.issuing.fitting import answers
from forecaster.issuing.forecast import HORIZON, Forecast
from forecaster.issuing.pools import Pools
from forecaster.issuing.provenance import code_version, config_sha256
from forecaster.issuing.refits import Leg
from forecaster.issuing.track_record import Record
from forecaster.issuing.walk import Walked, walk
from forecaster.replay.backtest import replayed, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forecaster.issuing.fitting import Ask
    from forecaster.issuing.walk import Scores
    from forecaster.settings import Settings
    from forecaster.view.past import Past

DAYS = 250
"""Origins of one asset whose forecasts are finished in one go."""

AGAIN = 32
"""Distributions that are kept to be read again: some forecasters say the same on many days."""

FACTS = ("target", "status", "reason", "data_vintage", "config_sha256", "seed", "code_version")
"""What is kept of a forecast beside its distribution."""


FOUND = (
    "symbol", "as_of", "fitted_at", "y", "model", "scored", "log_score", "pit", "novelty", *FACTS, "predictive",
    "diagnostics",
)  # fmt: skip
"""The columns of what trainings find."""


class Shard(Protocol):
    """A piece of a backtest."""

    @property
    def key(self) -> str:
        """Hash of all that the result depends on."""

    @property
    def size(self) -> int:
        """How much work it is, in units of its own kind."""

    def run(self, ask: Ask = answers) -> bytes:
        """The result, a table in parquet; `ask` trains."""


def work(shard: Shard) -> bytes:
    """Computes a shard on one thread, as every worker does."""
    import torch  # noqa: PLC0415  # it takes a second to import, and a day with nothing to do needs none

    torch.set_num_threads(1)
    return shard.run()


@dataclass(frozen=True, eq=False)
class Trainings:
    """Some trainings, and the forecasts and scores of their days.

    Attributes:
        legs: Of whichever assets.
        pasts: Of these assets, by symbol.
        members: Whose scores a track record wants.
        settings: All settings.
    """

    legs: tuple[Leg, ...]
    pasts: Mapping[str, Past]
    members: tuple[str, ...]
    settings: Settings

    @property
    def size(self) -> int:
        """How many trainings."""
        return len(self.legs)

    @cached_property
    def key(self) -> str:
        """See `Shard`."""
        names = sorted({name for leg in self.legs for name in leg.names})
        return digest(
            {
                "legs": [[leg.symbol, leg.fitted_at, leg.names, leg.scored, leg.issued, leg.live] for leg in self.legs],
                "members": self.members,
                "configs": {name: config_sha256(self.settings, name) for name in names},
                "device": self.settings.compute.device,
                "report": [self.settings.report.novelty, self.settings.report.warn_above],
                "seed": self.settings.forecast.seed,
                "inputs": {symbol: past.sha256 for symbol, past in self.pasts.items()},
            }
        )

    def run(self, ask: Ask = answers) -> bytes:
        """One row per model and day: of its forecast where that is wanted, of its score where a record wants that."""
        rows: list[dict[str, Any]] = []
        for walked in walk(self.pasts, self.legs, self.members, self.settings, ask):
            rows += _rows(walked)
        return to_parquet(pd.DataFrame(rows, columns=list(FOUND)))


def _rows(walked: Walked) -> list[dict[str, Any]]:
    shared = {"symbol": walked.leg.symbol, "as_of": walked.day, "fitted_at": walked.leg.fitted_at, "y": walked.y}
    shared["novelty"] = walked.novelty
    rows = []
    for name in dict.fromkeys([*walked.own, *walked.scores]):
        log_score, pit = walked.scores.get(name, (np.nan, np.nan))
        row = {**shared, "model": name, "scored": name in walked.scores, "log_score": log_score, "pit": pit}
        made = walked.own.get(name)
        if made is not None:
            row |= {fact: getattr(made, fact) for fact in FACTS}
            row["predictive"] = made.predictive.to_bytes() if made.predictive is not None else None
            row["diagnostics"] = diagnostics.write(made.diagnostics) if walked.leg.live else None
        rows.append(row)
    return rows


def days(rows: pd.DataFrame) -> Iterator[Walked]:
    """The days among some rows of one asset, oldest first."""
    for day, own in rows.groupby("as_of", sort=True):
        kept: list[dict[str, Any]] = own.to_dict("records")  # type: ignore[assignment]  # column names are text
        first = own.iloc[0]
        leg = Leg(first["symbol"], pd.Timestamp(first["fitted_at"]).as_unit("us"), ())
        made = {row["model"]: _forecast(row) for row in kept if isinstance(row["status"], str)}
        scores = {row["model"]: (row["log_score"], row["pit"]) for row in kept if row["scored"]}
        at, novelty = pd.Timestamp(str(day)).as_unit("us"), float(own["novelty"].max())
        yield Walked(leg, at, made, float(first["y"]), scores, novelty)


@dataclass(frozen=True, eq=False)
class Days:
    """Some days of one asset: its pools, and the scores of all.

    Attributes:
        past: The asset's.
        rows: What `Trainings` found on these days.
        scores: The track record before and on these days.
        names: Forecasters, in order.
        settings: All settings.
        depends: Keys of the trainings that the rows and scores are from.
    """

    past: Past
    rows: pd.DataFrame
    scores: Scores
    names: tuple[str, ...]
    settings: Settings
    depends: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many days."""
        return int(self.rows["as_of"].nunique())

    @cached_property
    def key(self) -> str:
        """See `Shard`."""
        return digest(
            {
                "names": {name: config_sha256(self.settings, name) for name in self.names},
                "days": [self.past.symbol, self.rows["as_of"].min(), self.rows["as_of"].max(), self.size],
                "depends": self.depends,
            }
        )

    def run(self, ask: Ask = answers) -> bytes:
        """The export's rows of these days, in order; nothing is trained any more."""
        del ask
        pools = Pools(self.names, self.settings)
        record = Record(self.past, pools.members, self.settings, self.scores)
        return to_parquet(table([one.row() for walked in days(self.rows) for one in replayed(walked, pools, record)]))


def _forecast(row: Mapping[str, Any]) -> Forecast:
    """What is needed of a forecast to make a pool of it, and to score it."""
    stored, told = row["predictive"], row["diagnostics"]
    facts = {fact: row[fact] for fact in FACTS} | {"seed": int(row["seed"]), "target": row["target"].as_unit("us")}
    return Forecast(
        symbol=row["symbol"],
        model=row["model"],
        as_of=row["as_of"].as_unit("us"),
        horizon=HORIZON,
        predictive=_read(stored) if isinstance(stored, bytes) else None,
        diagnostics=diagnostics.read(told) if isinstance(told, str) else Diagnostics(),
        **facts,
    )


_read = lru_cache(maxsize=AGAIN)(Predictive.from_bytes)


def digest(facts: object) -> str:
    """Hash of facts and of the program that computes from them."""
    text = json.dumps([code_version(), facts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def to_parquet(table: pd.DataFrame) -> bytes:
    """A table as parquet."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()
