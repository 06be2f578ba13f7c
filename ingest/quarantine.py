"""What became of rows that are held back: a person's decision, or a later import that brought a row to believe.

A decision is written once, and the row stays as evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sqlalchemy import update

from ingest.tables import QUARANTINE, records

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection

Decision = Literal["released", "rejected"]
"""What a person decides; what a later import makes needless is `replaced`."""


def decided(connection: Connection, rows: pd.DataFrame, decision: Decision, at: str) -> None:
    """Writes a decision down; what a row's session had held back before it is rejected with it.

    Args:
        connection: In a transaction.
        rows: Held rows, columns `ingest.tables.HELD`.
        decision: Released or rejected.
        at: The instant, as the tables write it.
    """
    for row in records(("symbol", "session", "known_at"), rows):
        same = (QUARANTINE.c.symbol == row["symbol"], QUARANTINE.c.session == row["session"])
        this = QUARANTINE.c.known_at == row["known_at"]
        for which, word in ((this, decision), (~this, "rejected")):
            undecided = update(QUARANTINE).where(*same, QUARANTINE.c.decision == "", which)
            connection.execute(undecided.values(decision=word, decided_at=at))


def replaced(connection: Connection, held: pd.DataFrame, believed: pd.DataFrame, at: str) -> None:
    """Writes down that sessions which are held back have got rows to believe.

    Args:
        connection: In a transaction.
        held: What was ever held back of the asset, columns `ingest.tables.HELD`.
        believed: The panel's rows that an import adds.
        at: The instant, as the tables write it.
    """
    gone = held[(held["decision"] == "") & held["session"].isin(believed["session"])]
    for row in records(("symbol", "session"), gone.drop_duplicates("session")):
        undecided = update(QUARANTINE).where(
            QUARANTINE.c.symbol == row["symbol"], QUARANTINE.c.session == row["session"], QUARANTINE.c.decision == ""
        )
        connection.execute(undecided.values(decision="replaced", decided_at=at))
