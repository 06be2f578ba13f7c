"""Drawings of frames: what is written on them can be read."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from forecaster.frames.drawing import intervals


@pytest.mark.parametrize("days", [5, 20, 60, 122, 600])
def test_dates_do_not_run_into_each_other(days: int) -> None:
    rows = pd.DataFrame({"target_date": pd.date_range("2017-11-20", periods=days), "y": 0.01})
    rows[["q05", "q25", "q50", "q75", "q95"]] = np.array([-0.03, -0.01, 0.0, 0.01, 0.03])
    axes = intervals(rows, "garch", "SPX", None)
    axes.figure.canvas.draw()
    first, last = axes.get_xlim()
    marks = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
    seen = [label.get_window_extent() for at, label in marks if first <= at <= last]
    plt.close(axes.figure)
    assert len(seen) > 2
    assert all(one.x1 < other.x0 for one, other in pairwise(sorted(seen, key=lambda box: box.x0)))
