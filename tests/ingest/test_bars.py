"""A bad open, high or low costs that field; only a close that cannot be trusted costs the day."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from ingest.bars import FIELDS, odd_closes, without_wild_fields
from ingest.store import Appended, Store
from tests.ingest.conftest import COIN, NOW

MakePanel = Callable[..., pd.DataFrame]


def lost(rows: pd.DataFrame) -> dict[int, list[str]]:
    """The fields that are taken for missing, by row."""
    kept, count = without_wild_fields(rows, rows)
    gone = kept[list(FIELDS)].isna() & rows[list(FIELDS)].notna()
    assert count == int(gone.to_numpy().sum())
    pd.testing.assert_frame_equal(kept.drop(columns=list(FIELDS)), rows.drop(columns=list(FIELDS)))
    return {int(at): [name for name in FIELDS if row[name]] for at, row in gone.iterrows() if row.any()}  # type: ignore[call-overload]


def test_a_stray_tick_costs_its_field(make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[10, "low"] = 7e-05
    rows.loc[11, ["open", "high"]] = rows.loc[11, "close"] * 30
    assert lost(rows) == {10: ["low"], 11: ["open", "high"]}
    assert not odd_closes(rows).any()


def test_a_high_below_the_low_costs_the_one_that_is_wrong_or_both(make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[10, "high"] = rows.loc[10, "low"] * 0.9
    rows.loc[20, "low"] = rows.loc[20, "high"] * 1.2
    rows.loc[30, ["high", "low"]] = rows.loc[30, ["low", "high"]].to_numpy()
    assert lost(rows) == {10: ["high"], 20: ["low"], 30: ["high", "low"]}


def test_a_field_that_leaves_out_the_close_goes_where_the_days_around_agree_with_the_close(
    make_panel: MakePanel,
) -> None:
    rows = make_panel(60)
    rows.loc[10, "high"] = rows.loc[10, "close"] * 0.9
    rows.loc[10, ["open", "low"]] = rows.loc[10, "close"] * 0.88
    rows.loc[20, "open"] = rows.loc[20, "close"] * 2
    assert lost(rows) == {10: ["high"], 20: ["open"]}
    rows.loc[59, "close"] *= 1.2  # the newest: it may have moved so
    assert lost(rows) == {10: ["high"], 20: ["open"], 59: ["high"]}


@pytest.mark.parametrize("factor", [10, 0.1, 1.4, 0.7])
def test_a_close_that_alone_is_out_is_the_one_that_is_wrong(make_panel: MakePanel, factor: float) -> None:
    rows = make_panel(60)
    rows.loc[30, "close"] *= factor
    assert np.flatnonzero(odd_closes(rows)).tolist() == [30]
    assert lost(rows) == {}


def test_a_newest_close_far_from_all_else_is_not_trusted(make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[59, "close"] *= 10
    assert np.flatnonzero(odd_closes(rows)).tolist() == [59]


def test_a_split_makes_no_close_odd(make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[30:, ["open", "high", "low", "close"]] /= 4
    rows.loc[30, "adjustment"] = 4.0
    rows.loc[30, "high"] = rows.loc[30, "close"] * 0.9
    rows.loc[30, ["open", "low"]] = rows.loc[30, "close"] * 0.88
    assert lost(rows) == {30: ["high"]}


def test_rows_without_bars_and_clean_ones_lose_nothing(make_panel: MakePanel) -> None:
    rows = make_panel(60)
    assert lost(rows) == {}
    assert lost(rows.assign(open=np.nan, high=np.nan, low=np.nan)) == {}
    assert lost(rows.assign(open=np.nan, low=np.nan)) == {}
    assert lost(rows.iloc[:0]) == {}
    assert lost(rows.iloc[:1]) == {}


def test_the_day_is_stored_without_the_field_and_counted(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[30, "low"] = 7e-05
    assert store.append(COIN, rows, NOW) == Appended(new=60, blanked=1)
    kept = store.history("COIN").newest()
    assert np.isnan(kept.loc[30, "low"])
    assert kept.loc[30, "close"] == rows.loc[30, "close"]
    again = NOW + timedelta(days=1)
    assert store.append(COIN, rows, again) == Appended(unchanged=60, blanked=1)
    right = make_panel(60)
    assert store.append(COIN, right, again) == Appended(corrected=1, unchanged=59)
    assert store.append(COIN, rows, again) == Appended(unchanged=60, blanked=1)
    assert store.history("COIN").newest().loc[30, "low"] == right.loc[30, "low"]


def test_a_row_with_a_wrong_close_is_held_back_as_it_came(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[30, "close"] *= 10
    assert store.append(COIN, rows, NOW) == Appended(new=59, quarantined=1)
    held = store.history("COIN").held
    assert (
        held.loc[0, ["open", "high", "low", "close"]].tolist()
        == rows.loc[30, ["open", "high", "low", "close"]].tolist()
    )
