"""Volatility and its covariates: by hand where they can be, never from what came later, and calm about bad ticks."""

import numpy as np
import pandas as pd
import pytest

from ingest.covariates import COVARIATES, QUIET, WARM_UP, covariates, standard_changes, volatility
from ingest.panel import panel_rows

DAYS = pd.bdate_range("2010-01-04", periods=300, unit="us")
TARGET = pd.Timestamp("2011-02-28")


def market(seed: int = 0, days: pd.DatetimeIndex = DAYS) -> pd.DataFrame:
    """Bars whose volatility wanders, with volume and tweets."""
    rng = np.random.default_rng(seed)
    size = 0.01 * np.exp(0.3 * rng.standard_normal(len(days)))
    close = 100 * np.exp(np.cumsum(size * rng.standard_normal(len(days))))
    o = close * np.exp(0.3 * size * rng.standard_normal(len(days)))
    high, low = np.maximum(o, close) * np.exp(0.5 * size), np.minimum(o, close) * np.exp(-0.5 * size)
    levels = {
        "open": o, "high": high, "low": low, "close": close,
        "volume": np.exp(rng.normal(10, 0.3, len(days))), "tweets": np.exp(rng.normal(5, 0.3, len(days))),
    }  # fmt: skip
    return panel_rows("A", days, levels, "test")


def changes_of(rows: pd.DataFrame) -> pd.DataFrame:
    levels = rows.set_index("session")[["close", "volume", "tweets"]].astype(float)
    return levels.pct_change(fill_method=None).set_axis(["price", "volume", "tweets"], axis=1)


def table(rows: pd.DataFrame, target: pd.Timestamp = TARGET) -> pd.DataFrame:
    return covariates(rows, volatility(changes_of(rows)["price"], 11.2), target)


def test_volatility_is_the_weighted_mean_of_squares_known_at_the_close() -> None:
    changes = np.random.default_rng(3).normal(0, 0.02, 80)
    got = volatility(pd.Series(changes), half_life=12.0)["volatility"]
    weights = 0.5 ** (np.arange(80) / 12.0)
    for at in (WARM_UP - 1, 40, 79):
        seen = changes[: at + 1]
        direct = np.sum(weights[: at + 1] * seen[::-1] ** 2) / np.sum(weights[: at + 1])
        floor = QUIET * np.median(np.abs(seen))
        assert got.iloc[at] == pytest.approx(np.sqrt(direct + floor**2), rel=1e-12)
    assert got.iloc[: WARM_UP - 1].isna().all()


def test_volatility_stands_over_a_gap_and_ignores_it() -> None:
    changes = pd.Series(np.random.default_rng(5).normal(0, 0.02, 60))
    gapped = pd.concat([changes.iloc[:40], pd.Series([np.nan] * 3), changes.iloc[40:]], ignore_index=True)
    with_gap, without = (volatility(of, 15)["volatility"] for of in (gapped, changes))
    assert with_gap.iloc[40:43].tolist() == [without.iloc[39]] * 3
    np.testing.assert_allclose(with_gap.iloc[43:], without.iloc[40:], rtol=1e-12)
    with pytest.raises(ValueError, match="above zero"):
        volatility(changes, 0)


def test_nothing_later_changes_a_byte_of_anything_earlier() -> None:
    """Volatility, standard changes and covariates up to a cut, under tenfold, missing and absent later rows."""
    rows = market(1)
    cut, numbers = 200, ["open", "high", "low", "close", "volume", "tweets"]
    later = DAYS[cut]

    def known(table_of: pd.DataFrame) -> bytes:
        changes = changes_of(table_of)
        vol = volatility(changes["price"], 11.2)
        parts = (vol, standard_changes(changes, vol), covariates(table_of, vol, TARGET))
        return b"".join(part.iloc[:cut].to_numpy().tobytes() for part in parts)

    truth = known(rows)
    for spoilt in (10 * rows.loc[cut:, numbers], np.nan * rows.loc[cut:, numbers]):
        other = rows.copy()
        other.loc[cut:, numbers] = spoilt
        assert known(other) == truth
    head = rows.iloc[:cut]
    changes = changes_of(head)
    vol = volatility(changes["price"], 11.2)
    assert covariates(head, vol, later).to_numpy().tobytes() == table(rows).iloc[:cut].to_numpy().tobytes()
    ruled = rows.copy()
    ruled.loc[cut - 1, "close"] *= 1.05
    assert known(ruled) != truth, "the control: the session itself counts"


