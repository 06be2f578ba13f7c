"""Whatever a provider restates, what was known at an instant stays byte for byte what it was."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from ingest.assets import Asset
from ingest.store import History, Store
from tests.ingest.readings import every_reading, reading

MakePanel = Callable[..., pd.DataFrame]
COIN = Asset("COIN", calendar="24/7", source="test", attention_kind="tweets a day")
NOW = datetime(2024, 6, 1, tzinfo=UTC)
PRICES = ["open", "high", "low", "close"]
SHOWN = 31
"""Sessions before the first restatement."""


def corrected(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """Four closes by about a percent, with the other prices of their sessions."""
    touched = rng.choice(len(rows), 4, replace=False)
    rows.loc[touched, PRICES] *= 1 + rng.normal(0, 0.01, (4, 1))


def volumes(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """The volume of the last week is final at last."""
    rows.loc[rows.index[-7:], "volume"] *= rng.uniform(1, 1.05)


def gap_filled(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """Missing tweets arrive; where none are missing, some go."""
    gaps = np.flatnonzero(rows["tweets"].isna())
    rows.loc[gaps, "tweets"] = 500.0
    if not len(gaps):
        rows.loc[rng.choice(len(rows), 3, replace=False), "tweets"] = np.nan


def dividend(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """A payment of some past session becomes known: its total-return factor changes."""
    rows.loc[rng.integers(len(rows)), "adjustment"] = 1 + rng.uniform(0.001, 0.02)


def split(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """A split of 2 for 1 is applied to all prices and volumes before some session."""
    before = rows.index < rng.integers(1, len(rows))
    rows.loc[before, PRICES] /= 2
    rows.loc[before, "volume"] *= 2


def nothing(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """Only new sessions, and late ones."""


KINDS = (corrected, volumes, gap_filled, dividend, split, nothing)


@pytest.mark.parametrize("restatements", [25, pytest.param(100, marks=pytest.mark.campaign)])
def test_random_restatements_leave_every_earlier_reading_byte_identical(
    store: Store, make_panel: MakePanel, restatements: int
) -> None:
    """Each import tells nine sessions of ten: what it leaves out is late one day, or stays as it was."""
    rng = np.random.default_rng(restatements)
    source = make_panel(SHOWN + 2 * restatements)
    now = datetime(2024, 2, 1, tzinfo=UTC)
    shown = SHOWN
    store.append(COIN, source.iloc[:shown].sample(frac=0.8, random_state=1), now)
    before = every_reading(store)
    done, added = Counter(), Counter()
    for _ in range(restatements):
        now += timedelta(days=int(rng.integers(0, 3)), minutes=int(rng.integers(0, 600)))
        shown = min(shown + int(rng.integers(0, 3)), len(source))
        told = source.iloc[:shown].copy()
        restate = KINDS[rng.integers(len(KINDS))]
        restate(told, rng)
        source.iloc[:shown] = told
        counts = store.append(COIN, told.sample(frac=0.9, random_state=int(rng.integers(1e6))), now)
        done[restate.__name__] += 1
        added.update(new=counts.new, corrected=counts.corrected, late=counts.late)
        after = every_reading(store)
        assert {day: after[day] for day in before} == before, restate.__doc__
        before = after
    assert set(done) == {kind.__name__ for kind in KINDS}
    assert added["new"] >= restatements / 2
    assert added["corrected"] >= 4 * restatements
    assert added["late"] >= 5


def test_negative_control_a_correction_dated_back_does_change_an_earlier_reading(
    store: Store, make_panel: MakePanel
) -> None:
    """The test above can fail: with a correction known from the session's close on, it would."""
    store.append(COIN, make_panel(20), NOW)
    history = store.history("COIN")
    wrong = history.frame.iloc[[5]].assign(close=1.0)
    wrong["known_at"] += pd.Timedelta(seconds=1)
    rewritten = History(history.asset, pd.concat([history.frame, wrong]))
    day = pd.Timestamp("2024-01-15")
    for part, other in zip(reading(rewritten, day), reading(history, day), strict=True):
        assert part != other
