# %% [markdown]
# # Conditioning, importance sampling, and what-if
#
# After this notebook you will be able to
#
# - hold any site of a probabilistic program at a value, now or later, once or on top of other values;
# - judge a proposal for importance sampling by the number of draws that its weights leave;
# - ask what a forecast would be, had three times as much been traded on the last day, and which input makes the
#   difference.
#
# It starts with one reading of a kitchen scale and ends with the S&P 500.

# %%
import warnings

warnings.filterwarnings("ignore", "IProgress not found")  # a progress widget that nothing here shows

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import SVI, EmpiricalMarginal, Importance, Trace_ELBO
from pyro.optim import ClippedAdam

from forecaster.families.exact import gaussian_posterior
from forecaster.families.reference import model
from forecaster.families.regression import Prior
from forecaster.frames.drawing import before_and_after
from forecaster.frames.own import own_history, own_settings
from forecaster.inference.conditioning import conditioned, deferred, latent_shapes
from forecaster.operation.scenario import Scenario
from forecaster.operation.whatif import whatif

# %% [markdown]
# ## 1. A scale that is read once
#
# You guess that a bag weighs 8.5, give or take 1. The scale shows the true weight give or take 0.75. As a program:


# %%
def scale(guess: float) -> torch.Tensor:
    """A weight about the guess, and a reading of it."""
    weight = pyro.sample("weight", dist.Normal(guess, 1.0))
    return pyro.sample("measurement", dist.Normal(weight, 0.75))


print("sites that can be held:", latent_shapes(scale, 8.5))

# %% [markdown]
# The program draws a weight *and* a reading. To ask what the weight is once the scale shows 9.5, hold the reading
# there. Both are normal, so that the answer has a closed form: precisions add up, and the mean is weighted by them.

# %%
READING = 9.5
read = conditioned(scale, {"measurement": READING})
precision = 1 / 1.0**2 + 1 / 0.75**2
exact = (8.5 / 1.0**2 + READING / 0.75**2) / precision, precision**-0.5
print(f"exact posterior: mean {exact[0]:.2f}, sd {exact[1]:.2f}")

# %% [markdown]
# ### Deferred, and nested
#
# Often the reading is not there yet. `deferred` gives a function of it. And a program that is held at one site may be
# held at another, or at the same once more: the later value counts. What cannot be held is refused in one line.

# %%
given = deferred(scale, "measurement")
tomorrow = given(measurement=9.9)
both = conditioned(tomorrow, {"weight": 9.0, "measurement": 10.4})
print("held at:", dict(both.values), "- a run gives", float(both(8.5)))
for wrong in ({"mesurement": 9.5}, {"measurement": torch.zeros(3)}):
    try:
        conditioned(scale, wrong)(8.5)
    except Exception as fault:
        print(fault)

# %% [markdown]
# ## 2. Importance sampling: from the prior, or from a guide
#
# Importance sampling draws from a *proposal* and weighs each draw by how much more the model likes it. The prior is the
# proposal that is always there. A *guide* is a better one: a normal that was trained to be close to the posterior.


# %%
def guide(guess: float) -> None:  # a guide takes what its program takes
    """A normal whose mean and standard deviation are trained."""
    mean = pyro.param("mean", torch.tensor(8.5))
    sd = pyro.param("sd", torch.tensor(1.0), constraint=dist.constraints.positive)
    pyro.sample("weight", dist.Normal(mean, sd))


pyro.set_rng_seed(1)
pyro.clear_param_store()
training = SVI(
    read,
    guide,
    ClippedAdam({"lr": 0.05, "lrd": 0.98}),
    Trace_ELBO(num_particles=16, vectorize_particles=True, max_plate_nesting=0),
)
losses = [training.step(8.5) for _ in range(120)]
print(f"guide: mean {pyro.param('mean').item():.2f}, sd {pyro.param('sd').item():.2f}")

# %% [markdown]
# The *effective sample size* says how many independent draws the weighted ones are worth. It is near the number of
# draws where proposal and posterior agree. Let the reading move away from the guess: the prior then proposes weights
# that hardly explain it, while a guide trained on this reading would follow. Here the guide is the exact posterior of
# each reading, as good as any guide can become.

# %%
DRAWS = 200


def effective(reading: float, proposal: Callable | None = None) -> tuple[float, float]:
    """Mean and effective sample size of importance sampling for one reading."""
    pyro.set_rng_seed(7)
    with torch.no_grad():
        sampled = Importance(conditioned(scale, {"measurement": reading}), proposal, DRAWS).run(8.5)
    return float(EmpiricalMarginal(sampled, "weight").mean), float(sampled.get_ESS())


def exact_guide(reading: float) -> Callable:
    """The posterior itself as a proposal."""
    mean = (8.5 / 1.0**2 + reading / 0.75**2) / precision
    return lambda guess: pyro.sample("weight", dist.Normal(mean, precision**-0.5))


rows = []
for reading in (9.5, 10.5, 11.5, 12.5):
    ways = {"prior": None, "exact posterior": exact_guide(reading)}
    ways |= {"trained guide": guide} if reading == READING else {}
    for name, proposal in ways.items():
        mean, size = effective(reading, proposal)
        truth = (8.5 + reading / 0.75**2) / precision
        rows.append({"reading": reading, "proposal": name, "mean": mean, "truth": truth, "effective": size / DRAWS})
found = pd.DataFrame(rows)
found.round(3)

# %%
figure, axes = plt.subplots(figsize=(8, 3.5), layout="constrained")
for name, marker in (("prior", "o"), ("exact posterior", "s"), ("trained guide", "*")):
    own = found[found["proposal"] == name]
    axes.plot(own["reading"], 100 * own["effective"], marker=marker, markersize=9, label=name)
