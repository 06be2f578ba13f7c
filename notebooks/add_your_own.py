# %% [markdown]
# # Add your own forecaster, source and count of attention
#
# After this page you can write a forecaster of your own in one short file, compare it with those of the program by the
# same scores, and bring prices and counts of attention from wherever you have them. Each is one file in a folder of
# your own; the name of the file is its id, and nothing else has to be changed.

# %%
import warnings

warnings.filterwarnings("ignore", "IProgress not found")  # a progress widget that nothing here shows

from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import pandas as pd

from forecaster import backtest, forecast, leaderboard, models
from ingest import attention, sources

folder = Path(mkdtemp())  # yours would stay
for kind in ("forecasters", "sources", "counts"):
    (folder / kind).mkdir()

# %% [markdown]
# ## 1. A forecaster
#
# A forecaster sees arrays only, never dates or tables: `Examples` to learn from, and an `Origin` to forecast from,
# both described in `forecaster/contract.py`. It gives back a distribution. Its file offers three names: `SUMMARY`,
# `Settings` and `fit`. This one believes that the next change is as large as those of the last month: a Student-t as
# wide as they were.
#
# `fit` gets any number of fits at once and returns one result for each. What it returns must be a function of the
# file with `functools.partial`, not a lambda, so that one process can hand it to another.

# %%
code = '''
from functools import partial

import numpy as np
from pydantic import Field

from forecaster.contract import Failed, Fitted, ModelSettings
from forecaster.distribution.predictive import Predictive

LABEL = "last month"
SUMMARY = "a Student-t as wide as the changes of the last month"
BY_DEFAULT = False


class Settings(ModelSettings):
    """How far back it looks.

    Attributes:
        sessions: Changes that count.
        df: Degrees of freedom of the Student-t.
    """

    sessions: int = Field(21, ge=5)
    df: float = Field(5.0, gt=2)


def fit(examples, settings, seeds, compute):
    """Nothing is trained: it only needs the drift."""
    return tuple(_fitted(rows, settings) for rows in examples)


def _fitted(rows, settings):
    if len(rows.history) < settings.sessions:
        return Failed(f"only {len(rows.history)} changes are known, and it needs {settings.sessions}")
    return Fitted(partial(_predict, float(rows.history.mean()), settings))


def _predict(drift, settings, origin):
    sd = origin.history[-settings.sessions :].std()
    scale = sd * np.sqrt((settings.df - 2) / settings.df)  # a Student-t of scale 1 has a larger sd than 1
    return Predictive.of(drift, [scale], settings.df)
'''
(folder / "forecasters" / "last_month.py").write_text(code, "utf-8")
models.add_folder(folder / "forecasters")
print(models.summary("last_month"))

# %% [markdown]
# `BY_DEFAULT = False` says that it runs only where it is named. Here it is beside two others, on the S&P 500.

# %%
market = sources.load("sample")
panel = market.fetch(market.ASSETS[0], datetime(2019, 1, 1, tzinfo=UTC)).tail(700)
prices = panel.set_index(pd.DatetimeIndex(panel["session"], name="Date"))[["open", "high", "low", "close", "volume"]]
chosen = ("climatology", "ewma", "last_month")
forecast(prices, symbol="SPX", models=chosen)

# %% [markdown]
# Its settings are checked as those of any other, and a typing error is named:

# %%
wide = forecast(prices, symbol="SPX", models="last_month", settings={"models": {"last_month": {"sessions": 60}}})
print(f"over 60 sessions: sd {wide.predictive['last_month'].sd:.4f}")
try:
    forecast(prices, symbol="SPX", models="last_month", settings={"models": {"last_month": {"session": 60}}})
except Exception as fault:
    print(fault)

# %% [markdown]
# A forecast may use nothing that became known later. What happens to it if the days after its origin had been others?
# Nothing may. (`forecaster audit --models last_month` asks this of many days, where the file lies in
# `forecaster/models`.)

# %%
day = prices.index[-50]
other = prices.copy()
other.loc[other.index > day] *= 1.5
tables = [forecast(one, symbol="SPX", models="last_month", as_of=day).table() for one in (prices, other)]
pd.testing.assert_frame_equal(*tables, check_exact=True)
print("the same to the last digit")

# %% [markdown]
# And is it any good? The same replay, scores and verdict as for any forecaster of the program:

# %%
replayed = backtest(prices, last=90, symbol="SPX", models=chosen)
board = leaderboard(replayed)
board[["days", "crps", "log_score", "in90", "verdict"]].round(4)

