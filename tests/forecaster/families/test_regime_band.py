"""The band of regimes behind a drawing: one colour a run of days, named from calm to panic."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from forecaster.families.regime_filter import draw_band
from forecaster.families.regimes import NAMES


def test_regimes_are_named_in_the_order_of_their_scales_whatever_comes_first() -> None:
    axes = Figure().subplots()
    draw_band(axes, np.arange(4), np.eye(3)[[1, 1, 2, 0]], smooth=True)
    assert axes.get_legend_handles_labels()[1] == list(NAMES)
    assert "future" in axes.get_title()


def test_a_regime_that_never_was_the_likeliest_is_not_named() -> None:
    axes = Figure().subplots()
    draw_band(axes, np.arange(3), np.eye(3)[[1, 1, 0]])
    assert axes.get_legend_handles_labels()[1] == ["calm", "nervous"]
