"""A day of many assets: trained together, each asset's forecasts are what it would have alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster import models
from forecaster.issuing import refits
from forecaster.issuing.issue import issue
from forecaster.operation import daily
from forecaster.records.home import Home, open_home
from ingest.assets import Asset
from ingest.panel import panel_rows
from tests.cheap_settings import write_cheap
from tests.sampling import small

if TYPE_CHECKING:
    from pathlib import Path

NOW = pd.Timestamp("2018-01-22", tz="UTC").to_pydatetime()
SYMBOLS = ("ONE", "TWO", "THREE")
LAST = pd.Timestamp("2018-01-21")
BEFORE = LAST - pd.Timedelta(days=1)
EVERY = ("bayesian_linear", "climatology", "ewma", "ensemble")


def filled(folder: Path, sessions: int = 200, **forecast: object) -> Home:
    """A home with three random walks, the third with volume."""
    folder.mkdir(parents=True, exist_ok=True)
    write_cheap(folder, **{"models": EVERY, **forecast})
    home = open_home(folder)
    for seed, symbol in enumerate(SYMBOLS):
        add(home, symbol, seed, sessions)
    return home


def add(home: Home, symbol: str, seed: int, sessions: int) -> None:
    rng = np.random.default_rng(seed)
    values = {"close": 100 * np.exp(np.cumsum(rng.normal(0, 0.03, sessions)))}
    if symbol == "THREE":
        values["volume"] = rng.lognormal(10, 0.5, sessions)
    days = pd.date_range(end=LAST, periods=sessions, unit="us")
    home.store.append(Asset(symbol, calendar="24/7", source="csv_file"), panel_rows(symbol, days, values, "f"), NOW)


KEPT = {
    "forecast": "symbol, model, as_of, status, reason, predictive, diagnostics, data_vintage, seed",
    "replay": "symbol, model, as_of, fitted_at, y, mean, crps, status",
    "track": "symbol, model, as_of, log_score, pit",
}


def kept(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """All that a day leaves, in one order."""
    with closing(sqlite3.connect(home.folder / "forecaster.db")) as database:
        return {
            table: sorted(database.execute(f"SELECT {columns} FROM {table}"), key=repr)  # noqa: S608
            for table, columns in KEPT.items()
        }


def test_each_asset_has_what_it_would_have_alone_to_the_byte(tmp_path: Path) -> None:
    """Forecasts, what they say of themselves, the fan, and the track record; live is what `issue` says."""
    together, alone = filled(tmp_path / "together"), filled(tmp_path / "alone")
    assert daily.run(together, LAST).recorded == len(SYMBOLS) * len(EVERY)
    for symbol in SYMBOLS:
        daily.run(alone, LAST, (symbol,))
    found = kept(together)
    assert found == kept(alone)
    assert all(found.values())
    for symbol in SYMBOLS:
        told = {row[1]: row[5] for row in found["forecast"] if row[0] == symbol}
        for made in issue(together.store.history(symbol), LAST, EVERY, together.settings):
            assert told[made.model] == made.predictive.to_bytes(), (symbol, made.model)


def test_a_warm_home_says_what_a_cold_one_says(tmp_path: Path) -> None:
    """What was kept of the day before changes no byte of the next day's forecasts."""
    warm, cold = filled(tmp_path / "warm"), filled(tmp_path / "cold")
    daily.run(warm, BEFORE)
    daily.run(warm, LAST)
    daily.run(cold, LAST)
    own = [[row for row in kept(home)["forecast"] if row[2] == "2018-01-21"] for home in (warm, cold)]
    assert own[0] == own[1]
    assert len(own[0]) == len(SYMBOLS) * len(EVERY)


def test_a_day_with_nothing_to_do_trains_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = filled(tmp_path)
    daily.run(home, LAST)
    before = kept(home)

    def never(*_: object) -> None:
        raise AssertionError("something is trained")

    monkeypatch.setattr("forecaster.issuing.fitters.Fitters.__call__", never)
    again = daily.run(home, LAST)
    assert (again.recorded, again.known, again.settled) == (0, len(SYMBOLS) * len(EVERY), 0)
    assert kept(home) == before


