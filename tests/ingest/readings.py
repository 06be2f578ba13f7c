"""Everything that a history tells, day by day, in a form that two of them can be compared by."""

import pandas as pd

from ingest.panel import VALUES
from ingest.store import History, Store, vintage_sha256


def every_reading(store: Store, symbol: str = "COIN") -> dict[pd.Timestamp, tuple[str, bytes]]:
    """Fingerprint and bytes of read(as_of) at every stored session."""
    history = store.history(symbol)
    return {day: reading(history, day) for day in pd.date_range(history.first, history.last)}


def reading(history: History, day: pd.Timestamp) -> tuple[str, bytes]:
    """Fingerprint and bytes of read(as_of): sessions, values, sources and instants."""
    rows = history.read(day)
    columns = [rows[name].to_numpy() for name in ("session", *VALUES)]
    texts = "|".join(rows["source"]) + "|".join(map(str, rows["known_at"]))
    return vintage_sha256(rows), b"".join(column.tobytes() for column in columns) + texts.encode()
