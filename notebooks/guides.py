# %% [markdown]
# # Which posterior can you trust?
#
# After this notebook you will be able to hold any guide of a Bayesian regression against the truth: draw its posterior
# over another's, weigh its draws by importance sampling, and set maximum likelihood, the exact answer and NUTS next to
# it. The regression is that of Pyro's tutorial on Bayesian regression: does rugged terrain lower income, and is the
# effect different in Africa?
#
#     log income = a + bA africa + bR rugged + bAR africa * rugged + noise

# %%
import warnings
from dataclasses import replace
from pathlib import Path

warnings.filterwarnings("ignore", "IProgress not found")  # a progress widget that nothing here shows

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import display
from scipy.stats import gaussian_kde

from forecaster.evaluation.replications import check
from forecaster.families.linear import Prior, Regressions
from forecaster.families.replicated import conjugate, replicated
from forecaster.frames.contours import contours
from forecaster.inference import guides, nuts, proposals
from forecaster.inference.maximum_likelihood import maximum_likelihood

# %% [markdown]
# ## 1. The data
#
# They are simulated, with `a = 9.2, bA = -1.9, bR = -0.2, bAR = 0.4` and noise of 0.9, so that the notebook runs
# anywhere. To see the real study (Nunn and Puga 2012, 170 nations), set `FILE` to the path of its table `rugged.csv`.

# %%
FILE: str | None = None  # path of rugged.csv, columns cont_africa, rugged, rgdppc_2000; Nunn and Puga (2012)

if FILE is None:
    rng = np.random.default_rng(2000)
    africa, rugged = rng.binomial(1, 0.29, 170).astype(float), rng.gamma(1.3, 1.0, 170)
    income = 9.2 - 1.9 * africa - 0.2 * rugged + 0.4 * africa * rugged + 0.9 * rng.standard_normal(170)
else:
    table = pd.read_csv(Path(FILE), sep=";", encoding="latin1").dropna(subset=["rugged", "cont_africa", "rgdppc_2000"])
    africa, rugged = table["cont_africa"].to_numpy(float), table["rugged"].to_numpy(float)
    income = np.log(table["rgdppc_2000"].to_numpy())

names = ["a", "bA", "bR", "bAR"]
design = np.column_stack([africa, rugged, africa * rugged])
noise = float(np.sqrt(np.linalg.lstsq(np.c_[np.ones(len(income)), design], income)[1][0] / len(income)))
prior = Prior(intercept_scale=10.0, weight_scale=1.0, noise_scale=noise)
x, y = torch.tensor(design), torch.tensor(income)
batch = Regressions((x,), (y,), (x[:, :0],), prior, "full_rank")

# %% [markdown]
# ## 2. Three guides
#
# `guided` trains a guide and returns its draws with their importance weights. `custom` is written by hand, site by
# site; like `mean_field` it has no correlations. The noise is set to what least squares leave over: then the exact
# posterior is a normal that two lines of algebra give, and everything can be held against it.


# %%
def coefficients(draws: dict[str, np.ndarray]) -> np.ndarray:
    """Draws of a, bA, bR, bAR: `(draws, 4)`."""
    return np.column_stack([draws["intercept"], draws["weights"]])


shorter = {"mean_field": 120, "custom": 350, "full_rank": 60}  # gradient steps; usually more are taken
fits = {
    guide: proposals.guided(replace(batch, guide_name=guide), replace(guides.load(guide).SCHEDULE, steps=steps), seed=1)
    for guide, steps in shorter.items()
}
drawn = {guide: coefficients(fit.draws) for guide, fit in fits.items()}
exact = conjugate(design, income, prior)
mean = np.r_[exact.point["intercept"], exact.point["weights"]]
root = (coefficients(exact.plus) - coefficients(exact.minus)) / 2
sd = np.sqrt(np.square(root).sum(0))

# %%
colours = {"mean_field": "#CC6677", "custom": "#A8892C", "full_rank": "#332288"}
figure, panels = plt.subplots(1, 4, figsize=(12, 2.8), layout="constrained")
for place, (axes, name) in enumerate(zip(panels, names, strict=True)):
    grid = np.linspace(mean[place] - 4 * sd[place], mean[place] + 4 * sd[place], 120)
    for guide, values in drawn.items():
        axes.plot(grid, gaussian_kde(values[:1500, place])(grid), color=colours[guide], label=guide)
    density = np.exp(-(((grid - mean[place]) / sd[place]) ** 2) / 2) / (sd[place] * np.sqrt(2 * np.pi))
    axes.plot(grid, density, color="black", linestyle="--", linewidth=1, label="exact")
    axes.set(xlabel=name, ylabel="density" if place == 0 else "")
panels[0].legend(fontsize="small")
figure.suptitle("Posterior of each coefficient")
plt.show()

# %% [markdown]
# ## 3. Why two of them are too narrow: the joint posterior
#
# The contours hold 50 % and 90 % of each posterior. Coefficients of a design with a product are correlated, and a guide
# of independent normals can only fill the inside of a tilted ellipse.

# %%
pairs = [(0, 1), (0, 2), (1, 3), (2, 3)]
figure, panels = plt.subplots(1, 4, figsize=(12, 3.1), layout="constrained")
for axes, (i, j) in zip(panels, pairs, strict=True):
    for guide in ("mean_field", "full_rank"):
        contours(axes, drawn[guide][:, i], drawn[guide][:, j], colours[guide])
    axes.set(xlabel=names[i], ylabel=names[j])
