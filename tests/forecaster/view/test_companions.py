"""What a view sees of others: point in time, as usual where it is missing, and hashed with the vintage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.issuing.diagnostics import companions_of, read, write
from forecaster.issuing.issue import issue
from forecaster.issuing.provenance import config_sha256
from forecaster.settings import Forecast, Settings
from forecaster.view.arrays import origin, training
from forecaster.view.notes import of_companions
from forecaster.view.past import Past
from forecaster.view.view import look
from ingest.companions import MOST, NONE, WATCHLIST, Named, beside, exactly
from ingest.sessions import calendar
from tests.forecaster.markets import history, market, with_series

SETTINGS = Forecast(train_window=120, minimum_rows=40)


def absent(symbol):
    raise AssertionError(symbol)


@pytest.fixture(scope="module")
def five():
    return beside(market(5, 400, 3), WATCHLIST, absent)


def column(history, name, day=None, settings=SETTINGS):
    return look(history, day or history.last, settings).covariates[name]


def test_the_market_is_the_mean_of_the_others(five):
    """By hand: mean log change of the other four, its fading volatility, and the sign of its last changes."""
    closes = pd.DataFrame({s: h.frame.set_index("session")["close"] for s, h in five.items()})
    mean = np.log(closes).diff().drop(columns="A0").mean(axis=1)
    decay = 0.5 ** (1 / 3)
    known = look(history("M", np.expm1(mean.to_numpy()[1:])), pd.Timestamp("2018-12-28"), SETTINGS)
    q = (mean.iloc[2:].to_numpy() / known.volatility.shift(1).to_numpy()[1:]).clip(-5, 5)
    signed = q[~np.isnan(q)]
    weights = decay ** np.arange(len(signed))[::-1]
    leverage = (weights @ signed) / weights.sum() * np.sqrt((1 + decay) / (1 - decay))
    assert column(five["A0"], "market_leverage").iloc[-1] == pytest.approx(leverage, abs=0.02)


def test_relative_volatility_is_zero_between_twins():
    one = market(1, 400, 1)["A0"]
    twins = {f"T{at}": replace(one, asset=replace(one.asset, symbol=f"T{at}")) for at in range(5)}
    relative = column(beside(twins, WATCHLIST, absent)["T0"], "market_relative").to_numpy()
    assert np.abs(relative[100:]).max() < 0.1  # in sd: log changes against simple ones


def test_four_assets_are_no_market_and_change_nothing():
    alone = market(4, 200, 2)
    told = beside(alone, WATCHLIST, absent)["A0"]
    assert told.companions is None
    assert list(look(told, told.last, SETTINGS).covariates) == list(look(alone["A0"], told.last, SETTINGS).covariates)


def test_other_calendars_are_no_part_of_it():
    mixed = {**market(4, 200, 2), "J": history("J", np.full(200, 0.001), "XLON")}
    assert all(one.companions is None for one in beside(mixed, WATCHLIST, absent).values())


def test_no_more_than_thirty_others():
    many = {f"A{at}": history(f"A{at}", np.full(50, 0.001)) for at in range(MOST + 9)}
    assert len(beside(many, WATCHLIST, absent)["A0"].companions.others) == MOST


def test_none_is_none(five):
    assert beside(five, NONE, absent)["A0"].companions is None


@pytest.mark.parametrize("day", ["2017-12-01", "2018-06-15", "2018-12-27"])
def test_a_walk_sees_what_a_look_sees_to_the_byte(five, day):
    one = with_series(five["A1"], np.full(300, 0.2) + np.linspace(0, 0.1, 300))
    day = pd.Timestamp(day)
    walked, looked = Past(one, SETTINGS).look(day), look(one, day, SETTINGS)
    assert walked.covariates.equals(looked.covariates)
    assert walked.data_vintage == looked.data_vintage
    assert walked.beside == looked.beside


def test_rows_of_others_after_the_cut_off_change_nothing(five):
    """And those before it do: the others' last change is in the market's state."""
    one, day = five["A2"], pd.Timestamp("2018-12-20")
    truth = look(one, day, SETTINGS)

    def changed(when):
        others = tuple(
            replace(o, frame=o.frame.assign(close=o.frame["close"].where(o.frame["session"] < when, 7.0)))
            for o in one.companions.others
        )
        return look(replace(one, companions=replace(one.companions, others=others)), day, SETTINGS)

    later, same = changed(pd.Timestamp("2018-12-21")), changed(day)
    assert later.covariates.equals(truth.covariates)
    assert later.data_vintage == truth.data_vintage
    assert not same.covariates.equals(truth.covariates)
    assert same.data_vintage != truth.data_vintage


def test_a_restated_level_changes_no_past_forecast(five):
    one, day = five["A2"], pd.Timestamp("2018-12-20")
    other, *rest = one.companions.others
    restated = other.frame.tail(40).assign(
        close=lambda f: f["close"] * 1.5, known_at=pd.Timestamp("2018-12-24", tz="UTC")
    )
    revised = replace(other, frame=pd.concat([other.frame, restated], ignore_index=True))
    now = replace(one, companions=replace(one.companions, others=(revised, *rest)))
    before, after = look(one, day, SETTINGS), look(now, day, SETTINGS)
    assert before.covariates.equals(after.covariates)
    assert before.data_vintage == after.data_vintage
    assert not look(one, one.last, SETTINGS).covariates.equals(look(now, one.last, SETTINGS).covariates)


def test_a_walk_over_others_that_were_restated_sees_what_was_known(five):
    one, day = five["A2"], pd.Timestamp("2018-12-20")
    other, *rest = one.companions.others
    late = other.frame.tail(40).assign(close=lambda f: f["close"] * 1.5, known_at=pd.Timestamp("2018-12-24", tz="UTC"))
    revised = replace(other, frame=pd.concat([other.frame, late], ignore_index=True))
    now = replace(one, companions=replace(one.companions, others=(revised, *rest)))
    walked, looked = Past(now, SETTINGS).look(day), look(one, day, SETTINGS)
    assert walked.covariates.equals(looked.covariates)
    assert walked.data_vintage == looked.data_vintage


def test_a_market_that_closes_later_counts_with_its_day_before():
    """Tokyo closes fourteen hours before New York: on the same date nothing of New York is known."""
    rng = np.random.default_rng(1)
    tokyo, york = history("J", rng.normal(0, 0.01, 300), "XTKS"), rng.normal(0, 0.01, 300)
    plain = history("^M", york)
    day = pd.Timestamp("2018-12-20")
    jumped = plain.frame.assign(close=plain.frame["close"].where(plain.frame["session"] != day, 500.0))
    ways = [beside({"J": tokyo}, "^M", lambda _, of=of: of)["J"] for of in (plain, replace(plain, frame=jumped))]
    same = [look(one, day, SETTINGS) for one in ways]
    assert same[0].covariates.equals(same[1].covariates)
    assert same[0].data_vintage == same[1].data_vintage
    after = [look(one, pd.Timestamp("2018-12-21"), SETTINGS).covariates for one in ways]
    assert not after[0].equals(after[1])


def test_a_market_that_closes_before_counts_on_the_same_date():
    rng = np.random.default_rng(2)
    york, tokyo = history("Y", rng.normal(0, 0.01, 300)), history("^N", rng.normal(0, 0.01, 300), "XTKS")
    one = beside({"Y": york}, "^N", lambda _: tokyo)["Y"]
    state = column(one, "market_leverage", pd.Timestamp("2018-12-20"))
    own = look(tokyo, pd.Timestamp("2018-12-20"), SETTINGS).covariates["leverage"]
    assert state.iloc[-1] == pytest.approx(own.iloc[-1], abs=0.05)


def test_a_market_whose_calendar_begins_later_is_no_market_yet():
    """An exchange's first known year lies after the origin: nothing is known of it, and nothing is raised."""
    rng = np.random.default_rng(5)
    old = history("Y", rng.normal(0, 0.01, 300), last=pd.Timestamp("1975-06-02"))
    index = history("^N", rng.normal(0, 0.01, 300), "XTKS")
    assert index.frame["session"].iloc[0] > calendar("XTKS").first > old.last, "a control"
    view = look(beside({"Y": old}, "^N", lambda _: index)["Y"], old.last, SETTINGS)
    assert not [name for name in view.covariates if name.startswith("market_") and view.covariates[name].notna().any()]
    assert view.beside.missing == ("^N",)


