# %% [markdown]
# # Bayesian regression on a matrix of your own
#
# The regression behind the forecaster `bayesian_linear` takes any design matrix. Here it is applied to a small
# simulated study with known coefficients, so that you can see how well each *guide* recovers them.
#
# A guide is the family of distributions in which variational inference looks for the posterior. This notebook compares
# three:
#
# - `mean_field`: each coefficient has its own normal, independent of the others;
# - `full_rank`: one correlated normal for all of them;
# - `custom`: a guide written by hand, site by site; here it is again mean field.
#
# With known noise and normal priors the posterior also has a closed form, so that all three can be compared with the
# exact answer.

# %%
import shutil
import warnings

warnings.filterwarnings("ignore", "IProgress not found")  # a progress widget that nothing here shows

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyro
import pyro.distributions as dist
import torch
from IPython.display import display

from forecaster.families.exact import gaussian_posterior
from forecaster.families.reference import model
from forecaster.families.regression import Prior, Regression, fit_regression
from forecaster.inference.schedule import Schedule

# %% [markdown]
# ## 1. Simulated data with known coefficients
#
# The example has the form of a well-known study of national incomes: does rugged terrain lower income, and is the
# effect different in one group of countries? In symbols
#
#     log income = a + bA group + bR x + bAR group * x + noise
#
# with `group` 0 or 1. The slope on `x` is `bR` in one group and `bR + bAR` in the other. The data are simulated, with
# `a = 9, bA = -1.8, bR = -0.2, bAR = 0.4` and noise of standard deviation 0.9.

# %%
names = ["a", "bA", "bR", "bAR"]
truth = np.array([9.0, -1.8, -0.2, 0.4])
noise = 0.9
rng = np.random.default_rng(2000)
rows = 170
group = rng.binomial(1, 0.3, rows).astype(float)
x = rng.gamma(1.5, 0.9, rows)
design = np.column_stack([group, x, group * x])
log_income = truth[0] + design @ truth[1:] + noise * rng.standard_normal(rows)
print("design matrix (rows, features):", design.shape, "- no column of ones: the intercept is fitted beside it")

# %% [markdown]
# ## 2. The exact posterior
#
# For known noise the posterior is normal, and two lines of linear algebra give it. The intercept is a column of ones.

# %%
prior_scales = np.array([10.0, 1.0, 1.0, 1.0])
exact = gaussian_posterior(np.column_stack([np.ones(rows), design]), log_income, noise, prior_scales)
pd.DataFrame({"truth": truth, "mean": exact.mean, "sd": exact.sd}, index=names).round(3)

# %% [markdown]
# ## 3. The same by SVI, with each guide
#
# `Prior` sets the prior. A number as `noise_scale` means that the noise scale is known; a Pyro distribution means that
# it is estimated, as in section 6.

# %%
belief = Prior(intercept_scale=10.0, weight_scale=1.0, noise_scale=noise)
schedules = {  # gradient steps and rates; without one, a guide takes about twice as many steps as this study needs
    "mean_field": Schedule(steps=300),
    "full_rank": Schedule(steps=120),
    "custom": Schedule(steps=700, learning_rate=0.05),
}
fits = {
    guide: fit_regression(design, log_income, belief, guide, schedule, draws=4000)
    for guide, schedule in schedules.items()
}


def coefficients(fit: Regression) -> np.ndarray:
    """Posterior draws of a, bA, bR, bAR: `(draws, 4)`."""
    return np.column_stack([fit.intercept, fit.weights])


columns = {("truth", ""): truth, ("exact", "mean"): exact.mean, ("exact", "sd"): exact.sd}
for guide, fit in fits.items():
    drawn = coefficients(fit)
    columns |= {(guide, "mean"): drawn.mean(0), (guide, "sd"): drawn.std(0, ddof=1)}
pd.DataFrame(columns, index=names).round(3)

# %% [markdown]
# All three find the means. The two guides without correlation are overconfident: their standard deviations are clearly
# below the exact ones. That is not a failure of training. A mean-field normal matches the *conditional* spread of
# each coefficient, which is narrower than its own spread wherever coefficients are correlated. In units of the exact
# standard deviation:

# %%
off = {guide: np.abs(coefficients(fit).mean(0) - exact.mean) / exact.sd for guide, fit in fits.items()}
width = {guide: coefficients(fit).std(0, ddof=1) / exact.sd for guide, fit in fits.items()}
display(pd.DataFrame(off, index=names).round(2).rename_axis("error of the mean, exact sd"))
pd.DataFrame(width, index=names).round(2).rename_axis("sd over exact sd")

# %%
np.testing.assert_array_less(off["full_rank"], 0.15)
np.testing.assert_allclose(width["full_rank"], 1, atol=0.15)
np.testing.assert_array_less(width["mean_field"], 1)

# %% [markdown]
# ## 4. Did training converge?
#
# The curve is minus the ELBO: a bound on minus the log evidence, in nats. It is noisy, since each step averages over a
# few draws of the guide. The left panel shows the whole curve, the right panel running means of 50 steps near
# convergence, on a scale of single nats.
#
# `full_rank` starts at a Laplace approximation, which for this model is already the posterior. `mean_field` starts at
# the mode with the spread of each coefficient given the others, for this model already the best that it can do;
# `custom` starts narrow, with a scale of one, and has the longest way to go. The final level shows the difference
# between the guides: `full_rank` ends lowest, since it alone can represent the posterior. Each fit carries its own
# diagnosis: an empty reason means that training converged and that the guide is as wide as the posterior.

