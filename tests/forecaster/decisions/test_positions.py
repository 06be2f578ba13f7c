"""Positions and their account: what is known at the origin alone, within the cap, at stated costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from forecaster.decisions.account import HOLD, daily
from forecaster.decisions.positions import RULES, positions
from forecaster.decisions.settings import Decisions

PLAIN = Decisions()


def market(days: int, seed: int, models: tuple[str, ...] = ("garch",)) -> pd.DataFrame:
    """Exported rows of forecasters who know the scale and guess the mean."""
    rng = np.random.default_rng(seed)
    target = pd.date_range("2020-01-02", periods=days)
    y = 0.01 * rng.standard_normal(days)
    parts = []
    for model in models:
        mean = 0.001 * rng.standard_normal(days)
        parts.append(pd.DataFrame({
            "symbol": "^A", "model": model, "as_of": target - pd.Timedelta(days=1), "target_date": target, "y": y,
            "mean": mean, "sd": 0.01, "prob_up": stats.norm.cdf(mean / 0.01), "status": "ok",
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_full_kelly_is_the_growth_optimal_position_of_a_market_with_a_known_drift():
    """Daily drift 0.04 %, sd 1 %: the position that grows fastest on 2,000,000 simulated days is found, within 5 %."""
    rng = np.random.default_rng(3)
    z = rng.standard_normal(1_000_000)
    y = 0.0004 + 0.01 * np.concatenate([z, -z])
    best = optimize.minimize_scalar(lambda w: -np.log1p(w * y).mean(), bounds=(0, 20), method="bounded").x
    rows = pd.DataFrame({"mean": [0.0004], "sd": [0.01], "prob_up": [0.5]})
    (full,) = positions("kelly", rows, 252, Decisions(kelly_fraction=1.0, cap=100.0))
    (half,) = positions("kelly", rows, 252, Decisions(kelly_fraction=0.5, cap=100.0))
    assert full == pytest.approx(best, rel=0.05)
    assert half == pytest.approx(full / 2)
    assert positions("volatility_target", rows, 252, Decisions(cap=100.0))[0] != pytest.approx(best, rel=0.3)


def test_full_kelly_is_exact_for_an_even_bet():
    """Up or down 10 % with probability 0.54: Kelly's own answer is (2 p - 1) / 10 %."""
    mean = 0.08 * 0.1
    rows = pd.DataFrame({"mean": [mean], "sd": [np.sqrt(0.01 - mean**2)], "prob_up": [0.54]})
    assert positions("kelly", rows, 252, Decisions(kelly_fraction=1.0))[0] == pytest.approx(0.8)


def test_the_volatility_target_is_met_by_what_is_earned():
    """10 % a year aimed at with a known scale that moves from day to day: the earned volatility is that, within 3 %."""
    rng = np.random.default_rng(4)
    sd = 0.01 * np.exp(0.5 * rng.standard_normal(20_000))
    rows = pd.DataFrame({"mean": 0.0, "sd": sd, "prob_up": 0.5})
    earned = positions("volatility_target", rows, 252, Decisions(cap=100.0)) * sd * rng.standard_normal(sd.size)
    assert earned.std() * np.sqrt(252) == pytest.approx(0.1, rel=0.03)


def test_direction_abstains_within_the_band_and_takes_the_side_of_p_up_beyond_it():
    rows = pd.DataFrame({"mean": 0.0, "sd": 0.1 / np.sqrt(252), "prob_up": [0.5, 0.549, 0.451, 0.56, 0.44]})
    assert positions("direction", rows, 252, PLAIN) == pytest.approx([0, 0, 0, 1, -1])
    assert positions("direction", rows, 252, Decisions(short=False)) == pytest.approx([0, 0, 0, 1, 0])
    assert positions("direction", rows, 252, Decisions(band=0.0)) == pytest.approx([0, 1, -1, 1, -1])


def test_a_market_that_mostly_stands_still_is_not_sold_short():
    """P(up) of 2 % beside P(down) of 2 % is no fall: the median is zero."""
    rows = pd.DataFrame({"mean": 0.0, "sd": 0.01, "prob_up": [0.02, 0.4, 0.4, 0.6], "q50": [0.0, 0.0, -0.002, 0.002]})
    assert np.sign(positions("direction", rows, 252, PLAIN)).tolist() == [0, 0, -1, 1]


def test_no_position_exceeds_the_cap_and_what_is_not_finite_is_cash():
    rows = pd.DataFrame({
        "mean": [0.5, -0.5, 0.0, np.nan, np.inf, 0.1],
        "sd": [0.01, 0.01, 0.0, np.nan, np.inf, 0.0],
        "prob_up": [1.0, 0.0, 0.5, np.nan, np.nan, 1.0],
    })  # fmt: skip
    for rule in RULES:
        for cap in (0.3, 1.0):
            held = positions(rule, rows, 252, Decisions(cap=cap))
            assert np.abs(held).max() == pytest.approx(cap)
            assert held[3:5] == pytest.approx([0, 0])


