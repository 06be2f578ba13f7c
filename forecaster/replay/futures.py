"""Other futures of one history: all that was known at the close of an origin as it was, and what came after changed.

What came after is every row of a later session, every vintage that became known later, and every later decision on a
row held back. Of a companion it is what was published after the cut-off, and what became known after it. A forecast
from the origin must be the same under each of these futures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.view.beside import instants
from ingest.changes import SERIES
from ingest.panel import VALUES
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.floats import Floats
    from ingest.history import History
    from ingest.own_series import OwnSeries

    Mask = NDArray[np.bool_]

DELETED, TENFOLD, PERMUTED, MISSING, CORRECTED = (
    "deleted", "multiplied by ten", "permuted", "made missing", "corrected later",
)  # fmt: skip
KINDS = (DELETED, TENFOLD, PERMUTED, MISSING, CORRECTED)

ROWS = "rows"
"""In the place of a column: all of them at once."""

COUNT = "count"
"""The column of the attention that an adapter counts by UTC day."""

REVISED = 30
"""Sessions before the origin that are corrected after it."""

SOON = pd.Timedelta(1, unit="min")
"""How long after the origin a correction becomes known: the sooner, the sharper the test."""

COMPANIONS = "companions"
"""In the place of a column: everything of the others that stand beside an asset, and of the series of its own."""

_CHANGED: Mapping[str, Callable[[Floats, np.random.Generator], Floats]] = {
    TENFOLD: lambda values, _: 10 * values,
    PERMUTED: lambda values, rng: rng.permutation(values),
    MISSING: lambda values, _: np.full_like(values, np.nan),
}


@dataclass(frozen=True, eq=False)
class Future:
    """A history with another future.

    Attributes:
        kind: What was done to it, of `KINDS`.
        column: The panel column that it was done to, `COUNT`, `COMPANIONS`, or `ROWS` for all at once.
        history: The history.
    """

    kind: str
    column: str
    history: History


def futures(
    history: History, as_of: pd.Timestamp, seed: int, kinds: Sequence[str] = KINDS, cutoff_minutes: float = 0.0
) -> Iterator[Future]:
    """The history with each kind of future, all columns at once, of companions too.

    Args:
        history: The history.
        as_of: The origin.
        seed: Of the changes.
        kinds: Of `KINDS`.
        cutoff_minutes: How long after the close companions count.
    """
    for kind in kinds:
        other = _Change(history, as_of, kind, seed)((*VALUES, COUNT))
        yield Future(kind, ROWS, _beside(other, as_of, kind, seed, cutoff_minutes))


def alone(
    history: History, as_of: pd.Timestamp, seed: int, kinds: Sequence[str], cutoff_minutes: float = 0.0
) -> Iterator[Future]:
    """The history with each kind of future in one column only, for those columns that hold anything; see `futures`.

    Of one column nothing is deleted: a row is there or not. Corrections go last, since a history that was ever
    corrected is read in another way, which may show a leak of any column.
    """
    if history.own or history.companions:
        for kind in kinds:
            yield Future(kind, COMPANIONS, _beside(history, as_of, kind, seed, cutoff_minutes))
    columns = (*dict.fromkeys((*SERIES.values(), *VALUES)), COUNT)
    held = [c for c in columns if (history.counts if c == COUNT else history.frame)[c].notna().any()]
    for kind in kinds:
        for column in held:
            yield Future(kind, column, _Change(history, as_of, kind, seed)((column,)))


def _beside(history: History, as_of: pd.Timestamp, kind: str, seed: int, cutoff_minutes: float) -> History:
    """The history with the future of its companions, and of the series of its own, changed."""
    days = pd.DatetimeIndex([as_of])
    moment = pd.Timestamp(instants(history.asset, days, cutoff_minutes)[0]).tz_localize("UTC")

    def other(one: History) -> History:
        return _Change(one, as_of, kind, seed, moment)(VALUES)

    def series(one: OwnSeries) -> OwnSeries:
        change = _Change(history, as_of, kind, seed, moment)
        lag = pd.Timedelta(one.lag_minutes, unit="min")
        later = change.published_later(one.frame["session"], lag) | (one.frame["known_at"] > moment).to_numpy()
        return replace(one, frame=change.table(one.frame, later, ["value"]))

    beside = history.companions
    if beside is not None:
        named = None if beside.market is None else other(beside.market)
        beside = replace(beside, others=tuple(map(other, beside.others)), market=named)
    return replace(history, own=tuple(map(series, history.own)), companions=beside)


@dataclass(frozen=True, eq=False)
class _Change:
    """One kind of change to what came after an origin."""

    history: History
    as_of: pd.Timestamp
    kind: str
    seed: int
    instant: pd.Timestamp | None = None

    @property
    def moment(self) -> pd.Timestamp:
        """The instant up to which the origin knows: that of its own close, or the one that is said."""
        asset = self.history.asset
        return self.instant or calendar(asset.calendar).close(self.as_of) + asset.lag

    def published_later(self, sessions: pd.Series, lag: pd.Timedelta) -> Mask:
        """Which sessions' rows are published after the moment."""
        closes = calendar(self.history.asset.calendar).known_after(pd.DatetimeIndex(sessions))
        return np.asarray(closes + lag > self.moment)

    def __call__(self, columns: tuple[str, ...]) -> History:
        """The history with some columns changed."""
        frame, counts = self.history.frame, self.history.counts
        if self.instant is None:
            after = (frame["session"] > self.as_of).to_numpy()
        else:
            after = self.published_later(frame["session"], pd.Timedelta(self.history.asset.lag))
        later = after | (frame["known_at"] > self.moment).to_numpy()
        own = [name for name in columns if name in VALUES]
        counted = [name for name in columns if name == COUNT]
        return replace(
            self.history,
            frame=self.table(frame, later, own) if own else frame,
            counts=self.table(counts, (counts["known_at"] > self.moment).to_numpy(), counted) if counted else counts,
            held=self._held() if own and counted else self.history.held,
        )

    def table(self, table: pd.DataFrame, later: Mask, columns: list[str]) -> pd.DataFrame:
        """A table with some columns of its later rows changed, or its known ones corrected later."""
        rng = np.random.default_rng(self.seed)
        if self.kind == DELETED:
            return table[~later].reset_index(drop=True)
        if self.kind == CORRECTED:
            known = table[~later].tail(REVISED)
            factors = rng.uniform(0.5, 2.0, (len(known), len(columns)))
            revised = {name: known[name].to_numpy() * factors[:, at] for at, name in enumerate(columns)}
            return pd.concat([table, known.assign(**revised, known_at=self._soon(table))], ignore_index=True)
        changed = table.copy()
        changed.loc[later, columns] = _CHANGED[self.kind](table.loc[later, columns].to_numpy(), rng)
        return changed

    def _held(self) -> pd.DataFrame:
        """Rows held back: later ones and later decisions taken away, or the newest known rows held back later too."""
        held = self.history.held
        if self.kind == DELETED:
            known = held[held["known_at"] <= self.moment].reset_index(drop=True)
            open_then = known["decided_at"] > self.moment
            return known.assign(
                decision=known["decision"].mask(open_then, ""), decided_at=known["decided_at"].mask(open_then)
            )
        if self.kind == CORRECTED:
            frame = self.history.frame
            last = frame[frame["session"] <= self.as_of].tail(1)
            never = last["known_at"].mask(last["known_at"].notna())
            late = last.assign(known_at=self._soon(frame), reason="audit", decision="", decided_at=never)
            return pd.concat([held, late], ignore_index=True)
        return held

    def _soon(self, table: pd.DataFrame) -> pd.Timestamp:
        return (self.moment + SOON).as_unit(table["known_at"].dt.unit)
