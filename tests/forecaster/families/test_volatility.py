"""The likelihood of the GARCH family against `arch`, its gradient against differences, its search against restarts."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from arch.univariate import EGARCH, GARCH, ConstantMean, StudentsT
from threadpoolctl import threadpool_limits

from forecaster.contract import Failed, Fitted, Origin
from forecaster.families.garch import FAMILY, LEAST, fit_family
from forecaster.families.likelihood_search import climb, highest
from forecaster.families.volatility_likelihood import Likelihood, bounds, natural

STARTS = {
    "garch": (None, (0.0, 0.05, 0.05, 0.90, 8.0), (0.0, 0.10, 0.15, 0.70, 5.0)),
    "gjr": (None, (0.0, 0.05, 0.02, 0.06, 0.90, 8.0), (0.0, 0.10, 0.05, 0.15, 0.70, 5.0)),
    "egarch": (None, (0.0, 0.0, 0.1, -0.05, 0.95, 8.0), (0.0, 0.0, 0.25, -0.1, 0.85, 5.0)),
}
POINTS = {
    "garch": [(0.03, 0.04, 0.95, 0.10, 0.15), (-0.1, 0.3, 0.7, 0.5, 0.4)],
    "gjr": [(0.03, 0.04, 0.95, 0.10, 0.8, 0.15), (-0.1, 0.3, 0.7, 0.5, 0.2, 0.4)],
    "egarch": [(0.03, 0.01, 0.15, -0.08, 0.95, 0.15), (-0.1, -0.1, 0.3, 0.1, 0.7, 0.4)],
}


def simulated(seed: int, days: int, unit: float = 0.01) -> np.ndarray:
    """Changes whose log variance is an autoregression of its own, with Student-t errors: none of the family's laws."""
    rng = np.random.default_rng(seed)
    log_variance, changes = 0.0, np.empty(days)
    for day, (noise, draw) in enumerate(zip(rng.standard_normal(days), rng.standard_t(6, days), strict=True)):
        log_variance = 0.98 * log_variance + 0.15 * noise
        changes[day] = unit * np.exp(log_variance / 2) * draw
    return changes


def model(kind: str, changes: np.ndarray) -> ConstantMean:
    """The same law in `arch`, on changes in units of their standard deviation."""
    asymmetric = int(kind != "garch")
    process = EGARCH(1, asymmetric, 1) if kind == "egarch" else GARCH(1, asymmetric, 1)
    return ConstantMean(changes / changes.std(), volatility=process, distribution=StudentsT(), rescale=False)


def parameters(kind: str, fit: Fitted) -> list[float]:
    return [fit.diagnostics[name] for name in FAMILY[kind].names]


def best_by_arch(kind: str, changes: np.ndarray) -> float:
    """The highest log likelihood of three searches by `arch`, of those that converge to something stationary."""
    best = -np.inf
    for start in STARTS[kind]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = model(kind, changes).fit(disp="off", show_warning=False, starting_values=start)
        named = dict(zip(FAMILY[kind].names, found.params, strict=True))
        left = sum(weight * named[name] for name, weight in FAMILY[kind].persistence.items())
        if not found.convergence_flag and left < 1 - 1e-5:
            best = max(best, float(found.loglikelihood))
    return best


def behind(kind: str, seeds: range, days: int) -> np.ndarray:
    """How far fits lie below the best of `arch`, nats, where that converged and ours stands for itself."""
    told = []
    for seed in seeds:
        changes = simulated(seed, days)
        best, fit = best_by_arch(kind, changes), fit_family(kind, changes)
        if np.isfinite(best):
            assert isinstance(fit, Fitted)
            assert fit.reason == ""
            told.append(best - model(kind, changes).fix(parameters(kind, fit)).loglikelihood)
    return np.array(told)


@pytest.mark.parametrize("kind", FAMILY)
@pytest.mark.parametrize("which", [0, 1])
def test_the_likelihood_is_that_of_arch(kind, which):
    """At two points far apart, within 1e-8 of it."""
    changes, point = simulated(1, 700), np.array(POINTS[kind][which])
    told = natural(kind, point)[0]
    theirs = model(kind, changes).fix(np.delete(told, 3) if kind == "garch" else told).loglikelihood
    assert Likelihood(kind, changes / changes.std()).at(point).value == pytest.approx(theirs, rel=1e-8)