# %%
figure, (whole, near) = plt.subplots(1, 2, figsize=(11, 3.5))
for guide, fit in fits.items():
    whole.plot(fit.fit.losses, linewidth=0.8, label=guide)
    near.plot(pd.Series(fit.fit.losses).rolling(50).mean(), label=guide)
    print(f"{guide}: {fit.fit.convergence.reason or 'converged'}, {fit.fit.losses[-100:].mean():.1f} nats")
lowest = fits["full_rank"].fit.losses.mean()
whole.set(xlabel="step", ylabel="minus ELBO, nats", yscale="log", title="Training")
near.set(xlabel="step", ylabel="minus ELBO, nats", ylim=(lowest - 1, lowest + 6), title="Near rest")
near.legend()
plt.show()

# %% [markdown]
# ## 5. Correlation, and 90 % bands
#
# The cloud on the left is the joint posterior of the slope in the first group and the difference in the second. They
# are correlated: a steeper slope in one can be offset by the difference. Only `full_rank` captures that. On the right
# are the fitted lines with bands that contain each group's line with a probability of 90 %. The notebook `guides` holds
# all guides against each other, and against importance sampling, maximum likelihood and NUTS.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
for guide in ("mean_field", "full_rank"):
    drawn = coefficients(fits[guide])
    left.scatter(drawn[:1000, 2], drawn[:1000, 3], s=4, alpha=0.4, label=guide)
left.plot(truth[2], truth[3], "k+", markersize=14, label="truth")
left.set(xlabel="bR", ylabel="bAR", title="Joint posterior")
left.legend()

reach = np.linspace(0, x.max(), 60)
drawn = coefficients(fits["full_rank"])
for member, colour in ((0, "tab:blue"), (1, "tab:orange")):
    line = drawn[:, :1] + drawn[:, 1:2] * member + (drawn[:, 2:3] + drawn[:, 3:4] * member) * reach
    band = np.quantile(line, [0.05, 0.95], axis=0)
    right.fill_between(reach, *band, alpha=0.3, color=colour)
    right.plot(reach, line.mean(0), color=colour, label=f"group {member}")
    right.scatter(x[group == member], log_income[group == member], s=8, color=colour)
right.set(xlabel="x", ylabel="log income", title="Mean and 90 % band, full rank")
right.legend()
plt.show()

# %%
correlation = pd.DataFrame(np.corrcoef(drawn.T), index=names, columns=names)
correlation.round(2)

# %% [markdown]
# The question of the study was the slope within each group. The width of `bR + bAR` depends on their correlation, which
# mean field leaves out. Whether zero lies inside the interval then depends on the guide, not on the data.

# %%
for guide in ("mean_field", "full_rank"):
    drawn = coefficients(fits[guide])
    slope = drawn[:, 2] + drawn[:, 3]
    low, high = np.quantile(slope, [0.05, 0.95])
    print(f"{guide:10} slope in group 1: {slope.mean():.3f}, 90 % from {low:.3f} to {high:.3f} (truth 0.2)")

# %% [markdown]
# ## 6. Your own matrix
#
# Any matrix `(rows, features)` of finite numbers can be used: a data frame's columns, one-hot groups, products of
# columns. Note three things:
#
# - no column of ones: the intercept is fitted separately from the weights;
# - one `weight_scale` applies to all weights, so bring columns to a common scale first, or multiply a column by how
#   much wider its weight may be;
# - leave incomplete rows out before you call; a value that is not finite is an error.
#
# The noise scale is rarely known. Give its prior instead of a number, and choose `student_t` where outliers are
# expected. The noise planted here is normal, which would be infinitely many degrees of freedom; the prior of
# `student_t` keeps them finite, and the scale comes out a little lower in exchange.

# %%
learned = fit_regression(
    design,
    log_income,
    Prior(intercept_scale=10.0, weight_scale=1.0, noise="student_t", noise_scale=dist.HalfNormal(2.0)),
    guide="full_rank",
    schedule=Schedule(steps=120),
    draws=2000,
)
print(f"noise scale {learned.noise_scale.mean():.2f} +- {learned.noise_scale.std(ddof=1):.2f} (truth {noise})")
print(f"degrees of freedom, median {np.median(learned.df):.0f}")
print(f"verdict: {learned.fit.convergence.reason or 'converged'}")

# %% [markdown]
# ## 7. A drawing of the model
#
# Pyro draws a model from its program. The drawing needs the program `dot` of Graphviz, which is not a Python package;
# where it is missing, the next cell says so and continues.

# %%
if shutil.which("dot"):
    program = model(torch.tensor(design).float(), torch.tensor(log_income).float(), Prior(intercept_scale=10.0))
    display(pyro.render_model(program, render_distributions=True))
else:
    print("No drawing: Graphviz's program `dot` is not installed. Everything else above ran.")
