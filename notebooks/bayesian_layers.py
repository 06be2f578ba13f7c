# %% [markdown]
# # A network of Bayesian layers
#
# After this notebook you will be able to
#
# - build a network of Bayesian layers, as one builds an ordinary one in torch, and train it with `sample_elbo`;
# - spread the prior over minibatches with `kl_weights`, and switch the network to its means with `freeze`;
# - judge a band of `mean +- k sd`, and see when its share of outcomes misleads;
# - forecast the S&P 500 with an LSTM that looks back 21 sessions, and compare it with climatology.
#
# In such a network each weight is a normal with a mean and a standard deviation, drawn anew whenever a layer runs. The
# training minimises minus the ELBO: minus the log likelihood at the drawn weights plus the Kullback-Leibler divergence
# (KL) of the weights from their prior. The method is known as Bayes by Backprop (Blundell et al. 2015).

# %%
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch

from forecaster.distribution.predictive import Predictive
from forecaster.evaluation.interval_shares import evaluate_interval
from forecaster.families.layers import BayesianLinear, BayesianLSTM, ScaleMixture, Variational, kl_weights
from forecaster.families.sequences import WARM_UP, known_volatility, windows
from forecaster.inference.adam import Adam
from forecaster.inference.schedule import Schedule

torch.set_num_threads(1)
torch.manual_seed(4)
rng = np.random.default_rng(4)

# %% [markdown]
# ## 1. A network, and a curve to be found
#
# Write a network as a `torch.nn.Module`; only the base class and the layers differ. The prior of each weight is a
# mixture of two normals around zero: the narrow one for weights that do nothing, the wide one for the others.


# %%
class Curve(Variational):
    """One hidden layer of tanh units."""

    def __init__(self) -> None:
        """Weights with a standard deviation of 1 or of 0.1 before the data."""
        super().__init__()
        prior = ScaleMixture(share=0.5, wide=1.0, narrow=0.1)
        self.hidden, self.out = BayesianLinear(1, 12, prior), BayesianLinear(12, 1, prior)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The mean of y `(rows,)`."""
        return self.out(self.hidden(x).tanh())[:, 0]


NOISE = 0.3
GAP = 0.2, 1.2  # without data
x = torch.tensor(rng.uniform(-2, 2, (160, 1))).float()
x = x[(x[:, 0] < GAP[0]) | (x[:, 0] > GAP[1])]
y = torch.sin(2 * x[:, 0]) + NOISE * torch.tensor(rng.standard_normal(len(x))).float()

# %% [markdown]
# ## 2. Training with `sample_elbo`
#
# `criterion` is minus the log likelihood, *summed* over the rows. With a mean, the usual loss of an ordinary network,
# the prior would count as many times too much as there are rows. An epoch of M minibatches carries the KL once: in
# equal parts of 1 / M, or as in the paper in parts that halve from batch to batch.

# %%
print("uniform   ", kl_weights(4).round(3))
print("decreasing", kl_weights(4, "decreasing").round(3))


def minus_log_likelihood(mean: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Of normal errors of known size, in nats."""
    return -torch.distributions.Normal(mean, NOISE).log_prob(y).sum()


def train(
    net: Variational,
    x: torch.Tensor,
    y: torch.Tensor,
    criterion: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    batches: int,
    epochs: int,
    rate: float,
) -> list[float]:
    """Adam, whose rate falls along half a cosine; gives minus the ELBO of each epoch. Torch's own Adam does as well."""
    adam = Adam(list(net.parameters()), epsilon=1e-3, clip=100)
    rates = Schedule(epochs * batches, rate).rates()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for rows, part in zip(torch.randperm(len(y)).chunk(batches), kl_weights(batches), strict=True):
            loss = net.sample_elbo(x[rows], y[rows], criterion, kl_weight=part)
            loss.backward()
            adam.step(next(rates))
            total += float(loss.detach())
        losses.append(total)
    return losses


