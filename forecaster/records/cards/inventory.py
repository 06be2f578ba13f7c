"""All model cards as one table, and the names of their files."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from forecaster.records.cards.rows import KINDS
from forecaster.records.standing import REPLAYED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.records.cards.card import Card
    from forecaster.records.cards.scores import Scored

RECORDED = tuple(kind for kind in KINDS if kind != REPLAYED)
INVENTORY = (
    *("model", "version", "in_force", "label", "summary", "config_sha256", "code_versions", "first_origin"),
    *("last_origin", "assets", "forecasts", "ok", "unreliable", "withheld"),
    *(f"{kind}{of}" for kind in RECORDED for of in ("", "_scored", "_crps", "_log_score", "_in90")),
    *("triggers_reached", "card"),
)


def name(card: Card) -> str:
    """The name of its file, without an ending."""
    return re.sub(r"[^\w.-]", "_", f"{card.model}-{card.version}")


def inventory(cards: Iterable[Card]) -> str:
    """All of them as CSV, a line a model and version; figures are of all assets together, each kind apart."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(INVENTORY)
    lines.writerows(_line(card) for card in cards)
    return text.getvalue()


def _line(card: Card) -> list[object]:
    by_kind = {kind: next((one for one in card.scores if one.kind == kind), None) for kind in RECORDED}
    checks, reached = card.checks, [one.id for one in card.triggers if one.reached]
    return [
        *(card.model, card.version, card.in_force, card.label, card.summary, card.config_sha256),
        " ".join(card.code_versions),
        min((one.first for one in card.data), default=""),
        max((one.last for one in card.data), default=""),
        len(card.data),
        *(checks.ok + checks.unreliable + checks.withheld, checks.ok, checks.unreliable, checks.withheld),
        *(figure for one in by_kind.values() for figure in _figures(one)),
        " ".join(reached),
        f"{name(card)}.md",
    ]


def _figures(one: Scored | None) -> tuple[object, ...]:
    """Of all forecasts of a kind: how many, how many scored, and what they scored."""
    if one is None or not one.scored:
        return (one.forecasts if one else 0, 0, "", "", "")
    return (one.forecasts, one.scored, one.crps, one.log_score, one.in90)
