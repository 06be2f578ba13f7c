"""The network of Bayesian layers as a forecaster: its own bytes in any company, and a memory as long as its window."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from forecaster.contract import Compute, Examples, Failed, Fitted, Origin
from forecaster.families.backprop import Shape, fit_all, student_t
from forecaster.families.scale_mixture import ScaleMixture
from forecaster.families.sequences import CLIP, WARM_UP, known_volatility, last_window, windows
from forecaster.inference.schedule import Schedule
from forecaster.models import bayes_by_backprop
from forecaster.models.bayes_by_backprop import Settings

SMALL = {"linear": {"steps": 20, "draws": 10, "hidden": 6}, "lstm": {"steps": 20, "draws": 10, "hidden": 4}}


def examples(seed: int, rows: int = 150) -> Examples:
    """Standard normal windows of two series, two covariates, and a history of its own."""
    rng = np.random.default_rng([31, seed])
    z, rows = rng.standard_normal((rows - 37 * (seed % 3), 7, 2)), rows - 37 * (seed % 3)
    y = 0.02 * (0.3 * z[:, 6, 0] + rng.standard_normal(rows))
    return Examples(
        ("price", "volume"), 0.02 * z, z, y, np.full(rows, 0.02), ("a", "b"), rng.standard_normal((rows, 2)), y
    )


def origin(data: Examples) -> Origin:
    return Origin(data.x[-1], data.standard[-1], 0.02, data.z[-1], data.history)


@pytest.mark.parametrize("layers", ["linear", "lstm"])
def test_a_fit_is_the_same_to_the_byte_in_any_company(layers) -> None:
    """Alone, in as little memory as there is, and in a batch of three in another order."""
    data, own = [examples(seed) for seed in range(3)], Settings(layers=layers, **SMALL[layers])
    turned = bayes_by_backprop.fit(data[::-1], own, (2, 1, 0), Compute())[::-1]
    alone = bayes_by_backprop.fit([data[0], data[2]], own, (0, 2), Compute(memory=1))
    for seed, one in zip((0, 2), alone, strict=True):
        other = turned[seed]
        assert isinstance(other, Fitted)
        assert other.predict(origin(data[seed])).to_bytes() == one.predict(origin(data[seed])).to_bytes()
        assert (other.losses.tobytes(), other.diagnostics) == (one.losses.tobytes(), one.diagnostics)
    assert len({each.losses.tobytes() for each in turned}) == 3


def test_a_planted_effect_and_the_width_of_the_noise_are_found() -> None:
    """An effect of 0.5 of yesterday's price, over 1,500 rows: its slope within 0.12, the sd within 8 %."""
    rng = np.random.default_rng(5)
    z = rng.standard_normal((1500, 7, 1))
    y = 0.02 * (0.5 * z[:, 6, 0] + rng.standard_normal(1500))
    data = Examples(("price",), 0.02 * z, z, y, np.full(1500, 0.02), (), np.empty((1500, 0)), y)
    (fit,) = bayes_by_backprop.fit([data], Settings(steps=300), [1], Compute())
    assert fit.reason == ""
    ends = {at: np.zeros((7, 1)) for at in (-1, 1)}
    means = {}
    for at, window in ends.items():
        window[6] = at
        made = fit.predict(Origin(0.02 * window, window, 0.02, np.empty(0), y))
        means[at] = made.mean
        assert made.sd == pytest.approx(0.02, rel=0.08)
    assert (means[1] - means[-1]) / 0.04 == pytest.approx(0.5, abs=0.12)