# %%
replayed.plot("last_month")
plt.show()

# %% [markdown]
# ## 2. A source of prices
#
# A source answers for symbols: `describe` says what an asset is, `fetch` gives its finished sessions as a panel. It
# says by `FETCHED` that it can be asked again, by `ASSETS` what is fetched where no symbol is named, and by `WINDOW`
# how far back a daily run asks again. This one makes its prices up; yours would read a database or ask a provider.

# %%
code = '''
"""A see-saw: prices that rise on one day and fall on the next."""

from datetime import datetime

import numpy as np
import pandas as pd

from ingest.assets import Asset
from ingest.panel import panel_rows
from ingest.sessions import as_day, calendar
from ingest.sources import offered

FETCHED = True
WINDOW = None
ASSETS = (Asset("SEESAW", calendar="24/7", source="seesaw", simulated=True),)


def describe(symbol, code=None, name=""):
    return offered(ASSETS, symbol, code)


def fetch(asset, now, first=None, last=None, name=""):
    own = offered(ASSETS, asset.symbol)
    days = pd.date_range("2023-01-01", calendar(own.calendar).last_closed(now), freq="D", unit="us")
    size = 0.01 + 0.005 * np.abs(np.random.default_rng(1).standard_normal(len(days)))
    close = pd.Series(100 * np.cumprod(1 + size * (-1.0) ** np.arange(len(days))), index=days)
    chosen = close.loc[first and as_day(first) : last and as_day(last)]
    return panel_rows(own.symbol, chosen.index, {"close": chosen}, "seesaw")
'''
(folder / "sources" / "seesaw.py").write_text(code, "utf-8")
sources.add_folder(folder / "sources")
print("sources:", ", ".join(sources.names()))

seesaw = sources.load("seesaw")
fetched = seesaw.fetch(seesaw.describe("SEESAW"), datetime(2024, 1, 1, tzinfo=UTC))
closes = fetched.set_index("session")["close"]
forecast(closes, calendar="24/7", symbol="SEESAW", models=chosen)

# %% [markdown]
# A file in `ingest/sources` itself is a command at once, like `forecaster ingest simulated`, and is asked again by each
# daily run.
#
# ## 3. A count of attention
#
# How much people write or read about an asset may tell how much it will move. An adapter gives one count for each UTC
# day, and says by `LAG` how long after the end of a day its count is published: a forecast uses no count before that.
# This one counts something that cannot matter, moonlight, as a check on ourselves.

# %%
code = '''
"""The moon: how much of it is lit, in per mille."""

from datetime import timedelta
from hashlib import sha256

import numpy as np
import pandas as pd

from ingest.daily_counts import Counts, final_days, series_of

KIND = "moonlight, per mille"
LAG = timedelta(0)
NEW_MOON, MONTH = pd.Timestamp("2000-01-06 18:14"), 29.530588


def attention(subject, first, last, now, transport=None):
    start, end = final_days(first, last, now, LAG, "moon")
    days = pd.date_range(start, end, freq="D", unit="us")
    age = (days - NEW_MOON) / pd.Timedelta(days=1) / MONTH
    lit = np.round(500 * (1 - np.cos(2 * np.pi * age)))
    counts = dict(zip(days, lit, strict=True))
    return Counts(KIND, LAG, series_of(counts, start, end, "moon"), sha256(lit.to_numpy().tobytes()).hexdigest())
'''
(folder / "counts" / "moon.py").write_text(code, "utf-8")
attention.add_folder(folder / "counts")
print("counts:", ", ".join(attention.names()))

moon = attention.load("moon")
counts = moon.attention("", prices.index[0], prices.index[-1], datetime(2019, 1, 1, tzinfo=UTC))
counts.days.tail(3)

# %% [markdown]
# Is a day's change larger after a bright night? The correlation of the size of a change with the count of the day
# before should be within two standard errors of zero, 0.08 for 700 days:

# %%
size = prices["close"].pct_change().abs()
light = counts.days.reindex(prices.index).shift(1)
print(f"correlation of moonlight and the next change's size: {size.corr(light):+.3f}")

# %% [markdown]
# With a home, the command `ingest attention` stores such counts with the instant at which they became known, and the
# Bayesian forecasters take them into account.

# %%
assert "last_month" in models.names()
assert "last_month" not in models.by_default()
assert set(board.index.get_level_values("model")) == set(chosen)
assert counts.days.between(0, 1000).all()
assert abs(size.corr(light)) < 0.15
