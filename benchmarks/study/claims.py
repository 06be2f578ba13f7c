"""Is skill claimed where there is none, and found where there is some? The program's own verdicts on many markets.

`python -m benchmarks.study.claims` replays simulated markets of known law, judges each as a backtest does, and prints
how often a claim was made. What a path gave is kept under this program's version: stopped, it goes on.

A claim of skill is a verdict that a model is better than climatology or than `garch`. That one is better than the
deterministic network is no such claim: the network is there to be beaten. Levels are those of a table
of all forecasters, also where only some of them are replayed, unless a pair is said to be judged alone.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
from scipy import stats

from benchmarks.study import kept
from benchmarks.study.kept import FOLDER
from benchmarks.study.run import TRUTH, PathTask
from benchmarks.study.tables import markdown
from forecaster import models
from forecaster.evaluation.judgement import judge
from forecaster.evaluation.references import REFERENCES
from forecaster.evaluation.verdicts import LEVEL, SCORES, compare
from forecaster.issuing.provenance import code_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.study.run import Tables

SKILL = ("climatology", "garch")
"""The references against which being better is skill."""

REGRESSION = "bayesian_linear"
FEW = ("climatology", "garch", REGRESSION)
FIRST = 1000
"""Seed of the first path: forecasters were made on others."""

MOST = 0.08
"""Of all walks: the largest part with a claim. A true rate of 5 % passes 16 of 200 once in 42 campaigns, 12 % fails in
95 of 100."""

WANTED, ALARM = 0.9, 0.05
"""Part of paths on which an effect must be found, and the chance of missing that where it is the true rate."""

CLEAR = 0.01
"""Below this p a difference between two rates counts."""


@dataclass(frozen=True)
class Campaign:
    """Paths of one law, all treated alike.

    Attributes:
        law: The law.
        paths: How many.
        days: Scored days of each.
        refit: Sessions from one training to the next.
        names: Forecasters.
        window: Most training rows.
        tables: Tables of a forecaster.toml.
    """

    law: str
    paths: int
    days: int
    refit: int
    names: tuple[str, ...] = FEW
    window: int = 2000
    tables: Tables = field(default_factory=dict)

    def tasks(self) -> list[PathTask]:
        """One a path."""
        return [PathTask(self.window, self.names, self.tables, self.days, law=self.law, seed=seed, refit=self.refit)
                for seed in range(FIRST, FIRST + self.paths)]  # fmt: skip

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"{self.law}, {self.paths} x {self.days} days"


def full() -> Mapping[str, Campaign]:
    """What is promised of.

    `recalibrated` needs a record of 120 days before it corrects anything, and the regression's usual prior needs 500
    rows; both are had, and little more, so that ten forecasters can be trained on 200 walks.
    """
    all_of_them = {"forecast": {"track_days": 150}}
    return {
        "walks": Campaign("walk", 200, 250, 20, models.by_default(), 600, all_of_them),
        "pulled": Campaign("AR(.3)", 100, 1000, 250),
        "wild": Campaign("GARCH-t, S&P 500", 60, 1000, 250),
        "control": Campaign("walk", 60, 1000, 250),
    }


class Count(NamedTuple):
    """How often something was said.

    Attributes:
        about: Of which paths.
        said: What.
        times: On how many of them.
        paths: How many there are.
    """

    about: str
    said: str
    times: int
    paths: int

    @property
    def row(self) -> list[str]:
        """Of a table: with the exact 95 % interval of the rate."""
        found = stats.binomtest(self.times, self.paths).proportion_ci()
        return [self.about, self.said, f"{self.times} of {self.paths}", f"{found.low:.0%} to {found.high:.0%}"]


def level_of_all() -> float:
    """What a p must fall below in a table of all forecasters; see `forecaster.evaluation.verdicts`."""
    own = models.by_default()
    pairs = sum(1 for reference in REFERENCES for name in own if name not in {reference, "climatology"})
    return LEVEL / (len(SCORES) * pairs)


def claimed(rows: pd.DataFrame, reference: str) -> bool:
    """Whether the judgement of a whole table says of any model that it is better than a reference."""
    told = judge(rows[rows["model"] != TRUTH]).verdict
    return any(one.reference == reference for one in told.evidence)


def better(rows: pd.DataFrame, model: str, reference: str, level: float) -> bool:
    """Whether a model is called better than a reference in either score, at a level."""
    (found,) = compare(rows[rows["model"].isin((model, reference))])
    return "better" in replace(found, level=level).claims.values()


def fewest(paths: int) -> int:
    """On how many paths an effect must be found: fewer have a chance below `ALARM` where `WANTED` is the true rate.

    Of 100 paths 85: a rate of 90 % falls short of it with a chance of 4.0 %, a rate of 80 % with 87 %. (Of 40 paths 33:
    4.2 % and 56 %, too few to tell the two apart.)
    """
    return int(stats.binom.ppf(ALARM, paths, WANTED))


class Told(NamedTuple):
    """What a campaign says.

    Attributes:
        counts: How often each claim was made.
        missed: The promises that were not kept, in words.
    """

    counts: list[Count]
    missed: list[str]


def of_walks(about: str, paths: Sequence[pd.DataFrame]) -> Told:
    """No skill is there, and claims of it must be rare."""
    found = pd.DataFrame([{reference: claimed(rows, reference) for reference in SKILL} for rows in paths])
    counts = [Count(about, f"any better than {name}", int(found[name].sum()), len(paths)) for name in SKILL]
    either = int(found.any(axis=1).sum())
    missed = [] if either <= MOST * len(paths) else [f"{about}: skill is claimed on {either} of {len(paths)}"]
    return Told([*counts, Count(about, "any better than either", either, len(paths))], missed)


def of_pulled(about: str, paths: Sequence[pd.DataFrame]) -> Told:
    """Yesterday's change moves the mean: the regression must be called better than climatology and than `garch`."""
    counts = [_count(about, paths, REGRESSION, reference) for reference in SKILL]
    missed = [f"{c.about}: {c.said} on {c.times} of {c.paths}" for c in counts if c.times < fewest(c.paths)]
    return Told([*counts, *(_count(about, paths, TRUTH, reference) for reference in SKILL)], missed)


