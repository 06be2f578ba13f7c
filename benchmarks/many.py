"""256 regressions fitted at once, against the tutorial's loop for one: AutoNormal, Adam, a thousand steps of SVI.

`python -m benchmarks.many` prints what a fit costs in parts of that loop, on one thread, and how far its posterior is
from the exact one (normal errors of known scale) and from NUTS (Student-t errors, two fits, some minutes).
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import pyro
import torch
from pyro.infer import MCMC, NUTS, SVI, Trace_ELBO
from pyro.infer.autoguide import AutoNormal
from pyro.optim import Adam

from benchmarks.__main__ import ROUNDS, seconds
from forecaster import market
from forecaster.inference import reference
from forecaster.inference.exact import gaussian_posterior
from forecaster.inference.isolation import isolated
from forecaster.inference.linear import Prior
from forecaster.inference.regression import Regression, fit_regressions
from forecaster.problem import Examples
from forecaster.scaling import Scaling
from forecaster.settings import Forecast
from ingest.database import open_engine
from ingest.sources import sample
from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NAME = "256 regressions at once on 650 windows each of ^GSPC, against a plain SVI loop of 1,000 steps for one"

FITS, ROWS, JUDGED = 256, 650, 2
NORMAL, HEAVY, KNOWN = (
    Prior(0.3, 0.05),
    Prior(0.3, 0.05, "student_t"),
    Prior(0.3, 0.05, noise_scale=1.0),
)


def windows() -> list[tuple[Floats, Floats]]:
    """Scaled windows and responses as known at 256 origins, four sessions apart."""
    with tempfile.TemporaryDirectory(prefix="forecaster-bench-") as folder:
        asset, now = sample.ASSETS[0], datetime.now(UTC)
        store = Store(open_engine(f"sqlite:///{Path(folder) / 'store.db'}"))
        store.append(asset, sample.fetch(asset, now), now)
        history = store.history(asset.symbol)
    known = market.training(market.look(history, history.last, Forecast(train_window=4 * FITS + ROWS))).examples
    made = []
    for first in range(0, 4 * FITS, 4):
        rows = slice(first, first + ROWS)
        examples = Examples(known.series, known.x[rows], known.y[rows], known.volatility[rows], known.history)
        scaling = Scaling.learn(examples, "volatility")
        made.append((scaling.inputs(examples).double().numpy(), scaling.response(examples).double().numpy()))
    return made


def plain(x: Floats, y: Floats, prior: Prior) -> None:
    """The reference: one fit."""
    with isolated(0):
        program = reference.model(torch.tensor(x).float(), torch.tensor(y).float(), prior)
        svi = SVI(program, AutoNormal(program), Adam({"lr": 0.02}), Trace_ELBO())
        for _ in range(1000):
            svi.step()
        pyro.clear_param_store()


def together(data: list[tuple[Floats, Floats]], prior: Prior) -> tuple[Regression, ...]:
    """Every fit, full rank, as many draws as a forecast has components."""
    return fit_regressions(data, range(len(data)), prior, "full_rank", draws=100)


def cases() -> dict[str, Callable[[], object]]:
    """The reference for each law of the errors, then all fits at once."""
    data = windows()
    return {
        "plain SVI loop, Student-t errors, one fit": lambda: plain(*data[0], HEAVY),
        "256 fits at once, Student-t errors": lambda: together(data, HEAVY),
        "plain SVI loop, normal errors, one fit": lambda: plain(*data[0], NORMAL),
        "256 fits at once, normal errors": lambda: together(data, NORMAL),
    }


def exact(x: Floats, y: Floats) -> Floats:
    """Mean and sd of intercept and weights under normal errors of known scale: `(2, features + 1)`."""
    scales = np.r_[KNOWN.intercept_scale, np.full(x.shape[1], KNOWN.weight_scale)]
    posterior = gaussian_posterior(np.c_[np.ones(len(y)), x], y, 1.0, scales)
    return np.array([posterior.mean, posterior.sd])


def sampled(x: Floats, y: Floats) -> Floats:
    """The same under Student-t errors, and of the logarithm of scale and of df - 2.1, by NUTS: `(2, features + 3)`."""
    with isolated(0):
        program = reference.model(torch.tensor(x).float(), torch.tensor(y).float(), HEAVY)
        chain = MCMC(NUTS(program), num_samples=1500, warmup_steps=300, disable_progbar=True)
        chain.run()
        got = {name: value.double().numpy() for name, value in chain.get_samples().items()}
    draws = np.c_[got["intercept"], got["weights"], np.log(got["noise_scale"]), np.log(got["df_excess"])]
    return np.array([draws.mean(0), draws.std(0)])


def distance(fits: tuple[Regression, ...], truths: list[Floats]) -> str:
    """Largest error of a mean in posterior sd, and the range of ratios of sd, over all fits and latents."""
    errors, ratios = [], []
    for fit, (mean, sd) in zip(fits, truths, strict=True):
        draws = np.c_[fit.intercept, fit.weights]
        if np.isfinite(fit.df).all():
            draws = np.c_[draws, np.log(fit.noise_scale), np.log(fit.df - 2.1)]
        errors.append(abs(draws.mean(0) - mean) / sd)
        ratios.append(draws.std(0) / sd)
    return f"mean off by at most {np.max(errors):.3f} sd, sd {np.min(ratios):.3f} to {np.max(ratios):.3f} of its own"


def main() -> None:
    """Prints what a fit costs, and how right it is."""
    torch.set_num_threads(1)
    data = windows()
    for law, prior in (("normal", NORMAL), ("Student-t", HEAVY)):
        rounds = [
            (seconds(lambda p=prior: plain(*data[0], p)), seconds(lambda p=prior: together(data, p)) / FITS)
            for _ in range(ROUNDS)
        ]
        loop, fit = (median(column) for column in zip(*rounds[1:], strict=True))
        shapes = [found.fit.k_hat for found in together(data, prior)]
        print(f"{law} errors: loop {loop:.2f} s, a fit of {FITS} {1000 * fit:.1f} ms: {loop / fit:.0f} times cheaper;")
        print(f"  k-hat: median {np.median(shapes):.2f}, largest {max(shapes):.2f}")
    fits = fit_regressions(data, range(FITS), KNOWN, draws=20_000)
    print(f"normal errors of known scale, {FITS} fits against exact: {distance(fits, [exact(*d) for d in data])}")
    few = data[:: FITS // JUDGED][:JUDGED]
    fits = fit_regressions(few, range(JUDGED), HEAVY, draws=20_000)
    print(f"Student-t errors, {JUDGED} fits against NUTS: {distance(fits, [sampled(*d) for d in few])}")


if __name__ == "__main__":
    main()
