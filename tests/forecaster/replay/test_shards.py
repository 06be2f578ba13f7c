"""A backtest is the same bytes on every backend, and after every way of being stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from forecaster import backtest
from forecaster.errors import ForecasterError
from forecaster.records.home import open_home
from forecaster.replay import run
from forecaster.replay.backends import Means, dask
from forecaster.replay.backtest import last_origins
from forecaster.replay.export import UNFINISHED
from forecaster.replay.parts import Parts
from forecaster.replay.shards import to_parquet
from ingest.assets import Asset
from ingest.panel import panel_rows
from tests.cheap_settings import write_cheap
from tests.sampling import small

EXECUTABLE = Path(sys.executable).with_name("forecaster")
NOW = pd.Timestamp("2016-06-01", tz="UTC")
SYMBOLS = ("ONE", "TWO")
ASKED = ("backtest", "--symbols", "ONE,TWO", "--last", "70", "--refit-every", "1")
SAME = ("forecasts.parquet", "scores.csv", "verdicts.json", "decisions.csv")
MODELS = ("ewma", "climatology", "ensemble")
DONE = 3
"""Exit code: some forecasts are withheld, for the windows that touch the missing sessions."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Two random walks of 400 sessions; the second lacks three of them."""
    folder = tmp_path_factory.mktemp("home")
    write_cheap(folder, models=MODELS)
    opened, rng = open_home(folder), np.random.default_rng(4)
    sessions = pd.date_range("2015-01-01", periods=400, freq="D", unit="us")
    for symbol, gone in zip(SYMBOLS, ((), (300, 340, 341)), strict=True):
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, 400)))
        rows = panel_rows(symbol, sessions, {"close": close}, "test").drop(index=list(gone)).reset_index(drop=True)
        opened.store.append(Asset(symbol, calendar="24/7", source="csv_file"), rows, NOW)
    return folder


def started(home: Path, out: Path, *more: object) -> subprocess.Popen:
    words = [str(word) for word in (EXECUTABLE, *ASKED, "--export", out, "--home", home, *more)]
    return subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background of a shell were told to ignore Ctrl-C, and so would this process be.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no threads here
    )


def finished(home: Path, out: Path, *more: object) -> tuple[int, str]:
    process = started(home, out, *more)
    _, complaint = process.communicate()
    return process.returncode, complaint


def contents(out: Path) -> dict[str, bytes]:
    assert not (out / UNFINISHED).exists()
    return {name: (out / name).read_bytes() for name in SAME}


