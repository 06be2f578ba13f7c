"""Shards on a Dask cluster: one of this machine, or the user's own.

A worker runs whatever it is sent, and so does whoever can speak to its scheduler. So a cluster elsewhere is spoken to
by TLS only, unless the user says otherwise.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from forecaster.errors import ForecasterError
from forecaster.replay.shards import work

try:
    import distributed
    from dask import config as configuration
except ImportError as fault:
    raise ForecasterError("the backend dask is not installed: pip install 'forecaster[dask]'") from fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forecaster.replay.backends import Means
    from forecaster.replay.shards import Shard

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PATIENCE = "10s"
"""How long a cluster may take to answer."""


def run(shards: Iterable[Shard], means: Means) -> Iterator[tuple[Shard, bytes]]:
    """Computes shards on the cluster; a result is yielded as it comes.

    Raises:
        ForecasterError: Where the cluster is not there or not to be trusted, or a shard's workers died.
    """
    # What goes wrong is raised, and told in a line; workers read the configuration, this process its loggers.
    configuration.set({"logging.distributed": "critical"})
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    waiting = iter(shards)
    with _client(means) as client:
        room = means.workers or sum(client.nthreads().values()) or 1
        running: dict[Any, Shard] = {}
        done = distributed.as_completed()
        while True:
            for shard in islice(waiting, room - len(running)):
                future = client.submit(work, shard, key=shard.key, pure=False)
                running[future] = shard
                done.add(future)
            if not running:
                return
            future = next(done)
            try:
                yield running.pop(future), future.result()
            except (distributed.KilledWorker, distributed.client.FutureCancelledError) as fault:
                raise ForecasterError(
                    "workers of the cluster died repeatedly on one piece: run the same command again to continue"
                ) from fault
            future.release()


@contextmanager
def _client(means: Means) -> Iterator[Any]:
    """A client of the cluster that is meant."""
    if not means.address:
        workers = means.workers or os.cpu_count() or 1
        with (
            distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
        return
    require_private(means)
    try:
        client = distributed.Client(means.address, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError) as fault:
        raise ForecasterError(
            f"there is no Dask scheduler at {means.address}: start one, or leave out --dask-address"
        ) from fault
    with client:
        yield client


def require_private(means: Means) -> None:
    """Refuses an address over which others could listen, or send.

    Raises:
        ForecasterError: Where it is neither of this machine nor encrypted.
    """
    place = urlsplit(means.address if "://" in means.address else f"tcp://{means.address}")
    if not means.anywhere and place.scheme != "tls" and place.hostname not in LOOPBACK:
        raise ForecasterError(
            f"{means.address} is neither on this machine nor tls://: whoever can reach it can run code on its workers; "
            "use TLS, or pass --dask-anywhere"
        )
