# %% [markdown]
# # A first forecast in five minutes
#
# A *forecast* here is never one number. It is a distribution of the next session's change: a statement of what may
# happen and how likely it is. This page makes one with every forecaster of the program, looks at it, and scores it
# against what then happened.
#
# Nothing is fetched. The S&P 500 history ships with a library that the program uses anyway, and the second asset
# is simulated. Everything is kept in a temporary folder that is gone when you close the notebook.
#
# This file is a notebook in plain text. Open it in Jupyter with jupytext installed, in an editor that knows `# %%`
# cells, or turn it into an `.ipynb` with `jupytext --to ipynb --set-kernel python3 notebooks/first_forecast.py`.

# %%
import tempfile
import warnings
from pathlib import Path

warnings.filterwarnings("ignore", "IProgress not found")  # a progress widget that nothing here shows

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from forecaster import models
from forecaster.evaluation.outcomes import outcome
from forecaster.evaluation.scoring import score
from forecaster.issuing.issue import issue
from forecaster.records.home import open_home
from forecaster.view.arrays import origin, training
from forecaster.view.view import look
from ingest import sources

folder = tempfile.TemporaryDirectory()
home = open_home(Path(folder.name))

# %% [markdown]
# ## 1. Data in
#
# A *home* holds a store of data and a ledger of forecasts. A source is a file in `ingest/sources`; `sample` holds two
# real indices from 1999 to 2018, `simulated` a market whose law we wrote ourselves.

# %%
for name in ("sample", "simulated"):
    source = sources.load(name)
    for asset in source.ASSETS:
        now = home.clock.now()
        counts = home.store.append(asset, source.fetch(asset, now), now)
        print(f"{asset.symbol:6} {counts.new} sessions{', SIMULATED' if asset.simulated else ''}")

# %% [markdown]
# Every row carries `known_at`: the instant at which it became known. `read(as_of)` gives what was known at the close of
# a session, and nothing later. Try to read beyond the data and you get an error, not a guess.

# %%
history = home.store.history("^GSPC")
as_of = pd.Timestamp("2018-12-28")
history.read(as_of)[["session", "open", "high", "low", "close", "volume", "known_at"]].tail()

# %% [markdown]
# ## 2. Windows
#
# A *view* is everything known of one asset at one origin. From it come the training rows: seven sessions of changes as
# input, the next session's price change as response. A window that touches a gap is dropped and counted, never filled.

# %%
view = look(history, as_of, home.settings.forecast)
training = training(view)
print(*training.notes, sep="\n")
print("inputs (rows, sessions, series):", training.examples.x.shape, training.examples.series)
print("the session that will be forecast:", f"{view.target:%Y-%m-%d}")

# %%
origin = origin(view, training.examples.series, training.examples.covariates)
window = pd.DataFrame(100 * origin.x, index=view.changes.index[-7:], columns=training.examples.series)
print(f"Volatility known at the close: {100 * origin.volatility:.2f} % a session")
window.round(2).rename_axis("changes in %")

# %% [markdown]
# ## 3. One forecast with some models
#
# `issue` is the only path to a forecast: the daily run, the backtest and this notebook all call it. It trains each
# model on the rows above and asks it about the window above. (`ensemble` and `recalibrated` would first look how their
# members fared on each of the last 250 days, which takes a while.)

# %%
names = tuple(name for name in models.names() if models.pool(name) is None)
forecasts = issue(history, as_of, names, home.settings)
rows = [{"model": f.model, "status": f.status, **f.summary()} for f in forecasts]
table = pd.DataFrame(rows).set_index("model")
table[["status", "prob_up", "q05", "q50", "q95", "sd"]].round(4)

# %% [markdown]
# `prob_up` is the probability that the price rises; `q05` to `q95` hold the change with a probability of 90 %, as the
# model sees it. `climatology` says the same every day. The others know that the last weeks of 2018 were rough, and
# are wider.
#
# Why that wide? `bayesian_linear` forecasts once more with each group of inputs at its usual value: the log ratio of
# the two scales is that group's part of the width, with the posterior's doubt about it. `width_before` is the part in
# the forecast of the session before. Volatility and range speak loudest at the end of 2018.

# %%
parts = next(f.diagnostics.attribution for f in forecasts if f.model == "bayesian_linear")
widths = pd.DataFrame.from_dict(parts, orient="index")[["width", "width_sd", "width_before"]].astype(float)
(100 * np.expm1(widths)).round(1).rename_axis("wider by, %")

# %% [markdown]
# A forecast that is made of others' tells what each of them counts for today, by what it scored before.

# %%
weights = pd.DataFrame({f.model: f.diagnostics.pool for f in forecasts if f.diagnostics.pool is not None})
weights.round(3).rename_axis("weight")

# %% [markdown]
# ## 4. Draw the densities, then look at the outcome
#
# The densities are exact: each forecast is a mixture of Student-t distributions, as a rule one for each posterior draw.

# %%
happened = outcome(history, forecasts[0].target, history.last)
grid = np.linspace(-0.06, 0.06, 400)
figure, axes = plt.subplots(figsize=(8, 4))
for forecast in forecasts:
    axes.plot(100 * grid, np.exp(forecast.predictive.log_prob(grid)) / 100, label=forecast.model)
axes.axvline(100 * happened.y, color="black", linestyle="--", label=f"what happened: {100 * happened.y:+.2f} %")
axes.set(xlabel="change of the session, %", ylabel="density per %", title=f"^GSPC, {forecasts[0].target:%d %B %Y}")
axes.legend()
plt.show()

# %% [markdown]
# ## 5. Score
#
# Every score is lower-is-better. *CRPS* is the distance between the forecast distribution and the outcome, in units of
# change; *log score* is minus the log density at the outcome, in nats. `pit` is the probability that the model gave to
# anything up to the outcome: over many days it should be spread evenly between 0 and 1.

# %%
scores = pd.DataFrame([score(f.predictive, happened.y) for f in forecasts], index=names)
scores[["crps", "log_score", "pit", "in50", "in90"]].round(4)

# %% [markdown]
# One day says nothing about which model is better: the order above would look different tomorrow. `forecaster
# backtest` replays many days and then says in words whether there is evidence of a difference. Usually there is none.
#
# ## 6. Put it on record
#
# The ledger takes a forecast once and for ever. Recording it again changes nothing, and the hash chain shows if any
# row was edited later.

# %%
print("recorded:", home.ledger.record(forecasts, home.clock.now()))
print("recorded again:", home.ledger.record(forecasts, home.clock.now()))
broken = home.ledger.verify()
print("the chain holds" if broken is None else broken.fault)

# %% [markdown]
# ## Where the truth is known
#
# The simulated market has a known law, so that a forecast can be compared with the truth and not only with an outcome.
# Its window has three series: price, volume and tweets.

# %%
from ingest.sources.simulated import Market, simulate

own = home.store.history("SIM")
day = pd.Timestamp("2018-12-30")
truth = simulate(Market(), (day - own.first).days + 2).iloc[-1]
simulated = issue(own, day, ("climatology", "bayesian_linear"), home.settings)
true_sd = truth["scale"] * np.sqrt(truth["df"] / (truth["df"] - 2))
print(f"SIMULATED, true sd of the change on {truth.name:%Y-%m-%d}: {100 * true_sd:.2f} %")
for forecast in simulated:
    print(f"{forecast.model:16} sd {100 * forecast.predictive.sd:.2f} %")

# %%
folder.cleanup()

# %% [markdown]
# Next: `notebooks/bayesian_regression.py` opens the box of the Bayesian regression; `README.md` shows the same on the
# command line. None of this is investment advice.
