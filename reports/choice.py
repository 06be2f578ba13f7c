"""Which models are drawn where there is no room for all: the tables always hold every one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.palette import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

MOST = 6
REFERENCE = "climatology"


def drawn(table: pd.DataFrame, models: Iterable[str], scoreboard: pd.DataFrame) -> tuple[list[str], str]:
    """The models of a table to draw, at most six, in the report's order, and how they were chosen.

    Where there are more: climatology, and those of the highest skill against it on the days of the scoreboard; the
    skill is one on common days, so that models with records of different length can be ranked by it.

    Returns:
        Ids, and a sentence, empty where all are drawn.
    """
    names = in_order(table, models)
    if len(names) <= MOST:
        return names, ""
    skill = _skill(scoreboard)
    ranked = sorted(names, key=lambda name: (name != REFERENCE, -skill.get(name, float("-inf"))))
    best = [name for name in names if name in ranked[:MOST]]
    reference = f"{REFERENCE} and " if REFERENCE in best else ""
    how = "with the highest skill on the scoreboard" if skill else "that come first in this report"
    return best, f"Of {len(names)} models, {reference}the {MOST - bool(reference)} {how} are drawn."


def _skill(scoreboard: pd.DataFrame) -> dict[str, float]:
    """Each model's skill where it has been scored on the most days."""
    if scoreboard.empty:
        return {}
    known = scoreboard.dropna(subset=["skill_climatology"]).sort_values("days", kind="stable")
    return dict(zip(known["model"], known["skill_climatology"].astype(float), strict=True))