figure.suptitle("mean_field (red) over full_rank (blue): 50 % and 90 %")
plt.show()

# %% [markdown]
# ## 4. The question of the study
#
# The slope of income on ruggedness is `bR` outside Africa and `bR + bAR` within. On the left the fitted lines with
# 90 % bands, on the right the posteriors of both slopes.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
reach, wide = np.linspace(0, rugged.max(), 60), drawn["full_rank"]
groups = {"outside Africa": (0, "#2F9E8F"), "within Africa": (1, "#D9730D")}
slopes = {guide: {g: d[:, 2] + d[:, 3] * member for g, (member, _) in groups.items()} for guide, d in drawn.items()}
for group, (member, colour) in groups.items():
    lines = wide[:, :1] + wide[:, 1:2] * member + slopes["full_rank"][group][:, None] * reach
    left.fill_between(reach, *np.quantile(lines, [0.05, 0.95], axis=0), color=colour, alpha=0.25)
    left.plot(reach, lines.mean(0), color=colour, label=group)
    left.plot(rugged[africa == member], income[africa == member], "o", markersize=3, color=colour)
    for guide, style in (("full_rank", "-"), ("mean_field", ":")):
        grid = np.linspace(-0.5, 0.7, 150)
        density = gaussian_kde(slopes[guide][group][:1500])(grid)
        right.plot(grid, density, style, color=colour, label=f"{group}, {guide}")
left.set(xlabel="ruggedness", ylabel="log income per head", title="Mean and 90 % band")
right.set(xlabel="slope", ylabel="density", title="Slope of log income on ruggedness")
left.legend(fontsize="small")
right.legend(fontsize="small")
plt.show()

# %% [markdown]
# ## 5. Importance sampling: what is each proposal worth?
#
# Draws of any proposal, weighed by model over proposal, estimate the posterior, *if* the proposal covers it. The
# effective number says how many independent draws they are worth. k-hat says whether that can be believed: above 0.7 it
# cannot, and no number of draws repairs the proposal. The prior is a proposal too, and a poor one where data say much.

# %%
worth = {"prior": proposals.prior(batch, seed=1), **fits}
rows = {
    name: {"draws": len(of.weights), "effective": round(of.effective), "k-hat": round(of.k_hat, 2)}
    for name, of in worth.items()
}
pd.DataFrame(rows).T

# %%
order = [worth["prior"].effective, 100, worth["mean_field"].effective, 2000, worth["full_rank"].effective]
np.testing.assert_array_less(0, np.diff(order))
np.testing.assert_equal([worth["full_rank"].reliable, worth["prior"].reliable], [True, False])

# %% [markdown]
# ## 6. Every method side by side
#
# Maximum likelihood leaves the priors out; here they are wide, and it lies close. NUTS needs no guide: it walks along
# the same program.

# %%
best = maximum_likelihood(batch).around
moves = (coefficients(best.plus) - coefficients(best.minus)) / (2 * best.part)
walked = coefficients(nuts.sample(batch, seed=1, plan=nuts.Plan(chains=1, warmup=30, draws=150)).draws)
weighed = proposals.moments(drawn["full_rank"], fits["full_rank"].weights)
methods = {
    "maximum likelihood": (np.r_[best.point["intercept"], best.point["weights"]], np.sqrt(np.square(moves).sum(0))),
    "exact": (mean, sd),
    **{guide: (values.mean(0), values.std(0, ddof=1)) for guide, values in drawn.items()},
    "full_rank, weighed": weighed,
    "NUTS": (walked.mean(0), walked.std(0, ddof=1)),
}
display(pd.DataFrame({name: of[0] for name, of in methods.items()}, index=names).T.round(3).rename_axis("mean"))
pd.DataFrame({name: of[1] for name, of in methods.items()}, index=names).T.round(3).rename_axis("sd")

# %%
for name in ("full_rank", "full_rank, weighed", "NUTS"):
    np.testing.assert_array_less(np.abs(methods[name][0] - mean) / sd, 0.4)
    np.testing.assert_allclose(methods[name][1] / sd, 1, atol=0.25)
np.testing.assert_array_less((methods["mean_field"][1] / sd)[2], 0.75)

# %% [markdown]
# ## 7. Does the model give such data?
#
# A posterior predictive check replicates the data from draws of the posterior, and asks of each statistic how often it
# is larger than observed. Near 0 or 1 the model does not give such data. To see one fail, one nation is given an
# income that nobody has.

# %%
rng = np.random.default_rng(0)
some = {name: value[:500] for name, value in fits["full_rank"].draws.items()}
sets = replicated(some, rng, design, np.zeros((len(income), 0)), prior)
spoiled = np.r_[income[:-1], income[-1] + 12 * noise]
unit = np.full(len(income), noise)
shown = {}
for title, data in (("as they are", income), ("one value spoiled", spoiled)):
    found = check(data - data.mean(), sets - sets.mean(1, keepdims=True), unit)
    shown[title] = {name: found[name].p for name in ("standard deviation", "skewness", "kurtosis", "largest")}
pd.DataFrame(shown).round(3).rename_axis("p-value")

# %%
np.testing.assert_array_less(shown["one value spoiled"]["kurtosis"], 0.01)
np.testing.assert_allclose(shown["as they are"]["largest"], 0.5, atol=0.49)

# %% [markdown]
# For a forecaster the same tools are options of one command: `forecaster explain ^GSPC --importance`, `--checks`,
# `--methods`, `--guides --plot pairs.png`, `--parameters` and `--draw model.svg`.
