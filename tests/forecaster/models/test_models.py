"""Every forecaster keeps the contract, finds what was planted, and forecasts one session ahead."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster import models
from forecaster.combination.settings import MixtureSettings
from forecaster.contract import Compute, Examples, Fitted, ModelSettings, Origin
from forecaster.errors import UnknownNameError
from forecaster.evaluation.scoring import score
from forecaster.replay.backtest import last_origins, replay
from forecaster.settings import of_tables
from forecaster.view.arrays import training
from forecaster.view.view import look

QUICK = {
    "bayesian_linear": {"steps": 40},
    "bayesian_mlp": {"steps": 40},
    "baseline_mlp": {"epochs": 3},
    "direction": {"draws": 20},
    "bayes_by_backprop": {"steps": 20, "draws": 20},
    "variational_regression": {"steps": 20},
}


def examples(rows: int, seed: int, effect, series=("price", "volume", "tweets")) -> Examples:
    """Windows of independent changes with sd 0.02 and a response `0.02 * (effect(standard x) + noise)`."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((rows, 7, len(series)))
    y = 0.02 * (effect(z) + rng.standard_normal(rows))
    return Examples(series, 0.02 * z, z, y, np.full(rows, 0.02), (), np.empty((rows, 0)), y)


def origin_of(standard, volatility=0.02, z=(), history=(0.01,) * 100) -> Origin:
    """An origin whose window is so many volatilities."""
    return Origin(volatility * standard, standard, volatility, np.asarray(z, float), np.asarray(history))


def fit_one(name: str, data: Examples, seed: int, **own) -> Fitted:
    """One fit of a model: a sequence of one."""
    module = models.load(name)
    (fit,) = module.fit([data], module.Settings(**own), [seed], Compute())
    assert isinstance(fit, Fitted)
    return fit


@pytest.mark.parametrize("name", [name for name in models.names() if models.pool(name) is None])
def test_a_model_keeps_the_contract(name):
    """Summary, settings that refuse unknown keys, a fit that repeats itself, scores that are finite."""
    module = models.load(name)
    assert module.SUMMARY
    assert issubclass(module.Settings, ModelSettings)
    with pytest.raises(ValueError, match="nonsense"):
        module.Settings(nonsense=1)
    data = examples(200, 1, lambda z: 0.3 * z[:, -1, 0])
    fits = [fit_one(name, data, 5, **QUICK.get(name, {})) for _ in range(2)]
    origin = origin_of(data.standard[-1], history=data.history)
    first, second = (fit.predict(origin) for fit in fits)
    assert first.to_bytes() == second.to_bytes()
    assert np.isfinite([score(first, 0.01)["crps"], score(first, 0.01)["log_score"]]).all()


def test_a_model_says_itself_what_people_call_it():
    """One that says nothing goes by its id, as does one on record that is gone."""
    found = models.labels(["bayesian_mlp", "climatology", "gone"])
    assert found == {"bayesian_mlp": "Bayesian MLP"}


def test_a_pool_names_its_own_members():
    for name in ("ensemble", "recalibrated"):
        members = models.load(name).Settings().members
        assert "garch" in members
        assert all(models.pool(member) is None for member in members)
    with pytest.raises(ValueError, match="members"):
        MixtureSettings()


@pytest.mark.parametrize("name", ["bayesian_linear", "bayesian_mlp", "baseline_mlp", "variational_regression"])
def test_a_forecast_scales_with_the_volatility_known_at_the_origin(name):
    """The same window in standard units at twice the volatility gives twice the distribution."""
    fit = fit_one(name, examples(300, 2, lambda z: 0.3 * z[:, -1, 0], ("price",)), 0)
    window = np.linspace(-0.5, 1.5, 7)[:, None]
    once, twice = fit.predict(origin_of(window)), fit.predict(origin_of(window, 0.04))
    np.testing.assert_allclose(twice.quantile([0.05, 0.5, 0.95]), 2 * once.quantile([0.05, 0.5, 0.95]), rtol=1e-4)


@pytest.mark.parametrize("name", ["bayesian_linear", "bayesian_mlp"])
def test_planted_weights_and_noise_are_found(name):
    """Effects of yesterday's price and of tweets three days ago, 3,000 rows; the 19 others stay near zero."""
    data = examples(3000, 3, lambda z: 0.4 * z[:, 6, 0] - 0.3 * z[:, 4, 2])
    wide = {"weight_scale": 0.5, "other_weight_scale": 0.5}
    fit = fit_one(name, data, 1, **wide)
    assert fit.reason == ""
    planted = np.zeros((7, 3))
    planted[6, 0], planted[4, 2] = 0.4, -0.3
    assert abs(fit.weights.mean - planted).max() < 0.08
    forecasts = [fit.predict(origin_of(x)) for x in data.standard[:50]]
    assert np.mean([f.sd for f in forecasts]) == pytest.approx(0.02, rel=0.05)


def test_the_tanh_network_finds_what_no_line_can():
    """A product of two inputs: the network explains at least half of it on new rows, the regression nothing."""

    def effect(z):
        return 2.0 * z[:, 6, 0] * z[:, 5, 0]

    train, new = examples(3000, 4, effect, ("price",)), examples(800, 5, effect, ("price",))
    signal = 0.02 * effect(new.standard)

    def explained(name, **own):
        fit = fit_one(name, train, 2, noise="normal", **own)
        means = np.array([fit.predict(origin_of(x)).mean for x in new.standard])
        return 1 - np.mean((means - signal) ** 2) / np.mean(signal**2)

    assert explained("bayesian_mlp", hidden_weight_scale=3.0, steps=2500) > 0.5
    assert explained("bayesian_linear") < 0.1
    assert explained("bayesian_mlp", hidden_weight_scale=3.0, activation="linear") < 0.1