def test_the_account_of_five_days_is_that_done_by_hand():
    """Crypto at 15 basis points: positions 1, 1, -1, 0 (withheld), 0.5 by direction, and buy-and-hold beside them."""
    day_sd = 0.1 / np.sqrt(365)
    rows = market(5, 0).assign(
        y=[0.02, -0.01, -0.03, 0.05, 0.04],
        mean=0.0,
        sd=[day_sd, day_sd, day_sd, day_sd, 2 * day_sd],
        prob_up=[0.6, 0.7, 0.3, 0.9, 0.8],
        status=["ok", "unreliable", "ok", "withheld", "ok"],
    )
    accounts = daily(rows, {"^A": "crypto"}, PLAIN).set_index("rule")
    own, hold = accounts.loc["direction"], accounts.loc["hold"]
    assert own["position"].tolist() == pytest.approx([1, 1, -1, 0, 0.5])
    assert own["turnover"].tolist() == pytest.approx([1, 0, 2, 1, 0.5])
    assert own["cost"].tolist() == pytest.approx([0.0015, 0, 0.003, 0.0015, 0.00075])
    assert own["net"].tolist() == pytest.approx([0.0185, -0.01, 0.027, -0.0015, 0.01925])
    assert hold["net"].tolist() == pytest.approx([0.0185, -0.01, -0.03, 0.05, 0.04])


@pytest.mark.parametrize(("asset_class", "points"), [("equity", 2), ("currency", 1), ("crypto", 15), ("commodity", 4)])
def test_each_class_pays_its_own_cost_and_slippage(asset_class, points):
    held = daily(market(5, 0), {"^A": asset_class}, PLAIN)
    assert held.loc[held["model"] == HOLD, "cost"].tolist() == pytest.approx([points / 1e4, 0, 0, 0, 0])
    dear = Decisions(**{f"{asset_class}_cost": 30.0, f"{asset_class}_slippage": 12.0})
    held = daily(market(5, 0), {"^A": asset_class}, dear)
    assert held.loc[held["model"] == HOLD, "cost"].iloc[0] == pytest.approx(42 / 1e4)


def test_later_outcomes_and_forecasts_change_no_earlier_position():
    """What comes after day 60 of 100 is multiplied, permuted, lost or cut off: positions up to it stay, bit for bit.

    The control: the forecast of a day itself does change its position.
    """
    rows, days = market(100, 1, ("garch", "ewma")), pd.date_range("2020-01-02", periods=100)
    later = rows["target_date"] > days[60]
    rng = np.random.default_rng(0)
    numbers = ["y", "mean", "sd", "prob_up"]
    shuffled = rows.copy()
    shuffled.loc[later, numbers] = rows.loc[later, numbers].to_numpy()[rng.permutation(later.sum())]
    changed = {
        "x10": rows.assign(y=rows["y"].where(~later, 10 * rows["y"])),
        "nan": rows.assign(y=rows["y"].where(~later)),
        "cut": rows[~later],
        "permuted": shuffled,
        "reversed rows": rows.iloc[::-1],
    }
    before = earlier(rows, days[60])
    for name, other in changed.items():
        assert before.equals(earlier(other, days[60])), name
    own = rows.assign(prob_up=rows["prob_up"].where(rows["target_date"] != days[60], 0.99))
    assert not before.equals(earlier(own, days[60]))


def earlier(rows: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """The positions up to a day, in an order of their own."""
    held = daily(rows, {"^A": "equity"}, PLAIN)
    columns = ["model", "rule", "target_date", "position", "turnover", "net"]
    return held.loc[held["target_date"] <= last, columns].sort_values(columns[:3], ignore_index=True)


def test_sessions_without_an_outcome_are_left_out_for_all_and_a_missing_forecast_is_cash():
    rows = market(10, 2, ("garch", "ewma"))
    gap, lost = rows["target_date"].iloc[3], rows["target_date"].iloc[6]
    rows["y"] = rows["y"].where(rows["target_date"] != gap)
    rows = rows[(rows["model"] != "ewma") | (rows["target_date"] != lost)]
    held = daily(rows, {"^A": "equity"}, PLAIN)
    assert held.groupby(["model", "rule"]).size().eq(9).all()
    assert (held["target_date"] != gap).all()
    cash = held[(held["model"] == "ewma") & (held["target_date"] == lost)]
    assert (cash["position"] == 0).all()
    assert np.allclose(held["net"], held["position"] * held["y"] - held["cost"])
