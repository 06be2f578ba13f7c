"""Where a forecaster fails is found on kinds of days that are known before, and nothing is found where nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from forecaster.evaluation import spells
from forecaster.evaluation.conditions import FEWEST, clustering, conditions, in_words
from forecaster.evaluation.joint import joint
from forecaster.evaluation.verdicts import LEVEL

KNOWN = 0.35
"""What each forecaster alone knows of a change, in parts of its standard deviation."""
CHANCE, SMALL, LARGE = 0.04, 0.7, 2.5
"""Of the rest: how often it is a break, and its standard deviations."""
WEIGHT = np.array([1 - CHANCE, CHANCE])
SCALE = np.sqrt(np.array([SMALL, LARGE]) ** 2 + 2 * KNOWN**2)
MODELS = ("garch", "ewma", "gjr")
BAND = 0.014


def law(z: np.ndarray) -> np.ndarray:
    """CDF of the common law of what a forecaster does not know."""
    return stats.norm.cdf(z[..., None] / SCALE) @ WEIGHT


QUANTILES = {
    name: optimize.brentq(lambda z, q=level: float(law(np.array(z)) - q), -20, 20)
    for name, level in {"q05": 0.05, "q50": 0.5, "q95": 0.95}.items()
}


def absolute(loc: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Mean of the absolute value of a normal."""
    return 2 * sd * stats.norm.pdf(loc / sd) + loc * (2 * stats.norm.cdf(loc / sd) - 1)


SPREAD = float(WEIGHT @ absolute(np.zeros((2, 2)), np.hypot(*np.meshgrid(SCALE, SCALE))) @ WEIGHT)


def forecast(model: str, target: pd.DatetimeIndex, y: np.ndarray, loc: np.ndarray, scale: np.ndarray) -> pd.DataFrame:
    """The rows of a forecaster whose law is the common one, moved and widened."""
    z = (y - loc) / scale
    density = stats.norm.pdf(z[:, None] / SCALE) / SCALE @ WEIGHT
    crps = scale * (absolute(z[:, None], SCALE) @ WEIGHT - SPREAD / 2)
    told = {"y": y, "pit": law(z), "crps": crps, "log_score": np.log(scale) - np.log(density)}
    return pd.DataFrame(
        {"model": model, "target": target, **told, **{n: loc + scale * q for n, q in QUANTILES.items()}}
    )


def market(seed: int, days: int = 500, blind: str = "") -> pd.DataFrame:
    """A market of moving volatility and breaks, forecast by three who know its law and as much each, not the same.

    All three are calibrated on every kind of day, and in every one as good as the others: whatever is found is a false
    alarm. One of them may be blind for storms: its scale never leaves the usual level.
    """
    rng = np.random.default_rng(seed)
    news, rest = rng.standard_normal((days, 3)), rng.standard_normal(days)
    rest *= np.where(rng.random(days) < CHANCE, LARGE, SMALL)
    volatility, y, variance = np.empty(days), np.empty(days), 1.0
    for day in range(days):
        volatility[day] = np.sqrt(variance)
        y[day] = volatility[day] * (KNOWN * news[day].sum() + rest[day])
        variance = 0.05 + 0.15 * y[day] ** 2 + 0.8 * variance
    target = pd.bdate_range("2015-01-01", periods=days)
    level = np.full(days, np.median(volatility))
    rows = [
        forecast(name, target, y, volatility * KNOWN * news[:, i], level if name == blind else volatility)
        for i, name in enumerate(MODELS)
    ]
    return pd.concat(rows, ignore_index=True)


def alarms(nulls: int, days: int) -> float:
    return sum(any(one.fails for one in conditions(market(seed, days))) for seed in range(nulls)) / nulls


def test_true_nulls_rarely_raise_anything() -> None:
    """80 assets of three faultless forecasters, 5 % an asset: more than 8 alarms are seen once in fifty samples.

    The campaign has 1,000 of them.
    """
    assert alarms(80, 250) <= 8 / 80


@pytest.mark.campaign
@pytest.mark.parametrize("days", [250, 500, 1000])
def test_a_thousand_true_nulls(days: int) -> None:
    """5 % +- 1.4 % of 1,000 assets without any fault raise anything."""
    rate = alarms(1000, days)
    print(f"{days} days: {rate:.1%}")  # noqa: T201
    assert abs(rate - LEVEL) < BAND


def test_a_forecaster_that_is_blind_for_storms_is_found_and_told_where() -> None:
    """On each of ten markets of three years, in the stormy third; those beside it are not accused on more than one."""
    accused = 0
    for seed in range(10):
        found = conditions(market(seed, 750, blind="ewma"))
        wrong = {(one.model, one.days_of, one.test): one for one in found if one.fails}
        one = wrong["ewma", "stormy", "coverage_90"]
        assert one.observed < 0.9
        (said,) = (line for line in in_words(found) if line.startswith("ewma: "))
        assert f"covers {one.observed:.0%} at 90% (p " in said
        assert f"in the third of days with the greatest forecast volatility ({one.days} days)" in said
        accused += any(model != "ewma" for model, *_ in wrong)
    assert accused <= 1


