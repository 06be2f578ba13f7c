"""The door of training: another process can stand behind it, and one that hangs can be ended from outside."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from forecaster import models
from forecaster.contract import Compute, Failed, Fitted, ModelSettings
from forecaster.issuing.fitting import Request, answer
from forecaster.issuing.issue import Issuer
from forecaster.view.arrays import origin, training
from forecaster.view.view import look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from forecaster.contract import Examples, Origin
    from forecaster.settings import Settings
    from ingest.history import History

PATIENCE = 120
"""Seconds after which a process is given up: far more than it takes."""

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
CHILD = """
import pickle
import sys

from forecaster import models
from forecaster.issuing.fitting import answer

models.__path__.extend(sys.argv[1:])
asked = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(pickle.dumps([answer(request) for request in asked]))
"""
TOYS = {
    "hangs": "print('begun', file=sys.stderr, flush=True)\n    while True: pass",
    "raises": "raise RuntimeError('no\\nidea')",
    "forgets": "return ()",
}
TOY = """
import sys
from forecaster.contract import ModelSettings
SUMMARY = "a toy"
class Settings(ModelSettings): pass
def fit(examples, settings, seeds, compute):
    {body}
"""


@pytest.fixture(scope="module")
def asked(simulated_history: History, settings_of: Callable[..., Settings]) -> Callable[..., Request]:
    """Makes what is asked of a model: two fits to the same rows."""
    settings = settings_of(**QUICK)
    examples = training(look(simulated_history, simulated_history.last, settings.forecast)).examples

    def made(model: str) -> Request:
        return Request(model, settings.model(model), (examples, examples), (1, 2), Compute())

    return made


@pytest.fixture
def start(simulated_history: History, settings_of: Callable[..., Settings]) -> Callable[[Examples], Origin]:
    """Where the forecasts of fits to some rows begin."""
    view = look(simulated_history, simulated_history.last, settings_of(**QUICK).forecast)
    return lambda rows: origin(view, rows.series, rows.covariates)


@pytest.fixture
def toys(tmp_path: Path) -> Iterator[Path]:
    """Forecasters that are at fault, files like any other."""
    for name, body in TOYS.items():
        (tmp_path / f"{name}.py").write_text(TOY.format(body=body), "utf-8")
    models.__path__.append(str(tmp_path))
    yield tmp_path
    models.__path__.remove(str(tmp_path))


def child(*folders: Path) -> subprocess.Popen[bytes]:
    """A new process behind the door."""
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", CHILD, *folders], stdin=pipe, stdout=pipe, stderr=pipe)


def test_fits_of_every_model_cross_from_another_process_and_say_the_same_to_the_bit(asked, start) -> None:
    """The posterior by NUTS, where a fit has one, crosses too."""
    names = [name for name in models.names() if models.pool(name) is None]
    requests = [asked(name) for name in names]
    told, fault = child().communicate(pickle.dumps(requests), PATIENCE)
    assert not fault
    for request, there in zip(requests, pickle.loads(told), strict=True):  # noqa: S301  # of our own child
        for here, other in zip(answer(request), there, strict=True):
            assert isinstance(here, Fitted), here
            at = start(request.examples[0])
            assert other.predict(at).to_bytes() == here.predict(at).to_bytes(), request.model
            assert (other.diagnostics, other.reason) == (here.diagnostics, here.reason)
            assert (other.nuts is None) is (here.nuts is None)


def test_a_model_that_hangs_is_ended_from_outside(asked, toys: Path) -> None:
    process = child(toys)
    process.stdin.write(pickle.dumps([asked("hangs")]))
    process.stdin.close()
    assert process.stderr.readline() == b"begun\n"
    assert process.poll() is None
    process.terminate()
    assert process.wait(PATIENCE) == -signal.SIGTERM
    assert process.stdout.read() == b""
    process.stdout.close()
    process.stderr.close()


def test_a_fault_of_a_model_is_an_answer(asked, toys: Path) -> None:
    """So that a process behind the door has something to hand over; a count that is wrong is a fault too."""
    first, second = answer(asked("raises"))
    assert first == second == Failed("raises raised RuntimeError: no idea", raised=True)
    assert {fit.reason for fit in answer(asked("forgets"))} == {"forgets raised ValueError: 0 results for 1 fits"}


def test_every_forecast_goes_through_the_door(simulated_history, settings_of) -> None:
    """The day's own fits, and those of a track record."""
    seen: list[str] = []
    settings = settings_of(forecast={**QUICK["forecast"], "track_days": 5}, models={"ensemble": {"members": ["gjr"]}})
    issuer = Issuer(simulated_history, ("ewma", "ensemble"), settings)
    made = issuer.issue(simulated_history.last, ask=lambda requests: [_noted(seen, one) for one in requests])
    assert {forecast.status for forecast in made} == {"ok"}
    assert set(seen) == {"ewma", "gjr"}
    assert seen.count("gjr") > 1


def _noted(seen: list[str], request: Request) -> tuple[Fitted | Failed, ...]:
    assert isinstance(request.settings, ModelSettings)
    seen += [request.model] * len(request.seeds)
    return answer(request)
