"""The marks that sections share: badges for what must not be overlooked, and link targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Badge
from reports.origins import REPLAYED

if TYPE_CHECKING:
    import pandas as pd

SIMULATED = Badge("SIMULATED", "simulated")
UNRELIABLE = Badge("unreliable", "warning")
WITHHELD = Badge("withheld", "withheld")
LATE = Badge("recorded after the outcome", "warning")


def simulated_badge(simulated: bool) -> tuple[Badge, ...]:
    """The badge of an asset whose rows were made up, nothing for a real one."""
    return (SIMULATED,) if simulated else ()


def all_late(forecasts: pd.DataFrame) -> bool:
    """Whether every forecast of an asset was recorded after its outcome: said once then, not on every row."""
    return len(forecasts) > 0 and set(forecasts["origin"]) == {REPLAYED}


def forecast_badges(forecast: pd.Series, *, late_is_said: bool = False) -> tuple[Badge, ...]:
    """What a reader must know about one row of `AssetPage.forecasts` before using it."""
    status = str(forecast["status"])
    badges: list[Badge] = []
    if status != "ok":
        badges.append({"unreliable": UNRELIABLE, "withheld": WITHHELD}.get(status, Badge(status, "warning")))
    if forecast["origin"] == REPLAYED and not late_is_said:
        badges.append(LATE)
    return tuple(badges)


def anchor(position: int) -> str:
    """The link target of the asset at a position in the report."""
    return f"asset-{position + 1}"
