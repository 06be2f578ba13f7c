"""Are the instants of a chain possible? They never fall by more than five minutes, and all are of the home's clock.

Where a person went on although a row lay ahead, the next may be earlier. Rows that a home of before it knew of
rehearsals wrote under one are not held to it: each command began at the same start then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecaster.clock import REHEARSAL
from forecaster.records import clocks
from forecaster.records.tables import INSTANT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table

TOLD = 3
"""The first format whose rows say of which clock they are."""


@dataclass
class Instants:
    """The rows of one table, held against each other in order.

    Attributes:
        column: What says when a row was written; none for a table without such a column.
        kind: Of the home's clock; empty where no event says.
        after: Numbers of rows after which an earlier one may follow.
    """

    column: str
    kind: str
    after: frozenset[int] = frozenset()
    _last: tuple[int, datetime] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, connection: Connection, table: Table) -> Instants:
        """For a table of a home."""
        found = clocks.kept(connection)
        after = frozenset(one.get(table.name, 0) for one in clocks.accepted(connection))
        return cls(INSTANT.get(table.name, ""), found.clock.kind if found else "", after)

    def fault(self, seq: int, row: Mapping[str, Any]) -> str | None:
        """What is wrong with the instant of a row, the next in order; None where nothing is."""
        clock, text = row.get("clock"), row.get(self.column) if self.column else None
        if clock is not None and self.kind and clock != self.kind:
            return f"it was written by a {clock} clock, and the home keeps a {self.kind} one"
        if text is None or (self.kind == REHEARSAL and row["format"] < TOLD):
            return None
        try:
            now = datetime.fromisoformat(text)
        except (TypeError, ValueError):
            return f"its {self.column} is no instant"
        before, self._last = self._last, (seq, now)
        if before is None or before[0] in self.after or now >= before[1] - clocks.TOLERANCE:
            return None
        return f"its {self.column} lies more than five minutes before that of the row before it"
