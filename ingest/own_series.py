"""A series of one asset's own beside its prices, such as its implied volatility: every vintage of it in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

Transform = Literal["implied_volatility", "level", "log", "change"]
"""How values become a covariate; implied volatility, a fraction a year, has one of its own."""

TRANSFORMS: tuple[str, ...] = get_args(Transform)

COLUMNS = ("session", "value", "known_at")
"""Columns of a frame of vintages."""


@dataclass(frozen=True, eq=False)
class OwnSeries:
    """Every vintage of one series of an asset.

    Attributes:
        name: What it is called, such as `implied_volatility`; lower case letters, digits and underscores.
        transform: How its values become a covariate.
        lag_minutes: Minutes after the close of a session until its value is known.
        frame: `COLUMNS`: the asset's session, the value, and the instant (UTC) at which it became known; one row a
            vintage, by session, then known_at. A first import of an old session counts as known at its close plus the
            lag; a later correction at the time of its import.
    """

    name: str
    transform: Transform
    lag_minutes: int
    frame: pd.DataFrame
