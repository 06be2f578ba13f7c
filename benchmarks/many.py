"""256 regressions fitted at once, against the tutorial's loop for one: AutoNormal, Adam, a thousand steps of SVI.

`python -m benchmarks.many [FILE.csv]` prints what a fit costs in parts of that loop, on one thread, and how far its
posterior is from the exact one (normal errors of known scale) and from NUTS (five fits with Student-t errors and
volatility covariates in the scale; some minutes). FILE is a daily price file; the embedded S&P 500 where none is given.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import torch
from pyro.infer import MCMC, NUTS, SVI, Trace_ELBO
from pyro.infer.autoguide import AutoNormal
from pyro.optim import Adam

from benchmarks.__main__ import ROUNDS, seconds
from forecaster.contract import Examples
from forecaster.families import reference
from forecaster.families.exact import gaussian_posterior
from forecaster.families.linear import Prior
from forecaster.families.regression import Regression, fit_regressions
from forecaster.inference.isolation import isolated
from forecaster.settings import Forecast
from forecaster.view.arrays import training
from forecaster.view.view import look
from ingest.database import open_engine
from ingest.sources import csv_file, sample
from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.floats import Floats

    Data = tuple[Floats, ...]

NAME = "256 regressions at once on windows of ^GSPC, against a plain SVI loop of 1,000 steps for one"

FITS, ROWS, JUDGED = 256, 650, 5
NORMAL, HEAVY, KNOWN = (
    Prior(0.3, 0.05),
    Prior(0.3, 0.05, "student_t"),
    Prior(0.3, 0.05, noise_scale=1.0),
)


@cache
def windows(file: str = "") -> list[Data]:
    """Windows in standard units, responses and covariates of the scale, as known at 256 origins that follow each other.

    The last origin has 650 rows, or as many as the file gives.
    """
    known = examples(file)
    x, y = known.standard.reshape(len(known.y), -1), known.y / known.volatility
    ends = range(len(y) - FITS + 1, len(y) + 1)
    return [tuple(of[max(0, end - ROWS) : end] for of in (x, y, known.z)) for end in ends]


def examples(file: str) -> Examples:
    """All training rows of the file, or of the embedded S&P 500."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="forecaster-bench-") as folder:
        store = Store(open_engine(Path(folder) / "store.db"))
        if file:
            rows = csv_file.read(file, "FILE", "24/7").rows
            asset = csv_file.asset_for(rows, "FILE", "24/7")
            store.append(asset, rows, now)
        else:
            asset = sample.ASSETS[0]
            store.append(asset, sample.fetch(asset, now), now)
        history = store.history(asset.symbol)
    return training(look(history, history.last, Forecast(train_window=FITS + ROWS))).examples


def plain(x: Floats, y: Floats, z: Floats | None, prior: Prior) -> None:
    """The reference: one fit."""
    with isolated(0):
        program = reference.model(*_tensors(x, y), prior, None if z is None else _tensors(z)[0])
        svi = SVI(program, AutoNormal(program), Adam({"lr": 0.02}), Trace_ELBO())
        for _ in range(1000):
            svi.step()
        pyro.clear_param_store()


def _tensors(*arrays: Floats) -> list[torch.Tensor]:
    return [torch.tensor(array, dtype=torch.float32) for array in arrays]


def together(data: list[Data], prior: Prior, parts: int) -> tuple[Regression, ...]:
    """Every fit, full rank, as many draws as a forecast has components; two parts without covariates, three with."""
    return fit_regressions([d[:parts] for d in data], range(len(data)), prior, "full_rank", draws=100)


def cases() -> dict[str, Callable[[], object]]:
    """The reference for each law of the errors, then all fits at once."""
    data = windows()
    x, y, z = data[-1]
    return {
        "plain SVI loop, Student-t errors, covariates": lambda: plain(x, y, z, HEAVY),
        "256 fits at once, Student-t errors, covariates": lambda: together(data, HEAVY, 3),
        "plain SVI loop, normal errors": lambda: plain(x, y, None, NORMAL),
        "256 fits at once, normal errors": lambda: together(data, NORMAL, 2),
    }