@pytest.fixture(scope="module")
def truth(home, tmp_path_factory):
    """The files of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("truth") / "out"
    assert finished(home, out) == (DONE, "")
    return contents(out)


@pytest.mark.parametrize("backend", ["processes", "dask"])
@pytest.mark.parametrize("workers", [2, *(pytest.param(n, marks=pytest.mark.campaign) for n in (1, 4))])
def test_every_backend_with_any_workers_gives_the_same_bytes(home, truth, tmp_path, backend, workers):
    assert finished(home, tmp_path / "out", "--backend", backend, "--workers", workers) == (DONE, "")
    assert contents(tmp_path / "out") == truth


def test_python_gives_the_same_tables(home, truth, tmp_path):
    """`from forecaster import backtest`: the columns and values of the export, and the same files where wanted."""
    found = backtest(SYMBOLS, last=70, refit_every=1, home=home, folder=tmp_path / "out")
    assert contents(tmp_path / "out") == truth
    written = pd.read_parquet(tmp_path / "out" / "forecasts.parquet").drop(columns="predictive")
    pd.testing.assert_frame_equal(found.forecasts, written)
    assert set(found.forecasts["symbol"]) == set(SYMBOLS)
    assert set(found.scores["model"]) >= set(MODELS)


def disturbed(home: Path, out: Path, how: int, seconds: float) -> bool:
    """Stops a run after so many seconds; whether it had kept something and was not done."""
    process = started(home, out)
    time.sleep(seconds)
    process.send_signal(how)
    process.communicate()
    assert process.returncode in {DONE, -how, 130}
    return process.returncode != DONE and len(list((out / UNFINISHED).glob("*.parquet"))) > 0


def waits_for_parts(out: Path, count: int, process: subprocess.Popen) -> None:
    """Until so many parts are there, or the run has ended."""
    while process.poll() is None and len(list((out / UNFINISHED).glob("*.parquet"))) < count:
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.campaign)])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(home, truth, tmp_path, how):
    """Once as soon as a part is there, once as soon as there is another; then to the end."""
    stopped = -how if how == signal.SIGKILL else 130
    for allowed in ({stopped}, {stopped, DONE}):  # the second may be done before the signal arrives
        before = len(list((tmp_path / "out" / UNFINISHED).glob("*.parquet")))
        process = started(home, tmp_path / "out")
        waits_for_parts(tmp_path / "out", before + 1, process)
        process.send_signal(how)
        _, said = process.communicate()
        assert process.returncode in allowed
        assert "Traceback" not in said
        if process.returncode == stopped:
            assert len(list((tmp_path / "out" / UNFINISHED).glob("*.parquet"))) > before
    if (tmp_path / "out" / UNFINISHED).exists():
        assert finished(home, tmp_path / "out") == (DONE, "")
    assert contents(tmp_path / "out") == truth


@pytest.mark.campaign
def test_twenty_kills_at_random_moments(home, truth, tmp_path):
    """After each the run is taken up again; every third ends before the next kill. The bytes are the same."""
    rng, caught = np.random.default_rng(20), 0
    for kill in range(20):
        out = tmp_path / f"out{kill}"
        caught += disturbed(home, out, signal.SIGKILL, rng.uniform(2, 14))
        if (out / UNFINISHED).exists() or not out.exists():
            assert finished(home, out) == (DONE, "")
        assert contents(out) == truth
    assert caught >= 5, "too few kills met a run at work to show anything"


def workers_of(process: subprocess.Popen, name: str) -> list[psutil.Process]:
    """Processes that compute, below a run."""
    try:
        below = psutil.Process(process.pid).children(recursive=True)
        return [one for one in below if name in " ".join(one.cmdline())]
    except psutil.Error:
        return []


@pytest.mark.parametrize("backend", small(["processes", "dask"], ["processes"]))
def test_a_worker_that_is_killed_costs_no_byte(home, truth, tmp_path, backend):
    """The run goes on, or fails in one clear line and goes on when it is asked again."""
    process = started(home, tmp_path / "out", "--backend", backend, "--workers", 2)
    waits_for_parts(tmp_path / "out", 1, process)
    workers = workers_of(process, "spawn_main")
    assert workers, "no worker was seen"
    os.kill(workers[0].pid, signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode in {DONE, 1}, said
    if process.returncode == 1:
        (line,) = said.splitlines()
        assert "died" in line
        assert "again" in line
        assert finished(home, tmp_path / "out", "--backend", backend, "--workers", 2) == (DONE, "")
    assert contents(tmp_path / "out") == truth


def asked(home: Path, last: int = 20) -> run.Request:
    opened = open_home(home)
    histories = {symbol: opened.store.history(symbol) for symbol in SYMBOLS}
    days = {symbol: last_origins(history, last) for symbol, history in histories.items()}
    return run.Request(histories, days, ("climatology", "ensemble"), opened.settings, 4)


def test_parts_are_used_again_and_touched_ones_are_not(home, tmp_path):
    """A part that is there is not computed again, which a planted one shows; one whose bytes changed is."""
    request, parts = asked(home), Parts(tmp_path / "parts")
    request.run("serial", Means(), parts, lambda *_: None).write(tmp_path / "first.parquet")
    truth = (tmp_path / "first.parquet").read_bytes()
    (last, *_) = sorted(parts.folder.glob("*.parquet"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    last.write_bytes(last.read_bytes()[:-1] + b"x")
    request.run("serial", Means(), parts, lambda *_: None).write(tmp_path / "second.parquet")
    assert (tmp_path / "second.parquet").read_bytes() == truth

    key = request.run("serial", Means(), parts, lambda *_: None).keys[0]
    planted = pd.read_parquet(parts.find(key)).assign(y=7.0)
    parts.find(key).unlink()
    parts.commit(key, to_parquet(planted))
    request.run("serial", Means(), parts, lambda *_: None).write(tmp_path / "third.parquet")
    assert (pd.read_parquet(tmp_path / "third.parquet")["y"] == 7.0).any()


def test_an_asset_without_a_price_on_any_of_the_days_is_named(home, tmp_path):
    """Alone it is refused; beside another it is withheld. One whose first days are all withheld is written too."""
    gap = pd.Timestamp("2015-01-01") + pd.Timedelta(days=341)
    days = {"start": gap, "end": gap, "models": ("climatology",), "home": home}
    with pytest.raises(ForecasterError, match="TWO: none of these days has a price"):
        backtest(["TWO"], **(days | {"start": gap + pd.Timedelta(days=1), "end": gap + pd.Timedelta(days=1)}))
    beside = backtest(SYMBOLS, **(days | {"end": gap + pd.Timedelta(days=1), "start": gap + pd.Timedelta(days=1)}))
    assert list(beside.withheld) == ["TWO"]
    assert set(beside.forecasts["symbol"]) == {"ONE"}


def test_days_that_are_all_withheld_come_before_others_in_one_file(home, tmp_path, monkeypatch):
    """The columns of a shard without any number are those of the others."""
    monkeypatch.setattr(run, "DAYS", 20)
    found = backtest(["ONE"], start="2015-01-05", models=("climatology",), home=home)
    assert set(found.forecasts["status"].iloc[:25]) == {"withheld"}
    assert set(found.forecasts["status"].iloc[-50:]) == {"ok"}
    assert found.forecasts["q05"].dtype == "float64"


def test_another_question_in_the_same_folder_is_refused(home, tmp_path):
    """A run that is not done belongs to its question; --overwrite starts anew."""
    process = started(home, tmp_path / "out")
    waits_for_parts(tmp_path / "out", 1, process)
    process.kill()
    process.communicate()
    home = Path(shutil.copytree(home, tmp_path / "home"))  # what is tried here does not count for the others
    with pytest.raises(ForecasterError, match="holds another run \\(unfinished\\)"):
        backtest(SYMBOLS, last=3, models=("climatology",), home=home, folder=tmp_path / "out")
    backtest(SYMBOLS, last=3, models=("climatology",), home=home, folder=tmp_path / "out", overwrite=True)
    assert not (tmp_path / "out" / UNFINISHED).exists()
    assert len(pd.read_parquet(tmp_path / "out" / "forecasts.parquet")) == 6


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--backend", "proceses"), "nearest: processes"),
        (("--backend", "dask", "--dask-address", "tcp://127.0.0.1:1"), "there is no Dask scheduler"),
        (("--backend", "dask", "--dask-address", "tcp://192.0.2.1:8786"), "use TLS"),
    ],
)
def test_what_cannot_be_computed_there_says_so_in_a_line(home, tmp_path, words, said):
    code, complaint = finished(home, tmp_path / "out", *words)
    assert code == 1
    (line,) = complaint.splitlines()
    assert said in line


@pytest.mark.parametrize(
    ("address", "anywhere", "fine"),
    [
        ("127.0.0.1:8786", False, True),
        ("tcp://localhost:8786", False, True),
        ("tls://scheduler.example:8786", False, True),
        ("tcp://scheduler.example:8786", False, False),
        ("scheduler.example:8786", False, False),
        ("tcp://scheduler.example:8786", True, True),
    ],
)
def test_only_private_addresses_are_spoken_to(address, anywhere, fine):
    means = Means(address=address, anywhere=anywhere)
    if fine:
        dask.require_private(means)
    else:
        with pytest.raises(ForecasterError, match="TLS"):
            dask.require_private(means)
