"""The simulated markets of the study: what is called the true law is the best forecast that there can be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.study import laws
from benchmarks.study.judging import KS_LIMIT, uneven


@pytest.mark.parametrize("name", laws.LAWS)
def test_the_true_law_is_calibrated_and_another_scale_is_worse(name):
    """PITs of 2,300 days are uniform; with a scale 15 % too large they are not, and the log score suffers."""
    market = laws.simulate(name, 1, 250)
    days = range(len(market.changes))
    true = [market.law(day) for day in days]
    pits = [float(law.cdf(y)) for law, y in zip(true, market.changes, strict=True)]
    wide = [float(law.moved(factor=1.15).cdf(y)) for law, y in zip(true, market.changes, strict=True)]
    assert uneven(pits) < KS_LIMIT < uneven(wide)
    gain = [law.log_prob(y) - law.moved(factor=1.15).log_prob(y) for law, y in zip(true, market.changes, strict=True)]
    assert np.mean(gain) > 0.003


@pytest.mark.parametrize("df", [np.inf, 8.0])
def test_the_filter_of_a_hidden_volatility_agrees_with_particles(df):
    """Mean log density of 150 days: the grid's and that of 10,000 particles, within two thousandths."""
    market = laws.volatile(np.random.default_rng(4), 150, df)
    grid = np.mean([market.law(day).log_prob(y) for day, y in enumerate(market.changes)])
    rng = np.random.default_rng(5)
    hidden, density = rng.normal(0, laws.spread(), 10_000), []
    for y in market.changes:
        scale = laws.DAILY * np.exp(hidden / 2) * laws.unit_scale(df)
        seen = stats.t.pdf(y / scale, df) / scale
        density.append(seen.mean())
        kept = rng.choice(hidden, hidden.size, p=seen / seen.sum())
        hidden = laws.PERSISTENCE * kept + laws.SHOCK * rng.standard_normal(hidden.size)
    assert np.mean(np.log(density)) == pytest.approx(grid, abs=2e-3)


def test_the_means_of_the_autoregression_are_a_tenth_of_yesterday():
    market = laws.simulate("AR(.1)", 0, 100)
    assert market.location[1:] == pytest.approx(0.1 * market.changes[:-1])
    assert np.std(laws.simulate("walk", 0, 100).location) == 0


def test_a_market_becomes_a_history_of_the_same_changes():
    market = laws.simulate("GARCH-t", 0, 50)
    history = market.history("SIM")
    closes = history.newest()["close"].to_numpy()
    assert closes[1:] / closes[:-1] - 1 == pytest.approx(market.changes, abs=1e-12)
    assert history.steady
    assert len(market.changes) == laws.ROWS + 50
