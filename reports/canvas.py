"""What every figure is drawn on: panels under a title and above a legend, as SVG text that never varies.

A figure is given in millimetres and drawn in points (1/72 inch). Margins follow from how wide the words beside a panel
are, by the tables of the type face, so that nothing is drawn to be measured. Letters stay text; one that the type face
lacks becomes U+FFFD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.legends import laid_out
from reports.lettering import FAMILY, cut, width
from reports.palette import ALARM, FAINT, INK, MUTED
from reports.strokes import line, points, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.axes import Axis, Scale
    from reports.legends import Legend
    from reports.strokes import Stroke

FULL_WIDTH = 174.0
"""Width of the text on a page, in millimetres."""

_POINT = 72 / 25.4  # points a millimetre
_TITLE, _PANEL_TITLE, _LABEL, _TICK = 7.6, 7.2, 6.8, 6.3  # sizes of type
_LINE = 1.2  # distance of base lines, in sizes
_MARK, _PAD, _GAP = 2.0, 3.0, 10.5  # length of a tick, its distance from its words, distance of panels
_OPEN = "<svg "
_SLACK, _EDGE = 4.0, 4.5  # how far a word may stand out to the side of its panel, margin of the figure


@dataclass(frozen=True)
class Panel:
    """A drawing between two axes.

    Attributes:
        x: The axis along the bottom.
        y: The axis up the side.
        strokes: What is drawn, the first undermost.
        title: What stands above it.
        colour: Of the title.
        weight: Of the title: "bold" or "normal".
        size: Of the title, in points.
        ground: What is drawn below the grid.
        framed: Whether the axes are drawn as lines.
    """

    x: Axis
    y: Axis
    strokes: Sequence[Stroke]
    title: str = ""
    colour: str = INK
    weight: str = "normal"
    size: float = _PANEL_TITLE
    ground: Sequence[Stroke] = ()
    framed: bool = True


def drawing(
    size: tuple[float, float],
    title: tuple[str, bool],
    panels: Sequence[Panel],
    columns: int = 1,
    legend: Legend | None = None,
) -> str:
    """A figure as SVG text, the same for the same figure.

    Args:
        size: Width and height in millimetres.
        title: What it shows, and whether that is simulated: SIMULATED is said before it then.
        panels: Row by row; the last places may stay empty.
        columns: Panels in a row. Those of a column have the same width, and all panels the same height.
        legend: What the marks mean.
    """
    across, down = (side * _POINT for side in size)
    parts = [_headline(*title, across)]
    keys = laid_out(legend, across) if legend else None
    below = keys.height + 3 if keys and legend and not legend.inside else 0.0
    lefts, widths = _columns(panels, columns, across)
    tops, height = _rows(panels, columns, _TITLE * _LINE, down - below - _EDGE)
    for i, panel in enumerate(panels):
        row, column = divmod(i, columns)
        parts.append(_panel(panel, (lefts[column], tops[row], widths[column], height)))
    if keys and not below:
        row, column = divmod(len(panels), columns)
        parts.append(keys.at(lefts[column] + _GAP, tops[row] + (height - keys.height) / 2))
    elif keys:
        parts.append(keys.at((across - keys.width) / 2, down - keys.height - 1))
    return (
        f'{_OPEN}xmlns="http://www.w3.org/2000/svg" width="{across:.2f}pt" height="{down:.2f}pt" '
        f'viewBox="0 0 {across:.2f} {down:.2f}" font-family="{FAMILY}" stroke-linejoin="round">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>'
    )


def named(svg: str, attributes: str) -> str:
    """A figure with further attributes of the whole."""
    return svg.replace(_OPEN, f"{_OPEN}{attributes} ", 1)


def _headline(title: str, simulated: bool, across: float) -> str:
    whole = cut(f"SIMULATED \u00b7 {title}" if simulated else title, _TITLE, across - 2, bold=True)
    colour = ALARM if simulated else INK
    return text(whole, 1, _TITLE, _TITLE, colour, ' font-weight="bold"')


def _columns(panels: Sequence[Panel], columns: int, across: float) -> tuple[list[float], list[float]]:
    """Left edge and width of the panels of each column."""
    margins = [max((_beside(panel) for panel in panels[i::columns]), default=0.0) for i in range(columns)]
    margins = [margin + (_GAP if i else 1) for i, margin in enumerate(margins)]
    each = (across - sum(margins) - _EDGE) / columns
    return [sum(margins[: i + 1]) + each * i for i in range(columns)], [each] * columns


def _beside(panel: Panel) -> float:
    """What the words left of a panel take."""
    ticks = max((width(word, _TICK) for word in panel.y.words), default=0.0)
    return (ticks + _MARK + _PAD if ticks else 0) + (_LABEL * _LINE + 2.5 if panel.y.label else 0)


def _rows(panels: Sequence[Panel], columns: int, top: float, bottom: float) -> tuple[list[float], float]:
    """Upper edge of the panels of each row, and the height of all."""
    rows = [panels[i : i + columns] for i in range(0, len(panels), columns)]
    above = [
        max(panel.size + 4 if panel.title else _PAD for panel in row) + (_PAD if i else 0) for i, row in enumerate(rows)
    ]
    below = [max(_under(panel) for panel in row) for row in rows]
    each = (bottom - top - sum(above) - sum(below)) / len(rows)
    return [top + sum(above[: i + 1]) + sum(below[:i]) + each * i for i in range(len(rows))], each


def _under(panel: Panel) -> float:
    """What the words below a panel take."""
    lines = max((word.count("\n") + 1 for word in panel.x.words), default=0)
    ticks = _MARK + _PAD + lines * _TICK * _LINE if lines else 2 * _PAD
    return ticks + (_LABEL * _LINE if panel.x.label else 0)


def _panel(panel: Panel, box: tuple[float, float, float, float]) -> str:
    """A panel in its box: left, top, width, height."""
    left, top, wide, high = box
    right, bottom = left + wide, top + high
    across, up = panel.x.scale(left, right), panel.y.scale(bottom, top)
    parts = [stroke(across, up) for stroke in panel.ground]
    parts += [_grid(panel.y, up, left, right)]
    parts += [stroke(across, up) for stroke in panel.strokes]
    parts += [_along(panel, across, box), _beneath(panel, up, box)]
    if panel.title:
        parts.append(text(panel.title, left, top - 4, panel.size, panel.colour, f' font-weight="{panel.weight}"'))
    return "".join(parts)


def _grid(axis: Axis, up: Scale, left: float, right: float) -> str:
    lines = "".join(f"M{left:.2f} {y:g}H{right:.2f}" for y in points(up(axis.ticks))) if axis.grid else ""
    return f'<path d="{lines}" {line(0.4, FAINT)}/>' if lines else ""


def _along(panel: Panel, across: Scale, box: tuple[float, float, float, float]) -> str:
    """The axis along the bottom; words at its ends stay near the panel."""
    left, top, wide, high = box
    bottom, axis = top + high, panel.x
    places, parts = points(across(axis.ticks)), []
    for place, word in zip(places, axis.words, strict=bool(axis.words)):
        for i, part in enumerate(word.split("\n")):
            half = width(part, _TICK) / 2
            middle = min(max(place, left - _SLACK + half), left + wide + _SLACK - half)
            y = bottom + _MARK + _PAD + _TICK * (0.76 + i * _LINE)
            parts.append(text(part, middle, y, _TICK, MUTED, ' text-anchor="middle"'))
    if axis.label:
        y = bottom + _under(panel) - _LABEL * 0.3
        parts.append(text(axis.label, left + wide / 2, y, _LABEL, MUTED, ' text-anchor="middle"'))
    if panel.framed:
        ticks = "".join(f"M{x:g} {bottom:.2f}v{_MARK:g}" for x in places)
        parts.append(f'<path d="M{left:.2f} {top:.2f}V{bottom:.2f}H{left + wide:.2f}{ticks}" {line(0.5, MUTED)}/>')
    return "".join(parts)


def _beneath(panel: Panel, up: Scale, box: tuple[float, float, float, float]) -> str:
    """The axis up the side."""
    left, top, _, high = box
    axis, parts = panel.y, []
    places = points(up(axis.ticks))
    for place, word in zip(places, axis.words, strict=bool(axis.words)):
        parts.append(text(word, left - _MARK - _PAD, place + _TICK * 0.36, _TICK, MUTED, ' text-anchor="end"'))
    if axis.label:
        x, y = left - _beside(panel) + _LABEL, top + high / 2
        turned = f' text-anchor="middle" transform="rotate(-90 {x:.2f} {y:.2f})"'
        parts.append(text(axis.label, x, y, _LABEL, MUTED, turned))
    if places and panel.framed:
        ticks = "".join(f"M{left:.2f} {y:g}h{-_MARK:g}" for y in places)
        parts.append(f'<path d="{ticks}" {line(0.5, MUTED)}/>')
    return "".join(parts)