def test_without_a_common_reference_each_is_judged_by_its_own_width() -> None:
    """Where climatology alone is known, it is what scores are against."""
    rows = market(0, blind="ewma").replace({"model": {"garch": "climatology"}})
    found = conditions(rows)
    assert {one.reference for one in found if one.test == "crps"} == {"climatology"}
    assert not any(one.reference for one in found if one.model == "climatology")
    assert not conditions(rows[rows["model"] != "climatology"]), "nothing to hold them against"


def test_an_error_after_falls_alone_is_found_there() -> None:
    """The median is too high by .8 standard deviations after a fall: PITs are too low there, and on no calm day."""
    rows = market(3)
    fell = spells.after(rows[rows["model"] == "garch"])["after_fall"]
    bent = rows["model"].eq("gjr").to_numpy()
    where = bent & np.tile(fell, 3)
    z = stats.norm.ppf(rows.loc[where, "pit"].to_numpy()) - 0.8
    rows.loc[where, "pit"] = stats.norm.cdf(z)
    wrong = {(one.model, one.days_of) for one in conditions(rows) if one.fails and one.test == "pit"}
    assert wrong == {("gjr", "after_fall")}
    assert any("gjr: " in line and "lower than it says" in line for line in in_words(conditions(rows)))


def test_where_nothing_is_found_one_sentence_says_where_it_was_looked_for() -> None:
    (said,) = in_words(conditions(market(1)))
    assert said.startswith("No fault is found on 6 kinds of days of: ewma, gjr, garch (96 tests together")


def test_few_days_are_not_tested() -> None:
    assert conditions(market(0, 59)) == []
    assert in_words([]) == ()
    assert all(one.days >= FEWEST for one in conditions(market(0, 90)))
    assert conditions(market(0).drop(columns="q05")) == []


def test_no_day_is_of_a_kind_by_its_own_outcome() -> None:
    """Whatever comes from a day on, kinds of the days up to it are the same; thirds are by forecasts alone."""
    rows = market(2)[lambda r: r["model"] == "garch"].reset_index(drop=True)
    other = rows.copy()
    other.loc[300:, "y"] *= -7
    before, after = spells.after(rows), spells.after(other)
    for kind in before:
        np.testing.assert_array_equal(before[kind][:301], after[kind][:301])
    assert any((before[kind] != after[kind]).any() for kind in before), "or nothing was changed"


def test_kinds_of_days_are_what_they_are_called() -> None:
    """A break, a fall and a holiday on known days, of a forecast that is one robust standard deviation wide."""
    days = pd.bdate_range("2020-01-06", periods=60)  # a Monday
    rows = pd.DataFrame({"target": days, "y": 0.0, "q05": -1.6449, "q50": 0.0, "q95": 1.6449})
    rows.loc[10, "y"], rows.loc[40, "y"] = 4.5, -1.5
    found = {kind: np.flatnonzero(inside).tolist() for kind, inside in spells.after(rows).items()}
    assert found["after_break"] == list(range(11, 31))
    assert found["after_fall"] == [41]
    assert found["after_pause"] == list(range(5, 60, 5))
    known = spells.after(rows.assign(as_of=[day - pd.Timedelta(days=1 + (i == 0) * 2) for i, day in enumerate(days)]))
    assert np.flatnonzero(known["after_pause"]).tolist() == [0]


def test_neighbours_that_go_wrong_together_widen_a_test_and_others_do_not() -> None:
    """Runs of ten equal days; independent days are left as they are in nineteen of twenty samples."""
    rng = np.random.default_rng(0)
    every = np.ones(300, bool)
    runs = clustering(np.repeat(rng.standard_normal(30), 10), every)
    assert 1.9 < runs < 3.2, "the whole of it would be 3.2"
    untouched = sum(clustering(rng.standard_normal(300), every) == 1 for _ in range(400))
    assert 0.9 < untouched / 400 < 0.98
    assert clustering(np.ones(300), every) == 1


def test_tests_that_are_the_same_cost_nothing_and_others_as_much_as_bonferroni() -> None:
    rng = np.random.default_rng(1)
    p, one_sided = np.full(20, 0.004), np.zeros(20, bool)
    alone = rng.standard_normal((400, 1))
    assert joint(p, np.repeat(alone, 20, axis=1), one_sided) == pytest.approx(0.004, abs=0.002)
    apart = joint(p, rng.standard_normal((400, 20)), one_sided)
    assert apart == pytest.approx(1 - 0.996**20, abs=0.01)
    assert (joint(np.full(20, 1e-9), rng.standard_normal((400, 20)), one_sided) <= 2e-8 + 1e-12).all()
    assert joint(np.array([]), np.zeros((5, 0)), np.array([], bool)).size == 0
