"""Training that leaves no trace: nothing global is read, and nothing global is changed."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyro
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def isolated(seed: int) -> Iterator[None]:
    """Runs with a random state and a Pyro parameter store of its own, on one thread.

    One thread is faster for models of this size, and sums then never depend on how many there were.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with (
            torch.random.fork_rng(devices=[]),
            pyro.get_param_store().scope(),
            pyro.validation_enabled(False),
            warnings.catch_warnings(),
        ):
            # A loss that is no number becomes an error of our own, with its step: the warning would say it twice.
            warnings.filterwarnings("ignore", message="Encountered NaN", category=UserWarning)
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