@pytest.mark.parametrize(("lag", "counts"), [(15, True), (45, False)])
def test_a_series_counts_that_is_known_by_the_cut_off(five, lag, counts):
    values = np.full(300, 0.2)
    plain, moved = (with_series(five["A0"], np.append(values[:-1], last), lag) for last in (0.2, 0.9))
    pair = [column(one, "implied_volatility").iloc[-1] for one in (plain, moved)]
    assert (pair[0] != pair[1]) == counts


def test_the_cut_off_ends_with_the_next_open():
    """A day of trading that never stops has no time after its close; after New York's there are hours."""
    for code, counts in (("24/7", False), ("XNYS", True)):
        walk = history("C", np.random.default_rng(1).normal(0, 0.02, 300), code)
        pair = [with_series(walk, np.append(np.full(299, 0.5), last), 15) for last in (0.5, 0.9)]
        states = [look(one, one.last, replace_cutoff(600)).covariates["implied_volatility"].iloc[-1] for one in pair]
        assert (states[0] != states[1]) == counts, code


def replace_cutoff(minutes):
    return SETTINGS.model_copy(update={"cutoff_minutes": minutes})


def test_implied_volatility_by_hand(five):
    one = with_series(five["A0"], np.full(300, 0.25))
    view = look(one, one.last, SETTINGS)
    expected = (np.log(100 * 0.25 / np.sqrt(252)) - np.log(100 * view.volatility.iloc[-1]) - 0.15) / 0.25
    assert view.covariates["implied_volatility"].iloc[-1] == pytest.approx(np.clip(expected, -6, 6))
    known = view.covariates["implied_volatility_known"]
    assert known.iloc[-300:].eq(1).all()
    assert known.iloc[:-300].eq(0).all()


