"""`python -m benchmarks.study` reruns the study and writes docs/quality.md; `--help` tells the options."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from benchmarks.study import blocks, kept
from benchmarks.study.bars import LINEAR
from benchmarks.study.kept import FOLDER, ROOT
from benchmarks.study.page import page
from benchmarks.study.run import BlockTask, LawTask, NutsTask, Tables, settled
from forecaster import models

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.study.kept import AnyTask
    from benchmarks.study.run import Found

PAGE = ROOT / "docs" / "quality.md"
PARTS = ("nuts", "blocks", "laws")
"""In the order of their longest task."""
SAMPLED = ("^GSPC", "^IXIC", "ETH-USD")


@dataclass(frozen=True)
class Plan:
    """How much is run.

    Attributes:
        blocks: Development blocks.
        windows: Most training rows, one run of all blocks each.
        names: Forecasters.
        laws: Simulated markets.
        seeds: Paths of each of them on which all forecasters stand.
        paths: Paths of each on which the regression stands against the true law, those among them.
        days: Scored days of each path.
        sampled: Assets whose newest fit is held against NUTS.
        tables: Tables of a forecaster.toml.
        last: Only the last so many days of a block; all where 0.
    """

    blocks: tuple[blocks.Block, ...]
    windows: tuple[int, ...] = (2000, 350)
    names: tuple[str, ...] = ()
    laws: tuple[str, ...] = ("GARCH-t", "stochastic volatility", "stochastic volatility, t", "AR(.1)", "walk")
    seeds: int = 3
    paths: int = 20
    days: int = 500
    sampled: tuple[str, ...] = SAMPLED
    tables: Tables = field(default_factory=dict)
    last: int = 0

    def tasks(self) -> dict[str, list[AnyTask]]:
        """What is to be done, by part."""
        names, longest = self.names or models.by_default(), max(self.windows)
        return {
            "blocks": [BlockTask(window, names, self.tables, self.last, block=block)
                       for window in self.windows for block in self.blocks],
            "laws": [LawTask(longest, names if seed < self.seeds else (LINEAR,), self.tables, self.days,
                             law=law, seed=seed)
                     for law in self.laws for seed in range(self.paths)],
            "nuts": [NutsTask(longest, (LINEAR,), self.tables, symbol=symbol) for symbol in self.sampled],
        }  # fmt: skip


def full() -> Plan:
    """All of it, as far as the data are there."""
    found = blocks.development()
    there = {block.symbol for block in found}
    return Plan(found, sampled=tuple(symbol for symbol in SAMPLED if symbol in there))


def quick() -> Plan:
    """Every step once, on a few days and with cheap fits: its figures mean nothing."""
    wanted = ("climatology", "garch", "egarch", "bayesian_linear", "ensemble", "recalibrated")
    names = tuple(name for name in wanted if name in models.names())
    members = [name for name in names if models.pool(name) is None]
    pools = {name: {"members": members} for name in names if name not in members}
    cheap: Tables = {"forecast": {"track_days": 10}, "models": {"bayesian_linear": {"steps": 30, "draws": 10}, **pools}}
    block = blocks.Block("^GSPC", 2016, 2016)
    return Plan(
        (block,), (150, 100), names, ("AR(.1)", "walk"), seeds=1, paths=2, days=8, sampled=(), tables=cheap, last=8
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what is missing, and writes the page."""
    asked = _parser().parse_args(arguments)
    plan = quick() if asked.quick else full()
    planned = plan.tasks()
    wanted = {part: planned[part] for part in PARTS if part in asked.part and planned[part]}
    folder = asked.folder / "quick" if asked.quick else asked.folder
    found = kept.everything(
        [task for tasks in wanted.values() for task in tasks], folder, processes=asked.processes, fresh=asked.fresh
    )
    rows, seconds = {}, []
    for part, tasks in wanted.items():
        own = [found[task.name] for task in tasks]
        rows[part] = pd.concat([one.rows for one in own], ignore_index=True)
        seconds += [{"part": part, "name": name, "seconds": value} for one in own for name, value in _cpu(one).items()]
    # Of the processor: by the clock it would be other work's time as well.
    minutes = sum(of["seconds"] for of in seconds) / asked.processes / 60
    members = settled(plan.tables).members("ensemble")
    asked.out.write_text(page(rows, pd.DataFrame(seconds), minutes, members, _absent()), "utf-8")
    print(f"{asked.out}: {minutes:.1f} minutes of the processor on each of {asked.processes} cores")


def _cpu(found: Found) -> Mapping[str, float]:
    return {name: value for name, value in found.seconds.items() if name != "wall"}


def _absent() -> str:
    return "" if blocks.ETHEREUM.exists() else "ETH-USD is absent: its file does not lie beside this repository."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study", description=__doc__)
    parser.add_argument("--out", type=Path, default=PAGE, help="the page to write")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where results are kept")
    parser.add_argument("--part", type=_parts, default=PARTS, help=f"which of {','.join(PARTS)}")
    parser.add_argument("--processes", type=int, default=kept.PROCESSES, help="how many work at once")
    parser.add_argument("--fresh", action="store_true", help="compute again what is kept")
    parser.add_argument("--quick", action="store_true", help="every step once, cheaply; the figures mean nothing")
    return parser


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    if unknown := set(parts) - set(PARTS):
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}: choose of {','.join(PARTS)}")
    return parts


if __name__ == "__main__":
    main()
