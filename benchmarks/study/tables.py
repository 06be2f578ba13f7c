"""The tables of forecasts: Markdown from rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.study.judging import KS_LIMIT, LEVELS, band, difference, inside, skill, uneven
from benchmarks.study.run import TRUTH
from forecaster.evaluation.verdicts import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd

REFERENCE = "garch"
POOLS = ("ensemble", "recalibrated")
CALIBRATED = ("bayesian_linear", "bayesian_mlp", *POOLS, REFERENCE)
"""Those whose calibration is told asset by asset."""


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def signed(value: float, digits: int = 4) -> str:
    """A number with its sign; nothing for none."""
    return f"{value:+.{digits}f}" if np.isfinite(value) else ""


def plain(value: float, digits: int = 3) -> str:
    """A number; nothing for none."""
    return f"{value:.{digits}f}" if np.isfinite(value) else ""


def percent(value: float) -> str:
    """A part of one in percent; nothing for none."""
    return f"{100 * value:.1f} %" if np.isfinite(value) else ""


def with_t(rows: pd.DataFrame, model: str, other: str = REFERENCE) -> str:
    """The difference of log scores with its t in brackets; nothing where there is none."""
    found = difference(rows, model, other)
    told = f" ({found.t:+.1f})" if np.isfinite(found.t) else ""
    return signed(found.mean) + told


def ranked(rows: pd.DataFrame) -> list[str]:
    """Forecasters by mean log score over all days, best first."""
    return [str(name) for name in rows.groupby("model")["log_score"].mean().sort_values(kind="stable").index]


def pits(rows: pd.DataFrame, model: str) -> pd.Series:
    """PITs of one forecaster."""
    return rows.loc[rows["model"] == model, "pit"].dropna()


def pooled(rows: pd.DataFrame) -> str:
    """All blocks together, a row a forecaster."""
    table = []
    for model in ranked(rows):
        own, apart = pits(rows, model), difference(rows, model, REFERENCE)
        withheld = int((rows.loc[rows["model"] == model, "status"] == "withheld").sum())
        stands = int((rows.loc[rows["model"] == model, "stand_in"] != "").sum())
        scores = [signed(apart.mean), signed(apart.t, 1), percent(skill(rows, model))]
        shares = [plain(inside(own, 0.5)), plain(inside(own, 0.9))]
        table.append([model, f"{len(own):,}", *scores, *shares, str(withheld), str(stands)])
    head = (
        "forecaster",
        "days",
        "log score minus GARCH-t",
        "t",
        "CRPS skill",
        "in 50",
        "in 90",
        "withheld",
        "stand-in",
    )
    return markdown(head, table)


def by_block(rows: pd.DataFrame, cell: Callable[[pd.DataFrame, str], str]) -> str:
    """A row a forecaster, a column a block."""
    blocks = {label: rows[rows["block"] == label] for label in rows["block"].unique()}
    table = [[model, *(cell(own, model) for own in blocks.values())] for model in ranked(rows)]
    return markdown(("forecaster", *blocks), table)


def coverage(level: float) -> Callable[[pd.DataFrame, str], str]:
    """A cell of `by_block`: coverage of a central interval."""
    return lambda rows, model: plain(inside(pits(rows, model), level))


def best_members(rows: pd.DataFrame, members: Sequence[str]) -> list[tuple[str, str, dict[str, float]]]:
    """Of each block its label, its best member, and how far each pool stays behind it."""
    found = []
    for label in rows["block"].unique():
        own = rows[rows["block"] == label]
        best = next(name for name in ranked(own) if name in members)
        found.append((label, best, {name: difference(own, name, best).mean for name in POOLS}))
    return found


def members_table(rows: pd.DataFrame, members: Sequence[str]) -> str:
    """The best single member of each block against the pools."""
    table = [[label, best, *map(signed, behind.values())] for label, best, behind in best_members(rows, members)]
    return markdown(("block", "best member", *(f"{name} minus it" for name in POOLS)), table)


def calibration(rows: pd.DataFrame, model: str) -> str:
    """A row a block: sqrt(n) D of the PITs, and coverage, marked where outside its band."""
    table = []
    for label in [*rows["block"].unique(), "all"]:
        own = pits(rows if label == "all" else rows[rows["block"] == label], model)
        distance = uneven(own)
        told = [plain(distance, 2) + ("*" if distance > KS_LIMIT else "")]
        told += [covered(inside(own, level), len(own), level) for level in LEVELS]
        table.append([label, f"{len(own):,}", *told])
    return markdown(("block", "days", "sqrt(n) D", *(f"in {100 * level:g}" for level in LEVELS)), table)


def covered(part: float, days: int, level: float) -> str:
    """A coverage, with a star where it lies outside its band."""
    if not days:
        return ""
    low, high = band(days, level)
    return plain(part) + ("" if low <= part <= high else "*")


def markets(rows: pd.DataFrame) -> str:
    """Log score minus that of the true distribution: one row per forecaster, one column per distribution."""
    laws = {law: rows[rows["symbol"] == law] for law in rows["symbol"].unique()}
    names = [name for name in ranked(rows) if name != TRUTH]
    table = [[name, *(with_t(own, name, TRUTH) for own in laws.values())] for name in names]
    truth = ["in 90 of the true distribution", *(plain(inside(pits(own, TRUTH), 0.9)) for own in laws.values())]
    return markdown(("forecaster", *laws), [*table, truth])


def claims(walks: pd.DataFrame, reference: str = "climatology") -> dict[str, list[str]]:
    """What is claimed of each forecaster on each simulated walk: better, worse or nothing."""
    found: dict[str, list[str]] = {}
    for _, own in walks[walks["model"] != TRUTH].groupby("block"):
        for verdict in compare(own):
            if verdict.reference == reference:
                found.setdefault(verdict.model, []).append(verdict.claim)
    return found


def claims_table(walks: pd.DataFrame) -> str:
    """Walks on which a forecaster is called better or worse than climatology."""
    table = [[name, str(len(told)), str(told.count("better")), str(told.count("worse"))]
             for name, told in claims(walks).items()]  # fmt: skip
    return markdown(("forecaster", "walks", "called better", "called worse"), table)


def mean_found(rows: pd.DataFrame, model: str) -> tuple[float, float]:
    """Slope of a forecaster's means on the true ones, and their correlation."""
    wide = rows.pivot_table(index=["block", "target"], columns="model", values="mean")
    if model not in wide or TRUTH not in wide:
        return np.nan, np.nan
    both = wide[[model, TRUTH]].dropna()
    if both[model].std() == 0:
        return 0.0, np.nan
    own, true = both[model].to_numpy(), both[TRUTH].to_numpy()
    return float(np.cov(own, true)[0, 1] / true.var(ddof=1)), float(np.corrcoef(own, true)[0, 1])


