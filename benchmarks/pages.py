"""The figures of an asset's page, against one plain matplotlib draw of the curves in the first of them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.figures import densities, elbo, fan, weights, window
from reports.palette import looks

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "Five figures of a page of six models, against matplotlib's SVG of six curves"

MODELS = ("climatology", "garch", "gjr", "ewma", "ensemble", "bayesian_linear")
LOOKS = looks(MODELS)
SERIES = ("price", "volume", "tweets")
DAYS = pd.bdate_range("2026-01-21", periods=30)


def curves() -> pd.DataFrame:
    """Six normal densities of a daily change, 240 points each."""
    change = np.linspace(-0.1, 0.1, 240)
    sds = np.linspace(0.02, 0.03, len(MODELS))
    height = np.exp(-0.5 * (change / sds[:, None]) ** 2) / (np.sqrt(2 * np.pi) * sds[:, None])
    return pd.DataFrame(
        {
            "model": np.repeat(MODELS, len(change)),
            "change": np.tile(change, len(MODELS)),
            "density": height.ravel(),
        }
    )


def past() -> pd.DataFrame:
    """Thirty sessions of forecasts and outcomes, the last nine of them live."""
    rng, rows = np.random.default_rng(1), pd.MultiIndex.from_product([MODELS, DAYS], names=["model", "target"])
    table = rows.to_frame(index=False)
    table["origin"] = np.where(table["target"] < DAYS[-9], "replayed", "live")
    table["y"] = np.tile(rng.normal(0, 0.025, len(DAYS)), len(MODELS))
    middle = rng.normal(0, 0.002, len(table))
    for name, sds in (("q05", -1.64), ("q25", -0.67), ("q50", 0.0), ("q75", 0.67), ("q95", 1.64)):
        table[name] = middle + 0.025 * sds
    return table


def lags() -> pd.DataFrame:
    """Weights of two models on seven lags of three series, one of them without spread."""
    names = ["model", "series", "lag"]
    table = pd.MultiIndex.from_product([MODELS[-2:], SERIES, range(1, 8)], names=names).to_frame(index=False)
    table["mean"] = np.random.default_rng(2).normal(0, 0.05, len(table))
    return table.assign(sd=np.where(table["model"] == MODELS[-1], 0.03, np.nan))


def plain(table: pd.DataFrame) -> str:
    """The curves as matplotlib draws them by itself."""
    text, figure = io.StringIO(), Figure(figsize=(4, 2.4), layout="constrained")
    axes = figure.subplots()
    for name, own in table.groupby("model", sort=False):
        axes.plot(own["change"], own["density"], label=name)
    figure.legend(loc="outside lower center", ncols=3)
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def cases() -> dict[str, Callable[[], object]]:
    """The reference, then the figure with the same curves, then all of the page."""
    six, record, learnt = curves(), past(), lags()
    week = pd.MultiIndex.from_product([DAYS[-7:], SERIES], names=["session", "series"]).to_frame(index=False)
    week["change"] = np.random.default_rng(3).normal(0, 0.1, len(week))
    steps = np.arange(0, 2001, 20)
    loss = pd.DataFrame({"model": MODELS[-1], "step": steps, "loss": 3000 * np.exp(-steps / 150) - 4100})

    def first() -> str:
        return densities.draw(six, ("", np.nan), LOOKS, MODELS, ("Densities", False))

    def page() -> list[str]:
        return [
            first(),
            window.draw(week, "X", simulated=False),
            fan.draw(record, LOOKS, MODELS, "X", simulated=False),
            weights.draw(learnt, LOOKS, MODELS, "X", simulated=False),
            elbo.draw(loss, LOOKS, MODELS, "X", simulated=False),
        ]

    return {
        "matplotlib, six curves with a legend": lambda: plain(six),
        "the figure of six densities": first,
        "all five figures of a page": page,
    }
