"""Many networks at once: each is a function of its own rows and seed, and notices nothing of its company."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from forecaster.contract import Compute, Examples, Failed, Fitted, Origin
from forecaster.families.keras_style import Schedule, Task, chunk_size, train
from forecaster.models import baseline_mlp

QUICK = Schedule(epochs=12, batch=16, learning_rate=0.02, factor=0.5, patience=2, minimum_rate=1e-6)
HIDDEN = 5


def task(seed: int, scale: float = 1.0) -> Task:
    """Four inputs, 70 to 102 rows: 4 to 6 steps an epoch."""
    rng = np.random.default_rng([3, seed])
    rows = 70 + 8 * (seed % 5)
    x = torch.tensor(rng.standard_normal((rows, 4))).float()
    y = 0.3 * x[:, 0] + torch.tensor(rng.standard_normal(rows)).float()
    return Task(x, scale * y, rows // 10, seed)


def trained(tasks: list[Task], memory: int = 2**28) -> list[bytes]:
    """Everything about each fit."""
    return [
        b"".join(part.numpy().tobytes() for part in fit.weights)
        + b"".join(curve.tobytes() for curve in (fit.losses, fit.validation_losses, fit.rates))
        for fit in train(tasks, HIDDEN, QUICK, Compute(memory=memory))
    ]


def examples(seed: int) -> Examples:
    """Windows of two series with a planted effect, and rows of their own number."""
    rng = np.random.default_rng([4, seed])
    rows = 150 + 20 * (seed % 4)
    z = rng.standard_normal((rows, 7, 2))
    y = 0.02 * (0.3 * z[:, -1, 0] + rng.standard_normal(rows))
    return Examples(("price", "volume"), 0.02 * z, z, y, np.full(rows, 0.02), (), np.empty((rows, 0)), y)


def test_a_fit_is_the_same_to_the_bit_alone_and_in_any_company_order_and_chunk():
    tasks = [task(seed) for seed in range(24)]
    together = trained(tasks)
    assert len(set(together)) == 24
    for i in (0, 4, 23):
        assert trained([tasks[i]]) == [together[i]]
    assert trained(tasks[::-1])[::-1] == together
    some = 7 * 2**28 // chunk_size(tasks, HIDDEN, QUICK, 2**28)
    assert 1 < chunk_size(tasks, HIDDEN, QUICK, some) < 24
    assert trained(tasks, memory=some) == together
    assert trained(tasks, memory=1) == together


def test_another_seed_or_another_row_gives_another_fit():
    """The control: what the test above compares does depend on what it should."""
    once = task(3)
    changed = once.y.clone()
    changed[0] += 0.01
    others = [Task(once.x, once.y, once.tail, 4), Task(once.x, changed, once.tail, 3)]
    assert not set(trained([once])) & set(trained(others))


@pytest.mark.parametrize("bad", ["not a number", "overflow"])
def test_a_bad_fit_is_labelled_and_its_neighbours_are_the_same_to_the_bit(bad):
    """One fit fed a NaN, or a response whose square is no float32: it says so, and nobody else changes a bit."""
    tasks = [task(seed) for seed in range(12)]
    good = trained(tasks)
    tasks[5] = task(5, scale=np.nan if bad == "not a number" else 1e30)
    assert [fit.failure != "" for fit in train(tasks, HIDDEN, QUICK, Compute())] == [i == 5 for i in range(12)]
    mixed = trained(tasks)
    assert [a == b for a, b in zip(good, mixed, strict=True)] == [i != 5 for i in range(12)]


def test_a_fit_whose_tail_alone_is_no_number_is_labelled_too():
    """Its training loss is finite throughout, but nothing could choose the best epoch."""
    one = task(1)
    one.y[-1] = torch.nan
    (fit,) = train([one], HIDDEN, QUICK, Compute())
    assert np.isfinite(fit.losses).all()
    assert "epoch 1 is not a finite number" in fit.failure


def test_the_forecaster_gives_a_forecast_for_every_good_fit_and_a_reason_for_a_bad_one():
    """In the order in which they came; each good one the same to the bit as alone."""
    data, settings = [examples(seed) for seed in range(6)], baseline_mlp.Settings(epochs=20)
    data[2].standard[7, 3, 1] = np.nan
    fits = baseline_mlp.fit(data, settings, range(6), Compute())
    origin = Origin(data[0].x[-1], data[0].standard[-1], 0.02, np.empty(0), data[0].history)
    assert isinstance(fits[2], Failed)
    assert "training diverged" in fits[2].reason
    for i in (0, 1, 3, 4, 5):
        (alone,) = baseline_mlp.fit([data[i]], settings, [i], Compute())
        assert isinstance(alone, Fitted)
        assert fits[i].predict(origin).to_bytes() == alone.predict(origin).to_bytes()
        assert fits[i].weights.mean.tobytes() == alone.weights.mean.tobytes()


def test_every_fit_finds_what_was_planted():
    """An effect of 0.3 of yesterday's price, in rows of different number: within 0.25 in each fit, 0.05 on the mean."""
    fits = baseline_mlp.fit([examples(seed) for seed in range(24)], baseline_mlp.Settings(), range(24), Compute())
    found = np.array([fit.weights.mean[-1, 0] for fit in fits])
    assert abs(found - 0.3).max() < 0.25
    assert found.mean() == pytest.approx(0.3, abs=0.05)


def test_fits_and_seeds_that_differ_in_number_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        baseline_mlp.fit([examples(0), examples(1)], baseline_mlp.Settings(epochs=1), [0], Compute())
