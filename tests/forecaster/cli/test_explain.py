"""`forecaster explain`: the posterior of the fit that is on record, kept, read again, and held against NUTS."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from forecaster.contract import Fitted, Latent
from forecaster.distribution.predictive import QUANTILES
from forecaster.inference import artifact
from forecaster.issuing.training import train
from forecaster.operation.explain import explain
from forecaster.operation.explanation import Explanation, load, save, table
from forecaster.records.home import open_home
from forecaster.view.view import look

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = pd.Timestamp("2018-01-20").as_unit("us")
ALONE = ("latent", "mean", "sd", "q05", "q95", "prior_sd", "contraction")


@pytest.fixture(scope="module")
def explained(finished_home: Path) -> Explanation:
    home = open_home(finished_home)
    return explain(home.store.history("WALK"), DAY, "bayesian_linear", home.settings)


@pytest.fixture
def kept(explained: Explanation, tmp_path: Path) -> Path:
    save(explained, tmp_path / "kept")
    return tmp_path / "kept"


def same(one: Explanation, other: Explanation) -> bool:
    """Equal in every fact and every bit."""
    pairs = [(one.losses, other.losses)]
    for mine, theirs in ((one.latents, other.latents), (one.nuts, other.nuts)):
        assert list(mine) == list(theirs)
        pairs += [(vars(mine[name])[part], vars(theirs[name])[part]) for name in mine for part in vars(mine[name])]
    return one.facts == other.facts and all(
        a is b or (a.shape == b.shape and a.tobytes() == b.tobytes()) for a, b in pairs
    )


def test_the_forecast_that_is_explained_is_the_one_on_record(finished_home: Path, command: Callable[..., Any]) -> None:
    for day in ("2018-01-20", "2018-01-21"):
        words = ("--as-of", day, "--json", "--home", finished_home)
        told = json.loads(command("explain", "WALK", *words).out)
        record = json.loads(command("ledger", "show", *words).out)
        (row,) = (row for row in record if row["model"] == "bayesian_linear")
        assert told["quantiles"] == {name: row[name] for name in QUANTILES}
        for fact in ("as_of", "target", "status", "seed", "config_sha256", "data_vintage", "code_version"):
            assert str(told[fact]) == str(row[fact])


def test_explaining_changes_no_row_of_the_home(
    home: Path, command: Callable[..., Any], rows_of: Callable[[Path], Any]
) -> None:
    before = rows_of(home)
    assert command("explain", "WALK", "--home", home).code == 0
    assert rows_of(home) == before


def test_the_posterior_is_that_of_the_same_fit_with_more_draws(finished_home: Path, explained: Explanation) -> None:
    home = open_home(finished_home)
    view = look(home.store.history("WALK"), DAY, home.settings.forecast)
    (trained,) = train((view,), ("bayesian_linear",), home.settings)
    fitted = trained["bayesian_linear"].fitted
    assert isinstance(fitted, Fitted)
    for name, latent in fitted.posterior.items():
        assert len(latent.draws) == 20
        assert len(explained.latents[name].draws) == 4000
        np.testing.assert_allclose(explained.latents[name].draws[:20], latent.draws, rtol=1e-4, atol=1e-6)
    assert explained.losses.tobytes() == fitted.losses.tobytes()


def test_every_latent_has_a_row_with_a_readable_name(finished_home: Path, command: Callable[..., Any]) -> None:
    rows = json.loads(command("explain", "WALK", "--json", "--home", finished_home).out)["posterior"]
    names = [row["latent"] for row in rows]
    lags = [f"lag {lag}" for lag in range(7, 0, -1)]
    weights = [f"weight of {series}, {lag}" for series in ("price", "volume", "tweets") for lag in lags]
    scale = ("short_volatility", "long_volatility", "leverage", "range", "volume", "tweets", "long_leverage")
    slopes = [f"slope of {name}" for name in scale]  # a market that never shuts has no weekends
    assert names == ["intercept", *weights, *slopes, "noise scale", "degrees of freedom", "skew"]
    assert {tuple(row) for row in rows} == {ALONE}
    assert [row["prior_sd"] for row in rows[:2]] == pytest.approx([0.3, 0.02])
    for row in rows:
        assert row["q05"] < row["mean"] < row["q95"]
        assert row["contraction"] == pytest.approx(1 - row["sd"] ** 2 / row["prior_sd"] ** 2)
    shown = command("explain", "WALK", "--home", finished_home).out
    assert all(name in shown for name in names)


def momentum(path: Path, slope: float) -> Path:
    """Writes closes whose changes follow on from the day before by this slope."""
    rng = np.random.default_rng(1)
    changes = [0.0]
    for shock in rng.normal(0, 0.02, 399):
        changes.append(slope * changes[-1] + shock)
    days = pd.date_range(end="2018-01-21", periods=400).strftime("%Y-%m-%d")
    pd.DataFrame({"Date": days, "Close": 100 * np.cumprod(1 + np.array(changes))}).to_csv(path, index=False)
    return path


def test_a_planted_slope_is_found_and_a_walk_has_none(
    new_home: Path, tmp_path: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its mean in units of its sd: the input that moves tomorrow stands out, and nothing else does."""
    monkeypatch.setenv("FORECASTER__FORECAST__TRAIN_WINDOW", "400")
    monkeypatch.setenv("FORECASTER__MODELS__BAYESIAN_LINEAR__WEIGHT_SCALE", "0.1")
    for symbol, slope in (("FOLLOWS", 0.5), ("WALKS", 0.0)):
        file = momentum(tmp_path / f"{symbol}.csv", slope)
        command("ingest", "csv", file, "--symbol", symbol, "--calendar", "24/7", "--home", new_home)
        rows = json.loads(command("explain", symbol, "--json", "--home", new_home).out)["posterior"]
        ratios = {row["latent"]: row["mean"] / row["sd"] for row in rows if row["latent"].startswith("weight")}
        newest = ratios.pop("weight of price, lag 1")
        assert (newest > 3) == (slope > 0)
        assert max(map(abs, ratios.values())) < 3


