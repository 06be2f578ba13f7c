"""A fit's bytes are its own: alone, in any batch, slot, order and chunk, and on any number of threads."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from forecaster.contract import Compute
from forecaster.families import keras_style, tails, variational_objective, variational_regression
from forecaster.families.layer import Layer
from forecaster.families.linear import Prior as LinearPrior
from forecaster.families.network import Prior, fit_networks
from forecaster.families.regression import fit_regressions
from forecaster.inference import guides, order
from forecaster.inference.schedule import Schedule
from tests.sampling import small

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Fits = Callable[[Sequence[int], Compute], list[bytes]]

LAWS = {"normal": LinearPrior(0.3, 0.05), "known": LinearPrior(0.3, 0.05, noise_scale=1.0)} | {
    law: LinearPrior(0.3, 0.05, law) for law in ("student_t", "skewed_t")
}
ROOMY = Compute(memory=2**31)


def rows(seed: int, size: int = 300) -> tuple[np.ndarray, ...]:
    """Inputs, response and covariates of the scale; 2 to 4 blocks of rows, of eleven different numbers."""
    rng = np.random.default_rng([9, seed])
    x, z = rng.standard_normal((size + 200, 7)), rng.standard_normal((size + 200, 3))
    y = 0.1 + x @ rng.normal(0, 0.05, 7) + np.exp(0.2 * z[:, 0]) * rng.standard_t(5, size + 200)
    keep = size + 200 - 37 * (seed % 11)
    return x[:keep], y[:keep], z[:keep]


def written(fit) -> bytes:
    """Every number of a fit, in short."""
    parts = [fit.losses, *(value.numpy() for value in fit.draws.values()), *fit.contraction.values()]
    parts.append(np.array([fit.elbo, fit.k_hat, fit.disagreement, fit.convergence.fall, fit.weighed]))
    return sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).digest()


def regressions(law: str, guide: str, steps: int, particles: int = 0) -> Fits:
    """Student-t and skewed errors have covariates of their scale; draws are weighed where k-hat allows."""
    usual, parts = guides.load(guide).SCHEDULE, 3 if law.endswith("_t") else 2
    schedule = replace(
        usual,
        steps=min(steps, usual.steps),
        checks=200,
        importance=guide == "laplace",
        particles=particles or (4 if law == "known" else 2),
    )

    def fits(seeds, compute):
        data = [rows(seed)[:parts] for seed in seeds]
        found = fit_regressions(data, list(seeds), LAWS[law], guide, schedule, 50, compute)
        return [written(each.fit) for each in found]

    return fits


def networks(guide: str, minibatch: int, steps: int, particles: int = 1, scales=(0.3, 0.3)) -> Fits:
    prior = Prior(hidden=5, output_scales=scales, linear=LAWS["skewed_t"])
    schedule = Schedule(steps=steps, learning_rate=0.03, particles=particles, minibatch=minibatch, checks=200)

    def fits(seeds, compute):
        data = [(x, y, x, z) for x, y, z in map(rows, seeds)]
        return [written(each) for each in fit_networks(data, list(seeds), prior, guide, schedule, 50, compute)]

    return fits


def baselines(steps: int) -> Fits:
    schedule = keras_style.Schedule(
        epochs=steps, batch=32, learning_rate=0.02, factor=0.5, patience=2, minimum_rate=1e-6
    )

    def task(seed: int) -> keras_style.Task:
        x, y, _ = rows(seed)
        return keras_style.Task(torch.tensor(x).float(), torch.tensor(y).float(), len(y) // 10, seed)

    def fits(seeds, compute):
        found = keras_style.train([task(seed) for seed in seeds], 5, schedule, compute)
        curves = [(each.losses, each.validation_losses, each.rates) for each in found]
        parts = [[*map(torch.Tensor.numpy, each.weights), *own] for each, own in zip(found, curves, strict=True)]
        return [sha256(b"".join(part.tobytes() for part in own)).digest() for own in parts]

    return fits


def pairs(steps: int) -> Fits:
    """Mean and variance of `variational_regression`; more inputs than a line of memory holds."""
    plan = variational_regression.Plan(steps=steps, batch=32, draws=3, every=2)

    def fits(seeds, compute):
        data = [(np.concatenate([x, z, x], 1), y) for x, y, z in map(rows, seeds)]
        objective = variational_objective.Objective(3.0, 0.3)
        found = variational_regression.fit_regressions(data, list(seeds), objective, plan, (9, 5), compute=compute)
        return [sha256(b"".join(part.tobytes() for part in (*own.weights, own.validation))).digest() for own in found]

    return fits


def models(steps: int) -> dict[str, Fits]:
    """Every model that is trained many fits at once, under every guide."""
    every: dict[str, Fits] = {"baseline_mlp": baselines(steps), "variational_regression": pairs(steps)}
    for guide in guides.names():
        every |= {f"{law}, {guide}": regressions(law, guide, steps) for law in LAWS}
    for guide in guides.starting():
        every[f"network, {guide}"] = networks(guide, 64, steps)
    every["network, all rows"] = networks("mean_field", 0, steps)
    # Eight draws are too many for sums in an order of torch's; 50 rows and one output fill no whole line of memory.
    every["network, eight draws"] = networks("low_rank", 50, steps, 8, (0.3,))
    every["skewed_t, eight draws"] = regressions("skewed_t", "custom", steps, 8)
    return every


STEPS = 4
EVERY = models(STEPS)


USUAL = (
    *(
        "variational_regression",
        "baseline_mlp",
        "normal, laplace",
        "known, mean_field",
        "student_t, custom",
        "skewed_t, full_rank",
    ),
    *("skewed_t, low_rank", "network, low_rank", "network, all rows", "network, eight draws", "skewed_t, eight draws"),
)
"""Each error distribution and each guide at least once."""


@pytest.mark.parametrize("name", small(EVERY, USUAL))
def test_a_fit_has_the_same_bytes_alone_and_in_any_company(name):
    """Among 8 and 19 in an order of chance, and in chunks of one; another seed has others."""
    fits = EVERY[name]
    many = [int(i) for i in np.random.default_rng(1).permutation(19)]
    found = dict(zip(many, fits(many, ROOMY), strict=True))
    assert len(set(found.values())) == 19
    for own in (3, 17):
        assert fits([own], ROOMY) == [found[own]]
    few = [3, 13, 17, 8, 1, 2, 15, 11]
    assert fits(few, ROOMY) == [found[i] for i in few]
    assert fits(few[:3], Compute(memory=1)) == [found[i] for i in few[:3]]


@pytest.mark.parametrize(("law", "columns", "covariates"), [("normal", 33, 0), ("student_t", 0, 1)])
def test_lone_fits_of_many_columns_and_of_none_are_their_own(law, columns, covariates):
    """The verdicts too; torch has kernels of their own for a lone fit."""
    data = []
    for size in (20 if columns == 0 else 129, 257, 1500):
        rng = np.random.default_rng(size)
        x, z = rng.standard_normal((size, columns)), rng.standard_normal((size, covariates))
        data.append((x, 0.1 + x.sum(1) / 9 + rng.standard_t(5, size), z))

    def fits(index: list[int]) -> list[tuple[bytes, bytes, str]]:
        found = fit_regressions([data[i] for i in index], index, LinearPrior(1.0, 0.3, law), "laplace", None, 50)
        spreads = [b"".join(of.tobytes() for of in each.fit.spread.values()) for each in found]
        return [(written(each.fit), own, repr(each.fit.short)) for each, own in zip(found, spreads, strict=True)]

    assert fits([0, 1, 2]) == [fits([i])[0] for i in range(3)]


PROGRAM = """
import sys, torch
from tests.forecaster.families.test_company import EVERY, ROOMY
for name in sys.argv[1:]:
    print(*(found.hex() for found in EVERY[name]([3, 17, 5, 9], ROOMY)))
