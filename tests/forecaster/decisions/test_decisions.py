"""Decisions claim nothing by luck: errors of Sharpe ratios, deflation, chance, and the sentence in the end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import signal, stats

from forecaster.decisions.account import HOLD
from forecaster.decisions.chance import against_chance, moved_ratios
from forecaster.decisions.decide import COLUMNS, LEVEL, decide
from forecaster.decisions.positions import RULES
from forecaster.decisions.settings import Decisions
from forecaster.decisions.sharpe import deflated, difference, ratio, standard_error
from forecaster.decisions.words import in_words
from forecaster.replay.export import export, judged
from ingest.assets import Asset

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = Decisions()
TAIL = 2.58
"""Standard errors of a share that a test allows: 0.5 % in each tail."""


def allowed(runs: int, level: float = LEVEL) -> float:
    """Half the width of the band around a level, for so many runs."""
    return TAIL * np.sqrt(level * (1 - level) / runs)


def autocorrelated(rng: np.random.Generator, days: int) -> np.ndarray:
    """Skewed, heavy-tailed returns with an autocorrelation of 0.2 and a Sharpe ratio of 0.1 a day."""
    shocks = stats.gamma.rvs(2, size=days + 50, random_state=rng) * rng.choice([-1, 0.6], days + 50)
    shocks = shocks + 2 * 0.2
    returns = signal.lfilter([1], [1, -0.2], shocks)[50:]
    return 0.01 * (returns + 0.25)


@pytest.mark.parametrize("kind", ["normal", "heavy tails", "autocorrelated"])
def test_the_standard_error_is_the_spread_over_simulations(kind: str) -> None:
    """1,000 samples of 1,000 days: the mean error and the spread of the ratio agree within 8 % (3.5 s.e. of 2.2 %)."""
    rng = np.random.default_rng(1)
    draws = {
        "normal": lambda: 0.001 + 0.01 * rng.standard_normal(1000),
        "heavy tails": lambda: 0.001 + 0.006 * rng.standard_t(5, 1000) - 0.01 * (rng.random(1000) < 0.02),
        "autocorrelated": lambda: autocorrelated(rng, 1000),
    }
    samples = [draws[kind]() for _ in range(1000)]
    spread = np.std([ratio(s) for s in samples])
    errors = np.mean([standard_error(s) for s in samples])
    assert errors == pytest.approx(spread, rel=0.08)
    plain = np.mean([np.sqrt((1 + ratio(s) ** 2 / 2) / s.size) for s in samples])
    if kind == "autocorrelated":  # the control: the error for independent normal returns is too small there
        assert plain < 0.9 * spread


def test_the_standard_error_is_mertens_where_returns_are_independent() -> None:
    """On 200,000 skewed independent returns: within 2 % of the closed form of Mertens (2002)."""
    net = stats.gamma.rvs(2, size=200_000, random_state=5) - 1.8
    s = ratio(net)
    mertens = np.sqrt((1 - s * stats.skew(net) + s**2 * (stats.kurtosis(net) + 2) / 4) / net.size)
    assert standard_error(net) == pytest.approx(mertens, rel=0.02)


def test_two_equal_ratios_are_told_apart_at_the_stated_rate_and_a_larger_position_is_no_better() -> None:
    rng = np.random.default_rng(6)
    hits = 0
    for _ in range(1000):
        shared = rng.standard_normal(500)
        one, other = (0.05 + shared + rng.standard_normal(500) for _ in range(2))
        hits += difference(one, other)[1] < LEVEL
    assert hits / 1000 == pytest.approx(LEVEL, abs=allowed(1000))
    assert difference(2 * one, one) == (pytest.approx(0.0, abs=1e-12), 1.0)
    assert difference(one + 0.3, one)[1] < 1e-3


def test_the_best_of_many_noise_strategies_is_rarely_called_skill_and_without_deflation_often() -> None:
    """The best of 50 strategies without skill on 500 days, 1,000 times: at most 5 %; undeflated at least 80 %."""
    rng = np.random.default_rng(7)
    claimed, undeflated = 0, 0
    for _ in range(1000):
        tried = rng.standard_normal((50, 500))
        best = tried[np.argmax(tried.mean(1) / tried.std(1))]
        claimed += deflated(best, 50) > 1 - LEVEL
        undeflated += deflated(best, 1) > 1 - LEVEL
    assert claimed / 1000 <= LEVEL
    assert undeflated / 1000 >= 0.8
    assert deflated(rng.standard_normal(500) + 0.3, 50) > 1 - LEVEL


def test_every_move_is_the_account_of_the_positions_at_another_time() -> None:
    """The correlations give what a loop over the moves gives; each has the same turnover."""
    rng = np.random.default_rng(8)
    w, y, rate = rng.normal(0, 0.5, 80), rng.normal(0.001, 0.01, 80), 0.002
    slow = []
    for k in range(80):
        moved = np.roll(w, k)
        turnover = np.abs(moved - np.roll(moved, 1))
        assert turnover.sum() == pytest.approx(np.abs(w - np.roll(w, 1)).sum())
        slow.append(ratio(moved * y - rate * turnover))
    assert moved_ratios(w, y, rate) == pytest.approx(np.array(slow), rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("memory", [0.0, 0.9])
def test_p_values_against_chance_are_uniform_without_skill(memory: float) -> None:
    """1,000 markets of 300 days with autocorrelated positions and moving volatility: Kolmogorov-Smirnov at 1 %."""
    rng = np.random.default_rng(9)
    found = []
    for _ in range(1000):
        w = signal.lfilter([1], [1, -memory], rng.standard_normal(350))[50:]
        scale = np.exp(0.3 * signal.lfilter([1], [1, -0.9], rng.standard_normal(350))[50:])
        found.append(against_chance(w, 0.01 * scale * rng.standard_normal(300), 0.001)[1])
    jittered = np.array(found) - rng.random(1000) / 300  # p lies on a grid of 1 / 300
    assert stats.kstest(jittered, "uniform").pvalue > 0.01
    assert np.mean(np.array(found) <= LEVEL) == pytest.approx(LEVEL, abs=allowed(1000))


def test_planted_skill_beats_chance_and_a_constant_position_does_not() -> None:
    rng = np.random.default_rng(10)
    y = 0.01 * rng.standard_normal(500)
    w = np.sign(y) * np.where(rng.random(500) < 0.6, 1, -1)  # right on 60 % of the days
    assert against_chance(w, y, 0.0002)[1] < 0.01
    assert against_chance(np.full(500, 0.7), y, 0.0002)[1] == 1.0
    assert np.isnan(against_chance(np.zeros(500), y, 0.0002)[1])


def exported(days: int, seed: int, skill: float, drift: float = 0.0003, models: int = 3) -> pd.DataFrame:
    """Rows of forecasters of a market with a drift.

    The first sees a part `skill` of each day's standard change; the last bets against the last 60 days.
    """
    rng = np.random.default_rng(seed)
    past, target = rng.standard_normal(60 + days), pd.date_range("2018-01-02", periods=days)
    z, before = past[60:], np.convolve(past, np.full(60, 1 / 60), "valid")[:-1]
    parts = []
    for i in range(models):
        mean = 0.01 * (skill * (z if i == 0 else 0) + 0.1 * rng.standard_normal(days))
        mean = -0.01 * before if i == models - 1 else mean
        parts.append(pd.DataFrame({
            "symbol": "^A", "model": f"m{i}", "as_of": target - pd.Timedelta(days=1), "target_date": target,
            "y": drift + 0.01 * z, "mean": mean, "sd": 0.01, "prob_up": stats.norm.cdf(mean / 0.01), "status": "ok",
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("markets", [60, pytest.param(200, marks=pytest.mark.campaign)])
def test_without_skill_nothing_is_worth_its_costs_in_a_market_with_a_drift(markets: int) -> None:
    """So many markets, three models by three rules: a claim for any of them in at most 5 % + 2.58 s.e.; then the words.

    The control: to believe any p-value below 5 % would claim something far more often.
    """
    claims, naive = 0, 0
    for seed in range(markets):
        found = decide(exported(300, seed, 0.0, 0.0006), {"^A": "equity"}, PLAIN)
        claims += found["worth"].any()
        naive += (found["random_p"] < LEVEL).any()
    assert claims / markets <= LEVEL + allowed(markets)
    assert naive / markets >= 0.15
    first, best = in_words(decide(exported(300, 0, 0.0), {"^A": "equity"}, PLAIN))
    assert first.startswith("No evidence that any of the 9 positions tried is worth its costs")
    assert "Sharpe ratio" in best


def test_planted_skill_is_worth_its_costs_and_only_where_it_was_planted() -> None:
    for seed in range(10):
        found = decide(exported(1000, seed, 0.03), {"^A": "equity"}, PLAIN)
        assert set(found.loc[found["worth"], "model"]) == {"m0"}
        assert all("m0, " in sentence and "worth its costs" in sentence for sentence in in_words(found))


def test_costs_trials_and_few_days_take_a_claim_back() -> None:
    rows = exported(1000, 0, 0.02)
    assert decide(rows, {"^A": "equity"}, PLAIN)["worth"].any()
    assert not decide(rows, {"^A": "equity"}, Decisions(equity_cost=300.0))["worth"].any()
    assert not decide(rows, {"^A": "equity"}, PLAIN, trials=10**9)["worth"].any()
    few = decide(exported(100, 0, 0.1), {"^A": "equity"}, PLAIN)
    assert not few["worth"].any()
    assert "100 sessions are too few to judge that many positions (181 are needed)" in in_words(few)[0]


def test_a_row_for_each_model_and_rule_beside_buy_and_hold() -> None:
    rows = pd.concat([exported(80, 0, 0.0), exported(70, 1, 0.0).assign(symbol="B")], ignore_index=True)
    found = decide(rows, {"^A": "equity", "B": "crypto"}, PLAIN, trials=20)
    assert tuple(found.columns) == COLUMNS
    assert found.groupby("symbol").size().to_dict() == {"^A": 10, "B": 10}
    assert set(found["rule"]) == {"hold", *RULES}
    assert (found["trials"] == 60).all()
    hold = found[(found["model"] == HOLD) & (found["symbol"] == "B")].iloc[0]
    y = rows.loc[(rows["symbol"] == "B") & (rows["model"] == "m0"), "y"].to_numpy()
    net = y - np.where(np.arange(70) == 0, 0.0015, 0)
    assert hold["sharpe"] == pytest.approx(net.mean() / net.std() * np.sqrt(365))
    assert hold["turnover"] == pytest.approx(365 / 70)
    assert hold["return"] == pytest.approx(net.mean() * 365)
    assert hold[["hold_p", "random_p", "deflated"]].isna().all()


def test_nothing_known_and_all_in_cash_are_no_error() -> None:
    rows = exported(80, 0, 0.0)
    assert decide(rows.assign(y=np.nan), {"^A": "equity"}, PLAIN).empty
    cash = decide(rows.assign(status="withheld"), {"^A": "equity"}, PLAIN)
    assert cash["sharpe"].isna().sum() == 9
    assert not cash["worth"].any()
    (said,) = in_words(cash)
    assert said.startswith("No evidence")


def test_the_export_holds_what_was_decided_with_the_settings_given(tmp_path: Path) -> None:
    """`decisions.csv` is `decide` of the exported rows, by the asset's class, and the report tells it."""
    names = {"m0": "garch", "m1": "ewma", "m2": "climatology"}
    rows = exported(80, 0, 0.0).assign(symbol="A", crps=0.005, log_score=-3.0, absolute_error=0.01, squared_error=1e-4)
    rows = rows.assign(model=rows["model"].map(names), in50=True, in90=True, pit=np.linspace(0.01, 0.99, len(rows)))
    rows = rows.assign(**{f"q{level:02d}": (level - 50) / 2000 for level in (5, 25, 50, 75, 95)})
    own = Decisions(crypto_cost=40.0, short=False)
    export(judged(rows, {}, {}), {"A": Asset("A", calendar="24/7", source="csv_file")}, tmp_path, own, trials=5)
    written = pd.read_csv(tmp_path / "decisions.csv")
    pd.testing.assert_frame_equal(written, decide(rows, {"A": "crypto"}, own, trials=5), check_dtype=False)
    assert "45.0 basis points" in re.sub(r"\s+", " ", (tmp_path / "report.html").read_text("utf-8"))
    assert "No evidence that any of the 9 positions tried" in (tmp_path / "report.html").read_text("utf-8")