axes.set(xlabel="reading of the scale", ylabel="effective share of the draws, %", ylim=(0, 105))
axes.set_title("The farther the data from the prior, the fewer of its draws count")
axes.legend()
plt.show()

# %%
share = found.set_index(["proposal", "reading"])["effective"]
np.testing.assert_array_less([share["prior", READING], 0.9], share["trained guide", READING])
np.testing.assert_array_less(np.diff(share["prior"]), 0)
np.testing.assert_allclose(found.set_index("proposal").loc["trained guide", "mean"], exact[0], atol=0.1)

# %% [markdown]
# Every fit of this program carries the same judgement: `k_hat`, the tail of the weights of model over guide
# (`forecaster explain SYMBOL` prints it). Below 0.7, weighing helps; above, the guide misses a part of the posterior.
#
# ## 3. Any site of a regression
#
# The regression of the forecasters is a program too. Hold its intercept, and what is left is the posterior of the
# weights given that intercept, here with known noise, where linear algebra has the answer to compare with.

# %%
rng = np.random.default_rng(3)
x = rng.standard_normal((60, 2))
y = 1.0 + x @ [0.5, -0.3] + 0.5 * rng.standard_normal(60)
tensors = [torch.tensor(part, dtype=torch.float32) for part in (x, y)]
program = model(*tensors, Prior(noise_scale=0.5))
print("sites:", latent_shapes(program))


def most_likely_weights(level: float) -> np.ndarray:
    """Weights at which the log joint of the program held at an intercept is highest."""
    held = conditioned(program, {"intercept": level})
    weights = torch.zeros(2, requires_grad=True)
    search = torch.optim.LBFGS([weights], max_iter=30)

    def loss() -> torch.Tensor:
        search.zero_grad()
        value = -pyro.poutine.trace(conditioned(held, {"weights": weights})).get_trace().log_prob_sum()
        value.backward()
        return value

    search.step(loss)
    return weights.detach().numpy()


compared = pd.DataFrame(
    {
        level: np.r_[most_likely_weights(level), gaussian_posterior(x, y - level, 0.5, np.ones(2)).mean]
        for level in (0.0, 1.0, 2.0)
    },
    index=["weight 1", "weight 2", "exact 1", "exact 2"],
)
compared.round(3).rename_axis(columns="intercept held at")

# %%
np.testing.assert_allclose(compared.iloc[:2], compared.iloc[2:], atol=1e-3)

# %% [markdown]
# ## 4. What if: the S&P 500 with another last day
#
# A what-if holds the *inputs* of a forecast at other values. Models are trained on the days as they were; the last day
# is exchanged, and everything that is computed from it, such as volatility and windows, follows. Here: the index closes
# five per cent lower on 31 December 2018, or three times as much is traded.

# %%
place = Path(find_spec("arch").submodule_search_locations[0]) / "data" / "sp500" / "sp500.csv.gz"
prices = pd.read_csv(place, index_col="Date", parse_dates=True).tail(700)
history, _ = own_history(prices, "SPX", "XNYS", {})
names = ("bayesian_linear", "garch")
settings = own_settings(names, {"models": {"bayesian_linear": {"steps": 200}}})  # to be quick
scenarios = (Scenario("5 % lower", {"price": 0.95}), Scenario("three times the volume", {"volume": 3.0}))
lower, busy = whatif(history, history.last, scenarios, names, settings)
rows = {}
for answer in (lower, busy):
    for pair in answer.reactions:
        for when, made in (("as it is", pair.before), (answer.scenario.name, pair.after)):
            rows[made.model, when] = {**made.summary(), "VaR 99": made.predictive.value_at_risk(0.99)}
table = 100 * pd.DataFrame(rows).T[["prob_up", "q05", "q50", "q95", "sd", "VaR 99"]].astype(float)
table.round(2).rename_axis(["model", "%"])

# %%
pairs = {pair.before.model: (pair.before.predictive, pair.after.predictive) for pair in lower.reactions}
before_and_after(pairs, "S&P 500, had it closed 5 % lower on 31 December 2018")

# %% [markdown]
# GARCH sees prices alone: no volume moves it. The regression does look at volume, and says how sure it is of what
# volume does: the change of the standard deviation, with the posterior's own doubt about it. Each input is exchanged
# alone; what they do together beyond their sum is the remainder.

# %%
shown = pd.DataFrame([vars(part) for part in lower.reactions[0].effects.parts]).set_index("source")
(100 * shown[["mean", "sd", "doubt"]]).round(2).rename_axis("5 % lower, %")

# %%
unusual = pd.DataFrame([vars(own) for answer in (lower, busy) for own in answer.inputs])
unusual[["name", "before", "after", "place_before", "place_after"]].round(3)

# %% [markdown]
# The last two columns are the share of the training days that lie below. At 0 or 1 the scenario lies beyond all that
# the model has learnt from, and its forecast is an extrapolation. Nothing here is a forecast for the record: the
# command `whatif` writes nothing into a home either.

# %%
np.testing.assert_equal([pair.reacts for pair in (*lower.reactions, *busy.reactions)], [True, True, True, False])
for pair in lower.reactions:
    np.testing.assert_array_less(pair.before.predictive.sd, pair.after.predictive.sd)
volume_effect = busy.reactions[0].effects.together
np.testing.assert_array_less(abs(volume_effect.sd), 3 * volume_effect.doubt)
print(f"three times the volume: sd {volume_effect.sd:+.1%}, give or take {volume_effect.doubt:.1%}")
