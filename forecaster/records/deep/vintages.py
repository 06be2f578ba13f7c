"""Do `data_vintage`, outcome and target of the record follow from the vintages in the store?

A vintage is only ever added, known from its arrival; so what was known at the close of a session is the same for ever,
whatever arrived since. Where it is not, a vintage was altered, removed or slipped in, or the row was. One thing may
change honestly: a later version of the calendars' library may know other sessions or other hours of the past. A row
tells the close of its target by the calendar of its day; where today's says otherwise, it cannot be recomputed, and is
no fault.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain as joined
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from forecaster.evaluation.outcomes import Outcome, outcome
from forecaster.records.chain import Break
from forecaster.records.tables import FORECASTS, OUTCOMES
from forecaster.settings import Forecast
from forecaster.view.past import Past
from ingest.errors import AsOfError, CalendarRangeError, IngestError, NotASessionError, StoreError, UnknownCalendarError
from ingest.history import vintage_sha256
from ingest.sessions import as_day, calendar
from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd
    from sqlalchemy import Engine

    from ingest.history import History

SESSION = timedelta(days=1)
"""No hours of a session on the same day lie further apart than this, whatever a library has."""
RELATIVE = 1e-9
"""How far an outcome may be from what its vintages give."""


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


def faults(
    engine: Engine, symbol: str, origins: Sequence[Origin], outcomes: Sequence[Mapping[str, Any]]
) -> Iterator[Break]:
    """The rows of an asset that do not follow from its vintages: of each table the first, and how many more.

    Args:
        engine: Of the home.
        symbol: The asset's.
        origins: Its forecasts, in order of record.
        outcomes: Its outcomes, in order of record; days that can be read.
    """
    ground = _Ground(engine, symbol)
    yield from _targets(ground, origins, outcomes)
    for found in (_calendars(ground, origins), _origins(ground, origins), _outcomes(ground, origins, outcomes)):
        for kind in (Break, Doubt):
            own = [one for one in found if type(one) is kind]
            if own:
                more = f" (and so of {len(own) - 1} more rows of {symbol})" if len(own) > 1 else ""
                said = kind(own[0].table, own[0].seq, own[0].row, own[0].fault + more, own[0].remedy)
                yield replace(said, rows=tuple(one.seq for one in own)) if isinstance(said, Doubt) else said


class _Ground:
    """The vintages of an asset, as far as they can be read.

    Args:
        engine: Of the home.
        symbol: The asset's.
    """

    def __init__(self, engine: Engine, symbol: str) -> None:
        """Reads them; see the class."""
        self._engine, self.symbol = engine, symbol
        self.history: History | None = None
        self._past: Past | None = None
        self.why, self.doubt, self.code = "", False, ""
        self._known: dict[tuple[str, int], tuple[str, str]] = {}
        store = Store(engine, prepared=True)
        try:
            self.code = store.asset(symbol).calendar
            history = store.history(symbol)
            self._past = Past(history, Forecast()) if history.steady else None
            _ = history.first
            _ = calendar(self.code).first
            self.history = history
        except (UnknownCalendarError, CalendarRangeError) as fault:
            self.why, self.doubt = str(fault), True
        except StoreError:
            raise
        except (IngestError, TypeError, ValueError) as fault:
            self.why = f"the vintages of {symbol} are gone or cannot be read ({fault})"

    def known(self, day: str) -> tuple[str | None, str, bool]:
        """Hash of the rows known at a day; or None, why, and whether that leaves it open."""
        if self.history is None:
            return None, self.why, self.doubt
        try:
            if self._past is not None:
                return self._past.look(as_day(day)).data_vintage, "", False
            return vintage_sha256(self.history.read(day)), "", False
        except (NotASessionError, CalendarRangeError) as fault:
            return None, str(fault), True
        except (IngestError, ValueError) as fault:
            return None, f"the vintages no longer reach its session ({fault})", False

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
            found = known_later(self._filled, target, close, horizon)
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


def _calendars(ground: _Ground, origins: Iterable[Origin]) -> list[Break]:
    """Forecasts whose calendar is not that of their asset, or does not say of their target what they say."""
    found: list[Break] = []
    for origin in origins if ground.code else ():
        kind: type[Break] = Break
        if origin.calendar and origin.calendar != ground.code:
            said = f"its calendar is {origin.calendar}, and that of {ground.symbol} on the books is {ground.code}"
        elif not origin.calendar or ground.history is None:  # told of its vintages
            continue
        else:
            said, impossible = ground.unlike(origin)
            kind = Break if impossible else Doubt
        if said:
            found.append(kind(FORECASTS.name, origin.seq, origin._asdict(), said, *_remedy(kind)))
    return found


def _targets(ground: _Ground, origins: Iterable[Origin], outcomes: Sequence[Mapping[str, Any]]) -> Iterator[Break]:
    """Outcomes whose target is not that of their forecasts."""
    settled = {(row["as_of"], row["horizon"]): row for row in outcomes}
    for origin in origins:
        row = settled.get((origin.as_of, origin.horizon))
        if row is not None and row["target"] != origin.target:
            kind = Doubt if ground.excused(origin, doubt=False) else Break
            said = f"its target {row['target']} is not that of forecast row {origin.seq}, {origin.target}"
            yield kind(OUTCOMES.name, row["seq"], row, said, *_remedy(kind))
            del settled[origin.as_of, origin.horizon]


def _origins(ground: _Ground, origins: Sequence[Origin]) -> list[Break]:
    """Forecasts whose data are not what the vintages say was known, by their origin."""
    found: list[Break] = []
    by_day: dict[str, list[Origin]] = defaultdict(list)
    for origin in origins:
        by_day[origin.as_of].append(origin)
    held = ""
    for day, own in sorted(by_day.items()):
        vintage, said, doubt = ground.known(day)
        wrong = [origin for origin in own if origin.data_vintage != vintage]
        known = f"; those known on {held} are as they were" if held else ""
        for origin in wrong:
            fault = said or f"its data_vintage is not that of the vintages known at the close of {day}{known}"
            kind = Doubt if ground.excused(origin, doubt) else Break
            found.append(kind(FORECASTS.name, origin.seq, origin._asdict(), fault, *_remedy(kind)))
        held = held if wrong else day
    return found


class _Said(NamedTuple):
    """What is wrong with an outcome.

    Attributes:
        fault: In words; empty where nothing is.
        open: Whether the calendar of today does not know its days, which leaves it open.
        firm: Whether no calendar may excuse it.
    """

    fault: str = ""
    open: bool = False
    firm: bool = False


def _outcomes(ground: _Ground, origins: Iterable[Origin], outcomes: Iterable[Mapping[str, Any]]) -> list[Break]:
    """Outcomes that the vintages do not give."""
    found: list[Break] = []
    of = {(origin.as_of, origin.horizon): origin for origin in origins}
    for row in outcomes:
        said = _Said(ground.why, ground.doubt) if ground.why else _outcome_fault(ground, row)
        if said.fault:
            origin = of.get((row["as_of"], row["horizon"]))
            excused = not said.firm and origin is not None and ground.excused(origin, said.open)
            kind = Doubt if excused else Break
            found.append(kind(OUTCOMES.name, row["seq"], row, said.fault, *_remedy(kind)))
    return found


def _outcome_fault(ground: _Ground, row: Mapping[str, Any]) -> _Said:
    """What is wrong with an outcome.

    Other hours of the calendar may bring other rows, so that its data_vintage is another; but each change and each
    close that the rows of its sessions ever gave is known, and it must have one of them.
    """
    target, horizon = as_day(row["target"]), row["horizon"]
    try:
        given = list(ground.given(target, horizon))
        same = [one for one in given if one.data_vintage == row["data_vintage"]]
        known = same[:1] or [*given, *ground.later(target, horizon)]
    except (NotASessionError, CalendarRangeError) as fault:
        return _Said(str(fault), open=True)
    except (IngestError, ValueError) as fault:
        return _Said(f"the vintages no longer reach its session ({fault})")
    if not given:
        return _Said(f"the vintages give no change of {row['target']}")
    for name in ("y", "close"):
        values = [getattr(one, name) for one in known]
        if not any(abs(row[name] - value) <= RELATIVE * abs(value) for value in values):
            return _Said(f"its {name} is {row[name]:.6g}, and the vintages give {values[0]:.6g}", firm=True)
    if not same:
        return _Said(f"its data_vintage is not that of the vintages from which {row['target']} is settled")
    return _Said()


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


def _remedy(kind: type[Break]) -> tuple[str, ...]:
    return ("it stands as it was recorded",) if kind is Doubt else ()