def test_what_was_kept_is_shown_again_to_the_letter_without_home_or_fit(
    finished_home: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    folder = tmp_path / "kept"
    said = command("explain", "WALK", "--save", folder, "--home", finished_home)
    assert said.out.endswith(f"Kept: {folder}\n")
    shutil.move(folder, tmp_path / "moved")
    again = command("explain", "--load", tmp_path / "moved", "--home", tmp_path / "none")
    assert (again.code, again.out) == (0, said.out.removesuffix(f"Kept: {folder}\n"))
    assert not (tmp_path / "none").exists()
    first = command("explain", "WALK", "--json", "--home", finished_home).out
    assert command("explain", "--load", tmp_path / "moved", "--json").out == first


def test_what_was_kept_is_the_same_to_the_bit(kept: Path, explained: Explanation) -> None:
    assert same(load(kept), explained)
    other = replace(explained, losses=explained.losses + 1e-12)
    assert not same(load(kept), other)


def test_what_was_altered_is_refused(kept: Path, command: Callable[..., Any]) -> None:
    whole = (kept / artifact.ARRAYS).read_bytes()
    (kept / artifact.ARRAYS).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "cannot be trusted" in command("explain", "--load", kept).complaint()
    assert "cannot be read" in command("explain", "--load", kept / "none").complaint()


def test_another_artifact_is_no_explanation(kept: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    """Whole, with hashes that hold, and yet not what it should be: each is refused in one line."""
    sound = artifact.load(kept)
    draws, widths = "fit/weight/draws", "fit/weight/prior_sd"
    forged = {
        "no facts": replace(sound, facts={}),
        "a fact too many": replace(sound, facts={**sound.facts, "shell": "rm"}),
        "a fact of another kind": replace(sound, facts={**sound.facts, "rows": "many"}),
        "a latent too many": replace(sound, facts={**sound.facts, "latents": ["weight", "secret"]}),
        "no losses": replace(sound, arrays={k: v for k, v in sound.arrays.items() if k != "losses"}),
        "other shapes": replace(sound, arrays={**sound.arrays, widths: np.ones((3, 3))}),
        "one draw": replace(sound, arrays={**sound.arrays, draws: np.ones((1, 7, 3))}),
        "no axis": replace(sound, arrays={**sound.arrays, draws: np.array(1.0)}),
        "nuts of nothing": replace(sound, facts={**sound.facts, "nuts": {"reason": "", "quantiles": {}}}),
    }
    for name, wrong in forged.items():
        artifact.save(wrong, tmp_path / name)
        assert "does not hold an explanation" in command("explain", "--load", tmp_path / name).complaint()
    artifact.save(sound, tmp_path / "sound")
    assert command("explain", "--load", tmp_path / "sound").code == 0


def test_what_is_no_number_is_null(explained: Explanation) -> None:
    stuck = {"still": Latent(np.ones(5), np.array(0.0), np.array(np.nan), np.array(np.inf))}
    (row,) = table(replace(explained, latents=stuck, nuts=stuck))
    assert (row["mean"], row["sd"]) == (1.0, 0.0)
    assert [row[name] for name in ("contraction", "shift", "sd_ratio", "r_hat", "effective")] == [None] * 5


WRONG_USAGE = [
    ((), "name an asset, or give --load DIR"),
    (("WALK", "--load", "DIR"), "combine it with --json only"),
    (("--load", "DIR", "--nuts"), "combine it with --json only"),
    (("WALK", "--as-of", "20 Jan"), "is not a date"),
]
FAILURES = [
    (("WALK", "--model", "climatology"), "climatology has no posterior to explain: choose --model bayesian_linear"),
    (("WALK", "--model", "baseline_mlp"), "baseline_mlp has no posterior to explain: choose --model bayesian_linear"),
    (("WALK", "--model", "bayesian_liner"), "no model is called 'bayesian_liner'; nearest: bayesian_linear"),
    (("WLAK",), "nearest: WALK"),
    (("WALK", "--as-of", "2099-01-01"), "is in the future"),
    (("WALK", "--as-of", "2017-07-08"), "at least 40 are needed"),
    (("WALK", "--save", "TAKEN"), "already exists: choose another name"),
    (("WALK", "--save", "TAKEN/none/kept"), "cannot be written"),
]


@pytest.mark.parametrize(("words", "sign"), WRONG_USAGE)
def test_wrong_usage_is_one_line_and_exit_code_2(
    finished_home: Path, words: tuple[str, ...], sign: str, command: Callable[..., Any]
) -> None:
    assert sign in command("explain", *words, "--home", finished_home).complaint(2)


@pytest.mark.parametrize(("words", "sign"), FAILURES)
def test_a_failure_is_one_line_and_exit_code_1(
    finished_home: Path, tmp_path: Path, words: tuple[str, ...], sign: str, command: Callable[..., Any]
) -> None:
    given = [word.replace("TAKEN", str(tmp_path)) for word in words]
    said = command("explain", *given, "--home", finished_home)
    assert sign in said.complaint()
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def by_nuts(finished_home: Path) -> Explanation:
    """Price alone and known normal noise: the quickest to sample."""
    own = {"noise": "normal", "noise_scale": 1.0, "draws": 1000}
    home = open_home(finished_home, {"forecast": {"series": ("price",)}})
    settings = home.settings.model_copy(update={"models": {"bayesian_linear": own}})
    return explain(home.store.history("WALK"), DAY, "bayesian_linear", settings, lambda *_: None)


def test_svi_and_nuts_agree(by_nuts: Explanation) -> None:
    """Means within 0.15 sd and spreads within 15 % for each latent: four times their joint Monte Carlo noise."""
    assert by_nuts.facts.nuts is not None
    assert by_nuts.facts.nuts.reason == ""
    assert by_nuts.facts.nuts.largest_difference(by_nuts.facts.quantiles) < 0.03
    rows = table(by_nuts)
    assert len(rows) == 1 + 7 + 5
    for row in rows:
        assert abs(row["shift"]) < 0.15
        assert row["sd_ratio"] == pytest.approx(1, abs=0.15)
        assert row["r_hat"] <= 1.01
        assert row["effective"] >= 400


def test_a_guide_that_was_hardly_trained_disagrees(finished_home: Path, by_nuts: Explanation) -> None:
    """The control of the test above: the same chains, beside a guide that took two steps."""
    own = {"noise": "normal", "noise_scale": 1.0, "guide": "custom", "steps": 2}
    home = open_home(finished_home, {"forecast": {"series": ("price",)}})
    settings = home.settings.model_copy(update={"models": {"bayesian_linear": own}})
    early = explain(home.store.history("WALK"), DAY, "bayesian_linear", settings)
    assert min(row["sd_ratio"] for row in table(replace(early, nuts=by_nuts.nuts))) < 0.7
    assert early.facts.status == "unreliable"


def test_nuts_is_kept_and_shown_beside_the_fit(
    by_nuts: Explanation, tmp_path: Path, command: Callable[..., Any]
) -> None:
    save(by_nuts, tmp_path / "kept")
    assert same(load(tmp_path / "kept"), by_nuts)
    told = json.loads(command("explain", "--load", tmp_path / "kept", "--json").out)
    assert {tuple(row) for row in told["posterior"]} == {
        (*ALONE, "nuts_mean", "nuts_sd", "shift", "sd_ratio", "r_hat", "effective")
    }
    width = told["quantiles"]["q95"] - told["quantiles"]["q05"]
    apart = max(abs(told["nuts"]["quantiles"][name] - told["quantiles"][name]) for name in QUANTILES)
    assert told["nuts"]["largest_difference"] == pytest.approx(apart / width)
    shown = command("explain", "--load", tmp_path / "kept").out
    assert max(map(len, shown.splitlines())) <= 80  # what a terminal shows whole
    assert "R-hat" in shown
    assert "no problem found in its chains" in shown


def test_nuts_of_a_model_that_has_no_form_for_it_is_refused(
    finished_home: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTER__MODELS__BAYESIAN_MLP__STEPS", "20")
    said = command("explain", "WALK", "--model", "bayesian_mlp", "--nuts", "--home", finished_home)
    assert "bayesian_mlp has no form that NUTS can sample" in said.complaint()