def of_wild(about: str, paths: Sequence[pd.DataFrame], control: Sequence[pd.DataFrame]) -> Told:
    """Volatility moves, as on a real index: a backtest of `garch` and climatology must say so.

    At the level of a table of all forecasters nobody can find more than who knows the law, and `garch` must find as
    much: what the law finds and `garch` does not is no more than a sign test allows, and `garch` is called better more
    often than on walks of the same length, by Fisher's exact test.
    """
    counts = [_count(about, paths, model, "climatology", alone=alone)
              for alone in (False, True) for model in (TRUTH, "garch", REGRESSION)]  # fmt: skip
    alone = counts[4]
    counts.append(_count(about, paths, REGRESSION, "garch"))
    level = level_of_all()
    missed = [] if alone.times >= fewest(alone.paths) else [f"{about}: {alone.said} on {alone.times} of {alone.paths}"]
    both = [(better(rows, TRUTH, "climatology", level), better(rows, "garch", "climatology", level)) for rows in paths]
    lost, won = both.count((True, False)), both.count((False, True))
    if lost and stats.binomtest(lost, lost + won, alternative="greater").pvalue < CLEAR:
        missed.append(f"{about}: garch finds less than the true law, which alone is called better on {lost}")
    here, there = counts[1], _count("", control, "garch", "climatology")
    table = [[c.times, c.paths - c.times] for c in (here, there)]
    if stats.fisher_exact(table, alternative="greater").pvalue >= CLEAR:
        missed.append(f"{about}: garch is found on {here.times} of {here.paths}, on walks on {there.times}")
    return Told(counts, missed)


def of_control(about: str, paths: Sequence[pd.DataFrame]) -> Told:
    """Walks as long as the others: nothing is to be found."""
    asked = [("garch", "climatology"), (REGRESSION, "climatology"), (REGRESSION, "garch")]
    counts = [_count(about, paths, *pair, alone=alone) for alone in (False, True) for pair in asked]
    missed = [f"{c.about}: {c.said} on {c.times} of {c.paths}" for c in counts[:3] if c.times > MOST * c.paths]
    return Told(counts, missed)


def _count(about: str, paths: Sequence[pd.DataFrame], model: str, reference: str, *, alone: bool = False) -> Count:
    level = LEVEL / len(SCORES) if alone else level_of_all()
    said = f"{model} better than {reference}" + (", judged alone" if alone else "")
    return Count(about, said, sum(better(rows, model, reference, level) for rows in paths), len(paths))


def told(campaigns: Mapping[str, Campaign], found: Mapping[str, Sequence[pd.DataFrame]]) -> Told:
    """All counts, and what was not kept."""
    judged: dict[str, Callable[[str, Sequence[pd.DataFrame]], Told]] = {
        "walks": of_walks,
        "pulled": of_pulled,
        "wild": lambda about, paths: of_wild(about, paths, found["control"]),
        "control": of_control,
    }
    parts = [judged[name](campaigns[name].label, paths) for name, paths in found.items()]
    return Told([count for part in parts for count in part.counts], [line for part in parts for line in part.missed])


def computed(campaigns: Mapping[str, Campaign], folder: Path, processes: int) -> Mapping[str, list[pd.DataFrame]]:
    """The rows of each path; kept ones where they are there."""
    tasks = {name: campaign.tasks() for name, campaign in campaigns.items()}
    every = kept.everything([task for own in tasks.values() for task in own], folder, processes=processes)
    return {name: [every[task.name].rows for task in own] for name, own in tasks.items()}


def main(arguments: Sequence[str] | None = None) -> list[str]:
    """Computes what is missing, prints the counts, and returns the promises that were not kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study.claims", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER / "claims", help="where results are kept")
    parser.add_argument("--processes", type=int, default=kept.PROCESSES, help="how many at a time")
    parser.add_argument("--paths", type=int, default=0, help="at most so many of each campaign, all where 0")
    asked = parser.parse_args(arguments)
    whole = full()
    chosen = {name: replace(c, paths=min(c.paths, asked.paths or c.paths)) for name, c in whole.items()}
    found = told(chosen, computed(chosen, asked.folder / code_version(), asked.processes))
    print(markdown(("market", "said", "on", "95 % of the rate"), [count.row for count in found.counts]))
    print("\n".join(found.missed) or "All promises are kept.")
    return found.missed


if __name__ == "__main__":
    raise SystemExit(bool(main()))
