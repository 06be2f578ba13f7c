"""Which clock a home keeps, and what no row may be written against.

A home is a rehearsal or real from its first row on, and the chain of events says which. A rehearsal keeps the start of
its clock and the real instant at which it began: the same start later goes on where it would be by then, and so does
none. Another start is another event. A real home never takes a rehearsal's clock, a rehearsal never the real one.

No row is written more than five minutes behind the newest of the record: hosts that share a home differ by less. Where
the newest lies ahead because a clock was wrong, a person goes on by an event of its own; what is older then counts as
claimed only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal, select, table

from forecaster.clock import REAL, REHEARSAL, Clock
from forecaster.errors import LedgerError
from forecaster.records import chain, event_details
from forecaster.records.event_details import AHEAD, CLOCK
from forecaster.records.tables import EVENTS, FORECASTS, INSTANT, OUTCOMES
from ingest.database import place, reading, writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Engine

TOLERANCE = timedelta(minutes=5)
"""How far a writer may be behind the newest row, and a row behind the one before it."""
LOOKED_AT = 200
"""Rows at the end of a table whose instants a writer is held against."""
_DATED = (FORECASTS, OUTCOMES)


@dataclass(frozen=True)
class Kept:
    """The clock of a home, as its events tell.

    Attributes:
        clock: The one in force.
        began: The real instant of its first event, UTC.
        first: What a rehearsal's clock showed then; None for a real home.
        because: Why an older home is taken to be a rehearsal; empty where it was one from its first row.
    """

    clock: Clock
    began: datetime
    first: datetime | None
    because: str = ""

    @property
    def told(self) -> str:
        """What a reader must know of it, one sentence; empty for a real home."""
        if self.first is None:
            return ""
        if self.because:
            return f"This home is taken for a rehearsal: {self.because}"
        return (
            f"This home is a rehearsal: its clock was set to {self.first:%Y-%m-%d %H:%M} UTC on {self.began:%Y-%m-%d}"
        )


def kept(connection: Connection) -> Kept | None:
    """The clock that a home keeps; None where no event says so yet.

    Raises:
        LedgerError: Where an event is not as this program writes it.
    """
    found = [(_instant(at), details) for at, details in _events(connection, CLOCK)]
    if not found:
        return None
    at, last = found[-1]
    if last["clock"] == REAL:
        return Kept(Clock(), at, None)
    began, first = next((when, told) for when, told in found if told["clock"] == REHEARSAL)
    clock = Clock(_instant(last["start"]), last["speed"], at)
    return Kept(clock, began, _instant(first["start"]), first.get("because", ""))


def keep(engine: Engine, wanted: Clock, *, make: bool = True) -> Clock:
    """The clock that a home goes by; an event says so where it is new.

    Args:
        engine: Of a home whose tables are prepared.
        wanted: What its settings ask for.
        make: False for who only reads: the home's own clock where it has one, and no event.

    Raises:
        LedgerError: Where a home with rows keeps the real clock, and another is asked for; or a rehearsal's start lies
            before its newest row.
        StoreError: Where the database cannot be read or written.
    """
    with reading(engine) as connection:
        found = _agreed(connection, wanted)
        before = kept(connection)
    if found is not None:
        return found
    if not make:
        return wanted if before is None else before.clock
    with writing(engine) as connection:
        if (found := _agreed(connection, wanted)) is not None:  # another process was first
            return found
        before = kept(connection)
        if before is not None and before.clock.kind != wanted.kind and not _empty(connection):
            raise LedgerError(
                f"{place(engine)} keeps the real clock, and setting clock.start asks for a rehearsal's: rehearse in "
                "another home (--home DIR), or remove clock.start and FORECASTER__CLOCK__START; nothing was changed"
            )
        if wanted.start is not None and (fault := ahead(connection, wanted.now())):
            raise LedgerError(fault)
        _note(connection, CLOCK, details_of(wanted), wanted.begun)
    return wanted


def go_on(engine: Engine, now: datetime) -> Mapping[str, int]:
    """Notes that a person goes on although the newest row lies ahead of the clock.

    Args:
        engine: Of the home.
        now: By the home's clock.

    Returns:
        The number of the last forecast and of the last outcome that count as claimed only from now on.

    Raises:
        LedgerError: Where nothing on record lies ahead.
        StoreError: Where the database cannot be read or written.
    """
    with writing(engine) as connection:
        found = newest(connection)
        if found is None or now >= found - TOLERANCE:
            raise LedgerError("no row of the record lies ahead of this clock: there is nothing to go on from")
        upto = {dated.name: chain.last(connection, dated) for dated in _DATED}
        _note(connection, AHEAD, {**upto, "newest": found.isoformat(), "now": now.isoformat(timespec="seconds")})
    return upto


def check(connection: Connection, now: datetime, kind: str) -> None:
    """Sees to it that a row may be written now.

    Raises:
        LedgerError: Where the home keeps another clock, or the record is more than five minutes ahead of this one.
    """
    found = kept(connection)
    if found is not None and found.clock.kind != kind:
        raise LedgerError(f"the home keeps the {found.clock.kind} clock, not a {kind} one: nothing was recorded")
    if fault := ahead(connection, now):
        raise LedgerError(fault)


def ahead(connection: Connection, now: datetime) -> str | None:
    """That the newest row lies ahead of the clock, and what to do; None where it does not."""
    head, found = newest(connection), kept(connection)
    if head is None or now >= head - TOLERANCE:
        return None
    line = f"the newest row of the record is of {_told(head)}, and the clock says {_told(now)}"
    if found is not None and found.clock.kind == REHEARSAL:
        return f"{line}: set clock.start to a later instant, or rehearse in another home"
    return (
        f"{line}: set the computer's clock right; if it is right, `forecaster ledger accept` notes that and goes on: "
        "earlier forecasts then count as claimed only"
    )


def steps(connection: Connection) -> tuple[str, ...]:
    """What a reader must know of such steps, a sentence each."""
    return tuple(
        f"On {step['now'][:10]} a person went on although the record held a row of {step['newest'][:10]}: only a time "
        f"stamp can show when forecasts 1 to {step['forecast']} were there"
        for step in accepted(connection)
    )


def accepted(connection: Connection) -> list[Mapping[str, Any]]:
    """Where persons went on, oldest first: table -> number of its last row then, `newest` and `now`.

    Raises:
        LedgerError: Where an event is not as this program writes it.
    """
    return [details for _, details in _events(connection, AHEAD)]


def newest(connection: Connection) -> datetime | None:
    """The newest instant of the last forecasts and outcomes since a person last went on; None where there is none.

    So many rows are looked at that nobody gets far by writing each a little behind the one before; `verify` looks at
    all.
    """
    since: Mapping[str, Any] = next(iter(accepted(connection)[-1:]), {})
    found: list[datetime] = []
    for dated in _DATED:
        last = select(dated.c[INSTANT[dated.name]]).where(dated.c.seq > since.get(dated.name, 0))
        texts = connection.execute(last.order_by(dated.c.seq.desc()).limit(LOOKED_AT)).scalars()
        found += map(_instant, texts)
    return max(found, default=None)


def details_of(clock: Clock) -> dict[str, Any]:
    """A clock, as an event has it."""
    if clock.start is None:
        return {"clock": REAL}
    return {"clock": REHEARSAL, "start": clock.start.isoformat(), "speed": clock.speed}


def _events(connection: Connection, kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The instant and the details of each event of a kind, oldest first."""
    wanted = select(EVENTS.c.seq, EVENTS.c.at, EVENTS.c.details).where(EVENTS.c.kind == kind).order_by(EVENTS.c.seq)
    return [(at, event_details.read(seq, kind, at, text)) for seq, at, text in connection.execute(wanted)]