def test_each_covariate_is_what_its_formula_says() -> None:
    rows = market(2)
    r = changes_of(rows)["price"]
    vol = volatility(r, 11.2)["volatility"]
    got, t = table(rows), 250
    by_name = {of.name: of for of in COVARIATES}

    def mean(values: pd.Series, half_life: float) -> float:
        seen = values.iloc[: t + 1].dropna().to_numpy()[::-1]
        weights = 0.5 ** (np.arange(len(seen)) / half_life)
        return float(np.sum(weights * seen) / np.sum(weights))

    q = (r / vol.shift(1)).clip(-5, 5)
    panel = rows.set_index("session")
    move, reach = np.log(panel["close"] / panel["open"]), np.log(panel["high"] / panel["low"])
    decay = {h: np.sqrt((1 + 0.5 ** (1 / h)) / (1 - 0.5 ** (1 / h))) for h in (3, 10)}
    s = vol.iloc[t]
    logs = {name: np.log(panel[name]) for name in ("volume", "tweets")}
    raw = {
        "short_volatility": np.log(mean(r.abs(), 3) + QUIET * s) - np.log(s),
        "long_volatility": np.log(np.sqrt(np.mean(r.iloc[1 : t + 1] ** 2))) - np.log(s),
        "leverage": mean(q, 3) * decay[3],
        "range": np.log(mean(0.5 * reach**2 - 0.386294361 * move**2, 3) + (QUIET * s) ** 2) / 2 - np.log(s),
        "days_to_target": np.log((DAYS[t + 1] - DAYS[t]).days),
        "volume": logs["volume"].iloc[t] - mean(logs["volume"], 20),
        "tweets": logs["tweets"].iloc[t] - mean(logs["tweets"], 20),
        "long_leverage": mean(q, 10) * decay[10],
    }
    for name, value in raw.items():
        of = by_name[name]
        assert got[name].iloc[t] == pytest.approx((value - of.centre) / of.spread, rel=1e-6, abs=1e-9), name


def test_the_days_to_the_target_are_known_in_advance() -> None:
    """Fridays look at a weekend, whatever comes; the last row at the target it is given."""
    rows = market(3)
    weekend = table(rows, target=DAYS[-1] + pd.Timedelta(days=4))["days_to_target"]
    of = next(of for of in COVARIATES if of.name == "days_to_target")
    friday = DAYS[:-1].day_of_week == 4
    np.testing.assert_allclose(weekend.iloc[:-1][friday], (np.log(3) - of.centre) / of.spread)
    np.testing.assert_allclose(weekend.iloc[:-1][~friday], (0 - of.centre) / of.spread)
    assert weekend.iloc[-1] == pytest.approx((np.log(4) - of.centre) / of.spread)


def test_what_an_asset_lacks_is_missing_and_the_rest_is_there() -> None:
    """Close alone: no range, no volume, no tweets."""
    rows = market(4)
    bare = rows.assign(open=np.nan, high=np.nan, low=np.nan, volume=np.nan, tweets=np.nan)
    got = table(bare)
    assert got[["range", "volume", "tweets"]].isna().all(axis=None)
    there = ["short_volatility", "long_volatility", "leverage", "days_to_target", "long_leverage"]
    assert got[there].iloc[-1].notna().all()
    np.testing.assert_array_equal(got[there], table(rows)[there])


def test_a_raw_low_of_nearly_nothing_and_a_high_below_the_close_stay_small() -> None:
    """The range of a bad tick counts as eight volatilities; an impossible high is lifted."""
    rows = market(5)
    rows.loc[250, "low"], rows.loc[251, "high"] = 7e-05, 0.5 * rows.loc[251, "close"]
    spoilt, clean = table(rows), table(market(5))
    assert abs(spoilt["range"].iloc[250:] - clean["range"].iloc[250:]).max() <= 12
    assert spoilt["range"].abs().max() <= 6
    others = [name for name in spoilt if name != "range"]
    np.testing.assert_array_equal(spoilt[others], clean[others])
    assert abs(spoilt["range"].iloc[275] - clean["range"].iloc[275]) < 0.6, "it fades within weeks"


def test_a_tenfold_jump_is_tamed_and_forgotten() -> None:
    """A slipped decimal moves volatility, but does not rule it for a year."""
    changes = pd.Series(np.random.default_rng(6).normal(0, 0.02, 400))
    jumped = changes.copy()
    jumped.iloc[200:202] = [9.0, -0.9]
    spoilt, clean = (volatility(of, 11.2)["volatility"] for of in (jumped, changes))
    assert spoilt.iloc[201] < 20 * clean.iloc[201]
    assert spoilt.iloc[290] < 1.3 * clean.iloc[290]
    plain = np.sqrt((jumped**2).ewm(halflife=11.2).mean())
    assert plain.iloc[290] > 1.5 * clean.iloc[290], "the control: untamed"


def test_a_price_that_often_stands_still_has_a_volatility() -> None:
    rng = np.random.default_rng(7)
    changes = pd.Series(np.where(rng.random(300) < 0.6, 0.0, rng.normal(0, 0.01, 300)))
    changes.iloc[150:200] = 0.0
    got = volatility(changes, 11.2)["volatility"].iloc[WARM_UP:]
    assert (got > 0).all()
    assert np.isfinite(np.log(got)).all()


def test_other_series_are_in_units_of_their_own_spread() -> None:
    rows = market(8)
    changes = changes_of(rows)
    got = standard_changes(changes, volatility(changes["price"], 11.2))
    assert 0.8 < got["volume"].iloc[60:].std() < 1.2
    assert got["tweets"].abs().max() <= 4
    assert got["price"].abs().max() <= 5
