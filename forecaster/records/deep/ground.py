"""What the vintages of an asset and its calendar say today; rows of the record are held against it (see `vintages`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain as joined
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.evaluation.outcomes import Outcome, known_at, outcome
from forecaster.records.chain import Break
from forecaster.settings import Forecast
from forecaster.view.past import Past
from ingest.companions import exactly
from ingest.errors import AsOfError, CalendarRangeError, IngestError, NotASessionError, StoreError, UnknownCalendarError
from ingest.history import vintage_sha256
from ingest.sessions import as_day, calendar
from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from sqlalchemy import Engine

    from ingest.companions import Named
    from ingest.history import History

SESSION = timedelta(days=1)
"""No hours of a session on the same day lie further apart than this, whatever a library has."""


@dataclass(frozen=True)
class Doubt(Break):
    """A row of which something cannot be recomputed any more; that is no fault of it.

    Attributes:
        rows: The numbers of all rows of which it is said; of this one alone where empty.
    """

    rows: tuple[int, ...] = ()

    @property
    def doubted(self) -> set[tuple[str, int]]:
        """Table and number of each."""
        return {(self.table, seq) for seq in (self.rows or (self.seq,))}

    @property
    def told(self) -> str:
        """All of it, in one line."""
        return f"{self.place} cannot be recomputed: {self.fault}; {self.remedy}"


class Origin(NamedTuple):
    """What of a forecast is held against the vintages; days are ISO dates that can be read.

    The calendar and the close of the target are what its own row says of them; empty where it does not.
    """

    seq: int
    symbol: str
    model: str
    as_of: str
    horizon: int
    target: str
    data_vintage: str
    calendar: str = ""
    close: str = ""
    beside: tuple[float, Named] | None = None


class Ground:
    """The vintages of an asset, as far as they can be read.

    Args:
        engine: Of the home.
        symbol: The asset's.
    """

    def __init__(self, engine: Engine, symbol: str) -> None:
        """Reads them; see the class."""
        self.symbol = symbol
        self.history: History | None = None
        self._past: Past | None = None
        self.why, self.doubt, self.code = "", False, ""
        self._known: dict[tuple[str, int], tuple[str, str]] = {}
        self._store = store = Store(engine, prepared=True)
        self._whole: History | None = None
        self._pasts: dict[tuple[float, Named], Past] = {}
        try:
            self.code = store.asset(symbol).calendar
            history = store.history(symbol)
            plain = replace(history, own=())
            self._past = Past(plain, Forecast()) if history.steady else None
            _ = history.first
            _ = calendar(self.code).first
            self.history, self._whole = plain, history
        except (UnknownCalendarError, CalendarRangeError) as fault:
            self.why, self.doubt = str(fault), True
        except StoreError:
            raise
        except (IngestError, TypeError, ValueError) as fault:
            self.why = f"the vintages of {symbol} are gone or cannot be read ({fault})"

    def known(self, day: str, beside: tuple[float, Named] | None = None) -> tuple[str | None, str, bool]:
        """Hash of the rows known at a day; or None, why, and whether that leaves it open.

        Args:
            day: The origin.
            beside: Cut-off and companions of the forecasts, if they had any.
        """
        if self.history is None:
            return None, self.why, self.doubt
        try:
            if beside is not None:
                return self._accompanied(beside).look(as_day(day)).data_vintage, "", False
            if self._past is not None:
                return self._past.look(as_day(day)).data_vintage, "", False
            return vintage_sha256(self.history.read(day)), "", False
        except (NotASessionError, CalendarRangeError) as fault:
            return None, str(fault), True
        except (IngestError, ValueError) as fault:
            return None, f"the vintages no longer reach its session ({fault})", False

    def _accompanied(self, beside: tuple[float, Named]) -> Past:
        """The past of the asset with companions of the record.

        Raises:
            IngestError: Where one of them is gone.
        """
        if beside not in self._pasts and self._whole is not None:
            cutoff, named = beside
            history = exactly(self._whole, named, self._store.history)
            self._pasts[beside] = Past(history, Forecast(cutoff_minutes=cutoff))
        return self._pasts[beside]

    def given(self, target: pd.Timestamp, horizon: int) -> Iterator[Outcome]:
        """The outcomes of a target at its own close, or, where there was none yet, at each close that more was known.

        Raises:
            IngestError: Where the vintages do not reach it, or it is no session.
        """
        history = self._filled
        if self._past is not None and horizon == 1 and np.isfinite(y := self._past.outcome(target)):
            view = self._past.look(target)
            yield Outcome(y, view.close, view.data_vintage)
            return
        first = outcome(history, target, target, horizon)
        if first is not None:
            yield first
            return
        _ = history.read(target)  # it says why it cannot
        for close in _later_closes(history, target):
            found = outcome(history, target, close, horizon)
            if found is not None:
                yield found

    def later(self, target: pd.Timestamp, horizon: int) -> Iterator[Outcome]:
        """The outcomes of a target at each close at which rows of it, or before it, became known later."""
        for close in _later_closes(self._filled, target):
            found = known_at(self._filled, target, close, horizon)
            if found is not None:
                yield found

    @property
    def _filled(self) -> History:
        if self.history is None:
            raise AsOfError(self.why)
        return self.history

    def excused(self, origin: Origin, doubt: bool) -> bool:
        """Whether it may be the calendars' library, not the record, that changed about a forecast.

        Args:
            origin: The forecast's.
            doubt: Whether the calendar of today does not know its days at all.
        """
        if origin.calendar not in {"", self.code}:
            return False  # it is another calendar altogether, which no library brings about
        return doubt or (self.history is not None and bool(self.unlike(origin)[0]))

    def unlike(self, origin: Origin) -> tuple[str, bool]:
        """What the calendar of today says otherwise of a forecast's target than its row; and whether no library may.

        Raises:
            UnknownCalendarError: Where the library of today has no such calendar.
        """
        target, close = self._today(origin.as_of, origin.horizon)
        if target != origin.target:
            return f"its target is {origin.target}, and {self.code} has {target or 'none'} today", False
        if not origin.close or origin.close == close:
            return "", False
        said = f"its target closes at {origin.close} by its own row, and at {close} by {self.code} today"
        try:
            apart = abs(datetime.fromisoformat(origin.close) - datetime.fromisoformat(close))
        except (TypeError, ValueError):
            return said, True
        return said, apart > SESSION

    def _today(self, as_of: str, horizon: int) -> tuple[str, str]:
        """The target of an origin by the calendar of today and its close, ISO text; empty where it has none."""
        if (as_of, horizon) not in self._known:
            days, day = calendar(self.code), as_day(as_of)
            try:
                for _ in range(horizon):
                    day = days.next(day)
                self._known[as_of, horizon] = f"{day:%Y-%m-%d}", days.close(day).isoformat()
            except (AsOfError, CalendarRangeError):
                self._known[as_of, horizon] = "", ""
        return self._known[as_of, horizon]


def _later_closes(history: History, target: pd.Timestamp) -> list[pd.Timestamp]:
    """The first close after each instant at which rows of the target, or before it, became known later."""
    days = calendar(history.asset.calendar)
    frame, counts = history.frame, history.counts
    instants = joined(
        frame.loc[frame["session"] <= target, "known_at"], counts.loc[counts["day"] <= target, "known_at"]
    )
    own = days.close(target) + history.asset.lag
    sessions = days.sessions(target, history.last)
    closes = days.known_after(sessions) + history.asset.lag
    places = {int(closes.searchsorted(instant)) for instant in set(instants) if instant > own}
    return [sessions[place] for place in sorted(places) if place < len(sessions)]