@pytest.mark.parametrize("transform", ["level", "log", "change"])
def test_a_declared_series_is_standardised_by_its_own_past(five, transform):
    values = np.exp(np.random.default_rng(4).normal(0, 0.3, 390))
    made = column(with_series(five["A0"], values, 0, transform), "searches").dropna()
    assert len(made) > 300
    assert abs(made.mean()) < 0.3
    assert 0.7 < made.std() < 1.4


def test_what_is_missing_today_counts_as_usual_and_is_told(five):
    one = with_series(five["A0"], np.full(60, 0.2))
    (series,) = one.own
    holed = replace(one, own=(replace(series, frame=series.frame.iloc[:-1]),))
    others = tuple(replace(o, frame=o.frame.iloc[:-1]) for o in one.companions.others)
    holed = replace(holed, companions=replace(one.companions, others=others))
    view = look(holed, holed.last, SETTINGS)
    known = training(view).examples
    today = dict(zip(known.covariates, origin(view, known.series, known.covariates).z, strict=True))
    assert {name: today[name] for name in ("market_leverage", "implied_volatility", "implied_volatility_known")} == {
        "market_leverage": 0.0, "implied_volatility": 0.0, "implied_volatility_known": 0.0}  # fmt: skip
    assert view.beside.missing == ("A1", "A2", "A3", "A4", "implied_volatility")
    who, lacks = of_companions(view)
    assert who == (
        "Beside its own bars, forecasters with covariates see the mean of 4 others (A1, A2, A3, A4) as its market, and "
        "its own implied volatility."
    )
    assert lacks == "Not known in time on 2018-12-28, and counted as usual: A1, A2, A3, A4, implied volatility."
    assert of_companions(look(one, one.last, SETTINGS)) == (who,)


def test_a_record_names_who_stood_beside_and_they_alone_come_again(five):
    one = with_series(five["A0"], np.full(300, 0.2))
    settings = Settings(forecast=SETTINGS)
    (made,) = issue(one, one.last, ("climatology",), settings)
    text = write(made.diagnostics)
    assert read(text) == made.diagnostics
    cutoff, named = companions_of(text)
    assert (cutoff, named) == (30.0, Named(("A1", "A2", "A3", "A4"), "", ("implied_volatility",)))
    wider = beside({**five, **{f"B{at}": history(f"B{at}", np.full(90, 0.01)) for at in range(3)}}, WATCHLIST, absent)
    now = replace(wider["A0"], own=one.own)
    assert look(now, now.last, SETTINGS).data_vintage != made.data_vintage
    again = exactly(now, named, wider.__getitem__)
    assert issue(again, again.last, ("climatology",), settings)[0].data_vintage == made.data_vintage


@pytest.mark.parametrize("changed", [{"cutoff_minutes": 60.0}, {"market": "^GSPC"}])
def test_cut_off_and_market_are_hashed_with_the_settings(changed):
    one, other = Settings(forecast=SETTINGS), Settings(forecast=SETTINGS.model_copy(update=changed))
    assert config_sha256(one, "garch") != config_sha256(other, "garch")
