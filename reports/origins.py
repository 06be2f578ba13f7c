"""What forecasts are evidence of, in words: proved, claimed, rehearsed or replayed; and how early they were issued."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from reports.numerals import THIN

if TYPE_CHECKING:
    from collections.abc import Iterable

REPLAYED = "replayed"


class Origin(NamedTuple):
    """One kind of evidence.

    Attributes:
        title: Of a group of forecasts.
        meaning: What it is, and what it is not; a sentence.
    """

    title: str
    meaning: str


ORIGINS = {
    "proved": Origin(
        "Proved forecasts", "Proved: a time stamp of an outside authority from before the close covers it."
    ),
    "claimed": Origin("Claimed forecasts", "Claimed: recorded before the close, by this home\u2019s own clock."),
    "rehearsed": Origin(
        "Rehearsed forecasts", "Rehearsed: recorded by a rehearsal\u2019s clock, not evidence of foresight."
    ),
    REPLAYED: Origin(
        "Replayed forecasts", "Replayed: made or recorded later from what was known then, not evidence of foresight."
    ),
}
"""From the strongest evidence to the weakest."""


def in_order(origins: Iterable[str]) -> list[str]:
    """Those that there are, the strongest evidence first."""
    found = set(origins)
    return [name for name in ORIGINS if name in found]


def hours(lead: float) -> str:
    """A span of time before an open, `16 h 30 min`; in minutes alone below an hour.

    >>> hours(16.5).replace(THIN, " "), hours(-0.25).replace(THIN, " ")
    ('16 h 30 min', '15 min')
    """
    whole, minutes = divmod(round(abs(lead) * 60), 60)
    parts = [f"{whole}{THIN}h"] if whole else []
    return " ".join([*parts, f"{minutes}{THIN}min"])


def issued(leads: Iterable[float]) -> str:
    """When some forecasts were issued against their session's open; nothing where that is not known."""
    known = sorted(lead for lead in leads if math.isfinite(lead))
    if not known:
        return ""
    side = "before" if known[0] >= 0 else "after"
    return f"issued {hours(known[0])} {side} the open"
