"""A day that is killed at any moment: nothing is lost, doubled or half, and the next run completes it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster.records.home import open_home
from ingest.assets import Asset
from ingest.panel import panel_rows
from tests.cheap_settings import write_cheap
from tests.forecaster.operation.test_day_of_many import EVERY, LAST, NOW, kept

if TYPE_CHECKING:
    from forecaster.records.home import Home

EXECUTABLE = Path(sys.executable).with_name("forecaster")


def filled(folder: Path, assets: int) -> Home:
    """A home of random walks."""
    folder.mkdir()
    write_cheap(folder, models=EVERY)
    home, days = open_home(folder), pd.date_range(end=LAST, periods=160, unit="us")
    for seed in range(assets):
        close = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.03, len(days))))
        asset = Asset(f"WALK{seed}", calendar="24/7", source="csv_file")
        home.store.append(asset, panel_rows(asset.symbol, days, {"close": close}, "f"), NOW)
    return home


def run(home: Path) -> subprocess.Popen[bytes]:
    words = [EXECUTABLE, "run", "--as-of", f"{LAST:%Y-%m-%d}", "--home", home]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def killed(folder: Path, assets: int, kills: int) -> None:
    """Kills runs after waits drawn from the time that a whole one takes, then lets one end."""
    whole = filled(folder / "whole", assets)
    start = time.monotonic()
    assert run(whole.folder).wait() == 0
    takes, rng = time.monotonic() - start, np.random.default_rng(1)
    struck, before = 0, 0
    home = filled(folder / "struck0", assets)
    while struck < kills:
        process = run(home.folder)
        try:
            process.wait(rng.uniform(0, takes))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            struck += 1
            assert home.ledger.verify() is None
            on_record = home.ledger.forecasts()
            assert len(on_record) >= before  # nothing is lost
            assert set(on_record.groupby("symbol").size()) <= {len(EVERY)}  # an asset has all of its forecasts or none
            before = len(on_record)
            continue
        assert kept(home) == kept(whole)  # it came to its end before its time: the next one begins anew
        home, before = filled(folder / f"struck{struck}", assets), 0
    assert run(home.folder).wait() == 0
    assert kept(home) == kept(whole)
    assert home.ledger.verify() is None


def test_a_day_that_is_killed_goes_on(tmp_path: Path) -> None:
    killed(tmp_path, assets=2, kills=2)


@pytest.mark.campaign
def test_a_day_of_forty_assets_is_killed_fifty_times(tmp_path: Path) -> None:
    killed(tmp_path, assets=40, kills=50)
