# %% [markdown]
# # What a variational autoencoder is, and how unlike the past a day can be
#
# After this page you can train a variational autoencoder (VAE) on real market windows in Pyro, look into its latent
# space, list the most unusual days of twenty years, and ask whether forecasts of such days were in fact worse.
#
# A forecaster learns from the past. On a day unlike all that it learnt from, its forecast extrapolates, and it is good
# to know that *before* the outcome. The program measures it in two ways, and warns in its report.

# %%
import warnings
from importlib.util import find_spec
from pathlib import Path

warnings.filterwarnings("ignore", "IProgress not found")  # a progress widget that nothing here shows

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from forecaster import backtest
from forecaster.families.autoencoder import Shape, halves, train
from forecaster.families.mahalanobis import mahalanobis
from forecaster.inference.schedule import Schedule

# %% [markdown]
# ## 1. Windows
#
# The S&P 500 from 1999 to 2018 ships with a library that the program uses. A *window* is seven sessions: here the log
# change of price in each, in units of its own recent volatility, and the log change of volume.

# %%
place = Path(find_spec("arch").submodule_search_locations[0]) / "data" / "sp500" / "sp500.csv.gz"
prices = pd.read_csv(place, index_col="Date", parse_dates=True)
change = np.log(prices["Close"]).diff()
volume = np.log(prices["Volume"]).diff()
usual = change.ewm(halflife=11).std().shift(1)
standard = pd.DataFrame({"price": change / usual, "volume": volume / volume.ewm(halflife=30).std().shift(1)}).iloc[40:]
standard = standard.clip(-6, 6)
windows = np.lib.stride_tricks.sliding_window_view(standard.to_numpy(), 7, axis=0).reshape(len(standard) - 6, -1)
days = standard.index[6:]
print("windows:", windows.shape, "from", days[0].date(), "to", days[-1].date())

# %% [markdown]
# ## 2. A VAE
#
# A VAE believes that each window `x` was made from a few numbers `z` that nobody sees:
#
#     z ~ Normal(0, 1)        x ~ Normal(decoder(z), noise)
#
# The decoder is a small network. A second one, the encoder, is the *guide*: given a window, it says which `z` may have
# made it. Stochastic variational inference trains both at once, by raising the ELBO, a lower bound of the log
# probability of the windows. Two latent numbers can be drawn, so that is what we train first.

# %%
schedule = Schedule(steps=60, learning_rate=0.03, minibatch=128)
past, later = windows[2500:4500], windows[4500:]
(seen,) = train((past,), Shape(latents=2, hidden=16), schedule, seed=0)
(blind,) = train((past,), Shape(latents=2, hidden=16), Schedule(steps=0), seed=0)
print(
    f"mean log density of later windows: {seen.log_prob(later).mean():.2f} nats, {blind.log_prob(later).mean():.2f}"
    " before training"
)

# %% [markdown]
# ## 3. The latent space
#
# The encoder places each window on a map. Windows that look alike lie close together; the colour is the sum of the
# seven price changes in units of volatility.

# %%
apart = (windows - seen.mean) / seen.sd
units = np.tanh(apart @ seen.encoder["inner"].T + seen.encoder["bias"])
code = apart @ seen.encoder["linear"].T + units @ seen.encoder["outer"].T + seen.encoder["constant"]
figure, axes = plt.subplots(figsize=(6.4, 4.6), layout="constrained")
dots = axes.scatter(code[:, 0], code[:, 1], c=windows[:, :7].sum(1), s=5, cmap="RdBu", vmin=-8, vmax=8)
axes.set(title="Windows of the S&P 500 as two latent numbers", xlabel="first latent number", ylabel="second")
figure.colorbar(dots, label="sum of seven price changes, volatilities")
plt.show()

# %% [markdown]
# ## 4. Novelty
#
# How unlike the others is a window? A VAE answers with minus its log probability. A plainer answer is the Mahalanobis
# distance: how far from the mean, in units of the covariance. Each is turned into a percentile: the part of past
# windows that are less unlike. (A network knows its own rows too well, so `halves` trains two, and each judges the
# windows that it did not see.)

# %%
settings = {"report": {"warn_above": 0.97}}
network, distance = halves(past, 0, Shape(latents=4, hidden=8), schedule), mahalanobis(past)
table = pd.DataFrame(
    {
        "autoencoder": [network.below(row) / (len(past) + 1) for row in later],
        "mahalanobis": [distance.below(row) / (len(past) + 1) for row in later],
    },
    index=days[4500:],
)
figure, axes = plt.subplots(figsize=(9, 2.8), layout="constrained")
axes.plot(table["mahalanobis"].rolling(60).mean(), label="Mahalanobis")
axes.plot(table["autoencoder"].rolling(60).mean(), label="autoencoder")
axes.axhline(0.5, color="grey", linewidth=0.8)
axes.set(title="Novelty against 2,000 windows before them", ylabel="mean of 60 days, percentile", xlabel="session")
axes.legend(frameon=False)
plt.show()
together = table.corr(method="spearman").iloc[0, 1]
print(f"rank correlation of the two: {together:.2f}")
table.ge(settings["report"]["warn_above"]).mean().rename("part of days beyond 0.97").round(3)

# %% [markdown]
# The two agree almost perfectly here: a network trained so briefly starts from the principal axes and stays close to
# them, and daily windows have little structure that a covariance does not show. That is why the program takes the
# plainer one unless the settings say otherwise.
#
# The most unusual windows of the whole history, by each distance learnt from all of it.

# %%
everything = mahalanobis(windows)
far = ((windows - everything.mean) / everything.sd) @ everything.precision
size = (far * (windows - everything.mean) / everything.sd).sum(1) / 2
largest = [("price", "volume")[int(everything.parts(row).argmax() // 7)] for row in windows]
odd = pd.DataFrame({"half the squared distance": size, "largest part": largest}, index=days)
odd = odd.sort_values("half the squared distance", ascending=False)
first_of_spell = odd[~odd.index.to_period("M").duplicated()].head(10)
first_of_spell.round(1)

# %% [markdown]
# ## 5. Were warned days harder?
#
# In a backtest each day's novelty is measured against the rows that its forecast learnt from, and days at 0.99 or
# above count as warned. The difference of mean log scores is held against what it would be had the same warnings
# fallen on other days.

# %%
result = backtest(prices.tail(1000), symbol="SPX", last=250, models=["climatology", "ewma"], settings=settings)
harder = result.verdicts["SPX"].novel
for one in harder:
    print(one.sentence)

# %% [markdown]
# ## What was seen

# %%
assert seen.log_prob(later).mean() > blind.log_prob(later).mean(), "training makes new windows more probable"
assert together > 1 / 3, "both distances find much the same days unusual"
assert table.to_numpy().max() < 1, "a percentile of so many rows is below 1"
assert (first_of_spell["half the squared distance"] > np.quantile(size, 0.99)).all(), "the oddest days are beyond 0.99"
assert result.forecasts["novelty"].between(0, 1).all(), "each forecast has its novelty"
assert {one.model for one in harder} == {"climatology", "ewma"}, "warned days are judged for each model"
