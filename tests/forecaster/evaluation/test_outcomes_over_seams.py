"""No sequence of imports makes an outcome that was not traded: random cuts of one true history, restated at will."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster.evaluation.outcomes import outcome
from ingest.assets import Asset
from ingest.changes import simple_changes
from ingest.database import open_engine
from ingest.errors import AsOfError
from ingest.sessions import calendar
from ingest.sources import csv_file
from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forecaster.floats import Floats
    from ingest.history import History
    from ingest.vintages import Appended

SHARE = Asset("SHARE", calendar="XNYS", source="csv_file")
SESSIONS = 120
NEAR = 3e-5
"""Prices are written to six decimals, and factors keep six digits."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What was traded: closes, splits and dividends a share `(sessions,)`, and what an owner earned each session."""

    days: pd.DatetimeIndex
    close: Floats
    split: Floats
    paid: Floats

    @property
    def earned(self) -> Floats:
        """The total return of each session `(sessions,)`; of the first nothing is known."""
        return np.append(np.nan, self.split[1:] * (self.close[1:] + self.paid[1:]) / self.close[:-1] - 1)

    def file(self, kind: str, first: int, last: int, now: int) -> pd.DataFrame:
        """A file of the sessions first to last, as a provider writes it after session now.

        Args:
            kind: `traded`, closes as they were with adjusted ones beside; `restated`, closes over every later split
                with adjusted ones beside; `all in one`, closes that hold splits and dividends, and nothing beside.
            first: Place of its first session.
            last: Place of its last session.
            now: Place of the last session that the provider knows.
        """
        later = np.ones(SESSIONS)
        later[:now] = np.cumprod(self.split[1 : now + 1][::-1])[::-1]
        kept = np.ones(SESSIONS)
        kept[:now] = np.cumprod((self.close / (self.close + self.paid))[1 : now + 1][::-1])[::-1]
        adjusted, at = self.close / later * kept, slice(first, last + 1)
        close = {"traded": self.close, "restated": self.close / later, "all in one": adjusted}[kind]
        rows = pd.DataFrame({"Date": self.days[at].strftime("%Y-%m-%d"), "Close": close[at]})
        return rows if kind == "all in one" else rows.assign(**{"Adj Close": adjusted[at]})


def truth(rng: np.random.Generator) -> Truth:
    days = calendar("XNYS").sessions("2025-06-02", "2026-06-30")[:SESSIONS]
    split, paid = np.ones(SESSIONS), np.zeros(SESSIONS)
    split[rng.choice(np.arange(1, SESSIONS), 2, replace=False)] = rng.choice([2.0, 3.0, 4.0, 1.5, 0.1, 20.0], 2)
    earned = rng.normal(0, 0.015, SESSIONS)
    paying = rng.choice(np.arange(1, SESSIONS), 4, replace=False)
    share = np.zeros(SESSIONS)
    share[paying] = rng.uniform(0.002, 0.03, 4)
    close = 400 * np.exp(np.cumsum(earned)) * np.cumprod(1 - share) / np.cumprod(split)
    close = np.round(close, 2)
    paid[paying] = np.round(share[paying] * close[paying], 4)
    return Truth(days, close, split, paid)


KINDS = ("traded", "restated", "all in one")


def cuts(rng: np.random.Generator) -> list[tuple[str, int, int, int]]:
    """Files in the order of their saving; one that holds everything in its closes overlaps what came before."""
    files: list[tuple[str, int, int, int]] = []
    now = int(rng.integers(20, 50))
    while now < SESSIONS:
        kind = KINDS[rng.integers(len(KINDS))]
        last = now if rng.random() < 0.8 else int(rng.integers(10, now + 1))  # mostly up to the present
        first = int(rng.integers(0, last - 1))
        if kind == "all in one" and files:
            spans = [(a, b) for _, a, b, _ in files]
            first = min(first, *(b for _, b in spans))
            last = max(last, *(a for a, _ in spans))
        files.append((kind, first, last, now))
        now += int(rng.integers(1, 30))
    return files


def imported(store: Store, rows: pd.DataFrame, folder: Path, now: pd.Timestamp) -> Appended:
    path = folder / "share.csv"
    rows.to_csv(path, index=False, float_format="%.6f")
    read = csv_file.read(path, "SHARE", "XNYS")
    return store.append(SHARE, read.rows, now.to_pydatetime(), read.basis)


def settled(history: History) -> Iterator[tuple[pd.Timestamp, float]]:
    """Every outcome that a forecast could have, and every change that one could learn from."""
    for session in history.frame["session"].unique():
        with suppress(AsOfError):  # nothing was known yet: no forecast was made
            if (found := outcome(history, session, history.last)) is not None:
                yield session, found.y
    changes = simple_changes(history.newest(), calendar("XNYS"), ("price",))["price"].dropna()
    yield from changes.items()


@pytest.mark.parametrize("seeds", [range(4), pytest.param(range(4, 600), marks=pytest.mark.campaign)])
def test_an_outcome_is_the_total_return_or_there_is_none(seeds: range, tmp_path: Path) -> None:
    """The rounding of prices and factors apart, and without exception: no false alarm is allowed for."""
    known = said = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        engine = open_engine("sqlite://")
        true, store = truth(rng), Store(engine)
        earned = dict(zip(true.days, true.earned, strict=True))
        for kind, first, last, now in cuts(rng):
            when = calendar("XNYS").close(true.days[now]) + timedelta(hours=1)
            told = imported(store, true.file(kind, first, last, now), tmp_path, when)
            assert bool(told.needed) == bool(told.quarantined + told.held)
            said += bool(told.needed)
            for session, change in settled(store.history("SHARE")):
                assert change == pytest.approx(earned[session], abs=NEAR), (seed, kind, first, last, now, session)
                known += 1
        engine.dispose()
    assert known > 100 * len(seeds)
    assert said > len(seeds) / 20


def test_control_files_laid_on_top_of_each_other_do_make_outcomes_that_were_not_traded() -> None:
    wrong = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        true = truth(rng)
        latest = np.full((2, SESSIONS), np.nan)
        for kind, first, last, now in cuts(rng):
            rows = true.file(kind, first, last, now)
            close, adjusted = rows["Close"].to_numpy(), rows.get("Adj Close", rows["Close"]).to_numpy()
            at = slice(first, last + 1)
            latest[0, at] = close
            latest[1, at] = np.append(1.0, (adjusted[1:] / close[1:]) / (adjusted[:-1] / close[:-1]))
        found = latest[0, 1:] / latest[0, :-1] * latest[1, 1:] - 1
        wrong += bool(np.nanmax(np.abs(found - true.earned[1:])) > NEAR)
    assert wrong > 20  # of 40 histories
