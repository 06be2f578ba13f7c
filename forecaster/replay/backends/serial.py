"""One shard after the other, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.replay.shards import work

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forecaster.replay.backends import Means
    from forecaster.replay.shards import Shard


def run(shards: Iterable[Shard], means: Means) -> Iterator[tuple[Shard, bytes]]:
    """Computes shards in order; no means are needed."""
    del means
    for shard in shards:
        yield shard, work(shard)
