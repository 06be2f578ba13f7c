"""Does one member more make the ensemble better? Its log score with and without, on the development blocks.

`python -m benchmarks.study.additions NAME ...` replays each default member of the ensemble and each candidate alone,
from a year before every block on, and prints a table for each candidate. A mixture's density at the outcome is the
weighted mean of its members' densities, so that any choice of members can be scored from their own log scores, by the
weights of `forecaster.combination.weights`, each day's from the sessions before it. The rule stands in
docs/experiments.md: a candidate becomes a member, and runs by default, where t is at most -3 over all blocks and its
fits cost at most a twentieth of the members'.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.study import blocks, kept
from benchmarks.study.experiment import CLEAR, PLAIN, TRIED, compared
from benchmarks.study.judging import difference
from benchmarks.study.kept import FOLDER
from benchmarks.study.run import BlockTask, settled
from forecaster import models
from forecaster.combination.weights import past_weights, pooled
from forecaster.models import ensemble

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.study.blocks import Block
    from forecaster.floats import Floats

WINDOW = 2000
SHARE = 0.05
"""The most that a candidate's fits may cost, in parts of the present members'."""


def widened(block: Block, track: int) -> Block:
    """The block with the sessions before it from which the first weights are learnt: a year, or so many days."""
    return replace(block, first=block.first - 1) if block.first else replace(block, last=block.last + track)


def task(block: Block, name: str, last: int = 0) -> BlockTask:
    """One forecaster alone on a block and the sessions before it."""
    track = settled().forecast.track_days
    days = last + track if last else 0
    return BlockTask(WINDOW, (name,), {}, days, block=widened(block, track), variant=f"{name} alone")


def mixed(scores: Floats, track: int, settings: ensemble.Settings) -> Floats:
    """Log score of the mixture on each day `(days,)`, of `(days, members)`: weights of at most `track` days before."""
    weights = [past_weights(scores[max(0, at - track) : at], settings.floor, settings.half_life)[-1]
               for at in range(len(scores))]  # fmt: skip
    return pooled(scores, np.array(weights))


def compare(found: Mapping[str, pd.DataFrame], candidate: str, members: Sequence[str]) -> pd.DataFrame:
    """The mixture with and without a candidate on one block's days: rows as `experiment.compared` takes them.

    Args:
        found: Rows of each forecaster on the widened block, as `BlockTask` gives them.
        candidate: Its id.
        members: Those of the mixture as it is.
    """
    names, settings, track = [*members, candidate], ensemble.Settings(), settled().forecast.track_days
    wide = pd.concat([found[name] for name in names]).pivot_table(index="target", columns="model", values="log_score")
    scores = {TRIED: mixed(wide[names].to_numpy(), track, settings),
              PLAIN: mixed(wide[list(members)].to_numpy(), track, settings)}  # fmt: skip
    return pd.concat([pd.DataFrame({"target": wide.index, "model": name, "log_score": value})
                      for name, value in scores.items()], ignore_index=True)  # fmt: skip


def scored_days(block: Block, last: int, targets: pd.Series) -> pd.Timestamp:
    """The first day of a block that is scored; those before it only teach weights."""
    if block.first and not last:
        return pd.Timestamp(block.first, 1, 1)
    days: pd.Timestamp = pd.DatetimeIndex(targets)[-(last or block.last)]
    return days


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table for each candidate, and what the rule says of it."""
    asked = _parser().parse_args(arguments)
    members = tuple(asked.members.split(","))
    for name in (*members, *asked.names):
        models.check(name)
    chosen = [block for block in blocks.development() if not asked.block or block.label in asked.block]
    everyone = (*members, *asked.names)
    tasks = {(block, name): task(block, name, asked.last) for block in chosen for name in everyone}
    done = kept.everything(list(tasks.values()), asked.folder, processes=asked.processes)
    found = {at: done[one.name] for at, one in tasks.items()}
    cost = {name: sum(found[block, name].seconds.get(name, 0.0) for block in chosen) for name in everyone}
    for candidate in asked.names:
        rows = []
        for block in chosen:
            own = {name: found[block, name].rows for name in (*members, candidate)}
            both = compare(own, candidate, members)
            first = scored_days(block, asked.last, own[candidate]["target"])
            rows.append(both[both["target"] >= first].assign(block=block.label))
        told = pd.concat(rows, ignore_index=True)
        share = cost[candidate] / sum(cost[name] for name in members)
        joins = difference(told, TRIED, PLAIN).t <= -CLEAR and share <= SHARE
        print(f"\nThe ensemble with {candidate}, at most {WINDOW:,} rows\n\n{compared(told)}")
        print(f"Its fits cost {share:.1%} of the members': it {'becomes' if joins else 'does not become'} a member.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study.additions", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", help="a forecaster that is no member yet")
    parser.add_argument("--members", default=",".join(ensemble.Settings().members), help="of the mixture as it is")
    parser.add_argument("--folder", type=Path, default=FOLDER / "additions", help="where results are kept")
    parser.add_argument("--block", action="append", help="a block by its label; all where not given")
    parser.add_argument("--last", type=int, default=0, help="only the last so many days of each; all where not given")
    parser.add_argument("--processes", type=int, default=kept.PROCESSES, help="how many work at once")
    return parser


if __name__ == "__main__":
    main()