print(torch.get_num_threads())
"""
THREADED = ["variational_regression", "baseline_mlp", "normal, full_rank", "skewed_t, full_rank", "network, low_rank"]


def said(program: str, names: list[str], environment: dict[str, str]) -> list[str]:
    """What a process of its own says."""
    path = os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
    own = {**os.environ, **environment, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", program, *names], capture_output=True, text=True, check=False, env=own)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_process_of_one_or_two_threads_gives_the_same_bytes(threads):
    """Torch, its algebra and numpy's are told by the environment how many they may have."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    *told, seen = said(PROGRAM, THREADED, {**dict.fromkeys(names, str(threads)), "MKL_DYNAMIC": "FALSE"})
    assert int(seen) == threads
    assert told == [" ".join(of.hex() for of in EVERY[name]([3, 17, 5, 9], ROOMY)) for name in THREADED]


COMPANY = """
import sys, torch
from tests.forecaster.families.test_company import EVERY, ROOMY
for name in sys.argv[1:]:
    found = EVERY[name]([3, 17, 5, 9, 11], ROOMY)
    for place, own in ((1, 17), (2, 5), (4, 11)):
        if EVERY[name]([own], ROOMY) != [found[place]]:
            print(f"{own} of {name}")
print(torch.backends.cpu.get_cpu_capability())
"""


