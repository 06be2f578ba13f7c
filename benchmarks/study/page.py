"""docs/quality.md: the tables in order, with what a reader must know of them."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from benchmarks.study import bars, tables
from benchmarks.study.judging import KS_LIMIT, skill
from benchmarks.study.run import POOLS_EVERY, REFIT, SHAPE, TRUTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

PACKAGES = ("forecaster", "numpy", "scipy", "pandas", "torch", "pyro-ppl", "arch", "statsmodels")

HEAD = """\
# Quality

Written by `make study`; not edited by hand. Every forecaster on the same days, through the program's own replay: refits
every {refit} sessions on at most the number of rows stated in each table, one session ahead, using only what was known
at the time. Log scores are in nats per day; lower is better. Differences are a forecaster's score minus another's: a
negative difference, and a negative t, favour the forecaster. t is that of Diebold and Mariano, with differences summed
over the assets of one date first. CRPS skill is against climatology (positive is better); over several blocks it is the
mean weighted by days. CRPS of the pools is computed on every {pools}th day. `{shape}` is seven lags of raw changes with
normal errors of one estimated scale.

{days:,} forecast days; {versions}.{absent}
"""

CALIBRATION = """\
PITs of a calibrated forecaster are uniform and independent. sqrt(n) D is the Kolmogorov-Smirnov statistic. A star marks
values above {limit:.2f}, and coverage outside the exact 95 % binomial band; for a calibrated forecaster one cell in
twenty has a star.
"""

MARKETS = """\
Closes only, {days} scored days per path after 2,000 rows; {paths} paths per distribution for `bayesian_linear`, {few}
for the others. Log score minus that of the true distribution, which knows everything except a hidden volatility; t in
brackets.
"""

POSTERIOR = """\
## The posterior

The newest fit of each asset by SVI, compared with NUTS on the same rows; the difference is a share of the central 90 %
interval.

"""


def page(
    found: Mapping[str, pd.DataFrame], seconds: pd.DataFrame, minutes: float, members: Sequence[str], absent: str = ""
) -> str:
    """The whole page.

    Args:
        found: Rows by part: `blocks`, `laws`, `nuts`; those that were not run are not there.
        seconds: `part, name, seconds`.
        minutes: Of each core for all of it.
        members: Of the ensemble.
        absent: What could not be run, in words.
    """
    parts = [_bars(found, minutes, members)]
    if "blocks" in found:
        parts += _blocks(_by_window(found["blocks"]), members)
    if "laws" in found:
        parts += _laws(found["laws"])
    if "nuts" in found:
        parts.append(POSTERIOR + tables.nuts_table(found["nuts"]))
    told = f"{minutes:.1f} minutes of each core. CPU seconds, which are higher when the cores have other work:\n\n"
    parts.append("## Seconds\n\n" + told + tables.seconds_table(seconds))
    return "\n".join([_head(found, absent), *parts])


def _head(found: Mapping[str, pd.DataFrame], absent: str) -> str:
    rows = [found[part][["block", "target", "window"]] for part in ("blocks", "laws") if part in found]
    days = sum(len(part.drop_duplicates()) for part in rows)
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    told = f"Python {platform.python_version()}, {versions}"
    return HEAD.format(
        refit=REFIT, pools=POOLS_EVERY, shape=SHAPE, days=days, versions=told, absent=absent and f" {absent}"
    )


def _bars(found: Mapping[str, pd.DataFrame], minutes: float, members: Sequence[str]) -> str:
    told: list[bars.Bar] = []
    if "blocks" in found:
        told += bars.of_blocks(_by_window(found["blocks"]), members)
    if "laws" in found:
        told += bars.of_laws(found["laws"])
    if "nuts" in found:
        told += bars.of_nuts(found["nuts"])
    told += bars.of_seconds(minutes)
    return "## Targets\n\n" + bars.table(told)


def _by_window(rows: pd.DataFrame) -> dict[int, pd.DataFrame]:
    return {int(window): rows[rows["window"] == window] for window in sorted(rows["window"].unique(), reverse=True)}


def _blocks(windows: Mapping[int, pd.DataFrame], members: Sequence[str]) -> Iterator[str]:
    for window, rows in windows.items():
        told = f"at most {window:,} rows"
        yield f"## All blocks, {told}\n\n" + tables.pooled(rows)
        for own, other in (("bayesian_linear", "egarch"), ("bayesian_mlp", "bayesian_linear")):
            yield f"`{own}` minus `{other}`: {tables.with_t(rows, own, other) or 'not measured'}.\n"
        cells = {
            "Log score minus GARCH-t, t in brackets": tables.with_t,
            "CRPS skill": lambda own, model: tables.percent(skill(own, model)),
            "Outcomes in the central 50 %": tables.coverage(0.5),
            "Outcomes in the central 90 %": tables.coverage(0.9),
        }
        for name, cell in cells.items():
            yield f"### {name}, {told}\n\n" + tables.by_block(rows, cell)
        yield f"### The best member, {told}\n\n" + tables.members_table(rows, members)
        yield f"### Calibration, {told}\n\n" + CALIBRATION.format(limit=KS_LIMIT)
        present = [name for name in tables.CALIBRATED if name in set(rows["model"])]
        yield from (f"`{name}`:\n\n" + tables.calibration(rows, name) for name in present)


def _laws(rows: pd.DataFrame) -> Iterator[str]:
    walks, pulled = rows[rows["symbol"] == "walk"], rows[rows["symbol"] == "AR(.1)"]
    others = rows[~rows["model"].isin((bars.LINEAR, TRUTH))]
    few, paths = (of.groupby("symbol")["block"].nunique().max() for of in (others, rows))
    days = rows.groupby("block")["target"].nunique().max()
    yield "## Simulated markets\n\n" + MARKETS.format(days=days, paths=paths, few=few)
    yield tables.markets(rows)
    if len(walks):
        yield "### Claims on walks\n\n" + tables.claims_table(walks)
    if len(pulled):
        yield "### The mean of AR(.1)\n\nForecast means compared with the true ones.\n\n" + tables.means_table(pulled)
