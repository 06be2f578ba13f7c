"""What the proof of a forecast is worth: was its clock real, and is its time stamp from before the outcome?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_REHEARSAL = "rehearsal"


def told(columns: Mapping[str, Any], at: datetime) -> list[str]:
    """Sentences for whoever reads a proof, each a line.

    Args:
        columns: The forecast's row, whatever is in it.
        at: The instant before which it existed, UTC.
    """
    lines = []
    if columns.get("clock") == _REHEARSAL:
        lines.append(
            "It is of a rehearsal: a clock set by hand wrote when it was issued, which says nothing of the time."
        )
    close = target_close(columns)
    if close is None:
        return lines
    closed = f"By its row, the session that it is for closed at {close:%Y-%m-%d %H:%M:%S} UTC"
    if at <= close:
        return [*lines, f"{closed}: it existed before that."]
    return [*lines, f"{closed}: the time stamp is from after that, and does not show that it came before the outcome."]


def target_close(columns: Mapping[str, Any]) -> datetime | None:
    """When the session that a forecast is for closes, UTC, as its own row has it; None where that says nothing."""
    try:
        found = datetime.fromisoformat(json.loads(columns["diagnostics"])["inputs"]["asset"]["target_close"])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None
