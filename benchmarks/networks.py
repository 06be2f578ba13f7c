"""256 Bayesian networks fitted at once, against the tutorial's loop for one: AutoNormal, Adam, a minibatch a step.

`python -m benchmarks.networks` prints what one fit of 128 costs in parts of that loop, in CPU seconds of one thread, as
many steps each; how far its ELBO is from that of 4,000 plain steps over all rows; and what its forecasts lose against
NUTS. It takes most of an hour. `make bench` times fewer steps.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from pyro.infer import MCMC, NUTS, SVI, Trace_ELBO
from pyro.infer.autoguide import AutoNormal, init_to_sample
from pyro.optim import ClippedAdam

from benchmarks.__main__ import cpu
from benchmarks.many import windows
from forecaster.contract import Compute
from forecaster.distribution.predictive import Predictive
from forecaster.evaluation.scores.crps import score as crps
from forecaster.families import reference
from forecaster.families.likelihoods import LEAST_DF
from forecaster.families.network import Prior, default_schedule, fit_networks
from forecaster.inference.guide import INIT_SCALE
from forecaster.inference.isolation import isolated
from forecaster.models import bayesian_mlp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from forecaster.floats import Floats
    from forecaster.inference.diagnostics import Fit
    from forecaster.inference.schedule import Schedule

    Data = tuple[Floats, ...]

STEPS = 400
NAME = f"256 networks at once on 650 windows each of ^GSPC, against a plain minibatch loop for one, {STEPS} steps each"

DAILY, WIDE = Prior(), Prior(output_scales=(1.0, 0.3))
SCHEDULE = default_schedule()
MEMORY = Compute(memory=2**29)
REFERENCE, SIGNALS, SAMPLED, COSTED = 4000, 4, 2, 128

LOOP = 1200
"""Steps of a plain loop on daily rows: its ELBO is then 3 to 5 nats below that of ours, and as high with 1,800."""


def plain(data: Data, prior: Prior, steps: int, minibatch: int | None = SCHEDULE.minibatch, draws: int = 0) -> float:
    """The reference: one fit, and the ELBO of all rows from so many draws, in nats."""
    rows = [torch.tensor(part).float() for part in data]
    with isolated(0):
        program = reference.network(rows, prior, minibatch)
        guide = AutoNormal(program, init_loc_fn=init_to_sample, init_scale=INIT_SCALE)
        adam = ClippedAdam({"lr": 0.02, "lrd": SCHEDULE.final_fraction ** (1 / steps)})
        svi = SVI(program, guide, adam, Trace_ELBO())
        for _ in range(steps):
            svi.step()
        if not draws:
            return np.nan
        elbo = Trace_ELBO(num_particles=draws, vectorize_particles=True, max_plate_nesting=1)
        with torch.no_grad():
            return -float(elbo.loss(reference.network(rows, prior), guide))


def together(
    data: list[Data], prior: Prior, schedule: Schedule = SCHEDULE, guide: str = "mean_field"
) -> tuple[Fit, ...]:
    """Every fit, as many draws as a forecast has components."""
    return fit_networks(data, range(len(data)), prior, guide, schedule, 100, MEMORY)


def daily() -> list[Data]:
    """Inputs, response, the inputs again past the hidden units, and covariates of the scale."""
    return [(x, y, x, z) for x, y, z in windows()]


def cases() -> dict[str, Callable[[], object]]:
    """The reference, then all fits at once; their checks, the same for any number of steps, weigh more in so few."""
    data = daily()
    return {
        "plain minibatch loop, one fit": lambda: plain(data[0], DAILY, STEPS),
        "256 fits at once": lambda: together(data, DAILY, replace(bayesian_mlp.DAILY, steps=STEPS)),
    }


def signal(seed: int, rows: int, inputs: int, hidden: int) -> Data:
    """Rows of a random tanh network of location and log scale, a covariate, and Student-t errors of variance 1."""
    rng = np.random.default_rng(seed)
    x, z = rng.standard_normal((rows, inputs)), rng.standard_normal((rows, 2))
    units = np.tanh(1.5 * x @ rng.normal(0, inputs**-0.5, (inputs, hidden)) + rng.standard_normal(hidden))
    output = units @ rng.standard_normal((hidden, 2))
    location, log_scale = ((output - output.mean(0)) / output.std(0)).T
    errors = rng.standard_t(5, rows) / np.sqrt(5 / 3)
    return x, location + np.exp(0.3 * log_scale + 0.15 * z[:, 0]) * errors, x, z


def sampled(data: Data, prior: Prior, chains: int) -> list[dict[str, Tensor]]:
    """Posterior draws by NUTS, a chain each."""
    rows = [torch.tensor(part).float() for part in data]
    found = []
    for seed in range(chains):
        with isolated(seed):
            # Compiled, and its trees cut at 127 steps: else it takes an hour.
            kernel = NUTS(reference.network(rows, prior), jit_compile=True, ignore_jit_warnings=True, max_tree_depth=7)
            chain = MCMC(kernel, num_samples=400, warmup_steps=300, disable_progbar=True)
            chain.run()
            found.append(chain.get_samples())
    return found


def score(draws: Mapping[str, Tensor], data: Data) -> float:
    """Mean CRPS of the forecasts of each row, a component a draw."""
    x, y, s, z = data
    d = {name: value.double().numpy() for name, value in draws.items()}
    added = d["o"] @ np.tanh(x @ d["w"] + d["b"][:, None]).transpose(0, 2, 1)
    location = d["intercept"][:, None] + d["weights"] @ s.T + added[:, 0]
    scale = d["noise_scale"][:, None] * np.exp(d["slopes"] @ z.T + added[:, 1])
    rows = zip(location.T, scale.T, y, strict=True)
    return float(
        np.mean([crps(Predictive.of(at, by, LEAST_DF + d["df_excess"], d["skew"]), now) for at, by, now in rows])
    )


def cost() -> None:
    """Prints what a fit costs."""
    data = daily()
    few = data[:COSTED]
    for steps in (LOOP, bayesian_mlp.DAILY.steps):
        schedule = replace(bayesian_mlp.DAILY, steps=steps)
        # A loop before and a loop after: other work on the machine slows both down.
        before, ours, after = (
            cpu(case)
            for case in (
                lambda: plain(data[0], DAILY, LOOP),
                lambda schedule=schedule: together(few, DAILY, schedule),
                lambda: plain(data[0], DAILY, LOOP),
            )
        )
        loop, fit = (before + after) / 2, ours / COSTED
        print(
            f"loop of {LOOP} steps {loop:.1f} s, a fit of {COSTED} of {steps} steps {1000 * fit:.0f} ms: "
            f"{loop / fit:.0f} times cheaper"
        )
    fits, reached = together(data, DAILY, bayesian_mlp.DAILY), plain(data[0], DAILY, LOOP, draws=1000)
    print(f"  ELBO of the first: loop {reached:.1f} nats, ours {fits[0].elbo:.1f}")
    for name, values in (("k-hat", [f.k_hat for f in fits]), ("twins apart", [f.disagreement for f in fits])):
        print(f"  {name}: median {np.median(values):.2f}, largest {max(values):.2f}")
    print(f"  unreliable: {sum(bool(f.reason) for f in fits)} of {len(fits)}")


def accuracy() -> None:
    """Prints ELBO against a loop over all rows, and CRPS on new rows against NUTS."""
    data = [signal(seed, 650, 14, 5) for seed in range(SIGNALS)]
    fits = together(data, WIDE)
    plainly = [plain(each, WIDE, REFERENCE, None, 1000) for each in data]
    print("ELBO less that of a plain loop over all rows, nats:")
    print("  " + ", ".join(f"{fit.elbo - elbo:.1f}" for fit, elbo in zip(fits, plainly, strict=True)))
    print(f"  k-hat {max(f.k_hat for f in fits):.2f} at most, twins {max(f.disagreement for f in fits):.2f} sd apart")
    small, prior = [signal(seed, 2200, 4, 3) for seed in range(SAMPLED)], replace(WIDE, hidden=5)
    seen, new = ([tuple(of[part] for of in each) for each in small] for part in (slice(200), slice(200, None)))
    tried = {guide: together(seen, prior, guide=guide) for guide in ("mean_field", "low_rank")}
    for place, (known, unseen) in enumerate(zip(seen, new, strict=True)):
        chains = sampled(known, prior, 2)
        pooled = {name: torch.cat([chain[name][::4] for chain in chains]) for name in chains[0]}
        truth = score(pooled, unseen)
        apart = ", ".join(f"{score({k: v[::4] for k, v in chain.items()}, unseen):.4f}" for chain in chains)
        print(f"NUTS: CRPS {truth:.4f} on new rows (chains {apart})")
        for guide, found in tried.items():
            print(f"  {guide}: {100 * (score(found[place].draws, unseen) / truth - 1):+.2f} %")


def main() -> None:
    """Prints what a fit costs, and how right it is."""
    torch.set_num_threads(1)
    cost()
    accuracy()


if __name__ == "__main__":
    main()
