"""The sources that need no network: the registry, real sample bars, and a market of known truth."""

from datetime import UTC, datetime
from importlib import import_module
from time import perf_counter
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ingest.changes import series_of, simple_changes
from ingest.checks import as_table, findings
from ingest.errors import UnknownSourceError, UnknownSymbolError
from ingest.panel import check_panel
from ingest.sessions import calendar
from ingest.sources import load, names, sample, simulated
from ingest.sources.simulated import START, Market, simulate

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SIM = simulated.ASSETS[0]


def test_the_folder_is_the_registry() -> None:
    assert {"csv_file", "sample", "simulated"} <= set(names())
    for name in names():
        source = load(name)
        assert source.__doc__
        assert all(asset.source == name for asset in source.ASSETS)
        assert callable(source.fetch if source.FETCHED else source.read)
    with pytest.raises(UnknownSourceError, match="source 'simulate' is not known: nearest: simulated"):
        load("simulate")
    with pytest.raises(UnknownSourceError):
        load("../text")


@pytest.mark.parametrize("asset", sample.ASSETS)
def test_the_sample_is_twenty_years_of_real_sessions_without_a_gap(asset: sample.Asset) -> None:
    rows = sample.fetch(asset, NOW)
    assert len(rows) == 5031
    assert (f"{rows['session'].iloc[0]:%Y-%m-%d}", f"{rows['session'].iloc[-1]:%Y-%m-%d}") == (
        "1999-01-04",
        "2018-12-31",
    )
    assert series_of(rows) == ("price", "volume")
    assert (rows["adjustment"] == 1).all()
    assert set(as_table(findings(rows, calendar("XNYS")))["check"]) <= {"zero volume", "large price move"}


@pytest.mark.parametrize(("symbol", "name"), [("^GSPC", "sp500"), ("^IXIC", "nasdaq")])
def test_the_sample_is_what_its_package_loads(symbol: str, name: str) -> None:
    pd.testing.assert_frame_equal(sample._LOADERS[symbol](), import_module(f"arch.data.{name}").load())


def test_the_sample_gives_only_closed_sessions() -> None:
    asset = sample.ASSETS[0]
    rows = sample.fetch(asset, datetime(2010, 1, 4, 20, 59, tzinfo=UTC))
    assert rows["session"].iloc[-1] == pd.Timestamp("2009-12-31")
    with pytest.raises(UnknownSymbolError, match=r"nearest: \^GSPC"):
        sample.fetch(sample.Asset("GSPC", "XNYS", "sample"), NOW)


@pytest.mark.parametrize("source", [sample, simulated])
def test_days_within(source: ModuleType) -> None:
    asset = source.ASSETS[0]
    whole = source.fetch(asset, NOW).set_index("session").drop(columns="payload")
    first, last = "2016-01-02", "2016-12-30"
    rows = source.fetch(asset, NOW, first, last).set_index("session").drop(columns="payload")
    pd.testing.assert_frame_equal(rows, whole.loc[first:last])
    assert source.fetch(asset, NOW, last=last)["session"].iloc[-1] == pd.Timestamp(last)
    assert source.fetch(asset, NOW, first).equals(source.fetch(asset, NOW, first, "2030-01-01"))
    early = source.fetch(asset, datetime(2016, 6, 1, 23, tzinfo=UTC), first, last)
    assert early["session"].iloc[-1] < pd.Timestamp("2016-06-02")


def test_the_simulated_market_is_always_labelled() -> None:
    assert SIM.simulated
    assert SIM.attention_kind == "simulated tweets a day"
    rows = simulated.fetch(SIM, NOW)
    assert set(rows["source"]) == {"simulated"}
    assert rows["session"].iloc[0] == pd.Timestamp(START)
    assert rows["session"].iloc[-1] == pd.Timestamp("2026-05-31")
    with pytest.raises(UnknownSymbolError, match="SIM"):
        simulated.fetch(sample.ASSETS[0], NOW)
    assert simulated.fetch(SIM, datetime(2013, 1, 1, tzinfo=UTC)).empty


def test_fetching_later_only_appends() -> None:
    early = simulated.fetch(SIM, datetime(2018, 3, 1, 12, tzinfo=UTC))
    late = simulated.fetch(SIM, NOW)
    pd.testing.assert_frame_equal(late.iloc[: len(early)].drop(columns="payload"), early.drop(columns="payload"))


def test_a_path_of_twelve_years_is_fast() -> None:
    start = perf_counter()
    simulate(Market(), 4700)
    assert perf_counter() - start < 1.0


def test_bars_are_coherent_and_levels_realistic() -> None:
    rows = simulated.fetch(SIM, NOW)
    check_panel(rows)
    assert (rows["low"] <= rows[["open", "close"]].min(axis=1)).all()
    assert (rows["high"] >= rows[["open", "close"]].max(axis=1)).all()
    assert (rows["open"].iloc[1:].to_numpy() == rows["close"].iloc[:-1].to_numpy()).all()
    assert rows["close"].between(1, 1e6).all()
    changes = simple_changes(rows, calendar("24/7"))
    assert 0.01 < changes["price"].std() < 0.06
    assert (rows["tweets"] == rows["tweets"].round()).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_path_obeys_the_law_it_states(seed: int) -> None:
    """PIT of the stated law is uniform; each test has a false-alarm rate of one in a thousand."""
    path = simulate(Market(seed=seed), 4000)
    change = path["close"].pct_change().iloc[1:]
    law = path.iloc[1:]
    pit = stats.t.cdf((change - law["mean"]) / law["scale"], law["df"])
    assert stats.kstest(pit, "uniform").pvalue > 0.001
    lag = np.corrcoef(np.abs(pit[1:] - 0.5), np.abs(pit[:-1] - 0.5))[0, 1]
    assert abs(lag) * np.sqrt(len(pit)) < 3.3


def test_negative_control_a_law_without_garch_fails() -> None:
    path = simulate(Market(seed=1), 4000)
    change = path["close"].pct_change().iloc[1:]
    pit = stats.t.cdf(change / change.std() / np.sqrt(3 / 5), 5)
    lag = np.corrcoef(np.abs(pit[1:] - 0.5), np.abs(pit[:-1] - 0.5))[0, 1]
    assert abs(lag) * np.sqrt(len(pit)) > 3.3


def test_tweets_and_volume_tell_of_volatility_and_a_little_of_direction() -> None:
    path = simulate(Market(), 4700)
    change = path["close"].pct_change().to_numpy()
    tweets, volume = (np.tanh(np.diff(np.log(path[name]), prepend=np.nan)) for name in ("tweets", "volume"))
    size, direction = np.abs(change[2:]), np.sign(change[2:])
    for signal in (tweets, volume):
        assert np.corrcoef(signal[1:-1], size)[0, 1] > 0.05
    assert 0.03 < np.corrcoef(tweets[1:-1], direction)[0, 1] < 0.2
