# %% [markdown]
# # Classification that may decline to answer
#
# After this notebook you can train a Bayesian classifier on rows of your own, draw where it is sure and where it is
# not, and let it decline where its posterior is too wide. Three data sets:
#
# - two moons: a class boundary that no straight line follows, and a map of the doubt around it;
# - handwritten digits: accuracy when an answer is forced, accuracy among the answers it dares to give, and pictures of
#   noise, which it should refuse;
# - the direction of the S&P 500: how little is known of it.
#
# A posterior is a set of draws, each a classifier of its own. Where they disagree, the data do not say.

# %%
import warnings

warnings.filterwarnings("ignore", "IProgress not found")  # a progress widget that nothing here shows

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from arch.data import sp500
from sklearn.datasets import load_digits, make_moons

import forecaster
from forecaster.families.abstention import answers
from forecaster.families.classification import Prior, fit_classifiers, probabilities
from forecaster.inference.schedule import Schedule

# %% [markdown]
# ## 1. Two moons
#
# Two features, two classes, 200 points. The classifier has 20 hidden units; `hidden_scale` says how far they may move
# the score of a class before the data. Stochastic variational inference in Pyro trains it.

# %%
x, moon = make_moons(200, noise=0.2, random_state=1)
centre, spread = x.mean(0), x.std(0)
network = Prior(classes=2, weight_scales=1.0, hidden=20, hidden_scale=8.0)
short = Schedule(steps=150, learning_rate=0.2, particles=1, minibatch=64, checks=100)
(fit,) = fit_classifiers([((x - centre) / spread, moon)], [0], network, schedule=short, draws=200)

# %% [markdown]
# On the left is the mean probability of the upper class over all posterior draws, on the right its standard deviation
# over the draws. The boundary runs between the moons; the doubt is largest along it, and larger where there are few
# points.

# %%
across, up = np.meshgrid(np.linspace(-2, 3, 60), np.linspace(-1.5, 2, 50))
places = np.column_stack([across.ravel(), up.ravel()])
drawn = probabilities(fit.draws, (places - centre) / spread)[..., 1]
figure, panels = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True, layout="constrained")
shown = {
    "Mean probability of class 1": (drawn.mean(0), "RdBu", 0, 1),
    "Its sd over draws": (drawn.std(0), "viridis", 0, 0.5),
}
for axes, (title, (value, colours, low, high)) in zip(panels, shown.items(), strict=True):
    surface = axes.contourf(across, up, value.reshape(across.shape), np.linspace(low, high, 21), cmap=colours)
    figure.colorbar(surface, ax=axes, ticks=np.linspace(low, high, 6))
    for member, mark in ((0, "o"), (1, "^")):
        axes.scatter(*x[moon == member].T, s=14, marker=mark, edgecolors="black", linewidths=0.4, c="white")
    axes.set(title=title, xlabel="first feature")
panels[0].set_ylabel("second feature")
plt.show()

# %% [markdown]
# New points of the same kind. `answers` names a class only where at least 90 % of the draws find it the more probable
# one.

# %%
new, truth = make_moons(500, noise=0.2, random_state=2)
found = answers(probabilities(fit.draws, (new - centre) / spread), agreement=0.9)
right = found.forced == truth
print(f"forced to answer: {right.mean():.1%} right")
print(f"dares to answer {found.answered.mean():.0%}: {right[found.answered].mean():.1%} right")
print(f"of the {np.sum(~found.answered)} it would decline: {right[~found.answered].mean():.1%} right")
moons_right = right[found.answered].mean(), right[~found.answered].mean()

# %% [markdown]
# ## 2. Handwritten digits
#
# scikit-learn's 1,797 digits of 8 by 8 pixels: 1,200 to learn from, the others to test. Two hundred pictures of
# random pixels are added, which are no digit at all: a classifier without doubt names one all the same.

# %%
digits = load_digits()
used = digits.data.std(0) > 0
middle = digits.data[:, used].mean(0)
order = np.random.default_rng(0).permutation(len(digits.target))
learnt, tested = order[:1200], order[1200:]
noise = np.random.default_rng(1).uniform(0, 16, (200, 64))


def inputs(pixels: np.ndarray) -> np.ndarray:
    """Pixels that vary, around their means, in units of 5 grey levels."""
    return (pixels[:, used] - middle) / 5