def exact(x: Floats, y: Floats, _: Floats) -> Floats:
    """Mean and sd of intercept and weights under normal errors of known scale: `(2, features + 1)`."""
    scales = np.r_[KNOWN.intercept_scale, np.full(x.shape[1], KNOWN.weight_scale)]
    posterior = gaussian_posterior(np.c_[np.ones(len(y)), x], y, 1.0, scales)
    return np.array([posterior.mean, posterior.sd])


def sampled(x: Floats, y: Floats, z: Floats) -> Floats:
    """The same of every latent under Student-t errors with covariates in the scale, by NUTS: `(2, latents)`."""
    with isolated(0):
        program = reference.model(*_tensors(x, y), HEAVY, _tensors(z)[0])
        chain = MCMC(NUTS(program, jit_compile=True, ignore_jit_warnings=True), 3000, 500, disable_progbar=True)
        chain.run()
        got: dict[str, Any] = {name: value.double().numpy() for name, value in chain.get_samples().items()}
    draws = np.c_[got["intercept"], got["weights"], got["slopes"], np.log(got["noise_scale"]), np.log(got["df_excess"])]
    return np.array([draws.mean(0), draws.std(0)])


def distance(fits: tuple[Regression, ...], truths: list[Floats]) -> str:
    """Largest error of a mean in posterior sd, and the range of ratios of sd, over all fits and latents."""
    errors, ratios = [], []
    for fit, (mean, sd) in zip(fits, truths, strict=True):
        draws = np.c_[fit.intercept, fit.weights]
        if np.isfinite(fit.df).all():
            draws = np.c_[draws, fit.slopes, np.log(fit.noise_scale), np.log(fit.df - 2.1)]
        errors.append(abs(draws.mean(0) - mean) / sd)
        ratios.append(draws.std(0) / sd)
    off, low, high = max(map(np.max, errors)), min(map(np.min, ratios)), max(map(np.max, ratios))
    return f"means off by at most {off:.3f} sd, sd {low:.3f} to {high:.3f} of its own"


def main(file: str) -> None:
    """Prints what a fit costs, and how right it is."""
    torch.set_num_threads(1)
    data = windows(file)
    x, y, z = data[-1]
    print(f"{len(data)} fits of {len(data[0][1])} to {len(y)} rows, {x.shape[1]} inputs, {z.shape[1]} covariates")
    for law, prior, parts in (("normal errors", NORMAL, 2), ("Student-t errors and covariates", HEAVY, 3)):
        own = z if parts > 2 else None  # noqa: PLR2004  # the third part
        rounds = [
            (seconds(lambda p=prior, c=own: plain(x, y, c, p)), seconds(lambda p=prior, n=parts: together(data, p, n)))
            for _ in range(ROUNDS)
        ]
        loop, fit = (median(column) for column in zip(*rounds[1:], strict=True))
        verdicts = [found.fit for found in together(data, prior, parts)]
        k_hats, apart = [fit.k_hat for fit in verdicts], [fit.disagreement for fit in verdicts]
        print(f"{law}: loop {loop:.2f} s, a fit {1000 * fit / FITS:.1f} ms: {loop / fit * FITS:.0f} times cheaper;")
        print(f"  k-hat: median {np.median(k_hats):.2f}, largest {max(k_hats):.2f}; twins {max(apart):.2f} sd apart")
    fits = fit_regressions([d[:2] for d in data], range(FITS), KNOWN, draws=20_000)
    print(f"normal errors of known scale, {FITS} fits against exact: {distance(fits, [exact(*d) for d in data])}")
    few = data[:: FITS // JUDGED][:JUDGED]
    fits = fit_regressions(few, range(JUDGED), HEAVY, draws=20_000)
    print(f"Student-t errors and covariates, {JUDGED} fits against NUTS: {distance(fits, [sampled(*d) for d in few])}")


if __name__ == "__main__":
    main(*sys.argv[1:2] or [""])
