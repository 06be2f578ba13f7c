# %% [markdown]
# # Calm, nervous, panic: regimes of the S&P 500
#
# After this notebook you can fit the three regimes behind the forecaster `regimes` to any series of changes, read what
# was known of a day's regime on that day (*filtered*) and what is said of it in hindsight (*smoothed*), draw both, and
# run the forecaster beside `garch`.
#
# The prices are those of the S&P 500 that come with the package `arch`; nothing is downloaded.

# %%
import warnings

warnings.filterwarnings("ignore", "IProgress not found")  # a progress widget that nothing here shows

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from arch.data import sp500

from forecaster.families.regime_filter import Filter, draw_band, filtered_regimes, smoothed_regimes
from forecaster.families.regimes import NAMES, fit_regimes, scales_of, stays_of, transitions_of
from forecaster.inference.schedule import Schedule

prices = sp500.load()["Adj Close"]
changes = prices.pct_change().dropna()["2005":"2012"]
print(f"{len(changes)} sessions, {changes.index[0]:%d %B %Y} to {changes.index[-1]:%d %B %Y}")

# %% [markdown]
# ## 1. Three regimes and what they are
#
# Each session is in one of three regimes that nobody sees. In each of them changes are Student-t with a location and a
# scale of their own; scales are in order, so that *calm* is always the smallest. From one session to the next the
# regime stays or changes by a transition matrix. The fit gives posterior draws of all of it; the hidden sessions
# themselves are summed out exactly.

# %%
unit = float(changes.std())
plan = Schedule(steps=0, checks=400, importance=True)
(fit,) = fit_regimes([changes / unit], seeds=[1], guide="laplace", schedule=plan, draws=100)
draws = {name: value.double().numpy() for name, value in fit.draws.items()}
scales, stays = 100 * unit * scales_of(draws), stays_of(draws)
pd.DataFrame(
    {
        "scale, % a session": scales.mean(0),
        "its posterior sd": scales.std(0),
        "stays, sessions": np.median(stays, 0),
        "location, % a session": 100 * unit * draws["location"].mean(0),
    },
    index=list(NAMES),
).round(2)

# %%
pd.DataFrame(
    transitions_of(draws).mean(0), index=[f"from {n}" for n in NAMES], columns=[f"to {n}" for n in NAMES]
).round(3)

# %% [markdown]
# ## 2. Filtered and smoothed
#
# *Filtered* probabilities of a session use the changes up to that session: they are what one could have said that
# evening, and all that a forecast may use. *Smoothed* ones use the changes after it as well. They tell the past better,
# and they know the future: a forecast made of them would look brilliant in any backtest and be worthless.

# %%
of = Filter(draws, unit)
filtered, smoothed = filtered_regimes(of, changes), smoothed_regimes(of, changes)
figure, panels = plt.subplots(2, 1, figsize=(9, 5.5), sharex=True, layout="constrained")
for axes, told, smooth in zip(panels, (filtered, smoothed), (False, True), strict=True):
    axes.plot(changes.index, 100 * changes, color="#1F2933", linewidth=0.5)
    draw_band(axes, changes.index, told, smooth=smooth)
    axes.set_ylabel("change, % a session")
    axes.margins(x=0)
panels[0].legend(loc="lower left", ncols=3, frameon=False)
plt.show()

# %% [markdown]
# The two differ most where a regime begins: the filter needs a few large changes before it believes in panic.

# %%
LIKELY, SURE = 0.5, 0.9
autumn = slice("2008-08-15", "2008-10-15")
days = changes.index.get_indexer(changes[autumn].index)
figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
axes.plot(changes.index[days], filtered[days, 2], color="#C2410C", label="filtered: as known that evening")
axes.plot(changes.index[days], smoothed[days, 2], color="#667080", linestyle="--", label="smoothed: in hindsight")
axes.set_ylabel("probability of panic")
axes.set_ylim(-0.02, 1.02)
axes.legend(frameon=False)
plt.show()
first = {
    name: changes.index[days][np.argmax(of[days, 2] > LIKELY)]
    for name, of in {"filtered": filtered, "smoothed": smoothed}.items()
}
print(", ".join(f"{name}: panic from {day:%d %B %Y}" for name, day in first.items()))

# %% [markdown]
# ## 3. The forecaster
#
# `regimes` is off unless it is named:
#
# ```console
# forecaster ingest sample
# forecaster backtest --symbols ^GSPC --last 1000 --models regimes,garch,climatology
# forecaster run --symbols ^GSPC --models regimes,garch
# ```
#
# A day's report then has a band along the bottom of its fan, coloured by the filtered regime at the close before each
# session. On the last 1,000 sessions of this series `regimes` is better than climatology and a little behind `garch`:
# three widths, between which probabilities move slowly, follow a market that turns less well than a variance that
# answers every change. It loses most where volatility drifts from one level to the next; it has its place where you
# want to say in a word what kind of market it is, and how sure that is.

# %%
assert (np.diff(scales, axis=1) > 0).all(), "scales are in order in every draw"
assert filtered[days[-1], 2] > SURE, "in mid October 2008 the filter is sure"
assert first["smoothed"] <= first["filtered"], "hindsight sees panic no later"
np.testing.assert_allclose(filtered[-1], smoothed[-1], atol=1e-4)  # on the last session both know the same
