"""Do `data_vintage`, outcome and target of the record follow from the vintages in the store?

A vintage is only ever added, known from its arrival; so what was known at the close of a session is the same for ever,
whatever arrived since. Where it is not, a vintage was altered, removed or slipped in, or the row was. One thing may
change honestly: a later version of the calendars' library may know other sessions or other hours of the past. A row
tells the calendar and the close of its target of its day; where the same calendar says otherwise today, it cannot be
recomputed, and is no fault. Another calendar than the asset's is one, and so is an outcome that the rows never gave.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from forecaster.records.chain import Break
from forecaster.records.deep.ground import Doubt, Ground, Origin
from forecaster.records.tables import FORECASTS, OUTCOMES
from ingest.errors import CalendarRangeError, IngestError, NotASessionError
from ingest.sessions import as_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Engine

RELATIVE = 1e-9
"""How far an outcome may be from what its vintages give."""


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
    ground = Ground(engine, symbol)
    yield from _targets(ground, origins, outcomes)
    for found in (_calendars(ground, origins), _origins(ground, origins), _outcomes(ground, origins, outcomes)):
        for kind in (Break, Doubt):
            own = [one for one in found if type(one) is kind]
            if own:
                more = f" (and so of {len(own) - 1} more rows of {symbol})" if len(own) > 1 else ""
                said = kind(own[0].table, own[0].seq, own[0].row, own[0].fault + more, own[0].remedy)
                yield replace(said, rows=tuple(one.seq for one in own)) if isinstance(said, Doubt) else said


def _calendars(ground: Ground, origins: Iterable[Origin]) -> list[Break]:
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


def _targets(ground: Ground, origins: Iterable[Origin], outcomes: Sequence[Mapping[str, Any]]) -> Iterator[Break]:
    """Outcomes whose target is not that of their forecasts."""
    settled = {(row["as_of"], row["horizon"]): row for row in outcomes}
    for origin in origins:
        row = settled.get((origin.as_of, origin.horizon))
        if row is not None and row["target"] != origin.target:
            kind = Doubt if ground.excused(origin, doubt=False) else Break
            said = f"its target {row['target']} is not that of forecast row {origin.seq}, {origin.target}"
            yield kind(OUTCOMES.name, row["seq"], row, said, *_remedy(kind))
            del settled[origin.as_of, origin.horizon]


def _origins(ground: Ground, origins: Sequence[Origin]) -> list[Break]:
    """Forecasts whose data are not what the vintages say was known, by their origin."""
    found: list[Break] = []
    by_day: dict[str, list[Origin]] = defaultdict(list)
    for origin in origins:
        by_day[origin.as_of].append(origin)
    held = ""
    for day, own in sorted(by_day.items()):
        said = {beside: ground.known(day, beside) for beside in dict.fromkeys(origin.beside for origin in own)}
        wrong = [origin for origin in own if origin.data_vintage != said[origin.beside][0]]
        known = f"; those known on {held} are as they were" if held else ""
        for origin in wrong:
            _, why, doubt = said[origin.beside]
            with_others = " and of its companions" if origin.beside else ""
            told = f"its data_vintage is not that of the vintages{with_others} known at the close of {day}{known}"
            kind = Doubt if ground.excused(origin, doubt) else Break
            found.append(kind(FORECASTS.name, origin.seq, origin._asdict(), why or told, *_remedy(kind)))
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


def _outcomes(ground: Ground, origins: Iterable[Origin], outcomes: Iterable[Mapping[str, Any]]) -> list[Break]:
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


def _outcome_fault(ground: Ground, row: Mapping[str, Any]) -> _Said:
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


def _remedy(kind: type[Break]) -> tuple[str, ...]:
    return ("it stands as it was recorded",) if kind is Doubt else ()
