"""A GARCH market rounded to ticks: who knows it without them knows it with them, and no spike at zero wins."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from scipy import stats

from forecaster import models
from forecaster.distribution.predictive import Predictive
from forecaster.replay.backtest import last_origins, replay
from forecaster.settings import of_tables
from tests.rounded import STEPS, market

LEVEL = 1e-3
"""False alarms of a test of PITs."""

CLOSE = 0.003
"""Nats a day from the true law, and from the same forecaster's own distance where nothing is rounded."""

SEEDS = range(4)

FARTHER = {"baseline_mlp": 0.015, "climatology": 0.010, "recalibrated": 0.006}
"""Those that lose more at a third of zeros: kernels of past changes stand where the ticks of their days were."""


def replayed(zeros, seed, names, days, window, halts=0.0):
    """Mean log score of each model less the true law's, its PITs, and its forecasts with their outcomes.

    The true law of a halted market is taken over the ticks that the forecasts have.
    """
    pools = any(models.pool(name) for name in names)
    one = market(window + days + 30 + 250 * pools, 0.01 if halts else STEPS[zeros], seed, halts)
    tables = of_tables({"forecast": {"train_window": window, "minimum_rows": 60}})
    found = defaultdict(list)
    for row in replay(one.history, last_origins(one.history, days), names, tables, 20):
        assert row.forecast.predictive is not None
        found[row.forecast.model].append(row)
    ticks = np.array([row.forecast.predictive.tick for row in found[names[0]]])
    true = one.log_score(ticks)[-days:].mean()
    behind = {name: float(np.mean([row.score["log_score"] for row in rows]) - true) for name, rows in found.items()}
    return behind, {name: [row.score["pit"] for row in rows] for name, rows in found.items()}, found


@pytest.fixture(scope="module")
def third():
    """A market of which a third of days does not move, in small."""
    return replayed(33, 1, ("garch", "climatology"), days=250, window=600)


def test_garch_knows_the_law_behind_the_ticks(third):
    behind, _, found = third
    still = [row.y == 0 for row in found["garch"]]
    assert np.mean(still) > 0.25
    assert behind["garch"] < 0.02  # of 600 rows; the campaign asks for less of 2,000
    assert behind["garch"] < behind["climatology"]
    assert not any(row.forecast.predictive.atom for row in found["garch"])


def test_pits_are_uniform_over_ticks(third):
    _, pits, found = third
    assert stats.kstest(pits["garch"], "uniform").pvalue > LEVEL
    plain = [float(row.forecast.predictive.cdf(row.y)) for row in found["garch"]]
    assert stats.kstest(plain, "uniform").pvalue < LEVEL  # the control


def test_a_spike_on_zero_gains_by_the_density_alone(third):
    """Garch with a twentieth of its mass on zero: the control is what the density makes of that."""
    _, _, found = third
    gained = {"tick": [], "density": []}
    for row in found["garch"]:
        own = row.forecast.predictive
        spike = Predictive.of(
            np.append(own.loc, 0.0),
            np.append(own.scale, 1e-7),
            np.append(own.df, own.df[0]),
            weight=np.append(0.95 * own.weight, 0.05),
        ).with_atom(own.atom, own.tick)
        gained["tick"].append(float(spike.log_prob(row.y) - own.log_prob(row.y)))
        gained["density"].append(float(spike.continuous.log_prob(row.y) - own.continuous.log_prob(row.y)))
    assert np.mean(gained["density"]) > 1.0
    assert np.mean(gained["tick"]) < 0.01


@pytest.mark.campaign
def test_the_whole_table():
    """Ten forecasters, four shares of days without a change, four markets each of 600 days and 2,000 rows."""
    names, mean = models.by_default(), {}
    for zeros in STEPS:
        every = [replayed(zeros, seed, names, days=600, window=2000) for seed in SEEDS]
        mean[zeros] = {name: np.mean([behind[name] for behind, _, _ in every]) for name in names}
        print(zeros, {name: round(float(value), 4) for name, value in mean[zeros].items()})  # noqa: T201  # the table
        worst = min(stats.kstest(pits["garch"], "uniform").pvalue for _, pits, _ in every)
        assert worst > LEVEL
    assert max(mean[zeros][name] for zeros in STEPS for name in ("garch", "bayesian_linear")) < CLOSE
    lost = {name: max(mean[zeros][name] for zeros in STEPS) - mean[0][name] for name in names}
    assert not {name: value for name, value in lost.items() if value >= FARTHER.get(name, CLOSE)}


@pytest.mark.campaign
def test_halted_days_are_no_skill():
    """12 % of days without a market: calibrated, and as close to the law as what the halts hide allows."""
    behind, pits, found = replayed(0, 2, ("garch", "climatology"), days=600, window=1000, halts=0.12)
    atoms = [row.forecast.predictive.atom for row in found["garch"]]
    assert np.mean(atoms) == pytest.approx(0.12, abs=0.03)
    assert behind["garch"] < 0.03
    assert all(stats.kstest(own, "uniform").pvalue > LEVEL for own in pits.values())