def test_the_linear_activation_gives_the_exact_slopes():
    """With the study's linear network the average slope is the product of its weight matrices."""
    fit = fit_one("bayesian_mlp", examples(400, 6, lambda z: 0.3 * z[:, 0, 0], ("price",)), 3, activation="linear")
    zero, step = np.zeros((7, 1)), np.eye(7, 1)
    moved = fit.predict(origin_of(step)).loc.astype(float) - fit.predict(origin_of(zero)).loc
    slope = float(moved.mean()) / 0.02
    assert slope == pytest.approx(float(fit.weights.mean[0, 0]), rel=1e-3)


def test_one_session_ahead_never_two(history_of, settings_of):
    """On AR(1) changes with coefficient 0.9 the MSE is 1.00 +- 0.05 noise variances; two days ahead is 1.81."""
    rng = np.random.default_rng(8)
    noise, changes = 0.002 * rng.standard_normal(3200), np.zeros(3200)
    for t in range(1, changes.size):
        changes[t] = 0.9 * changes[t - 1] + noise[t]
    history = history_of(changes)
    settings = settings_of(models={"bayesian_linear": {"weight_scale": 0.5}})
    days = last_origins(history, 1000)
    replayed = list(replay(history, days, ("bayesian_linear",), settings, refit_every=len(days)))
    mse = np.mean([item.score["squared_error"] for item in replayed])
    assert len(replayed) == 1000
    assert mse / np.mean(noise[-1000:] ** 2) == pytest.approx(1.0, abs=0.05)
    two_days = np.mean((changes[2:] - 0.81 * changes[:-2])[-1000:] ** 2) / np.mean(noise[-1000:] ** 2)
    assert two_days == pytest.approx(1.81, abs=0.15), "the control: what an off-by-one would have cost"


def test_an_asset_uses_the_series_it_has(history_of, settings_of):
    """Price alone, price and volume, or all three; what is left out is said, and nothing is filled in."""
    rng = np.random.default_rng(9)
    changes, settings = 0.01 * rng.standard_normal(300), settings_of().forecast
    volume = np.exp(rng.normal(10, 0.2, 301))
    tweets = np.exp(rng.normal(5, 0.2, 301))
    few = np.where(np.arange(301) < 280, np.nan, tweets)
    cases = {
        ("price",): {},
        ("price", "volume"): {"volume": volume, "tweets": few},
        ("price", "volume", "tweets"): {"volume": volume, "tweets": tweets},
        ("price", "tweets"): {"tweets": tweets},
    }
    for series, levels in cases.items():
        history = history_of(changes, **levels)
        got = training(look(history, history.last, settings))
        assert got.examples.series == series
        assert got.examples.x.shape[2] == len(series)
        assert sum("was not used" in note for note in got.notes) == 3 - len(series)


def test_a_gap_drops_the_windows_that_touch_it_and_says_so(history_of, settings_of):
    rng = np.random.default_rng(10)
    volume = np.exp(rng.normal(10, 0.2, 301))
    volume[150] = 0.0
    whole = history_of(0.01 * rng.standard_normal(300), volume=np.exp(rng.normal(10, 0.2, 301)))
    holed = history_of(0.01 * rng.standard_normal(300), volume=volume)
    settings = settings_of().forecast
    full, less = (training(look(h, h.last, settings)) for h in (whole, holed))
    assert len(full.examples.y) - len(less.examples.y) == 8, "two changes are undefined; eight windows touch them"
    assert any("8 windows were left out: volume missing or zero" in note for note in less.notes)


def test_an_unknown_model_offers_the_nearest():
    with pytest.raises(UnknownNameError, match="bayesian_linear"):
        models.load("bayesian_liner")


def test_a_new_file_is_a_new_forecaster(tmp_path):
    """The folder is the registry: one file more, and nothing else touched."""
    planted = tmp_path / "coin_toss.py"
    planted.write_text("SUMMARY = 'a coin'\n", "utf-8")
    models.__path__.append(str(tmp_path))
    try:
        assert "coin_toss" in models.names()
        assert models.load("coin_toss").SUMMARY == "a coin"
    finally:
        models.__path__.remove(str(tmp_path))
    assert "coin_toss" not in models.names()


def test_a_forecaster_may_run_only_where_it_is_named(tmp_path):
    (tmp_path / "roulette.py").write_text("SUMMARY = 'a wheel'\nBY_DEFAULT = False\n", "utf-8")
    (tmp_path / "dice.py").write_text("SUMMARY = 'a die'\n", "utf-8")
    (tmp_path / "torn.py").write_text("SUMMARY = 'no Python\n", "utf-8")
    models.__path__.append(str(tmp_path))
    try:
        on = models.by_default()
        assert "roulette" in models.names()
        assert "roulette" not in on
        assert {"dice", "torn"} <= set(on), "one whose file cannot be used is not passed over in silence"
        assert "roulette" not in of_tables({}).model_names()
        assert of_tables({"forecast": {"models": ["roulette"]}}).model_names() == ("roulette",)
    finally:
        models.__path__.remove(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("bayesian_linear", {"draws": 0}),
        ("bayesian_linear", {"weight_scale": -1.0}),
        ("bayesian_linear", {"noise_scale": 0.0}),
        ("bayesian_mlp", {"hidden": 0}),
        ("bayesian_mlp", {"steps": -5}),
        ("baseline_mlp", {"validation": 2.0}),
        ("baseline_mlp", {"epochs": 0}),
        ("variational_regression", {"hidden": [0]}),
        ("variational_regression", {"prior_scale": 0.0}),
    ],
)
def test_a_setting_out_of_range_is_refused_before_any_fit(name, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        models.load(name).Settings(**wrong)
