"""One forecaster with other settings against itself, on all development blocks with the same seeds.

`python -m benchmarks.study.experiment MODEL NAME=VALUE ...` prints the difference of log scores and its t for each
block. NAME is a setting of the model; `forecast.NAME` is one that every forecast shares, `OTHER.NAME` one of another
model. What is tried is written down in docs/experiments.md before it is run.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.study import blocks, kept
from benchmarks.study.judging import difference
from benchmarks.study.kept import FOLDER
from benchmarks.study.run import BlockTask, Tables
from benchmarks.study.tables import markdown, signed
from forecaster import models

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOWS = (2000, 350)
PLAIN, TRIED = "as it is", "tried"
CLEAR = 3.0
"""The t that a change must reach before it is kept."""


def tables_of(model: str, changes: Sequence[str]) -> Tables:
    """Tables of a forecaster.toml from words such as `slope_scale=0.2`.

    Raises:
        ValueError: For a word without a value.
    """
    tables: Tables = {"forecast": {}, "models": {}}
    for change in changes:
        key, sign, text = change.partition("=")
        if not sign:
            raise ValueError(f"{change} gives no value: write NAME=VALUE")
        section, _, name = key.rpartition(".")
        owner = section or model
        place = tables["forecast"] if owner == "forecast" else tables["models"].setdefault(owner, {})
        place[name] = _value(text)
    return tables


def _value(text: str) -> Any:  # noqa: ANN401  # whatever a setting may be
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def compared(rows: pd.DataFrame) -> str:
    """A row a block and one for all of them: days, mean difference of log scores, t.

    Args:
        rows: Forecasts of one window, under the names `PLAIN` and `TRIED`.
    """
    table = []
    for label in [*rows["block"].unique(), "all"]:
        found = difference(rows if label == "all" else rows[rows["block"] == label], TRIED, PLAIN)
        table.append([label, f"{found.days:,}", signed(found.mean), signed(found.t, 1)])
    return markdown(("block", "days", "log score minus the default", "t"), table)


def tasks(
    model: str, changes: Sequence[str], window: int, chosen: Sequence[blocks.Block], last: int
) -> list[BlockTask]:
    """The model on each block, as it is and with the changes."""
    forms: list[tuple[str, Tables]] = [(model, {}), (f"{model} {' '.join(sorted(changes))}", tables_of(model, changes))]
    return [BlockTask(window, (model,), tables, last, block=block, variant=variant)
            for block in chosen for variant, tables in forms]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table for each window."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study.experiment", description=__doc__)
    parser.add_argument("model", help="the forecaster")
    parser.add_argument("changes", nargs="+", metavar="NAME=VALUE", help="a setting")
    parser.add_argument("--window", type=int, action="append", help="most training rows; 2000 and 350 where not given")
    parser.add_argument("--folder", type=Path, default=FOLDER / "experiments", help="where results are kept")
    parser.add_argument("--block", action="append", help="a block by its label; all where not given")
    parser.add_argument("--last", type=int, default=0, help="only the last so many days of each; all where not given")
    parser.add_argument("--processes", type=int, default=kept.PROCESSES, help="how many work at once")
    asked = parser.parse_args(arguments)
    models.check(asked.model)
    chosen = [block for block in blocks.development() if not asked.block or block.label in asked.block]
    by_window = {window: tasks(asked.model, asked.changes, window, chosen, asked.last)
                 for window in asked.window or WINDOWS}  # fmt: skip
    found = kept.everything(
        [task for some in by_window.values() for task in some], asked.folder, processes=asked.processes
    )
    for window, some in by_window.items():
        own = [found[task.name].rows.assign(model=TRIED if task.tables else PLAIN) for task in some]
        told = compared(pd.concat(own, ignore_index=True))
        print(f"\n{asked.model}, {' '.join(asked.changes)}, at most {window:,} rows\n\n{told}")
    print(f"A change is kept at t of at most {-CLEAR:.0f} over all blocks, as registered in docs/experiments.md.")


if __name__ == "__main__":
    main()
