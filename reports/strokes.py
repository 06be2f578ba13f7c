"""What is drawn in a panel, as SVG: each is a function of the scales of its two axes, which come with the layout.

Lengths are points (1/72 inch) and rounded to a hundredth of one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.lettering import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.axes import Scale

    Stroke = Callable[[Scale, Scale], str]

BAR = 0.42  # half the width of a bar, in distances of its slots


def line(width: float, colour: str, dash: tuple[float, ...] = ()) -> str:
    """Attributes of a line; the parts of a dash are in widths of the line."""
    dashes = f' stroke-dasharray="{" ".join(f"{part * width:g}" for part in dash)}"' if dash else ""
    return f'fill="none" stroke="{colour}" stroke-width="{width:g}"{dashes}'


def filled(colour: str, opacity: float = 1.0) -> str:
    """Attributes of an area."""
    return f'fill="{colour}"' + (f' fill-opacity="{opacity:g}"' if opacity < 1 else "")


def points(values: Any) -> list[float]:  # noqa: ANN401 (whatever an array is made of)
    """Places on the page, rounded."""
    rounded: list[float] = np.atleast_1d(np.round(values, 2)).tolist()
    return rounded


def curve(x: Any, y: Any, drawn: str) -> Stroke:  # noqa: ANN401
    """A line through points, interrupted where one of them does not exist."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    known = np.isfinite(x) & np.isfinite(y)
    starts = known & ~np.concatenate([[False], known[:-1]])

    def stroke(across: Scale, up: Scale) -> str:
        places = zip(starts[known].tolist(), points(across(x[known])), points(up(y[known])), strict=True)
        return _path("".join(f"{'M' if first else 'L'}{a:g} {b:g}" for first, a, b in places), drawn)

    return stroke


def level(x: Any, y: Any, drawn: str, *, half: float = BAR) -> Stroke:  # noqa: ANN401
    """A short level line about each point."""
    x, y = _finite(x, y)

    def stroke(across: Scale, up: Scale) -> str:
        places = zip(points(across(x - half)), points(up(y)), points(across(x + half)), strict=True)
        return _path("".join(f"M{a:g} {b:g}H{c:g}" for a, b, c in places), drawn)

    return stroke


def upright(x: Any, low: Any, high: Any, drawn: str) -> Stroke:  # noqa: ANN401
    """An upright line at each place."""
    x, low, high = _finite(x, low, high)

    def stroke(across: Scale, up: Scale) -> str:
        places = zip(points(across(x)), points(up(low)), points(up(high)), strict=True)
        return _path("".join(f"M{a:g} {b:g}V{c:g}" for a, b, c in places), drawn)

    return stroke


def boxes(left: Any, right: Any, low: Any, high: Any, drawn: str) -> Stroke:  # noqa: ANN401
    """Rectangles; one with a side that does not exist is left out."""
    left, right, low, high = _finite(left, right, low, high)

    def stroke(across: Scale, up: Scale) -> str:
        sides = (across(left), across(right), up(low), up(high))
        places = zip(*(points(side) for side in sides), strict=True)
        return _path("".join(f"M{a:g} {c:g}H{b:g}V{d:g}H{a:g}z" for a, b, c, d in places), drawn)

    return stroke


def dots(x: Any, y: Any, across_it: float, drawn: str, *, shape: str = "circle") -> Stroke:  # noqa: ANN401
    """A mark at each point.

    Args:
        x: Places.
        y: Heights.
        across_it: Diameter of a circle, or side of a diamond, in points.
        drawn: Attributes.
        shape: `circle` or `diamond`.
    """
    x, y = _finite(x, y)
    r = across_it / 2 if shape == "circle" else across_it / math.sqrt(2)
    arc = f"a{r:.2f} {r:.2f} 0 1 0 "
    circle = f"{arc}{2 * r:.2f} 0{arc}{-2 * r:.2f} 0z"
    diamond = f"l{r:.2f} {-r:.2f} {r:.2f} {r:.2f} {-r:.2f} {r:.2f}z"
    around = circle if shape == "circle" else diamond

    def stroke(across: Scale, up: Scale) -> str:
        places = zip(points(across(x) - r), points(up(y)), strict=True)
        return _path("".join(f"M{a:g} {b:g}{around}" for a, b in places), drawn)

    return stroke


def words(said: str, x: float, y: float, size: float, colour: str, *, up_by: float = 0.0, more: str = "") -> Stroke:
    """A text at a point, its base line `up_by` points above it; `more` are further attributes."""

    def stroke(across: Scale, up: Scale) -> str:
        return text(said, float(across(x)), float(up(y)) - up_by, size, colour, more)

    return stroke


def text(said: str, x: float, y: float, size: float, colour: str, more: str = "") -> str:
    """A text at a place on the page; `more` are further attributes."""
    return f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:g}" fill="{colour}"{more}>{written(said)}</text>'


def _finite(*columns: Any) -> tuple[np.ndarray, ...]:  # noqa: ANN401
    """The rows of which every column has a value."""
    together = np.broadcast_arrays(*(np.atleast_1d(np.asarray(column, dtype=float)) for column in columns))
    known = np.all([np.isfinite(column) for column in together], axis=0)
    return tuple(column[known] for column in together)


def _path(data: str, drawn: str) -> str:
    return f'<path d="{data}" {drawn}/>' if data else ""
