"""What every figure is drawn on: size in millimetres, one type face, and SVG text that never varies."""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from reports.palette import ALARM, FAINT, INK, MUTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

FULL_WIDTH = 174.0
"""Width of the text on a page, in millimetres."""

_MM_PER_INCH = 25.4
_LETTER = 1.75  # millimetres that a letter of a title takes, on average

_STYLE: dict[Any, Any] = {  # matplotlib's own names, too many to type
    "svg.fonttype": "none",
    "svg.hashsalt": "reports",
    "font.family": ["DejaVu Sans"],
    "font.size": 6.8,
    "text.parse_math": False,  # a symbol with dollar signs is a symbol
    "text.color": INK,
    "axes.unicode_minus": True,
    "axes.titlesize": 7.2,
    "axes.titlelocation": "left",
    "axes.titlepad": 3.5,
    "axes.labelsize": 6.8,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.formatter.use_locale": False,
    "axes.formatter.useoffset": False,
    "xtick.labelsize": 6.3,
    "ytick.labelsize": 6.3,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "grid.color": FAINT,
    "grid.linewidth": 0.4,
    "legend.frameon": False,
    "legend.fontsize": 6.6,
    "legend.handlelength": 1.8,
    "legend.columnspacing": 1.6,
    "lines.linewidth": 1.1,
    "figure.facecolor": "white",
    "axes.facecolor": "none",
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
}


@contextmanager
def drawing(width: float, height: float, title: str, *, simulated: bool) -> Iterator[Figure]:
    """A figure of `width` by `height` millimetres under a title that says SIMULATED where that is so.

    The style holds inside the `with` block only; call `to_svg` there.
    """
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # A letter that the type face lacks is drawn as a box; the page's own text names it properly.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        figure = Figure(figsize=(width / _MM_PER_INCH, height / _MM_PER_INCH), layout="constrained")
        whole = f"SIMULATED \u00b7 {title}" if simulated else title
        room = int(width / _LETTER)
        figure.suptitle(
            whole if len(whole) <= room else whole[: room - 1] + "\u2026",
            x=0.004,
            ha="left",
            fontsize=7.6,
            fontweight="bold",
            color=ALARM if simulated else INK,
        )
        yield figure


def to_svg(figure: Figure) -> str:
    """The figure as SVG text, the same for the same figure; letters stay text, unknown ones become U+FFFD."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    drawn = text.getvalue()
    unknown = {ord(letter) for letter in drawn} - _letters() - {ord("\n")}
    return drawn.translate(dict.fromkeys(unknown, "\ufffd"))


@cache
def _letters() -> frozenset[int]:
    """Code points that both weights of the type face have; any other would be shown as a box by chance."""
    faces = (FontProperties(family="DejaVu Sans", weight=weight) for weight in ("normal", "bold"))
    charts = [set(get_font(findfont(face)).get_charmap()) for face in faces]
    return frozenset(charts[0] & charts[1])


def quiet_grid(axes: Axes, axis: str = "y") -> None:
    """Faint lines behind the drawing, for reading values off one axis."""
    if axis == "y":
        axes.yaxis.grid(visible=True)
    else:
        axes.xaxis.grid(visible=True)
