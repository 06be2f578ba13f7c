"""Are the instants of a chain possible? They never fall by more than five minutes, and all are of the home's clock.

Where a person went on although a row lay ahead, the next may be earlier. A forecast of a real home is not older than a
time stamp that does not have it yet. Rows that a home of before it knew of rehearsals wrote under one are not held to
it: each command began at the same start then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from forecaster.clock import REAL, REHEARSAL
from forecaster.errors import WitnessError
from forecaster.records import clocks
from forecaster.records.tables import FORECASTS, INSTANT, TOKENS
from forecaster.witness import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row, Table

TOLD = 3
"""The first format whose rows say of which clock they are."""


@dataclass
class Instants:
    """The rows of one table, held against each other in order.

    Attributes:
        column: What says when a row was written; none for a table without such a column.
        kind: Of the home's clock; empty where no event says.
        after: Numbers of rows after which an earlier one may follow.
        stamps: How many rows each time stamp has, and its instant, by the first; of the forecasts alone.
    """

    column: str
    kind: str
    after: frozenset[int] = frozenset()
    stamps: Sequence[tuple[int, datetime]] = ()
    _seen: int = field(default=0, repr=False)
    _newest: datetime | None = field(default=None, repr=False)
    _without: datetime | None = field(default=None, repr=False)

    @classmethod
    def of(cls, connection: Connection, table: Table) -> Instants:
        """For a table of a home."""
        after = frozenset(one.get(table.name, 0) for one in clocks.accepted(connection))
        column = INSTANT.get(table.name, "")
        found = clocks.kept(connection)
        return cls(column, found.clock.kind if found else "", after, _stamps(connection) if table is FORECASTS else ())

    def fault(self, seq: int, row: Mapping[str, Any]) -> str | None:
        """What is wrong with the instant of a row, the next in order; None where nothing is."""
        if said := self._of_another_clock(row.get("clock")):
            return said
        text = row.get(self.column) if self.column else None
        if text is None or (self.kind == REHEARSAL and row["format"] < TOLD):
            return None
        try:
            now = datetime.fromisoformat(text).astimezone(UTC)
        except (TypeError, ValueError):
            return f"its {self.column} is no instant"
        if self._seen in self.after:
            self._newest = None
        before, self._seen = self._newest, seq
        self._newest = now if before is None else max(before, now)
        if before is not None and now < before - clocks.TOLERANCE:
            return f"its {self.column} lies more than five minutes before that of a row before it"
        return self._too_early(seq, now, row)

    def _of_another_clock(self, clock: str | None) -> str | None:
        if clock is None or clock == self.kind:
            return None
        if not self.kind:
            return f"it was written by a {clock} clock, and no event says which the home keeps"
        return f"it was written by a {clock} clock, and the home keeps a {self.kind} one"

    def _too_early(self, seq: int, now: datetime, row: Mapping[str, Any]) -> str | None:
        """Of a real home: whether an authority knew the record without the row when it claims to have been there."""
        if self.kind != REAL or row["format"] < TOLD:
            return None
        while self.stamps and self.stamps[0][0] < seq:
            (_, at), *self.stamps = self.stamps
            self._without = at if self._without is None else max(at, self._without)
        if self._without is not None and now < self._without - 2 * clocks.TOLERANCE:
            return (
                f"its {self.column} is from before a time stamp, {self._without:%Y-%m-%d %H:%M:%S} UTC, that lacks it"
            )
        return None


def _stamps(connection: Connection) -> list[tuple[int, datetime]]:
    """Those whose statement is of as many rows as they say; what is wrong with another is told of the token."""
    wanted = select(TOKENS.c.statement, TOKENS.c.forecasts, TOKENS.c.at).order_by(TOKENS.c.forecasts)
    return [(one.forecasts, datetime.fromisoformat(one.at)) for one in connection.execute(wanted) if _agrees(one)]


def _agrees(token: Row[Any, Any, Any]) -> bool:
    try:
        return bool(statement.read(token.statement).rows[FORECASTS.name] == token.forecasts)
    except WitnessError:
        return False
