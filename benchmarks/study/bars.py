"""What was asked of the forecasters, and whether it was met."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.study.judging import difference, inside, skill
from benchmarks.study.run import TRUTH
from benchmarks.study.tables import best_members, claims, markdown, mean_found, percent, pits, plain, signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd

LINEAR, NETWORK, FINAL, REFERENCE = "bayesian_linear", "bayesian_mlp", "recalibrated", "garch"
MINUTES = 30


class Bar(NamedTuple):
    """One thing asked.

    Attributes:
        about: What.
        asked: In words.
        found: The figure, NaN where there is none.
        met: Whether it is what was asked.
        told: The figure in words.
    """

    about: str
    asked: str
    found: float
    met: bool
    told: str


def at_most(about: str, limit: float, found: float, told: Callable[[float], str] = signed) -> Bar:
    """A figure that is not to exceed a limit."""
    return Bar(about, f"at most {told(limit)}", found, found <= limit, told(found))


def at_least(about: str, limit: float, found: float, told: Callable[[float], str]) -> Bar:
    """A figure that is to reach a limit."""
    return Bar(about, f"at least {told(limit)}", found, found >= limit, told(found))


def near(about: str, centre: float, off: float, found: float) -> Bar:
    """A figure that is to be near another."""
    return Bar(about, f"{plain(centre)} +- {plain(off)}", found, abs(found - centre) <= off, plain(found))


def t(value: float) -> str:
    """A t statistic."""
    return signed(value, 1)


def of_blocks(windows: Mapping[int, pd.DataFrame], members: Sequence[str]) -> Iterator[Bar]:
    """What was asked on the development blocks; long and short histories by window."""
    long, short = windows[max(windows)], windows[min(windows)]
    first, second = difference(long, LINEAR, REFERENCE), difference(long, LINEAR, "egarch")
    yield at_most(f"{LINEAR} minus GARCH-t", -0.030, first.mean)
    yield at_most("t of it", -6, first.t, t)
    yield at_most(f"{LINEAR} minus EGARCH-t", -0.015, second.mean)
    yield at_most("t of it", -4, second.t, t)
    yield at_least(f"CRPS skill of {LINEAR} against climatology", 0.054, skill(long, LINEAR), percent)
    yield near(f"outcomes of {LINEAR} in the central 50 %", 0.5, 0.03, inside(pits(long, LINEAR), 0.5))
    yield near(f"outcomes of {LINEAR} in the central 90 %", 0.9, 0.015, inside(pits(long, LINEAR), 0.9))
    yield at_most(f"{LINEAR} minus GARCH-t, short", -0.040, difference(short, LINEAR, REFERENCE).mean)
    yield at_most(f"{NETWORK} minus {LINEAR}", 0.001, difference(long, NETWORK, LINEAR).mean)
    yield at_most(f"{NETWORK} minus {LINEAR}, short; else no claim", 0.0, difference(short, NETWORK, LINEAR).mean)
    yield at_most(f"{FINAL} minus GARCH-t", -0.034, difference(long, FINAL, REFERENCE).mean)
    behind = [part[FINAL] for _, _, part in best_members(long, members)]
    yield at_most(f"{FINAL} minus the best member, worst block", 0.004, float(np.max(behind)))


def of_laws(rows: pd.DataFrame) -> Iterator[Bar]:
    """What was asked on simulated markets."""
    for law in rows["symbol"].unique():
        found = difference(rows[rows["symbol"] == law], LINEAR, TRUTH)
        yield at_most(f"{LINEAR} minus the true distribution, {law}", 0.006, found.mean)
    walks, pulled = rows[rows["symbol"] == "walk"], rows[rows["symbol"] == "AR(.1)"]
    yield at_most(f"{FINAL} minus GARCH-t on walks", 0.003, difference(walks, FINAL, REFERENCE).mean)
    called = sum(told.count("better") for told in claims(walks).values())
    yield at_most("walks with a claim of skill against climatology", 0, float(called), "{:.0f}".format)
    correlation = mean_found(pulled, LINEAR)[1]
    yield at_least(f"AR(.1): correlation of {LINEAR}'s mean with the true one", 0.5, correlation, plain)


def of_nuts(rows: pd.DataFrame) -> Iterator[Bar]:
    """What was asked of the posterior."""
    yield at_most("SVI against NUTS, largest difference of a quantile", 0.02, float(rows["difference"].max()), percent)


def of_seconds(minutes: float) -> Iterator[Bar]:
    """What was asked of the whole."""
    yield at_most("minutes for the whole study, of the processor on two cores", MINUTES, minutes, "{:.1f}".format)


def table(bars: Sequence[Bar]) -> str:
    """A row a bar."""
    rows = [[bar.about, bar.asked, bar.told, _verdict(bar)] for bar in bars]
    return markdown(("what", "target", "found", "met"), rows)


def _verdict(bar: Bar) -> str:
    if np.isnan(bar.found):
        return "not measured"
    return "met" if bar.met else "**missed**"
