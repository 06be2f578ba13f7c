# %% [markdown]
# # Variational inference from scratch, and variational regression
#
# After this notebook you can write the ELBO of a small model by hand, estimate its gradient in two ways and say which
# is better, get the same answer from Pyro, train two networks that give a mean and a band for y at every x, and say
# what such a band leaves out.
#
# *ELBO* is short for evidence lower bound. Variational inference looks for the distribution q, within some family, for
# which this bound is highest: that q is closest to the posterior. The data here are simulated, because only then is
# the right answer known.

# %%
import warnings

warnings.filterwarnings("ignore", "IProgress not found")  # a progress widget that nothing here shows

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyro
import pyro.distributions as dist
import torch

from forecaster.families.linear import Prior as LinearPrior
from forecaster.families.network import Prior, fit_networks
from forecaster.families.variational_objective import Objective
from forecaster.families.variational_regression import Plan, fit_regressions
from forecaster.inference.schedule import Schedule

torch.manual_seed(0)
rng = np.random.default_rng(0)

# %% [markdown]
# ## 1. The ELBO by hand
#
# The model: `theta ~ N(0, 1)` and eight observations `y ~ N(theta, 1)`. The posterior is normal with precision 9 and
# mean `sum(y) / 9`. For q = N(a, b^2) the ELBO is the mean log likelihood under q, minus how far q is from the prior:
#
#     ELBO(a, b) = sum_i [-log(2 pi) / 2 - ((y_i - a)^2 + b^2) / 2]  -  [(a^2 + b^2 - 1) / 2 - log b]

# %%
y = torch.tensor(0.8 + rng.standard_normal(8))
exact_mean, exact_sd = float(y.sum() / 9), 1 / 3