net = Curve()
losses = train(net, x, y, minus_log_likelihood, batches=2, epochs=90, rate=0.06)
print(f"minus ELBO: {losses[0]:.0f} nats at first, {np.mean(losses[-10:]):.0f} at the end; KL {net.kl().item():.0f}")

# %% [markdown]
# ## 3. What it knows, and what it does not; `freeze`
#
# Each run of the network is another draw of its weights, and the draws show how sure it is. Look at the gap: the
# network should be less sure there, and is not. Weights that are independent of each other after the data cannot be
# sure at two places and unsure between them (Foong et al. 2020, arXiv:1909.00719). Do not read such a band as knowledge
# of what lies between data. `freeze` takes the posterior means in place of draws: the network is then an ordinary one
# and gives the same answer every time.

# %%
grid = torch.linspace(-2.2, 2.2, 120)[:, None]
with torch.no_grad():
    drawn = torch.stack([net(grid) for _ in range(200)]).numpy()
    net.freeze()
    frozen, again = net(grid), net(grid)
    net.unfreeze()

figure, axes = plt.subplots(figsize=(9, 3.8))
low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
axes.fill_between(grid[:, 0], low, high, alpha=0.3, label="mean of y: 90 % of draws")
axes.plot(grid[:, 0], frozen, label="frozen: posterior means")
axes.plot(grid[:, 0], torch.sin(2 * grid[:, 0]), "k--", linewidth=0.9, label="truth")
axes.scatter(x[:, 0], y, s=8, color="grey", label="data")
axes.set(xlabel="x", ylabel="y", title="A network of Bayesian layers; between 0.2 and 1.2 there are no data")
axes.legend(ncols=2)
plt.show()

# %% [markdown]
# ## 4. `evaluate_interval`, and where it misleads
#
# Bayesian networks are often judged by three shares: of outcomes inside `mean +- k sd`, below the band's upper bound
# and above its lower bound. Here new outcomes are judged by the network's band, and by one ten times as wide. The
# samples must contain the noise of the outcomes, not only the draws of the mean.

# %%
new = torch.tensor(rng.uniform(-2, 0.2, (400, 1))).float()
outcomes = (torch.sin(2 * new[:, 0]) + NOISE * torch.tensor(rng.standard_normal(400)).float()).numpy()
with torch.no_grad():
    mean = torch.stack([net(new) for _ in range(200)]).numpy()
samples = mean + NOISE * rng.standard_normal(mean.shape)
centre = samples.mean(0)
judged = {
    "network": evaluate_interval(samples, outcomes, 2.0),
    "mean alone, no noise": evaluate_interval(mean, outcomes, 2.0),
    "ten times as wide": evaluate_interval(centre + 10 * (samples - centre), outcomes, 2.0),
}
pd.DataFrame({name: vars(found) for name, found in judged.items()}).T.round(3)

# %% [markdown]
# The absurd band has 100 % of all three shares: by the shares alone it would be the best. The interval score and the
# CRPS, for which lower is better, are lowest for the network that gives the outcomes' own distribution.
#
# A second case needs no absurd width. Outcomes are skewed, the forecast is a normal with the right mean and standard
# deviation. Its share inside is close to what it should be, though all misses are on one side:

# %%
skewed = rng.lognormal(0, 0.8, 2000)
centre, spread = np.exp(0.32), np.sqrt(np.exp(1.28) - np.exp(0.64))
cases = {
    "normal, same mean and sd": evaluate_interval(centre + spread * rng.standard_normal((400, 2000)), skewed, 2.0),
    "the right distribution": evaluate_interval(rng.lognormal(0, 0.8, (400, 2000)), skewed, 2.0),
}
pd.DataFrame({name: vars(found) for name, found in cases.items()}).T.round(3)

# %% [markdown]
# ## 5. An LSTM on windows of 21 sessions of the S&P 500
#
# `windows` cuts a history of changes into windows of any length, each in units of a volatility that was known at its
# end, with the change after it as the response. The network gives location and log scale of that change.


