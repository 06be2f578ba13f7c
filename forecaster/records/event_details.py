"""What the details of an event may say: what this program writes, and nothing that only looks like it."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecaster.clock import REAL, REHEARSAL
from forecaster.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CLOCK, AHEAD = "clock", "ahead"
"""Kinds of events."""
COUNTED = ("forecast", "outcome")
"""The tables whose last rows an event of the second kind counts."""
_LONGEST = 200
"""Characters of a text in the details."""
_ROWS = 10**18
"""More rows than a table ever has."""
_FAULT = "its details are not as this program writes them"


def read(seq: int, kind: str, at: object, text: object) -> Mapping[str, Any]:
    """What an event says.

    Args:
        seq: Its number.
        kind: Of the two that are known.
        at: The instant that it is of, ISO text.
        text: Its details.

    Raises:
        LedgerError: It is not as this program writes it.
    """
    said = fault(kind, at, text)
    if said:
        raise LedgerError(f"event row {seq} does not hold: {said}; restore a copy from before it")
    details: Mapping[str, Any] = json.loads(str(text))
    return details


def fault(kind: object, at: object, text: object, last: Mapping[str, int] | None = None) -> str | None:
    """What is wrong with an event, in words; None where nothing is, or its kind is not known.

    Args:
        kind: Of the event.
        at: The instant that it is of, ISO text.
        text: Its details.
        last: The number of the last row of each table; where given, no event counts beyond it.
    """
    if kind not in _KINDS:
        return None
    if not _instant(at):
        return "its instant is none"
    try:
        details = json.loads(str(text))
        sound = isinstance(details, dict) and json.dumps(details, sort_keys=True) == text and _KINDS[str(kind)](details)
    except (ValueError, RecursionError):
        return _FAULT
    if not sound:
        return _FAULT
    beyond = [name for name in COUNTED if last is not None and details.get(name, 0) > last.get(name, 0)]
    return f"it counts to row {details[beyond[0]]} of {beyond[0]}, which is not there" if beyond else None


def _of_a_clock(details: Mapping[str, Any]) -> bool:
    if details.get("clock") == REAL:
        return details.keys() == {"clock"}
    speed, because = details.get("speed"), details.get("because", "")
    return (
        details.get("clock") == REHEARSAL
        and details.keys() | {"because"} == {"because", "clock", "speed", "start"}
        and isinstance(speed, float | int)
        and not isinstance(speed, bool)
        and math.isfinite(speed)
        and speed > 0
        and _instant(details["start"])
        and _plain(because)
    )


def _of_going_on(details: Mapping[str, Any]) -> bool:
    return (
        details.keys() == {*COUNTED, "newest", "now"}
        and all(type(details[name]) is int and 0 <= details[name] < _ROWS for name in COUNTED)
        and _instant(details["newest"])
        and _instant(details["now"])
    )


def _instant(text: object) -> bool:
    try:
        return _plain(text) and bool(datetime.fromisoformat(str(text)))
    except ValueError:
        return False


def _plain(text: object) -> bool:
    return isinstance(text, str) and len(text) <= _LONGEST and text.isprintable()


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {CLOCK: _of_a_clock, AHEAD: _of_going_on}