@pytest.mark.parametrize("kind", FAMILY)
@pytest.mark.parametrize("which", [0, 1])
def test_the_gradient_is_that_of_central_differences(kind, which):
    """In every coordinate, within 1e-6 of the largest; and that of the parameters in the coordinates as well."""
    changes, point = simulated(2, 700), np.array(POINTS[kind][which])
    likelihood = Likelihood(kind, changes / changes.std())
    gradient, jacobian = likelihood.at(point).gradient, natural(kind, point)[1]
    for k, step in enumerate(1e-6 * np.eye(point.size)):
        apart = likelihood.at(point + step).value - likelihood.at(point - step).value
        assert gradient[k] == pytest.approx(apart / 2e-6, abs=1e-6 * np.abs(gradient).max())
        apart = natural(kind, point + step)[0] - natural(kind, point - step)[0]
        assert jacobian[:, k] == pytest.approx(apart / 2e-6, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("kind", FAMILY)
def test_the_information_is_the_variance_of_the_gradient_under_the_law(kind):
    """On 300 paths of the planted law: g' I^-1 g is chi-squared with as many degrees as coordinates.

    The mean over 300 lies within 4 of its standard deviations: a false alarm in 16,000. With the information of half as
    many sessions it does not.
    """
    point, days, told = np.array(POINTS[kind][0]), 400, []
    mu, omega, alpha, gamma, beta, df = natural(kind, point)[0]
    rng = np.random.default_rng(3)
    for _ in range(300):
        changes, h = np.empty(days), 1.0
        for day, z in enumerate(rng.standard_t(df, days) * np.sqrt((df - 2) / df)):
            e = np.sqrt(h) * z
            changes[day] = mu + e
            if kind == "egarch":
                h = np.exp(omega + alpha * (abs(z) - np.sqrt(2 / np.pi)) + gamma * z + beta * np.log(h))
            else:
                h = omega + (alpha + gamma * (e < 0)) * e**2 + beta * h
        seen = Likelihood(kind, changes).at(point)
        told.append(seen.gradient @ np.linalg.solve(seen.information(), seen.gradient))
    off = 4 * np.sqrt(2 * point.size / 300) + 0.03 * point.size  # what precedes a path is not of the law
    assert np.mean(told) == pytest.approx(point.size, abs=off)
    assert 2 * np.mean(told) != pytest.approx(point.size, abs=off)


@pytest.mark.parametrize("kind", FAMILY)
def test_the_search_ends_no_lower_than_the_best_of_three_by_arch(kind):
    """Eight windows of 1,000 rows: never more than 0.01 nats below."""
    found = behind(kind, range(100, 108), 1000)
    assert found.size >= 6
    assert found.max() < 0.01


@pytest.mark.campaign
@pytest.mark.parametrize("days", [1000, 2000])
@pytest.mark.parametrize("kind", FAMILY)
def test_the_search_ends_no_lower_in_99_of_100(kind, days):
    """200 windows: 0.01 nats or more below on at most two of them."""
    found = behind(kind, range(1000, 1200), days)
    assert found.size >= 150  # of the others the likeliest variance never returns, or `arch` does not converge
    assert (found > 0.01).sum() <= 0.01 * found.size


@pytest.mark.parametrize("kind", FAMILY)
def test_negative_control_a_search_that_stops_early_is_lower(kind, monkeypatch):
    """With one step allowed, the search ends 0.01 nats or more below, and says that it did not converge."""
    monkeypatch.setattr("forecaster.families.likelihood_search.STEPS", 1)
    changes = simulated(100, 1000)
    likelihood = Likelihood(kind, changes / changes.std())
    found = climb(likelihood.at, np.array([0.0, *FAMILY[kind].start]), *bounds(kind))
    assert not found.converged
    assert found.seen.value < best_by_arch(kind, changes) - 0.01
    fit = fit_family(kind, changes)
    assert isinstance(fit, Failed)
    assert "did not converge" in fit.reason


def test_gjr_ends_no_lower_than_the_garch_in_it():
    """A large first change misleads a search from the usual start: ten such series in sixty."""
    for seed in range(30):
        changes = 0.01 * np.random.default_rng(seed).standard_t(5, 300)
        changes[0] = -0.6
        ends = {kind: fit_family(kind, changes) for kind in ("garch", "gjr")}
        if isinstance(ends["garch"], Failed) or isinstance(ends["gjr"], Failed):
            continue
        plain, tilted = (
            model(kind, changes).fix(np.array(parameters(kind, fit))).loglikelihood for kind, fit in ends.items()
        )
        assert tilted > plain - 0.01


def test_a_step_goes_to_the_highest_point_between_bounds():
    """Against all points of a fine grid, for 50 random quadratics: none is higher."""
    rng = np.random.default_rng(4)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 41)] * 3), -1).reshape(-1, 3)
    for _ in range(50):
        root, gradient = rng.standard_normal((3, 3)), 3 * rng.standard_normal(3)
        curvature = root @ root.T + 0.1 * np.eye(3)
        step = highest(curvature, gradient, -np.ones(3), np.ones(3))
        assert np.abs(step).max() <= 1
        best = (grid @ gradient - 0.5 * np.einsum("ij,jk,ik->i", grid, curvature, grid)).max()
        assert gradient @ step - 0.5 * step @ curvature @ step >= best - 1e-9