reader = Prior(classes=10, weight_scales=None, hidden=32, hidden_scale=6.0)
schedule = Schedule(steps=150, learning_rate=0.1, particles=1, minibatch=128, checks=100)
(fit,) = fit_classifiers(
    [(inputs(digits.data[learnt]), digits.target[learnt])], [0], reader, schedule=schedule, draws=100
)
test, random = (answers(probabilities(fit.draws, inputs(own)), 0.9) for own in (digits.data[tested], noise))
right = test.forced == digits.target[tested]
pd.DataFrame(
    {
        "answered": [1.0, test.answered.mean(), 1.0, random.answered.mean()],
        "right": [right.mean(), right[test.answered].mean(), np.nan, np.nan],
    },
    index=["digits, forced", "digits, where it dares", "noise, forced", "noise, where it dares"],
).round(3)

# %% [markdown]
# What it declines is often hard for a person too. Under each picture: what it would say if forced, and the share of
# draws that agree.

# %%
declined = np.flatnonzero(~test.answered)[:8]
figure, panels = plt.subplots(2, 8, figsize=(11, 3.4), layout="constrained")
rows = ((digits.data[tested][declined], test, declined), (noise[:8], random, np.arange(8)))
for line, (pictures, own, where) in zip(panels, rows, strict=True):
    for axes, picture, place in zip(line, pictures, where, strict=True):
        axes.imshow(picture.reshape(8, 8), cmap="Greys")
        axes.set(xticks=[], yticks=[], xlabel=f"{own.forced[place]}? {own.agreement[place]:.0%}")
figure.suptitle("Declined: digits above, noise below")
plt.show()

# %% [markdown]
# ## 3. Will the index rise tomorrow?
#
# The forecaster `direction` is such a classifier for the next session: down, flat (within a quarter of the
# volatility) or up. It is replayed over the last 120 sessions of the sample, next to GARCH, which has a P(up) too.
# All are judged by the same rules.

# %%
prices = sp500.load().tail(1200)
replayed = forecaster.backtest(prices, symbol="SPX", models=("direction", "garch"), last=120, refit_every=120)
known = replayed.verdicts["SPX"].directions
pd.DataFrame(
    {
        one.model: {
            "share of days that rose": one.ups,
            "Brier score": one.brier,
            "AUC": one.auc,
            "AUC by chance, up to": 0.5 + one.chance,
            "right, all days": one.right,
            "right, surest half": one.right_half,
        }
        for one in known
    }
).round(3)

# %% [markdown]
# If P(up) were right and knew much, the points would climb along the diagonal.

# %%
figure, axes = plt.subplots(figsize=(5.4, 4.2), layout="constrained")
ends = np.array([0.44, 0.66])
axes.plot(100 * ends, 100 * ends, color="black", linewidth=0.8, label="P(up) is right")
for one, shift in zip(known, (-0.1, 0.1), strict=True):
    said, came, low, high = (
        100 * np.array([getattr(group, name) for group in one.groups]) for name in ("said", "came", "low", "high")
    )
    axes.errorbar(said + shift, came, yerr=[came - low, high - came], fmt="o", markersize=4, capsize=2, label=one.model)
axes.axhline(100 * known[0].ups, color="grey", linestyle="--", linewidth=0.8, label="share of days that rose")
axes.set(xlabel="P(up), %", ylabel="days that rose, %", title="S&P 500, 120 sessions in groups, 95 % intervals")
axes.legend(fontsize=8)
plt.show()

# %%
print(*[sentence for sentence in replayed.verdicts["SPX"].sentences if "P(up)" in sentence], sep="\n")

# %% [markdown]
# The same engine that reads digits at sight knows next to nothing of the next session, and says so. That is the
# use of a classifier that may decline: it does not mistake a coin for a digit.

# %%
np.testing.assert_array_less(moons_right[1], moons_right[0], "what it declines is harder")
np.testing.assert_array_less(0.93, right.mean())
np.testing.assert_array_less(0.98, right[test.answered].mean())
np.testing.assert_array_less(random.answered.mean(), 0.05)
np.testing.assert_equal(sum(one.verdict == "better" for one in known), 0, "no P(up) knows the direction here")
