"""The two distances of novelty: what each sees, how often it warns for nothing, and that its density is exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import FactorAnalysis
from sklearn.metrics import roc_auc_score

from forecaster.families.autoencoder import Shape, halves, train
from forecaster.families.mahalanobis import mahalanobis, shrinkage
from forecaster.inference.schedule import Schedule

AXES = np.random.default_rng(5).normal(size=(2, 6))
CURVE = Shape(latents=1, hidden=16), Schedule(steps=200, learning_rate=0.05, minibatch=64)


def curve(rng, count, bent=1, noise=0.15):
    """Rows along a bent curve in six dimensions; bent the other way they have the same mean and covariance."""
    along = rng.uniform(-(3**0.5), 3**0.5, (9 * count, 1))
    along = along[np.abs(along**2 - 1).ravel() > 0.6 * (bent < 0)][:count]  # where it is not bent nothing is odd
    return along @ AXES[:1] + bent * (along**2 - 1) @ AXES[1:] / 2**0.5 + noise * rng.normal(size=(count, 6))


def area(distance, usual, odd):
    """Area under the curve of hits against false alarms."""
    below = [distance.below(row) for row in np.concatenate([usual, odd])]
    return roc_auc_score(np.repeat([0, 1], [len(usual), len(odd)]), below)


@pytest.fixture(name="correlated", scope="module")
def correlated_rows():
    """Rows whose neighbouring columns go together, and a matrix that makes them."""
    mixing = np.linalg.cholesky(0.9 ** np.abs(np.subtract.outer(np.arange(8), np.arange(8))))
    return np.random.default_rng(1).normal(size=(400, 8)) @ mixing.T, mixing


def test_the_covariance_is_drawn_in_as_ledoit_and_wolf_do(correlated):
    rows, _ = correlated
    for count in (12, 60, 400):
        apart = rows[:count] - rows[:count].mean(0)
        found = shrinkage(apart, apart.T @ apart / count)
        assert found == pytest.approx(LedoitWolf().fit(rows[:count]).shrinkage_, rel=1e-9)


def test_a_row_is_measured_as_if_it_had_been_left_out(correlated):
    rows, _ = correlated
    rows = rows[:300]
    rows = (rows - rows.mean(0)) / rows.std(0)
    own = []
    for i in range(300):  # estimated anew without it, drawn in as far as with all
        rest = np.delete(rows, i, 0)
        apart = rest - rest.mean(0)
        covariance, part = apart.T @ apart / 299, shrinkage(rows, rows.T @ rows / 300)
        inverse = np.linalg.inv((1 - part) * covariance + part * np.eye(8))
        own.append((rows[i] - rest.mean(0)) @ inverse @ (rows[i] - rest.mean(0)) / 2)
    np.testing.assert_allclose(mahalanobis(rows).own, np.sort(own), rtol=1e-9)
    within = np.einsum("ij,jk,ik->i", rows, mahalanobis(rows).precision, rows) / 2
    assert (mahalanobis(rows).own > np.sort(within)).all()  # the control: among them it seems closer


def test_odd_rows_are_found_and_what_is_odd_in_them_is_named(correlated):
    rows, mixing = correlated
    rng = np.random.default_rng(3)
    usual = rng.normal(size=(200, 8)) @ mixing.T
    odd = usual.copy()
    odd[:, 4] -= 2.5  # no column alone is far out, but neighbours go together
    distance = mahalanobis(rows)
    assert area(distance, usual, odd) > 0.95
    assert np.mean([distance.parts(row).argmax() == 4 for row in odd]) > 0.95
    assert 0.4 < area(distance, usual, rng.normal(size=(200, 8)) @ mixing.T) < 0.6


def test_exchangeable_rows_are_warned_of_as_often_as_stated():
    """60 samples of 60 rows in 12 columns, 10 new rows each: uniform percentiles, with p above 0.001."""
    rng, found = np.random.default_rng(4), []
    for _ in range(60):
        rows = rng.standard_t(5, size=(70, 12)) @ np.triu(np.ones((12, 12)))
        distance = mahalanobis(rows[:60])
        found += [(distance.below(row) + rng.uniform()) / 61 for row in rows[60:]]
    assert stats.kstest(found, "uniform").pvalue > 1e-3
    assert np.mean(np.array(found) > 0.9) == pytest.approx(0.1, abs=0.04)


def test_the_network_sees_what_no_covariance_tells_and_is_calibrated():
    rng = np.random.default_rng(6)
    rows, usual, odd = curve(rng, 800), curve(rng, 300), curve(rng, 300, bent=-1)
    network = halves(rows, 0, *CURVE)
    assert area(network, usual, odd) >= 0.95
    assert area(mahalanobis(rows), usual, odd) < 0.75
    # In exchangeable rows percentiles are uniform, though each network knows its own rows better.
    below = (np.array([network.below(row) for row in usual]) + 0.5) / 801
    assert stats.kstest(below, "uniform").pvalue > 1e-3
    assert 0.4 < area(network, usual, curve(rng, 300)) < 0.6


def test_the_density_of_linear_data_is_the_exact_one():
    """Two factors in eight columns: within 0.05 nats a row of the exact marginal likelihood, on rows not seen."""
    rng = np.random.default_rng(7)
    loadings = rng.normal(size=(2, 8))
    rows, new = (rng.normal(size=(2000, 2)) @ loadings + 0.5 * rng.normal(size=(2000, 8)) for _ in range(2))
    schedule = Schedule(steps=250, learning_rate=0.02, minibatch=128)
    (found,) = train((rows,), Shape(latents=2, hidden=8), schedule, 0)
    exact = FactorAnalysis(2).fit(rows).score(new)
    assert found.log_prob(new).mean() == pytest.approx(exact, abs=0.05)
    (one,) = train((rows,), Shape(latents=1, hidden=8), replace(schedule, steps=20), 0)
    assert one.log_prob(new).mean() < exact - 0.5


def test_a_network_is_a_function_of_its_rows_and_its_seed():
    rows, schedule = curve(np.random.default_rng(8), 90), Schedule(steps=10, minibatch=16)
    told = [halves(rows, seed, Shape(latents=2, hidden=4), schedule).own[0].tobytes() for seed in (0, 0, 1)]
    assert told[0] == told[1] != told[2]
