"""What if: a planted slope is found, no effect is found where there is none, and the real forecast is untouched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from forecaster import models
from forecaster.errors import ScenarioError
from forecaster.issuing.issue import Issuer, issue
from forecaster.issuing.training import train
from forecaster.operation.scenario import Scenario, factor_of, hypothetical, level, read_scenarios
from forecaster.operation.whatif import whatif
from forecaster.settings import Settings
from forecaster.view.view import look
from ingest import tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingest.history import History

    Market = Callable[[int, float], History]

REGRESSION = ("bayesian_linear",)
OPEN_MINDED = Settings(models={"bayesian_linear": {"steps": 40, "minor_slope_scale": 1.0}})
"""A prior that is not sceptical of volume, so that what is planted is not shrunk."""
CHEAP = Settings(
    forecast={"train_window": 120, "track_days": 6, "minimum_rows": 40},
    models={"bayesian_linear": {"steps": 30, "draws": 20}, "ensemble": {"members": ["climatology", "ewma"]}},
)
HALF_MORE = Scenario("half more", {"volume": 1.5})
KEPT = 1 - (1 - 0.5 ** (1 / 20))
"""What is left of a change of log volume above its usual level, which takes in the last day too."""


@pytest.fixture(scope="module")
def market(history_of: Callable[..., History]) -> Market:
    """A market whose log standard deviation answers the log volume of the day before by a known slope."""

    def made(seed: int, slope: float) -> History:
        rng = np.random.default_rng(seed)
        above = rng.normal(0, 0.4, 801)
        changes = 0.02 * np.exp(slope * above[:-1]) * rng.standard_t(8, 800) * (6 / 8) ** 0.5
        return history_of(changes, volume=1e6 * np.exp(above))

    return made


def volume_effect(history: History) -> tuple[float, float]:
    """Change of the sd by half more volume, and the posterior's doubt about it."""
    (answer,) = whatif(history, history.last, [HALF_MORE], REGRESSION, OPEN_MINDED)
    (reaction,) = answer.reactions
    assert reaction.effects is not None
    largest = reaction.effects.parts[0]
    assert largest.source == "volume"
    assert largest.doubt is not None
    return largest.sd, largest.doubt


def test_a_planted_slope_is_found_and_volume_is_named(market: Market) -> None:
    found, doubt = volume_effect(market(0, 1.0))
    assert abs(found - (np.exp(KEPT * np.log(1.5)) - 1)) < 3 * doubt < 0.2
    assert found > 5 * doubt


def test_where_volume_has_no_effect_the_change_is_within_its_doubt(market: Market) -> None:
    found, doubt = volume_effect(market(0, 0.0))
    assert abs(found) < 3 * doubt < 0.15


@pytest.mark.campaign
def test_planted_slopes_are_found_over_twenty_markets(market: Market) -> None:
    """Beyond three posterior sd by chance: three in a thousand of each; twice in twenty, one in a thousand."""
    for slope in (1.0, -0.5, 0.0):
        truth = np.exp(slope * KEPT * np.log(1.5)) - 1
        found = np.array([volume_effect(market(seed, slope)) for seed in range(100, 120)])
        assert (abs(found[:, 0] - truth) > 3 * found[:, 1]).sum() <= 1
        assert abs(found[:, 0].mean() - truth) < 0.03


def made_of(forecasts: Any) -> list[Any]:
    return [(one.predictive.to_bytes(), one.diagnostics, one.data_vintage, one.seed) for one in forecasts]


def test_without_a_change_it_is_the_real_forecast_to_the_byte(simulated_history: History) -> None:
    """Also where later sessions are known."""
    history, names = simulated_history, ("climatology", "ewma", "bayesian_linear", "ensemble")
    day = history.last - pd.Timedelta(days=9)
    real = made_of(issue(history, day, names, CHEAP))
    same = Scenario("same", {"price": factor_of("+0%", ""), "volume": factor_of("x1", ""), "tweets": 1.0})
    fall = Scenario("a fall", {"price": 0.9})
    answers = whatif(history, day, [Scenario("nothing", {}), same, fall], names, CHEAP)
    for answer in answers:
        assert made_of(pair.before for pair in answer.reactions) == real
    for answer in answers[:2]:
        assert made_of(pair.after for pair in answer.reactions) == real
        assert not any(pair.reacts for pair in answer.reactions)
        assert answer.inputs == ()
    assert [pair.reacts for pair in answers[2].reactions] == [False, True, True, True]