@pytest.mark.parametrize(("torchs", "algebras"), [("avx2", "AVX2"), ("default", "SSE4_2")])
def test_a_fit_is_its_own_on_other_kinds_of_processor(torchs, algebras):
    """Torch leaves unused what this one has beyond registers of 256 bits, or has any; MKL does so on Intel's."""
    names = ["variational_regression", "baseline_mlp", "normal, laplace", "skewed_t, full_rank", "student_t, custom"]
    names += ["network, eight draws"]
    limits = {"ATEN_CPU_CAPABILITY": torchs, "MKL_ENABLE_INSTRUCTIONS": algebras}
    assert said(COMPANY, names, limits) == [torchs.upper()]


def test_the_control_means_in_torchs_own_order_are_seen(monkeypatch):
    """The comparison above fails where means over draws are left to torch, whose order follows the batch's shape."""
    fits = regressions("skewed_t", "mean_field", STEPS)
    monkeypatch.setattr(order, "mean", lambda value: value.mean(0))
    found = fits(range(37), ROOMY)
    assert any(fits([own], ROOMY) != [found[own]] for own in range(8))


def test_a_sum_of_blocks_does_not_change_with_padding():
    """Of 7 blocks, beside 60 of zeros; torch's own sum is the control."""
    every = torch.randn(50, 7, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    padded = torch.cat([every, every.new_zeros(50, 60, 3)], 1)
    assert order.in_turn(padded).equal(order.in_turn(every))
    assert not padded.sum(1).equal(every.sum(1))


@pytest.mark.parametrize("activation", ["tanh", "linear"])
def test_rows_of_padding_add_nothing_to_a_hidden_layer(activation):
    """Sums and slopes are the same to the bit with three blocks of padding; 400 layers, float32."""
    g = torch.Generator().manual_seed(0)
    each = [torch.randn(100, n, generator=g) for n in (1, 4, 3, 4)]
    each[-1][:, -1] = 1.0
    latents = [0.3 * torch.randn(1, 400, *shape, generator=g) for shape in [(4,), (3,), (4, 5), (2, 5)]]

    def found(padding: int) -> list[torch.Tensor]:
        own = [of.clone().requires_grad_() for of in latents]
        rows = tuple(torch.nn.functional.pad(tails.blocks([of]), (0, 0, 0, 0, 0, padding)) for of in each)
        weight = torch.full((1, 400, 1), 3.0)
        total = tails.of_rows(Layer(5, activation), rows, tuple(own), weight, None, heavy=True)
        return [total.detach(), *torch.autograd.grad(total.sum(), own)]

    assert all(one.equal(other) for one, other in zip(found(0), found(3), strict=True))


def test_a_mean_along_the_first_axis_is_that_of_torch_and_of_no_company():
    value = torch.randn(501, 65, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(order.mean(value), value.mean(0))
    alone = torch.cat([order.mean(value[:, i : i + 1]) for i in range(65)])
    assert order.mean(value).equal(alone)
    assert not value.mean(0).equal(alone)  # the control


@pytest.mark.campaign
@pytest.mark.parametrize("name", EVERY)
def test_two_hundred_fits_are_the_same_to_the_byte(name):
    """Each alone, all at once, in another order, among 64 and among 8: forty steps each."""
    fits, everyone = models(40)[name], list(range(200))
    alone = {i: fits([i], ROOMY)[0] for i in everyone}
    assert len(set(alone.values())) == 200
    rng = np.random.default_rng(2)
    for size in (200, 64, 8):
        seeds = [int(i) for i in rng.permutation(200)]
        groups = [seeds[first : first + size] for first in range(0, 200, size)]
        for group in groups:
            assert fits(group, ROOMY) == [alone[i] for i in group]
