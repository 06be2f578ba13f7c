"""Tasks in processes of their own, what they found kept on disk, so that only what is missing is computed."""

from __future__ import annotations

import json
import re
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import torch

from benchmarks.study.run import Found, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.study.run import BlockTask, LawTask, NutsTask, PathTask

    AnyTask = BlockTask | LawTask | NutsTask | PathTask

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".study"
"""Where results are kept."""

PROCESSES = 2


def everything(
    tasks: Sequence[AnyTask], folder: Path, *, processes: int = PROCESSES, fresh: bool = False
) -> Mapping[str, Found]:
    """What each task found, by its name; the folder's own where it is there and nothing fresh is wanted.

    The longest tasks should come first, so that no process is left alone at the end. One process is this one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [task for task in tasks if fresh or not _files(folder, task.name)[1].exists()]
    done = ((task, run(task)) for task in missing) if processes == 1 else _together(missing, processes)
    for count, (task, found) in enumerate(done, 1):
        _save(found, folder, task.name)
        print(f"{count} of {len(missing)}: {task.name}: {found.seconds['wall']:.0f} s", flush=True)
    return {task.name: load(folder, task.name) for task in tasks}


def _together(tasks: Sequence[AnyTask], processes: int) -> Iterator[tuple[AnyTask, Found]]:
    """Tasks and what they found, as each ends."""
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        running = {pool.submit(run, task): task for task in tasks}
        for future in as_completed(running):
            yield running[future], future.result()


def load(folder: Path, name: str) -> Found:
    """What a task of this name found."""
    rows, seconds = _files(folder, name)
    return Found(pd.read_parquet(rows), json.loads(seconds.read_text("utf-8")))


def _save(found: Found, folder: Path, name: str) -> None:
    rows, seconds = _files(folder, name)
    found.rows.to_parquet(rows, index=False)
    seconds.write_text(json.dumps(dict(found.seconds), indent=1), "utf-8")  # last: it says that all is there


def _files(folder: Path, name: str) -> tuple[Path, Path]:
    plain = re.sub(r"[^A-Za-z0-9.=-]+", "_", name)
    return folder / f"{plain}.parquet", folder / f"{plain}.json"