@pytest.mark.parametrize("kind", FAMILY)
def test_a_fit_has_the_same_bits_on_one_thread_and_on_two(kind):
    """With 20,000 rows, where the libraries of linear algebra would share their sums."""
    changes, told = simulated(5, 20_000), []
    for threads in (1, 2):
        with threadpool_limits(threads):
            fit = fit_family(kind, changes)
            assert isinstance(fit, Fitted)
            told.append(np.array(parameters(kind, fit)).tobytes())
    assert told[0] == told[1]


@pytest.mark.parametrize("kind", FAMILY)
def test_short_histories_are_fitted_by_themselves(kind):
    """Of 40 histories of 350 changes under another law none needs earlier parameters, and none forgets nothing."""
    fits = [fit_family(kind, simulated(seed, 350)) for seed in range(200, 240)]
    assert all(isinstance(fit, Fitted) and not fit.reason for fit in fits)
    if kind == "egarch":
        assert all(0 <= fit.diagnostics["persistence"] < 1 - 1e-5 for fit in fits)


ODD = {
    "thirty": lambda r: r[:30],
    "one wild": lambda r: np.where(np.arange(r.size) == 500, 5.0, r),
    "all zero but one": lambda r: np.where(np.arange(r.size) == 500, 0.02, 0.0),
    "tiny": lambda r: 1e-12 * r,
    "huge": lambda r: 1e4 * r,
    "a steady rise": lambda r: 0.01 + 1e-5 * r,
    "nearly constant": lambda r: 0.01 + 1e-17 * r,
    "a third zeros": lambda r: np.where(np.random.default_rng(6).random(r.size) < 1 / 3, 0.0, r),
    "a long halt": lambda r: np.r_[r[:400], np.zeros(300), r[400:]],
    "a halt at first": lambda r: np.r_[np.zeros(300), r],
    "a halt at last": lambda r: np.r_[r, np.zeros(300)],
    "two values": lambda r: np.where(r > 0, 0.01, -0.01),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", FAMILY)
def test_odd_changes_give_a_sane_law_or_a_failure_by_name(kind, odd):
    """A law's scale lies between a thousandth of the standard deviation and the largest change."""
    changes = ODD[odd](simulated(7, 1000))
    fit = fit_family(kind, changes)
    if isinstance(fit, Failed):
        assert odd in {
            "all zero but one",
            "nearly constant",
            "a long halt",
            "a halt at first",
            "a halt at last",
            "two values",
        }
        assert fit.reason
        return
    figures = fit.diagnostics
    assert all(np.isfinite(value) for value in figures.values())
    assert figures["persistence"] <= 1 + 1e-12
    assert 2.05 <= figures["df"] <= 500
    scale = fit.predict(_origin(changes)).scale[0]
    assert LEAST * figures["unit"] < scale <= np.abs(changes).max()


@pytest.mark.parametrize("kind", ["garch", "gjr"])
@pytest.mark.parametrize("odd", ["a third zeros", "a long halt", "a halt at first", "a halt at last"])
def test_a_halt_is_no_failure(kind, odd):
    """Where a price stood still its likeliest variance is none at all; a least one keeps the law of use."""
    fit = fit_family(kind, ODD[odd](simulated(7, 1000)))
    assert isinstance(fit, Fitted)
    assert fit.reason == ""


def _origin(changes: np.ndarray) -> Origin:
    return Origin(np.zeros((7, 1)), np.zeros((7, 1)), 1.0, np.zeros(0), changes)