def test_a_scenario_is_the_day_that_would_have_been(simulated_history: History) -> None:
    """Its forecast is that of a history that really ended so, by models that were trained before."""
    history, day = simulated_history, simulated_history.last
    rows = history.frame.copy()
    for name in ("open", "high", "low", "close", "market_cap"):
        rows.loc[rows.index[-1], name] *= 0.9
    rows.loc[rows.index[-1], "tweets"] *= 3.0
    real = replace(history, frame=rows)
    names = ("bayesian_linear", "ensemble")
    (trained,) = train((look(history, day, CHEAP.forecast),), ("bayesian_linear", "climatology", "ewma"), CHEAP)
    expected = Issuer(real, names, CHEAP).issue(day, trained)
    (answer,) = whatif(history, day, [Scenario("s", {"price": 0.9, "tweets": 3.0})], names, CHEAP)
    assert made_of(pair.after for pair in answer.reactions) == made_of(expected)


def test_parts_and_remainder_add_up_and_only_what_changed_is_named(simulated_history: History) -> None:
    history = simulated_history
    both = {"price": 0.93, "volume": 2.0}
    names = ("bayesian_linear", "ewma", "ensemble")
    answer, second = whatif(history, history.last, [Scenario("s", both), HALF_MORE], names, CHEAP)
    regression, ewma, pool = answer.reactions
    assert regression.effects is not None
    for figure in ("mean", "median", "sd"):
        parts = sum(getattr(part, figure) for part in regression.effects.parts)
        whole, left = (getattr(one, figure) for one in (regression.effects.together, regression.effects.remainder))
        assert whole == pytest.approx(parts + left, abs=1e-12)
    before, after = regression.before.predictive, regression.after.predictive
    assert before is not None
    assert after is not None
    assert regression.effects.together.sd == pytest.approx(after.sd / before.sd - 1)
    named = {part.source for part in regression.effects.parts}
    assert {"volume", "volatility", "short volatility", "leverage", "window of price"} <= named
    assert not any("tweets" in name for name in named)
    assert ewma.effects is not None
    assert [part.source for part in ewma.effects.parts] == ["past changes"]
    assert pool.effects is None
    assert [pair.reacts for pair in second.reactions] == [True, False, False]
    moved = second.reactions[0].effects
    assert moved is not None
    assert {part.source for part in moved.parts} == {"volume", "window of volume"}
    assert [own.name for own in second.inputs] == ["change of volume", "volume"]


def test_the_place_among_the_training_rows_is_told(simulated_history: History) -> None:
    history = simulated_history
    some = [Scenario("wild", {"price": 0.2}), Scenario("mild", {"price": 1.001})]
    wild, mild = whatif(history, history.last, some, ("ewma",), CHEAP)
    fall = next(own for own in wild.inputs if own.name == "change of price")
    assert fall.beyond
    assert fall.place_after == 0.0
    assert 0 < fall.place_before < 1
    assert fall.rows == 120
    mildly = next(own for own in mild.inputs if own.name == "change of price")
    assert not mildly.beyond
    past = look(history, history.last, CHEAP.forecast).changes["price"].to_numpy()[-121:-1]
    assert mildly.place_after == pytest.approx((past < mildly.after).mean(), abs=0.02)


def test_a_bar_moves_as_a_whole_and_no_other_row_does(simulated_history: History) -> None:
    day = simulated_history.last - pd.Timedelta(days=4)
    other = hypothetical(simulated_history, day, {"price": 1.1, "volume": 0.5})
    ratio = other.frame.set_index("session")[["open", "high", "low", "close", "volume", "tweets", "adjustment"]]
    ratio = ratio / simulated_history.frame.set_index("session")[ratio.columns]
    np.testing.assert_allclose(ratio.loc[day], [1.1, 1.1, 1.1, 1.1, 0.5, 1, 1])
    assert (ratio.drop(index=day) == 1).all(axis=None)
    assert other.steady == simulated_history.steady


def test_the_vintage_that_was_known_is_the_one_that_changes(simulated_history: History) -> None:
    """A correction that came later is not looked at, and one that had come counts."""
    day = simulated_history.last - pd.Timedelta(days=4)
    (row,) = simulated_history.frame.index[simulated_history.frame["session"] == day]
    old = simulated_history.frame.loc[[row]]
    known = old["known_at"].iloc[0]
    early = old.assign(close=old["close"] * 2, known_at=known)
    late = old.assign(close=old["close"] * 3, known_at=known + pd.Timedelta(days=2))
    frame = pd.concat([simulated_history.frame, early, late], ignore_index=True)
    history = replace(simulated_history, frame=frame)
    changed = hypothetical(history, day, {"price": 0.5})
    assert level(changed, day, "price") == history.read(day)["close"].iloc[-1] / 2
    moved = (changed.frame["close"] != history.frame["close"]).to_numpy()
    assert moved.sum() == 1
    assert changed.frame["close"].to_numpy()[moved] == old["close"].to_numpy()