def test_an_asset_that_cannot_be_forecast_leaves_the_others(tmp_path: Path) -> None:
    home = filled(tmp_path)
    add(home, "YOUNG", 9, 30)
    done = daily.run(home, LAST)
    assert list(done.as_ofs) == list(SYMBOLS)
    assert list(done.withheld) == ["YOUNG"]
    assert "YOUNG" in done.withheld["YOUNG"]


HANGS = """
import time
from forecaster.models.ewma import Settings, fit as mended
SUMMARY = "hangs while a file is there"
def fit(examples, settings, seeds, compute):
    from pathlib import Path
    while Path({file!r}).exists(): time.sleep(.1)
    return mended(examples, settings, seeds, compute)
"""


def test_a_model_that_hangs_is_withheld_by_name_and_a_later_day_is_as_if_it_never_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it did not say of the past is no score: nothing of the stop stays but the withheld forecasts."""
    stuck = tmp_path / "stuck"
    stuck.touch()
    (tmp_path / "hangs.py").write_text(HANGS.format(file=str(stuck)), "utf-8")
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    names = ("climatology", "ewma", "hangs", "ensemble")
    homes = {name: filled(tmp_path / name, models=names) for name in ("stopped", "well")}
    for home in homes.values():
        file = home.folder / "forecaster.toml"
        text = file.read_text().replace(
            '[models.ensemble]\nmembers = ["climatology", "ewma"]',
            '[models.ensemble]\nmembers = ["climatology", "hangs"]',
        )
        file.write_text(text.replace("[compute]\n", "[compute]\nlimit_seconds = 12\n"))
    homes = {name: open_home(home.folder) for name, home in homes.items()}
    done = daily.run(homes["stopped"], BEFORE)
    why = "hangs was stopped: it took more than 12 seconds (compute.limit_seconds)"
    assert done.faults == [f"{why}: no forecast from it for ONE, TWO, THREE"]
    record = homes["stopped"].ledger.forecasts().set_index(["symbol", "model"])
    for symbol in SYMBOLS:
        row = record.loc[symbol, "hangs"]
        assert row["status"] == "withheld"
        assert row["reason"] == why
        assert set(record.loc[symbol].drop("hangs")["status"]) == {"ok"}
    stuck.unlink()
    daily.run(homes["well"], BEFORE)
    for home in homes.values():
        daily.run(home, LAST)
    one, other = (kept(home) for home in homes.values())
    assert [row for row in one["forecast"] if row[2] == "2018-01-21"] == [
        row for row in other["forecast"] if row[2] == "2018-01-21"
    ]
    assert set(one["track"]) < set(other["track"])  # the other's has the days that only the day before needed


@pytest.mark.parametrize("backend", small(["processes", "dask"], ["processes"]))
def test_another_backend_gives_the_same_bytes(tmp_path: Path, backend: str) -> None:
    if backend == "dask":
        pytest.importorskip("distributed")
    here, there = filled(tmp_path / "here"), filled(tmp_path / "there")
    daily.run(here, LAST)
    daily.run(there, LAST, backend=backend, means=daily.Means(workers=2))
    assert kept(there) == kept(here)


def test_many_assets_are_taken_in_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that memory has a bound; what the turns are changes nothing."""
    whole, turns = filled(tmp_path / "whole"), filled(tmp_path / "turns")
    daily.run(whole, LAST)
    told: list[str] = []
    monkeypatch.setattr(daily, "ASSETS", 2)
    monkeypatch.setattr(refits, "AT_ONCE", 2)
    daily.run(turns, LAST, progress=lambda what, *_: told.append(what))
    assert [line for line in told if line.startswith("fetch")] == ["fetch 2 assets", "fetch THREE"]
    assert kept(turns) == kept(whole)
