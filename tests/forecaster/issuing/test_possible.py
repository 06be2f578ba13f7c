"""Only possible forecasts are ok: whatever a model makes of wrong prices, and nothing where prices are right."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster import models
from forecaster.distribution.predictive import Predictive
from forecaster.issuing.issue import issue
from forecaster.issuing.possible import MASS, Shown, impossible
from forecaster.replay.backtest import last_origins, replay
from ingest.database import open_engine
from ingest.sources import csv_file, sample
from ingest.store import Store
from tests.cheap_settings import CHEAP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.issuing.forecast import Forecast
    from ingest.history import History

BUGS = Path(__file__).parents[4] / "shared" / "formats" / "bugs"
CHANGES = np.random.default_rng(17).normal(0.0003, 0.012, 260)
NOW = pd.Timestamp("2026-11-29", tz="UTC").to_pydatetime()
USUAL = 2 * 1.645 * 0.012
"""Width of a central 90 % of the clean changes."""


@pytest.fixture(scope="module")
def cheap(settings_of):
    return settings_of(**tomllib.loads(f"[forecast]\n{CHEAP}"))


def normal(sd: float, loc: float = 0.0) -> Predictive:
    return Predictive.of([loc], [sd])


def said(predictive: Predictive, changes: np.ndarray = CHANGES) -> str:
    return impossible(predictive, Shown.of(changes), "COIN")


def test_a_usual_forecast_is_possible():
    for sd in (0.004, 0.012, 0.03):
        assert said(normal(sd)) == ""


def test_mass_below_a_loss_of_all_is_told():
    wild = CHANGES * 20
    assert said(normal(0.28), wild) == ""
    assert said(normal(0.33), wild).startswith("0.12% of it lies below a loss of 100 %")
    assert "`forecaster data check COIN`" in said(normal(0.33), wild)


def test_a_scale_that_the_asset_never_showed_is_told():
    assert "at most: see `forecaster data check COIN`" in said(normal(0.08))
    assert "at least: see" in said(normal(0.001))


def test_one_jump_leaves_the_yardstick_as_it_was():
    """The forecast that it ruined is told 20 sessions later, and may be wide before: a large change is news."""
    jump = np.append(CHANGES, -0.3)
    assert said(normal(0.08), jump) == ""
    assert "at most" in said(normal(0.2), jump)
    assert "at most" in said(normal(0.08), np.append(jump, CHANGES[:20]))
    for changes in (CHANGES, jump, np.append(jump, CHANGES)):
        assert Shown.of(changes).widest == pytest.approx(Shown.of(CHANGES).widest, rel=0.2)


def test_a_place_that_the_asset_never_went_to_is_told():
    assert said(normal(0.012, 0.02)) == ""
    assert said(normal(0.012, 0.5)).startswith("its median is +50.0%")


def test_a_mean_that_few_changes_rule_is_told():
    ruled = Predictive.of([0.0, 90.0], [0.012, 1.0], weight=[0.996, 0.004])
    assert said(ruled).startswith("its mean of +36.0% lies outside its own 90 % interval")


def test_a_series_that_stands_still_is_told_whatever_the_forecast():
    still = np.append(CHANGES, np.zeros(60))
    for sd in (0.012, 1e-6):
        assert said(normal(sd), still).startswith("the last 60 sessions never moved: check whether the source")
    assert said(normal(0.012), np.append(CHANGES, np.zeros(19))) == ""
    assert said(normal(0.012), np.concatenate([CHANGES, np.zeros(15), CHANGES, np.zeros(30)])) == ""
    assert "next to nothing, where that of 20 moves was up to" in said(normal(1e-7), np.append(CHANGES, np.zeros(19)))


def test_who_says_that_a_price_in_ticks_will_not_move_is_told_where_it_always_moved_on_some_days():
    """A kernel far within a tick, as a density that stands on the zeros gives; not one that the tick explains."""
    changes = np.round(CHANGES / 0.02) * 0.02
    moving = Shown.of(changes).moving
    assert 0.1 < moving < (changes != 0).mean()
    stuck = normal(0.002).with_atom(0.0, 0.02)
    assert said(stuck, changes).startswith(f"it gives 100.0% to no change, where of any 60 sessions {moving:.0%} moved")
    assert said(normal(0.012).with_atom(0.0, 0.02), changes) == ""
    assert said(normal(0.012).with_atom(0.95, 0.02), changes) == "", "an atom is always possible"
    assert said(normal(0.002), changes) == "", "without a tick nothing is known of it"


def test_an_asset_that_often_stands_still_may_be_forecast_narrowly():
    often = np.where(np.arange(CHANGES.size) % 3 == 0, CHANGES, 0.0)
    assert Shown.of(often).narrowest == 0.0
    for sd in (0.004, 0.0005, 0.012):
        assert said(normal(sd), often) == ""
    assert "at most" in said(normal(0.1), often)


# Show 3: every forecast of every model, over slips and over files as people have them.


def panel_file(path: Path, factors: np.ndarray) -> Path:
    close = 100 * np.cumprod(1 + CHANGES)
    days = pd.bdate_range(end="2026-11-27", periods=close.size)
    bars = pd.DataFrame({"Open": close * 0.998, "High": close * 1.01, "Low": close * 0.99, "Close": close}, index=days)
    bars.mul(factors, axis=0).assign(Volume=1e6).rename_axis("Date").to_csv(path)
    return path


def imported(path: Path, calendar: str = "24/5", *, release: bool = False) -> History:
    """What a store has of a file; with `release` also what it held back."""
    store = Store(open_engine("sqlite://"))
    read = csv_file.read(path, "SYM", calendar)
    counts = store.append(csv_file.asset_for(read.rows, "SYM", calendar), read.rows, NOW, read.basis)
    if release and counts.quarantined:
        history = store.history("SYM")
        known = pd.concat([history.frame, history.held[history.frame.columns]])
        return type(history)(history.asset, known)
    return store.history("SYM")


def faults(history: History, settings) -> Iterator[str]:
    """What is impossible and called ok, by a definition of its own."""
    for one in issue(history, history.last, models.names(), settings):
        if one.status == "ok" and (why := unlike(one)):
            yield f"{one.model}: {why}"


def unlike(one: Forecast) -> str:
    """How a forecast is unlike the clean changes, far beyond what one could argue about."""
    known = one.predictive
    width = known.quantiles["q95"] - known.quantiles["q05"]
    found = {
        f"mass {float(known.cdf(-1.0)):.1e}": float(known.cdf(-1.0)) > MASS,
        f"width {width:.2g}": not USUAL / 10 < width < 10 * USUAL,
        f"median {known.quantiles['q50']:.1%}": abs(known.quantiles["q50"]) > 2 * USUAL,
        f"mean {known.mean:.1%}": abs(known.mean) > 5 * USUAL,
    }
    return ", ".join(what for what, true in found.items() if true)


def slipped(factor: float, length: int, after: int) -> np.ndarray:
    factors = np.ones(CHANGES.size)
    end = CHANGES.size - after
    factors[end - length : end] = factor
    return factors


SLIPS = [(0.01, 9, 5), (100, 30, 60), (1000, 1, 0)]
ALL = [(factor, length, after) for factor in (0.01, 100, 1000) for length in range(1, 31) for after in (0, 60)]
JUMPS = [(0.25, 120), (0.6, 60), (20.0, 1)]


@pytest.mark.parametrize("slips", [SLIPS, pytest.param(ALL, marks=pytest.mark.campaign)], ids=["few", "all"])
def test_no_slip_makes_an_impossible_forecast(tmp_path, cheap, slips):
    """It is held back, and no forecast sees it; let in all the same, none is impossible and ok."""
    for factor, length, after in slips:
        path = panel_file(tmp_path / "slip.csv", slipped(factor, length, after))
        held = imported(path)
        assert len(held.frame) == CHANGES.size - length, (factor, length, after)
        assert list(faults(imported(path, release=True), cheap)) == [], (factor, length, after)
    assert list(faults(held, cheap)) == []


def test_no_jump_that_is_believed_rules_a_forecast_that_is_ok(tmp_path, cheap):
    for factor, after in JUMPS:
        factors = np.where(np.arange(CHANGES.size) < CHANGES.size - after, 1.0, factor)
        assert list(faults(imported(panel_file(tmp_path / "jump.csv", factors)), cheap)) == [], (factor, after)


def test_clean_days_are_ok_with_every_model(tmp_path, cheap):
    history = imported(panel_file(tmp_path / "clean.csv", np.ones(CHANGES.size)))
    for one in issue(history, history.last, models.names(), cheap):
        assert one.status in {"ok", "unreliable"}
        assert "forecaster data check" not in one.reason, one.model  # short training has reasons of its own


def test_real_markets_are_ok_all_the_time(settings_of):
    """Two indices, 300 days with the fall of 2018, every third of them."""
    names = ("climatology", "ewma", "garch")
    for asset in sample.ASSETS:
        rows = sample.fetch(asset, pd.Timestamp("2019-01-01", tz="UTC").to_pydatetime())
        store = Store(open_engine("sqlite://"))
        assert store.append(asset, rows, NOW).quarantined == 0
        history = store.history(asset.symbol)
        for one in replay(history, last_origins(history, 300)[::3], names, settings_of(), refit_every=20):
            assert "forecaster data check" not in one.forecast.reason, (asset.symbol, one.forecast.as_of)


def test_a_replay_says_the_same_as_the_day_itself(tmp_path, cheap):
    """An impossible forecast of a model of its own and of a pool, on the path of a backtest."""
    history = imported(panel_file(tmp_path / "slip.csv", slipped(1000, 5, 5)), release=True)
    names = ("ewma", "ensemble")
    (day, *_), live = [history.last], issue(history, history.last, names, cheap)
    again = [one.forecast for one in replay(history, [day], names, cheap, refit_every=1)]
    assert [(one.status, one.reason) for one in again] == [(one.status, one.reason) for one in live]
    assert {one.status for one in live} == {"unreliable"}


@pytest.mark.parametrize(
    ("name", "calendar"),
    [
        ("bug_delisted_const.csv", "XNYS"),
        ("bug_div40_raw.csv", "XNYS"),
        ("bug_split4_raw.csv", "XNYS"),
        ("bug_revsplit_raw.csv", "XNYS"),
        ("bug_pence_block9.csv", "XLON"),
        ("bug_fx_zero_volume.csv", "24/5"),
        ("bug_fx_sunday.csv", "24/5"),
    ],
)
def test_files_as_people_have_them_make_no_impossible_forecast(name, calendar, cheap):
    path = BUGS / name
    if not path.exists():
        pytest.skip(f"files as people have them are not here: {path}")
    history = imported(path, calendar)
    for one in issue(history, history.last, models.names(), cheap):
        if "delisted" in name:
            assert one.status == "unreliable"
            assert "the last 60 sessions never moved" in one.reason
        elif one.status == "ok":
            width = one.predictive.quantiles["q95"] - one.predictive.quantiles["q05"]
            assert float(one.predictive.cdf(-1.0)) <= MASS, one.model
            assert 0.001 < width < 0.2, one.model