def test_attention_of_a_source_of_its_own_is_changed_where_it_was_counted(simulated_history: History) -> None:
    frame = simulated_history.frame
    day, asset = simulated_history.last, replace(simulated_history.asset, attention_source="csv_file")
    known = frame["session"].dt.tz_localize("UTC") + pd.Timedelta(days=1)
    values = {"symbol": asset.symbol, "day": frame["session"], "count": frame["tweets"], "source": "s", "payload": "p"}
    counts = pd.DataFrame({**values, "known_at": known})[list(tables.frame(tables.COUNTED, ()).columns)]
    history = replace(simulated_history, asset=asset, counts=counts, frame=frame.assign(tweets=np.nan))
    assert level(history, day, "tweets") == frame["tweets"].iloc[-1]
    changed = hypothetical(history, day, {"tweets": 2.0})
    assert level(changed, day, "tweets") == 2 * frame["tweets"].iloc[-1]
    pd.testing.assert_frame_equal(changed.read(day).iloc[:-1], history.read(day).iloc[:-1])


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("+50%", 1.5),
        ("-5%", 0.95),
        ("\u22125 %", 0.95),
        ("x2", 2.0),
        ("X 0.5", 0.5),
        ("3x", 3.0),
        ("\u00d72", 2.0),
        ("+0%", 1.0),
    ],
)
def test_changes_are_read(text: str, factor: float) -> None:
    assert factor_of(text, "--volume") == factor


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x0", "would make the level zero or less"),
        ("-100%", "would make the level zero or less"),
        ("-250%", "would make the level zero or less"),
        ("x" + "9" * 400, "larger than any"),
        ("50%", r"write \+50% \(or -50%\), or a factor such as x1.5"),
        ("much", "'much' is not a change: write"),
        ("+50", "'\\+50' is not a change"),
        ("1,5x", "is not a change"),
        ("", "'' is not a change"),
        ("xnan", "is not a change"),
        ("x-2", "is not a change"),
    ],
)
def test_what_is_not_a_change_is_refused(text: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says) as fault:
        factor_of(text, "--volume")
    assert str(fault.value).startswith("--volume ")
    assert len(str(fault.value)) < 250


def test_a_file_of_scenarios_is_read(tmp_path: Path) -> None:
    path = tmp_path / "scenarios.csv"
    path.write_text("\ufeffName;Price;volume\nquiet;;x0.5\n\n;-10%;+300%\n", "utf-8")
    quiet, other = read_scenarios(path)
    assert quiet == Scenario("quiet", {"volume": 0.5})
    assert other == Scenario("scenario 2", {"price": 0.9, "volume": 4.0})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,prize\na,x2\n", "has a column 'prize': nearest: price"),
        ("name\na\n", "needs a first line that names each column once: name,price,volume,tweets"),
        ("price,price\nx2,x3\n", "needs a first line"),
        ("", "needs a first line"),
        ("name,price\n", "has 0 scenarios"),
        ("name,price\na,x0\n", "scenario 1, price 'x0' would make the level zero"),
        ("name,price\na,x1\nb,50%\n", "scenario 2, price '50%' is not a change"),
        ("price\nx2,x3\n", "scenario 1 has 2 cells for 1 columns"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "scenarios.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(ScenarioError) as fault:
        read_scenarios(path)
    assert str(path) in str(fault.value)
    assert says in str(fault.value)


def test_a_file_that_is_not_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x81")
    for name in ("binary.csv", "none.csv", "."):
        with pytest.raises(ScenarioError, match="cannot be read"):
            read_scenarios(tmp_path / name)


def test_a_series_that_the_asset_lacks_is_refused(history_of: Callable[..., History]) -> None:
    history = history_of(np.full(80, 0.01), volume=np.r_[np.full(80, 5.0), 0.0])
    for series, remedy in (("tweets", "forecaster ingest attention"), ("volume", "import a file with volume")):
        with pytest.raises(ScenarioError, match=rf"COIN has no {series} on 2015-03-22: .*{remedy}"):
            whatif(history, history.last, [Scenario("s", {series: 2.0})], ("ewma",), CHEAP)


FUSSY = """
from functools import partial
from forecaster.contract import Fitted, ModelSettings as Settings
from forecaster.distribution.predictive import Predictive
SUMMARY = "raises where window and past do not belong together"
def predict(origin):
    if origin.x[-1, 0] != origin.history[-1]:
        raise ZeroDivisionError("torn apart")
    return Predictive.of(0.0, 0.02 + abs(origin.history[-1]), 5.0)
def fit(examples, settings, seeds, compute):
    return tuple(Fitted(predict) for _ in examples)
"""


def test_a_model_that_raises_at_an_exchanged_input_is_named_and_leaves_the_others(
    market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fussy.py").write_text(FUSSY, "utf-8")
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    history = market(0, 0.0)
    (answer,) = whatif(history, history.last, [Scenario("fall", {"price": 0.95})], ("ewma", "fussy"), CHEAP)
    calm, fussy = answer.reactions
    assert (calm.fault, calm.effects is None) == ("", False)
    assert (fussy.after.status, fussy.effects) == ("ok", None)
    assert fussy.fault == "fussy raised ZeroDivisionError: torn apart"