def beyond(lags: slice, rows: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Windows of 21 independent changes; the response is the sum of some earlier ones in units of its sd, plus noise.

    `lags` counts from the newest change before the response, which is 1.
    """
    rng = np.random.default_rng([41, seed])
    changes = rng.standard_normal(rows + 60)
    past = np.lib.stride_tricks.sliding_window_view(changes, 60)[:rows, ::-1]
    chosen = past[:, lags.start - 1 : lags.stop]
    y = chosen.sum(1) / np.sqrt(chosen.shape[1]) + 0.5 * rng.standard_normal(rows)
    x = past[:, 20::-1].copy()
    return torch.tensor(np.stack([x, np.abs(x)], -1)).float(), torch.tensor(y).float()


def test_an_lstm_finds_what_lies_beyond_seven_sessions_and_nothing_beyond_its_window() -> None:
    """Lags 10 to 20: 30 % of new variance, where a layer over seven days has none, nor the LSTM of lags 30 to 40."""
    prior, schedule = ScaleMixture(0.5, 1.0, 0.1), Schedule(150, 0.07, minibatch=64)

    def explained(shape: Shape, *each: slice) -> list[float]:
        """Of new rows, by a network trained on rows of each kind."""

        def seen(lags: slice, rows: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
            x, y = beyond(lags, rows, seed)
            return (x if shape.steps else x[:, -7:].flatten(1)), y

        known = [seen(lags, 1000, 1) for lags in each]
        found = []
        for lags, fit in zip(
            each, fit_all(known, [3] * len(each), shape, prior, schedule, "uniform", 20, Compute()), strict=True
        ):
            x, y = seen(lags, 500, 2)
            with torch.no_grad():
                location, _ = shape.forward(x.expand(20, *x.shape), fit.draws)
            found.append(1 - float((y - location.mean(0)).square().mean() / y.var()))
        return found

    far, farther = slice(10, 20), slice(30, 40)
    memory, none = explained(Shape(2, 8, 21), far, farther)
    assert memory > 0.3
    assert none < 0.05
    assert explained(Shape(14, 8), far)[0] < 0.05


def test_windows_are_those_before_each_change_in_a_volatility_known_then() -> None:
    """No window or unit knows what follows it; responses are the changes themselves."""
    history = 0.01 * np.random.default_rng(2).standard_normal(90)
    x, y = windows(history, 21)
    known = known_volatility(history)
    assert (x.shape, y.shape) == ((69, 21, 2), (69,))
    end = 21 + 30
    np.testing.assert_allclose(y[30] * known[end - WARM_UP], history[end], rtol=1e-5)
    np.testing.assert_allclose(x[30, :, 0] * known[end - WARM_UP], history[end - 21 : end], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(x[..., 1], x[..., 0].abs())
    last, size = last_window(history[:end], 21)
    torch.testing.assert_close(last, x[30])
    assert size == pytest.approx(known[end - WARM_UP])
    squares = np.mean(history[:WARM_UP] ** 2)
    for change in history[WARM_UP:end]:
        squares = 0.94 * squares + 0.06 * change**2
    assert size == pytest.approx(np.sqrt(squares))
    still, _ = last_window(np.append(np.zeros(30), history), 21)
    assert still.abs().max() <= CLIP


def test_an_lstm_says_which_history_is_too_short_and_leaves_the_others() -> None:
    own = Settings(layers="lstm", **SMALL["lstm"])
    short, long = bayes_by_backprop.fit([examples(0, 60), examples(3, 70)], own, [1, 2], Compute())
    assert isinstance(short, Failed)
    assert short.reason.startswith("an LSTM over 21 sessions needs 61 known changes, and there are 60")
    assert not short.raised
    assert isinstance(long, Fitted)
    assert isinstance(bayes_by_backprop.fit([examples(0, 60)], own, [1], Compute())[0], Failed)


def test_errors_are_student_t() -> None:
    e, df = torch.linspace(-5, 5, 11), torch.tensor([[2.5], [30.0]])
    torch.testing.assert_close(student_t(e, df), -torch.distributions.StudentT(df).log_prob(e))


@pytest.mark.parametrize("wrong", [{"window": 30}, {"minibatch": 33}, {"prior_narrow": 0.9}, {"layers": "gru"}])
def test_a_setting_out_of_range_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)
