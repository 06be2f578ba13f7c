"""Which model is drawn how: one colour per model, the same in every figure and table of a report.

Colours are told apart under the common forms of colour blindness (after the "muted" scheme of P. Tol,
technical note SRON/EPS/TN/09-002); where there are many, the dash of a line tells them apart as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

INK = "#1F2933"
MUTED = "#667080"
FAINT = "#D5DAE0"
WASH = "#F1F3F5"
ALARM = "#C2410C"
REGIMES = {"calm": "#8CC6A3", "nervous": "#EBC04F", "panic": "#D1584C"}
"""Of the bands that tell regimes."""

_COLOURS = (
    "#332288", "#CC6677", "#2F9E8F", "#A8892C", "#882255", "#5B9BD0",
    "#117733", "#AA4499", "#D9730D", "#6B4A2F", "#7A8A00", "#0B6FA4",
)  # fmt: skip
_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 1.6), (1.2, 1.2))


@dataclass(frozen=True)
class Look:
    """A model's colour (hex) and the dash of its lines: dash and gap in widths of the line, none for solid."""

    colour: str
    dash: tuple[float, ...]


class Looks(dict[str, Look]):
    """The look of every model; one that the report does not list is drawn in grey."""

    def __missing__(self, model: str) -> Look:
        """Grey, for a row that is no model of the report (a reference such as "predict zero")."""
        return Look(MUTED, _DASHES[0])


def looks(models: Iterable[str]) -> Looks:
    """A look for each model, by its place in the report."""
    count = len(_COLOURS)
    return Looks(
        {
            model: Look(_COLOURS[i % count], _DASHES[(i % count // 4 + i // count) % len(_DASHES)])
            for i, model in enumerate(models)
        }
    )


def in_order(frame: pd.DataFrame, models: Iterable[str]) -> list[str]:
    """The models that a table has rows of: those of the report in its order, then any others."""
    if frame.empty:
        return []
    present = list(dict.fromkeys(frame["model"]))
    listed = [model for model in models if model in present]
    return listed + [model for model in present if model not in listed]


def rows_in_order(frame: pd.DataFrame, models: Iterable[str]) -> list[pd.Series]:
    """The rows of a table, those of one model after those of another as `in_order` has them."""
    found: dict[str, list[pd.Series]] = {}
    for _, row in frame.iterrows():
        found.setdefault(str(row["model"]), []).append(row)
    return [row for name in in_order(frame, models) for row in found[name]]
