"""Processes that train: the same answers, and a model that hangs, eats memory or dies takes no other with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from forecaster import models
from forecaster.compute import Compute
from forecaster.contract import Compute as Means
from forecaster.contract import Failed, Fitted
from forecaster.issuing.fitters import STRIKES, Fitters
from forecaster.issuing.fitting import Request, answer
from forecaster.view.arrays import origin, training
from forecaster.view.view import look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from forecaster.settings import Settings
    from ingest.history import History

QUICK = {
    "forecast": {"train_window": 150, "minimum_rows": 40},
    "models": {
        "bayesian_linear": {"steps": 30, "draws": 20},
        "bayesian_mlp": {"steps": 30, "draws": 20, "hidden": 5},
        "baseline_mlp": {"epochs": 3},
        "bayes_by_backprop": {"steps": 20, "draws": 20, "hidden": 4},
        "variational_regression": {"steps": 20},
    },
}
SHORT = Compute(workers=2, limit_seconds=12.0)
"""A limit that the start of a process and a toy stay under on a busy machine, and a model that hangs does not."""
TOYS = {
    "hangs": "time.sleep(3600)",
    "hangs_once": "time.sleep(3600 if 2 in seeds else 0)",
    "eats": "kept = []\n    while True: kept.append(bytearray(2**24)); time.sleep(.01)",
    "dies": "os._exit(7)",
    "closes": "return [Fitted(lambda origin: None) for _ in seeds]",
    "talks": "print('a' * 100_000); os.write(1, b'b' * 100_000)",
}
TOY = """
import os
import time
from forecaster.contract import Failed, Fitted, ModelSettings
SUMMARY = "a toy"
class Settings(ModelSettings): pass
def fit(examples, settings, seeds, compute):
    with open({log!r}, "a") as file: file.write("%d\\n" % len(seeds))
    {body}
    return [Failed("toy %d" % seed) for seed in seeds]
"""


@pytest.fixture(scope="module")
def asked(simulated_history: History, settings_of: Callable[..., Settings]) -> Callable[..., Request]:
    """Makes what is asked of a model: as many fits to the same rows as there are seeds."""
    settings = settings_of(**QUICK)
    examples = training(look(simulated_history, simulated_history.last, settings.forecast)).examples

    def made(model: str, *seeds: int) -> Request:
        return Request(model, settings.model(model), (examples,) * len(seeds), seeds, Means())

    return made


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Adds the toys, files like any other forecaster; gives the folder in which each notes how it was called."""
    for name, body in TOYS.items():
        (tmp_path / f"{name}.py").write_text(TOY.format(body=body, log=str(tmp_path / f"{name}.log")), "utf-8")
    models.__path__.append(str(tmp_path))
    yield tmp_path
    models.__path__.remove(str(tmp_path))


def calls(log: Path, model: str) -> list[int]:
    return [int(line) for line in (log / f"{model}.log").read_text().split()]


def test_every_model_says_the_same_as_in_this_process_to_the_bit(asked, simulated_history, settings_of) -> None:
    requests = [asked(name, 1, 2) for name in models.names() if models.pool(name) is None]
    view = look(simulated_history, simulated_history.last, settings_of(**QUICK).forecast)
    with Fitters(Compute(workers=2)) as fitters:
        answered = fitters(requests)
    for request, there in zip(requests, answered, strict=True):
        at = origin(view, request.examples[0].series, request.examples[0].covariates)
        for here, other in zip(answer(request), there, strict=True):
            assert isinstance(here, Fitted), here
            assert isinstance(other, Fitted), other
            assert other.predict(at).to_bytes() == here.predict(at).to_bytes(), request.model
            assert (other.diagnostics, other.reason, other.by_draw) == (here.diagnostics, here.reason, here.by_draw)
            assert (other.posterior, other.nuts) == ({}, None)  # a forecast asks for neither


def test_a_model_that_hangs_is_stopped_and_named_and_the_others_are_answered(asked, log) -> None:
    with Fitters(SHORT) as fitters:
        hung, climatology, ewma = fitters([asked("hangs", 1, 2, 3, 4), asked("climatology", 1), asked("ewma", 1)])
        again = fitters([asked("hangs", 5)])[0]
    why = "hangs was stopped: it took more than 12 seconds (compute.limit_seconds)"
    assert set(hung) == {Failed(why, raised=True, stopped=True)}
    assert again == hung[:1]
    assert calls(log, "hangs") == [4] + [1] * STRIKES  # all at once, then alone until it is given up
    assert isinstance(climatology[0], Fitted)
    assert isinstance(ewma[0], Fitted)


def test_a_fit_that_hangs_leaves_the_other_fits_of_its_model(asked, log) -> None:
    with Fitters(SHORT) as fitters:
        (found,) = fitters([asked("hangs_once", 1, 2, 3)])
    assert [one.reason for one in found[::2]] == ["toy 1", "toy 3"]
    assert found[1].stopped
    assert calls(log, "hangs_once") == [3, 1, 1, 1]


def test_a_model_that_eats_memory_is_stopped_and_named(asked, log) -> None:
    with Fitters(Compute(workers=1, limit_mb=512)) as fitters:
        eaten, climatology = fitters([asked("eats", 1), asked("climatology", 1)])
    assert eaten == (
        Failed("eats was stopped: it took more than 512 MiB (compute.limit_mb)", raised=True, stopped=True),
    )
    assert isinstance(climatology[0], Fitted)


def test_a_model_that_ends_its_process_is_named(asked, log) -> None:
    with Fitters(Compute(workers=1)) as fitters:
        gone, climatology = fitters([asked("dies", 1), asked("climatology", 1)])
    assert gone[0].reason == "dies was stopped: its process exited unexpectedly (code 7)"
    assert isinstance(climatology[0], Fitted)


def test_what_a_model_prints_is_no_answer(asked, log) -> None:
    with Fitters(Compute(workers=1)) as fitters:
        (said,) = fitters([asked("talks", 1, 2)])
    assert [one.reason for one in said] == ["toy 1", "toy 2"]


def test_a_fit_that_cannot_be_handed_over_says_why(asked, log) -> None:
    with Fitters(Compute(workers=1)) as fitters:
        (said,) = fitters([asked("closes", 1, 2)])
    assert len(said) == 2
    assert said[0].raised
    assert not said[0].stopped
    assert "closes: its fit cannot be handed to another process (" in said[0].reason
    assert "make `predict` a module-level function" in said[0].reason


PARENT = """
import pickle
import sys

from forecaster import models
from forecaster.compute import Compute
from forecaster.issuing.fitters import Fitters

models.__path__.append(sys.argv[1])
with Fitters(Compute(workers=1)) as fitters:
    fitters([pickle.load(sys.stdin.buffer)])
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_process_does_not_outlive_the_one_that_asks(asked, log, end) -> None:
    """Whatever it is at: the model hangs."""
    import pickle  # noqa: PLC0415

    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, log],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    parent.stdin.write(pickle.dumps(asked("hangs", 1)))
    parent.stdin.close()
    while not (log / "hangs.log").exists():
        assert parent.poll() is None
        time.sleep(0.05)
    (child,) = psutil.Process(parent.pid).children()
    os.kill(parent.pid, end)
    parent.wait(60)
    child.wait(60)
