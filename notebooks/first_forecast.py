# %% [markdown]
# # A first forecast in five minutes
#
# After this page you can make a forecast from a table of prices of your own, draw it, score it against what then
# happened, and ask of the past whether any of it would have been worth having.
#
# A *forecast* here is never one number. It is a distribution of the next session's change: a statement of what may
# happen and how likely it is.
#
# Four functions are all that it takes: `forecast`, `backtest`, `score` and `leaderboard`. They take tables of your
# own and leave nothing on disk.
#
# This file is a notebook in plain text. Open it in Jupyter with jupytext installed, in an editor that knows `# %%`
# cells, or turn it into an `.ipynb` with `jupytext --to ipynb --set-kernel python3 notebooks/first_forecast.py`.

# %%
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from forecaster import backtest, forecast, leaderboard, score

# %% [markdown]
# ## 1. Data in
#
# Any table of daily prices will do: a DataFrame or a Series, of pandas, polars or pyarrow, with dates as its index or
# in a column. The S&P 500 history from 1999 to 2018 ships with a library that the program uses anyway; here it stands
# for yours.

# %%
place = Path(find_spec("arch").submodule_search_locations[0]) / "data" / "sp500" / "sp500.csv.gz"
prices = pd.read_csv(place, index_col="Date", parse_dates=True).tail(750)
prices.tail()

# %% [markdown]
# What cannot be read is refused in one line that says what to do, and never guessed at. Here are closes of a market
# that is open on weekends, without a word about its calendar.

# %%
coin = pd.Series(prices["Close"].to_numpy(), index=pd.date_range("2015-01-01", periods=len(prices)), name="COIN")
try:
    forecast(coin)
except Exception as fault:
    print(fault)

# %% [markdown]
# ## 2. One forecast with some models
#
# A row counts as known at the close of its session, and a forecast from 27 December sees nothing later. What the
# program does with these rows every day from the command line is what happens here, to the byte: each model learns
# from windows of seven sessions and the change that followed, and is asked about the last window. A window that
# touches a gap is dropped and counted, never filled.

# %%
models = ("climatology", "ewma", "garch", "bayesian_linear")
made = forecast(prices, symbol="SPX", as_of="2018-12-27", models=models)
made

# %% [markdown]
# `P(up)` is the probability that the price rises; `5 %` to `95 %` hold the change with a probability of 90 %, as the
# model sees it. `climatology` says the same every day. The others know that the last weeks of 2018 were rough, and
# are wider.
#
# *VaR* is the loss that is exceeded on one day in twenty, and *ES* the mean loss on such days: positive numbers, for
# a fall. `table()` gives all of it as numbers.

# %%
made.table()[["status", "prob_up", "q05", "q50", "q95", "sd", "var95", "es95"]].round(4)

# %% [markdown]
# ## 3. Draw the densities, then look at the outcome
#
# The densities are exact: each forecast is a mixture of Student-t distributions, in most models
# one for each posterior draw.

# %%
happened = prices["Close"].loc[made.target] / made.close - 1
axes = made.plot()
axes.axvline(100 * happened, color="black", linestyle="--", label=f"what happened: {100 * happened:+.2f} %")
axes.legend()
plt.show()

# %% [markdown]
# A distribution answers more than the table asks. What is the probability of a fall by more than two per cent?
# Between which two changes lies the middle half? What might ten such days look like?

# %%
garch = made.predictive["garch"]
print(f"a fall by more than 2 %: {garch.cdf(-0.02):.1%}")
print("the middle half, %:", (100 * garch.quantile([0.25, 0.75])).round(2))
print("ten draws, %:", (100 * garch.sample(10, seed=1)).round(2))

# %% [markdown]
# ## 4. Score
#
# Every score is lower-is-better. *CRPS* is the distance between the forecast distribution and the outcome, in units
# of change; *log score* is minus the log density at the outcome, in nats. `pit` is the probability that the model
# gave to anything up to the outcome: over many days it should be spread evenly between 0 and 1.

# %%
rows = {
    model: {name: value[0] for name, value in score(one, happened).items()} for model, one in made.predictive.items()
}
scores = pd.DataFrame(rows).T
scores[["crps", "log_score", "pit", "in50", "in90"]]

# %% [markdown]
# `score` takes forecasts of your own as well: draws, one row per day, or quantiles with their levels. Here is the
# plainest of all, the last 250 changes as draws for the next.

# %%
changes = prices["Close"].pct_change().dropna().to_numpy()
draws = np.lib.stride_tricks.sliding_window_view(changes, 250)[:-1]
own = score(draws, changes[250:])
print(f"mean CRPS over {len(draws)} days: {own['crps'].mean():.5f}; inside its 90 % interval: {own['in90'].mean():.1%}")

# %% [markdown]
# ## 5. Would it have worked?
#
# One day says nothing about which model is better: the order above may be another on the next day. `backtest` replays
# many days, each from what was known then, and says in words whether there is evidence of a difference. Usually there
# is none, and a hundred days are few.

# %%
replayed = backtest(prices, last=100, symbol="SPX", models=models[:3])
leaderboard(replayed)[["days", "crps", "skill_climatology", "log_score", "in90", "verdict"]]

# %%
replayed.plot("garch")
plt.show()

# %%
print(*replayed.verdicts["SPX"].sentences, sep="\n")

# %% [markdown]
# A backtest can be repeated until something looks good; a record cannot. The command line keeps one: each forecast
# once and for ever, before the outcome is known, and a chain of hashes that shows if a row was edited later.
#
# Next: `docs/python.md` has the four functions in full, `notebooks/bayesian_regression.py` opens the box of the
# Bayesian regression, and `README.md` shows the command line. None of this is investment advice.

# %%
assert scores["crps"].gt(0).all()
assert replayed.table()["days"].eq(100).all()
