"""Shards in processes of this machine, one thread each."""

from __future__ import annotations

import os
import signal
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING

from forecaster.errors import ForecasterError
from forecaster.replay.shards import work

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forecaster.replay.backends import Means
    from forecaster.replay.shards import Shard


def run(shards: Iterable[Shard], means: Means) -> Iterator[tuple[Shard, bytes]]:
    """Computes shards in spawned processes; a result is yielded as it comes.

    Raises:
        ForecasterError: Where a process died.
    """
    workers = means.workers or os.cpu_count() or 1
    waiting = iter(shards)
    running: dict[Future[bytes], Shard] = {}
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_ignore_interrupts)
    try:
        while True:
            for shard in islice(waiting, workers - len(running)):
                running[pool.submit(work, shard)] = shard
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    except BrokenProcessPool as fault:
        raise ForecasterError(
            "a worker process died (killed, or out of memory): run the same command again to continue, with fewer "
            '--workers if memory was short; in a script, call it under if __name__ == "__main__":'
        ) from fault
    finally:
        for process in list((pool._processes or {}).values()) if running else ():
            process.terminate()  # nobody waits for what it is at
        pool.shutdown(cancel_futures=True)


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal: the first one answers it, and ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