def _agreed(connection: Connection, wanted: Clock) -> Clock | None:
    """The clock to go by, where no event needs to be written."""
    before = kept(connection)
    if before is None:
        return None
    own = before.clock
    if own.start is None:
        return own if wanted.start is None else None
    if wanted.start is None:
        return None if _empty(connection) else own
    return own if (own.start, own.speed) == (wanted.start, wanted.speed) else None


def _empty(connection: Connection) -> bool:
    """Whether nothing was ever put on the books or recorded."""
    books = (table("asset"), *_DATED)  # named, not imported: those who only read the record load no pandas
    return all(connection.execute(select(literal(1)).select_from(one).limit(1)).first() is None for one in books)


def _note(connection: Connection, kind: str, details: Mapping[str, Any], at: datetime | None = None) -> None:
    row = {
        "kind": kind,
        "at": (at or datetime.now(UTC)).isoformat(),
        "forecasts": chain.last(connection, FORECASTS),
        "details": json.dumps(details, sort_keys=True),
    }
    chain.append(connection, EVENTS, [row])


def _told(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def _instant(text: str) -> datetime:
    """An instant of the record, UTC.

    Raises:
        LedgerError: For a text that is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError) as fault:
        raise LedgerError(
            f"the record holds {text!r} where an instant belongs: run `forecaster ledger verify`"
        ) from fault
    return found if found.tzinfo else found.replace(tzinfo=UTC)