def elbo(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The bound in closed form, in nats."""
    likelihood = (-0.5 * np.log(2 * np.pi) - ((y - a) ** 2 + b**2) / 2).sum()
    return likelihood - ((a**2 + b**2 - 1) / 2 - b.log())


covariance = torch.eye(8).double() + 1.0
evidence = float(dist.MultivariateNormal(torch.zeros(8).double(), covariance).log_prob(y))
best = float(elbo(torch.tensor(exact_mean), torch.tensor(exact_sd)))
print(f"log evidence {evidence:.6f}, ELBO at the exact posterior {best:.6f}")
print(f"ELBO with twice its sd {float(elbo(torch.tensor(exact_mean), torch.tensor(2 * exact_sd))):.6f}")
np.testing.assert_allclose(best, evidence, atol=1e-5)

# %% [markdown]
# ## 2. Two estimates of its gradient
#
# Few models have their ELBO in closed form; then its gradient is estimated from draws of q.
#
# - **Score function**: `(log p(y, theta) - log q(theta)) * d log q(theta) / da`. It needs no derivative of the model.
# - **Reparameterisation**: write `theta = a + b e` with `e ~ N(0, 1)` and differentiate through the draw.
#
# Both are right on average. Their variances differ widely. Below: 20,000 single-draw estimates of the derivative by a,
# at a = 0 and b = 0.5.

# %%
a, b = 0.0, 0.5
e = torch.randn(20_000).double()
theta = a + b * e
log_joint = dist.Normal(0.0, 1.0).log_prob(theta) + dist.Normal(theta[:, None], 1.0).log_prob(y).sum(1)
log_q = dist.Normal(a, b).log_prob(theta)
gradients = {"score function": (log_joint - log_q) * e / b, "reparameterisation": y.sum() - 9 * theta}
at = torch.tensor(a, dtype=torch.float64, requires_grad=True)
(truth,) = torch.autograd.grad(elbo(at, torch.tensor(b)), at)
table = pd.DataFrame({name: {"mean": float(g.mean()), "sd": float(g.std())} for name, g in gradients.items()}).T
print(f"exact derivative {float(truth):.3f}")
table.round(2)

# %%
figure, axes = plt.subplots(figsize=(8, 3))
for name, g in gradients.items():
    axes.hist(g.numpy(), bins=np.linspace(-60, 100, 120), density=True, alpha=0.6, label=name)
axes.axvline(float(truth), color="k", linewidth=1, label="exact")
axes.set(xlabel="estimate of d ELBO / da from one draw, nats", ylabel="density", title="Two unbiased gradients")
axes.legend()
plt.show()
np.testing.assert_array_less(3 * table["sd"]["reparameterisation"], table["sd"]["score function"])

# %% [markdown]
# ## 3. From scratch in torch, then in Pyro
#
# Gradient ascent on a and log b with reparameterised draws is variational inference. Pyro writes the same loop for
# any model: you give it a model and a guide (its word for q).

# %%
a, log_b = torch.zeros((), requires_grad=True), torch.zeros((), requires_grad=True)
for step in range(250):
    draws = a + log_b.exp() * torch.randn(16)
    log_joint = dist.Normal(0.0, 1.0).log_prob(draws) + dist.Normal(draws[:, None], 1.0).log_prob(y).sum(1)
    loss = (dist.Normal(a, log_b.exp()).log_prob(draws) - log_joint).mean()
    slopes = torch.autograd.grad(loss, [a, log_b])
    with torch.no_grad():
        for parameter, slope in zip([a, log_b], slopes, strict=True):
            parameter.sub_(0.05 * (1 - step / 250) * slope)
found = {"exact": (exact_mean, exact_sd), "torch": (a.item(), log_b.exp().item())}


# %%
def model() -> None:
    """A level, and observations around it."""
    level = pyro.sample("theta", dist.Normal(0.0, 1.0))
    with pyro.plate("rows", len(y)):
        pyro.sample("y", dist.Normal(level, 1.0), obs=y)


def guide() -> None:
    """A normal whose mean and sd are to be found."""
    centre = pyro.param("a", torch.tensor(0.0))
    spread = pyro.param("b", torch.tensor(1.0), constraint=dist.constraints.positive)
    pyro.sample("theta", dist.Normal(centre, spread))


pyro.clear_param_store()
pyro.set_rng_seed(0)
inference = pyro.infer.SVI(model, guide, pyro.optim.ClippedAdam({"lr": 0.05, "lrd": 0.983}), pyro.infer.Trace_ELBO())
for _ in range(300):
    inference.step()
found["Pyro"] = (pyro.param("a").item(), pyro.param("b").item())
posterior = pd.DataFrame(found, index=["mean", "sd"]).T
print(posterior.round(3))
np.testing.assert_allclose(posterior.loc[["torch", "Pyro"]] - posterior.loc["exact"], 0, atol=0.08)

# %% [markdown]
# ## 4. Variational regression
#
# Tutorials go on to a regression: two networks give q(y | x) = N(mu(x), v(x)), and each row is scored by
#
#     log N(y | mu, v)  -  w [log q(f | x) - log prior(f)],      f drawn from q by reparameterisation
#
# with a prior N(0, p^2) on y and w = 1. What does that recover? At each x, with noise s and a curve near zero, the best
# v is `p s` for w = 1: a geometric mean of prior and noise, not the noise. As w goes to 0 the best v is `s^2`. This
# package therefore takes w = 1 / rows: the prior counts as one row. `optimum` gives the exact answer:

# %%
pd.DataFrame(
    {weight: Objective(10.0, weight).optimum(mean=4.0, sd=1.5, rows=1440) for weight in (1.0, 0.1, None, 0.0)},
    index=["mean of q (curve: 4)", "sd of q (noise: 1.5)"],
).rename(columns={None: "1 / rows"}).round(3)

# %% [markdown]
# The toy: `y = -1.8 x^3 + 8 x` with noise of sd 1.5; a fifth of 2,000 points is held out. Next to it stands its
# maximum-likelihood twin: 20 hidden units and one noise for all x, without a prior.

# %%
x = rng.uniform(-3, 3, (2000, 1))
response = (8 * x - 1.8 * x**3)[:, 0] + 1.5 * rng.standard_normal(2000)
rows = (x[:1600], response[:1600])
plan = Plan(steps=600, batch=64, learning_rate=0.02, every=600)
(variational,) = fit_regressions([rows], [0], Objective(10.0), plan)
(twin,) = fit_regressions([rows], [0], Objective(10.0, 0.0), plan, hidden=(20,), constant_noise=True)

grid = np.linspace(-3, 3, 121)[:, None]
curve = (8 * grid - 1.8 * grid**3)[:, 0]
low, middle, high = variational.bands(grid, draws=1000)
figure, axes = plt.subplots(figsize=(9, 4.2))
axes.scatter(x[1600:], response[1600:], s=6, color="0.6", label="held-out points")
axes.fill_between(grid[:, 0], low, high, alpha=0.3, label="5 % to 95 %, 1,000 draws")
axes.plot(grid, middle, label="median")
axes.plot(grid, twin.at(grid)[0], "--", label="mean of the twin")
axes.plot(grid, curve, "k", linewidth=0.8, label="true curve")
axes.set(xlabel="x", ylabel="y", title="Variational regression on the toy")
axes.legend()
plt.show()

# %%
summary = {}
for name, fit in {"variational": variational, "twin": twin}.items():
    mean, sd = fit.at(grid)
    below, _, above = fit.bands(x[1600:])
    inside = np.mean((response[1600:] > below) & (response[1600:] < above))
    summary[name] = {"noise sd (1.5)": np.sqrt(np.mean(sd**2)), "mean error of the curve": np.abs(mean - curve).mean()}
    summary[name]["held out inside 90 % band"] = inside
summary = pd.DataFrame(summary)
print(summary.round(3))
np.testing.assert_allclose(summary.loc["noise sd (1.5)"], 1.5, rtol=0.1)
np.testing.assert_allclose(summary.loc["held out inside 90 % band"], 0.9, atol=0.06)

# %% [markdown]
# The prior hardly matters, the two agree, and the bands hold about as many held-out points as they should. The bands
# are a model of the *noise*.
#
# ## 5. What the bands leave out
#
# Twenty points with a gap in the middle. A Bayesian network has a posterior of its weights: where there are no points
# its draws disagree, and the band widens. Variational regression has one set of weights. With one noise for all x its
# band is as wide in the gap as elsewhere. With a network for the noise, the width in the gap depends on where training
# started: the same points, started from the sd of y and from a fifth of it, give different bands.

# %%
sparse = rng.permutation(np.r_[rng.uniform(-3, -2, 10), rng.uniform(2, 3, 10)])[:, None]
known = (sparse + 2 * np.sin(sparse))[:, 0] + 0.4 * rng.standard_normal(20)
prior = Prior(20, "tanh", (4.0,), LinearPrior(3.0, 1.0, "normal", noise_scale=0.4))
(bayesian,) = fit_networks(
    [(sparse, known, sparse)],
    [1],
    prior,
    "low_rank",
    Schedule(steps=300, learning_rate=0.05, particles=2, checks=100),
    draws=300,
)
d = {name: value.double().numpy() for name, value in bayesian.draws.items()}
units = np.tanh(grid @ d["w"] + d["b"][:, None])
lines = (units @ d["o"].transpose(0, 2, 1))[..., 0] + d["intercept"][:, None] + d["weights"] @ grid.T
small = {"steps": 150, "batch": 32, "every": 150, "learning_rate": 0.02}
panels = {
    "Bayesian network": (lines.mean(0), np.sqrt(lines.var(0) + 0.4**2)),
    "one noise for all x": fit_regressions([(sparse, known)], [1], Objective(3.0), Plan(**small), constant_noise=True)[
        0
    ].at(grid),
    "noise network, wide start": fit_regressions([(sparse, known)], [1], Objective(3.0), Plan(**small))[0].at(grid),
    "noise network, narrow start": fit_regressions(
        [(sparse, known)], [1], Objective(3.0), Plan(**small, noise_start=0.2)
    )[0].at(grid),
}
figure, every = plt.subplots(1, 4, figsize=(14, 3.6), sharey=True)
for axes, (name, (mean, sd)) in zip(every, panels.items(), strict=True):
    axes.fill_between(grid[:, 0], mean - 1.645 * sd, mean + 1.645 * sd, alpha=0.3, label="90 % band")
    axes.plot(grid, mean, label="mean")
    axes.plot(grid, grid + 2 * np.sin(grid), "k", linewidth=0.8, label="true curve")
    axes.scatter(sparse, known, s=12, color="0.3")
    axes.set(xlabel="x", title=name)
every[0].set(ylabel="y")
every[0].legend()
plt.show()

# %%
ratio = {name: sd[55:66].mean() / np.r_[sd[:20], sd[-20:]].mean() for name, (_, sd) in panels.items()}
print(pd.Series(ratio, name="width in the gap over width at the points").round(2))
wide, narrow = (panels[f"noise network, {start} start"][1][55:66].mean() for start in ("wide", "narrow"))
np.testing.assert_array_less(1.2, ratio["Bayesian network"])
np.testing.assert_allclose(ratio["one noise for all x"], 1)
np.testing.assert_array_less(1.5 * narrow, wide)
