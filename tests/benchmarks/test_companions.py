"""Where others move an asset's volatility the market's state is found, and where they do not nothing is lost."""

from __future__ import annotations

import pytest

from benchmarks.companions import behind

CHEAP = {"guide": "laplace", "draws": 20}


def test_the_market_s_state_is_worth_something_where_there_is_one():
    """150 days of two assets, fits on 500 rows."""
    found = behind(150, 3, common=True, train=500, assets=2, **CHEAP)
    assert found["market"] < found["alone"] - 0.005


def test_it_costs_little_where_there_is_none():
    found = behind(150, 3, common=False, train=500, assets=2, **CHEAP)
    assert abs(found["market"] - found["alone"]) < 0.01


@pytest.mark.campaign
def test_simulated_markets_of_ten_assets():
    """500 days of three assets of three markets of each kind: at most 0.008 behind, 0.01 without it."""
    common = [behind(500, seed, common=True) for seed in range(3)]
    assert sum(one["market"] for one in common) / 3 < 0.008
    assert sum(one["alone"] for one in common) / 3 > 0.01
    apart = [behind(500, seed, common=False) for seed in range(3)]
    assert abs(sum(one["market"] - one["alone"] for one in apart)) / 3 < 0.001