# %%
class Memory(Variational):
    """An LSTM, and a layer that turns its last state into location and log scale."""

    def __init__(self) -> None:
        """The layers' own prior: most weights near zero."""
        super().__init__()
        self.lstm, self.out = BayesianLSTM(2, 4), BayesianLinear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Location and log scale `(rows, 2)`."""
        return self.out(self.lstm(x)[:, -1])


place = Path(find_spec("arch").submodule_search_locations[0]) / "data" / "sp500" / "sp500.csv.gz"
prices = pd.read_csv(place, index_col="Date", parse_dates=True)["Adj Close"]
changes = prices.pct_change().to_numpy()[-1150:]
seen, response = windows(changes, 21)
volatility = known_volatility(changes)[21 - WARM_UP : -1]  # as known at the end of each window
past, test = slice(0, -250), slice(-250, None)


def student_t(found: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Minus the log likelihood of Student-t errors with five degrees of freedom, in nats."""
    return -torch.distributions.StudentT(5.0, found[:, 0], found[:, 1].exp()).log_prob(y).sum()


memory = Memory()
losses = train(memory, seen[past], response[past], student_t, batches=6, epochs=3, rate=0.06)
with torch.no_grad():
    drawn = torch.stack([memory(seen[test]) for _ in range(20)]).double().numpy()

# %% [markdown]
# Each forecast is a mixture of one Student-t for each draw of the weights, times the volatility known then. Climatology
# is the distribution of the changes before the test period, the same every day.

# %%
actual = changes[-250:]
size = volatility[test]
forecasts = [
    Predictive.of(s * d[:, 0], s * np.exp(d[:, 1]), 5.0) for s, d in zip(size, drawn.swapaxes(0, 1), strict=True)
]
climatology = Predictive.of_sample(changes[:-250])
crps = pd.DataFrame(
    {
        "LSTM": [forecast.crps(change) for forecast, change in zip(forecasts, actual, strict=True)],
        "climatology": [climatology.crps(change) for change in actual],
    }
)
print((100 * crps.mean()).round(4).to_string())
print(f"the LSTM's is {1 - crps['LSTM'].mean() / crps['climatology'].mean():.1%} lower")

# %%
bands = np.array([forecast.quantile([0.05, 0.95]) for forecast in forecasts])
figure, axes = plt.subplots(figsize=(10, 3.8))
days = prices.index[-250:]
axes.fill_between(days, 100 * bands[:, 0], 100 * bands[:, 1], alpha=0.3, label="LSTM: 90 % interval")
axes.plot(days, 100 * actual, linewidth=0.8, color="black", label="change")
for edge in climatology.quantile([0.05, 0.95]):
    axes.axhline(100 * edge, color="tab:orange", linestyle="--", label="climatology: 90 %" if edge > 0 else None)
axes.set(xlabel="session", ylabel="change, %", title="S&P 500: forecasts of the next session")
axes.legend(ncols=3, loc="lower left")
plt.show()

# %% [markdown]
# What this notebook claims:

# %%
np.testing.assert_array_equal(frozen, again)
inside = (grid[:, 0] > GAP[0] + 0.2) & (grid[:, 0] < GAP[1] - 0.2)
with_data = (grid[:, 0] > -1.5) & (grid[:, 0] < 0)  # the middle of the left part
width = high - low
np.testing.assert_array_less(width[inside].mean(), 1.2 * width[with_data].mean())  # no wider where nothing is known
np.testing.assert_equal(judged["ten times as wide"].inside, 1.0)
np.testing.assert_array_less(2 * judged["network"].crps, judged["ten times as wide"].crps)
np.testing.assert_array_less(judged["network"].interval_score, judged["mean alone, no noise"].interval_score)
np.testing.assert_array_less(cases["the right distribution"].crps, cases["normal, same mean and sd"].crps)
np.testing.assert_array_less(crps["LSTM"].mean(), crps["climatology"].mean())
