"""Posteriors of the same latents side by side: contours of pairs, one colour per guide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.stats import gaussian_kde

from forecaster.errors import ForecasterError
from reports.palette import looks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from forecaster.floats import Floats

HELD = (0.5, 0.9)
"""Probabilities that the contours hold."""

DRAWS, POINTS, COLUMNS = 800, 40, 3
"""Draws of which a density is estimated, points of its grid along each axis, panels side by side."""

FORMATS = (".png", ".svg", ".pdf")


def require_picture(file: Path) -> None:
    """Refuses a name that is not a picture's.

    Raises:
        ForecasterError: Where it ends in none of `FORMATS`.
    """
    if file.suffix.lower() not in FORMATS:
        raise ForecasterError(f"{file} is not a picture that can be written: end its name in .png, .svg or .pdf")


def contours(axes: Axes, x: Floats, y: Floats, colour: str) -> None:
    """The regions of highest density that hold half and nine tenths of draws `(draws,)` of a pair."""
    x, y = x[:DRAWS], y[:DRAWS]
    density = gaussian_kde(np.stack([x, y]))
    levels = np.quantile(density(np.stack([x, y])), [1 - held for held in reversed(HELD)])
    grids = [_grid(part) for part in (x, y)]
    across, up = np.meshgrid(*grids)
    height = density(np.stack([across.ravel(), up.ravel()])).reshape(across.shape)
    axes.contour(across, up, height, levels=levels, colors=colour, linewidths=(0.8, 1.6))


def _grid(values: Floats) -> Floats:
    low, high = values.min(), values.max()
    return np.linspace(low - (high - low) / 10, high + (high - low) / 10, POINTS)


def figure(
    names: Sequence[str], draws: Mapping[str, Floats], pairs: Sequence[tuple[int, int]], title: str = ""
) -> Figure:
    """A panel for each pair of latents, the posterior of every guide in it.

    Args:
        names: Of the latents.
        draws: Guide to its draws `(draws, latents)`.
        pairs: Places of the latents of each panel, at least one.
        title: What is drawn.
    """
    columns = min(COLUMNS, len(pairs))
    rows = -(-len(pairs) // columns)
    made = Figure(figsize=(3.6 * columns, 3.3 * rows + 0.7), layout="constrained")
    grid = made.subplots(rows, columns, squeeze=False).ravel()
    own = looks(draws)
    for axes, (i, j) in zip(grid, pairs, strict=False):
        for guide, of in draws.items():
            contours(axes, of[:, i], of[:, j], own[guide].colour)
        axes.set(xlabel=names[i], ylabel=names[j])
    for axes in grid[len(pairs) :]:
        axes.set_axis_off()
    lines = [Line2D([], [], color=own[guide].colour, label=guide) for guide in draws]
    made.legend(handles=lines, loc="outside lower center", ncols=len(lines), frameon=False)
    made.suptitle(
        f"{title}\n50 % and 90 % of each posterior" if title else "50 % and 90 % of each posterior", fontsize=10
    )
    return made


def write(
    names: Sequence[str], draws: Mapping[str, Floats], pairs: Sequence[tuple[int, int]], title: str, file: Path
) -> None:
    """Draws them into a file, in the format that its name ends in.

    Raises:
        ForecasterError: Where the name is not a picture's, or the file cannot be written.
    """
    require_picture(file)
    try:
        figure(names, draws, pairs, title).savefig(file, dpi=150)
    except OSError as fault:
        raise ForecasterError(f"{file} cannot be written ({fault.strerror}): choose another place") from fault
