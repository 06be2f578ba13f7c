"""Columns by name: which of a file's columns is the asset, the day, the model, and what a forecast is written in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from forecaster.errors import ForecasterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        role: tuple(names.split())
        for role, names in {
            "symbol": "symbol ticker asset unique_id item_id",
            "target": "target_date target target_session target_end_date date ds day session",
            "model": "model forecaster method model_id",
            "horizon": "horizon h",
            "as_of": "as_of asof origin origin_date cutoff",
            "made": "issued_at made_at made issued forecast_date created_at published_at",
            "predictive": "predictive",
            "mean": "mean mu expected_value",
            "median": "median",
            "sd": "sd std stdev std_dev sigma standard_deviation",
            "df": "df nu dof degrees_of_freedom",
            "prob_up": "prob_up p_up",
            "point": "forecast yhat y_hat point prediction pred predicted",
            "status": "status",
            "reason": "reason",
            "draw": "draw draw_id sample sample_id",
            "value": "value change",
        }.items()
    }
)
"""Role to what its column may be called, the surest name first."""

_SPACES = re.compile(r"[\s.\-]+")
_LEVEL = re.compile(r"(?P<word>q|p|quantile|percentile|pct)?[_ ]?(?P<digits>\d*\.?\d+)\s*(?P<percent>%|pct)?")
_DRAW = re.compile(r"(?:draw|sample|path|sim)[_ ]?\d+")
_THOUSANDTHS = 3
"""Digits of a level such as `q025`, which has no point for its own."""


@dataclass(frozen=True)
class Roles:
    """The columns of a file.

    Attributes:
        named: Role of `ALIASES` to the name of its column.
        quantiles: Level to the name of its column, rising.
        draws: Names of the columns of draws.
    """

    named: Mapping[str, str]
    quantiles: Mapping[float, str] = field(default_factory=dict)
    draws: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """What a forecast is written in: the fullest of what there is; empty where there is nothing."""
        if "predictive" in self.named:
            return "distributions"
        if self.draws or {"draw", "value"} <= set(self.named):
            return "draws"
        if len(self.quantiles) > 1:
            return "quantiles"
        if {"mean", "sd"} <= set(self.named):
            return "means and sds"
        if self.quantiles.keys() - {0.5}:
            return "one quantile"
        return "points" if self.points else ""

    @property
    def points(self) -> dict[str, str]:
        """What a point is taken for, `mean` or `median`, to the name of its column."""
        found = {role: self.named[role] for role in ("mean", "median") if role in self.named}
        middle = self.quantiles.get(0.5)
        found |= {"median": middle} if middle and "median" not in found else {}
        return found or ({"mean": self.named["point"]} if "point" in self.named else {})


def level_of(name: str) -> float | None:
    """The level of a column of quantiles; None for another column.

    >>> [level_of(name) for name in ("q05", "q025", "0.95", "p50", "2.5%", "quantile_0.1", "7", "sd")]
    [0.05, 0.025, 0.95, 0.5, 0.025, 0.1, None, None]
    """
    found = _LEVEL.fullmatch(name.strip().casefold())
    if found is None:
        return None
    digits = found["digits"]
    if digits.startswith(("0.", ".")) and not found["percent"]:
        level = float(digits)
    elif not found["word"] and not found["percent"]:
        return None
    elif digits.isdigit() and len(digits) == _THOUSANDTHS and not found["percent"]:
        level = float(digits) / 1000
    else:
        level = float(f"{digits}e-2")
    return level if 0 < level < 1 else None


def roles_of(names: Sequence[str]) -> Roles:
    """Which column is what.

    Raises:
        ForecasterError: Where two columns have one name, or one level.
    """
    plain = {name: _SPACES.sub("_", name.strip().casefold()) for name in names}
    if len(plain) < len(names):
        twice = next(name for name in plain if list(names).count(name) > 1)
        raise ForecasterError(f"two columns are called {twice!r}: give each its own name")
    by_plain = {own: name for name, own in reversed(plain.items())}
    named = {
        role: by_plain[next(own for own in known if own in by_plain)]
        for role, known in ALIASES.items()
        if any(own in by_plain for own in known)
    }
    levels: dict[float, str] = {}
    for name in names:
        level = level_of(name)
        if level is None:
            continue
        if level in levels:
            raise ForecasterError(f"the columns {levels[level]!r} and {name!r} are both the quantile of {level:g}")
        levels[level] = name
    draws = tuple(name for name, own in plain.items() if _DRAW.fullmatch(own))
    return Roles(named, dict(sorted(levels.items())), draws)