def means_table(pulled: pd.DataFrame) -> str:
    """How much of a mean that yesterday pulls is found."""
    names = [name for name in ranked(pulled) if name != TRUTH]
    return markdown(("forecaster", "slope", "correlation"),
                    [[name, *map(partial(plain, digits=2), mean_found(pulled, name))] for name in names])  # fmt: skip


def nuts_table(rows: pd.DataFrame) -> str:
    """SVI against NUTS, a row a fit."""
    table = [
        [row["symbol"], row["model"], row["as_of"], str(row["rows"]), percent(row["difference"]),
         plain(row["k_hat"], 2), row["reason"] or row["nuts_reason"]]
        for row in rows.to_dict("records")
    ]  # fmt: skip
    head = ("asset", "forecaster", "origin", "rows", "largest difference of a quantile", "k-hat", "remarks")
    return markdown(head, table)


def seconds_table(seconds: pd.DataFrame) -> str:
    """CPU seconds: a row a forecaster, a column a part of the study.

    Args:
        seconds: `part, name, seconds`.
    """
    wide = seconds.pivot_table(index="name", columns="part", values="seconds", aggfunc="sum", fill_value=0.0)
    wide = wide.assign(all=wide.sum(axis=1)).sort_values("all", ascending=False)
    table = [
        [str(name), *(f"{value:,.0f}" for value in row)] for name, row in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    return markdown(("fits of", *map(str, wide.columns)), table)
