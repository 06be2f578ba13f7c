"""`score`: arrays in, arrays out, each figure held against a formula of its own."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecaster import score
from forecaster.distribution.predictive import Predictive
from forecaster.errors import ForecasterError
from forecaster.evaluation.scores import FIRST

RNG = np.random.default_rng(11)
Y = RNG.normal(0, 0.01, 40)
LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
NORMAL = Predictive.of([0.001], [0.012])
LAW = stats.norm(np.float64(np.float32(0.001)), np.float64(np.float32(0.012)))


def test_one_distribution_against_many_outcomes() -> None:
    found = score(NORMAL, Y)
    assert set(FIRST) <= found.keys()
    assert {array.shape for array in found.values()} == {(40,)}
    z = (Y - LAW.mean()) / LAW.std()
    closed = LAW.std() * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    np.testing.assert_allclose(found["crps"], closed, rtol=1e-6)
    np.testing.assert_allclose(found["log_score"], -LAW.logpdf(Y), rtol=1e-9)
    np.testing.assert_allclose(found["pit"], LAW.cdf(Y), rtol=1e-9)
    assert found["in90"].dtype == bool


def test_a_distribution_each() -> None:
    each = [Predictive.of([0.0], [0.005 * (1 + at % 3)], df=5.0) for at in range(40)]
    found = score(each, Y)
    for at in (0, 1, 39):
        assert found["crps"][at] == score(each[at], Y[at])["crps"][0] == each[at].crps(Y[at])


def test_draws_are_scored_by_the_formula_over_all_pairs() -> None:
    draws = RNG.normal(0, 0.01, (40, 30))
    found = score(draws, Y)
    near = np.abs(draws - Y[:, None]).mean(axis=1)
    apart = np.abs(draws[:, :, None] - draws[:, None, :]).sum(axis=(1, 2)) / (30 * 29)
    np.testing.assert_allclose(found["crps"], near - apart / 2, rtol=1e-9)
    np.testing.assert_allclose(found["pit"], (draws < Y[:, None]).mean(axis=1))
    assert "log_score" not in found, "draws have no density"
    np.testing.assert_allclose(found["squared_error"], (Y - draws.mean(axis=1)) ** 2)


def test_the_crps_of_few_draws_is_that_of_the_distribution_on_average() -> None:
    """4,000 forecasts of 10 draws: within 4 standard errors (a false alarm in 16,000 runs); the biased one is not."""
    y = LAW.rvs(4000, random_state=1)
    draws = LAW.rvs((4000, 10), random_state=2)
    apart = score(draws, y)["crps"] - score(NORMAL, y)["crps"]
    error = apart.std() / np.sqrt(4000)
    assert abs(apart.mean()) < 4 * error
    spread = np.abs(draws[:, :, None] - draws[:, None, :]).mean(axis=(1, 2))
    biased = np.abs(draws - y[:, None]).mean(axis=1) - spread / 2 - score(NORMAL, y)["crps"]
    assert abs(biased.mean()) > 4 * error


def test_ties_count_half_in_the_pit_of_draws() -> None:
    assert score([[0.0, 0.0, 1.0, 2.0]], [0.0])["pit"].tolist() == [0.25]


def test_quantiles_are_scored_by_the_pinball_loss_at_each_level() -> None:
    quantiles = np.tile(LAW.ppf(LEVELS), (40, 1))
    found = score(quantiles, Y, levels=LEVELS)
    for at, level in enumerate(LEVELS):
        q = quantiles[:, at]
        expected = np.where(q > Y, (1 - level) * (q - Y), level * (Y - q))
        np.testing.assert_allclose(found["pinball"][:, at], expected, rtol=1e-12)
    assert (found["below"] == (Y[:, None] <= quantiles)).all()
    of_law = score(NORMAL, Y)
    for name in ("in50", "in90"):
        assert (found[name] == of_law[name]).all()
    np.testing.assert_allclose(found["interval_score"], of_law["interval_score"], rtol=1e-5)
    np.testing.assert_allclose(found["absolute_error"], of_law["absolute_error"], atol=1e-9)
    assert "crps" not in found, "between its levels, a set of quantiles says nothing"


def test_quantiles_without_the_ends_of_an_interval_are_not_judged_by_it() -> None:
    found = score([[-0.01, 0.01]], [0.0], levels=[0.1, 0.9])
    assert found.keys() == {"pinball", "below"}


@pytest.mark.parametrize(
    ("given", "y", "levels", "words"),
    [
        ([[0.1, 0.2]], [0.1, 0.2], None, "forecasts have the shape (1, 2) and y (2,): give one row"),
        ([0.1, 0.2], [0.1, 0.2], None, "forecasts have the shape (2,)"),
        ([[0.1], [0.2]], [0.1, 0.2], None, "1 draws each: give at least two"),
        ([[0.1, 0.2]], [[0.1]], None, "y has the shape (1, 1)"),
        ([[0.1, np.nan]], [0.1], None, "forecasts[0, 1] is nan"),
        ([[0.1, 0.2]], [np.inf], None, "y[0] is inf"),
        ([["a", "b"]], [0.1], None, "forecasts cannot be read as numbers"),
        ([[0.1, 0.2]], [0.1], [0.5], "levels have the shape (1,): give one per column of forecasts, (2,)"),
        ([[0.1, 0.2]], [0.1], [5, 95], "levels are [5.0, 95.0]: give probabilities inside (0, 1) that rise"),
        ([[0.1, 0.2]], [0.1], [0.9, 0.1], "that rise"),
        ([[0.2, 0.1]], [0.1], [0.1, 0.9], "row 0: the quantile of 0.9 is below that of 0.1"),
        ([NORMAL], [0.1, 0.2], None, "there are 1 forecasts and 2 outcomes"),
        (NORMAL, [0.1], [0.5], "levels belong to quantiles"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(given: object, y: object, levels: object, words: str) -> None:
    with pytest.raises(ForecasterError, match=re.escape(words)):
        score(given, y, levels=levels)  # type: ignore[arg-type]  # from this test's table


def test_a_masked_value_is_a_missing_one() -> None:
    masked = np.ma.masked_array([[1.0, 2.0, 99.0]], [[False, False, True]])
    with pytest.raises(ForecasterError, match=r"forecasts\[0, 2\] is nan"):
        score(masked, [1.0])


def test_the_columns_of_a_table_of_quantiles_are_its_levels() -> None:
    table = pd.DataFrame([[-0.01, 0.0, 0.01]], index=["a"], columns=[0.25, 0.5, 0.75])
    assert (
        score(table, [0.02])["pinball"].tolist()
        == score(table.to_numpy(), [0.02], levels=[0.25, 0.5, 0.75])["pinball"].tolist()
    )
    with pytest.raises(ForecasterError, match="different row labels"):
        score(table, pd.Series([0.02], index=["b"]))
