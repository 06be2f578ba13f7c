"""A short history hears how many rows would do, and so many do."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from forecaster.view.arrays import training
from forecaster.view.view import look
from ingest.assets import Asset
from ingest.errors import TooFewRowsError
from ingest.history import History
from ingest.panel import panel_rows

CHANGES = np.random.default_rng(3).normal(0, 0.02, 200)


def history(rows: int, gaps: tuple[int, ...] = ()) -> History:
    """The first sessions of a coin, as many as make so many rows without those of the gaps."""
    kept = [at for at in range(rows + len(gaps)) if at not in gaps][:rows]
    days = pd.date_range("2026-01-01", periods=201, unit="us")[kept]
    panel = panel_rows("COIN", days, {"close": (100 * np.cumprod(np.r_[1.0, 1 + CHANGES]))[kept]}, "test")
    known = panel["session"].dt.tz_localize("UTC") + pd.Timedelta(days=1)
    return History(Asset("COIN", calendar="24/7", source="csv_file"), panel.assign(known_at=known))


@pytest.mark.parametrize(
    ("rows", "gaps", "minimum"),
    [(61, (), 60), (87, (), 60), (2, (), 60), (10, (), 30), (61, (30,), 60), (61, (57, 59), 60), (40, (3, 4, 11), 45)],
)
def test_so_many_rows_do_and_one_fewer_does_not(settings_of, rows: int, gaps: tuple[int, ...], minimum: int) -> None:
    settings = settings_of(forecast={"minimum_rows": minimum}).forecast

    def learn(count: int) -> int:
        held = history(count, gaps)
        return len(training(look(held, held.last, settings)).examples.y)

    with pytest.raises(TooFewRowsError, match=rf"it has {rows}\)$") as refused:
        learn(rows)
    (enough,) = re.findall(r"\((\d+) rows without a gap would do", str(refused.value))
    assert learn(int(enough)) >= minimum
    with pytest.raises(TooFewRowsError):
        learn(int(enough) - 1)


def test_without_gaps_and_at_the_default_it_is_88_rows(settings_of) -> None:
    held = history(61)
    with pytest.raises(TooFewRowsError, match=r"88 rows without a gap would do; it has 61"):
        training(look(held, held.last, settings_of().forecast))
