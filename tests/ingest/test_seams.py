"""Where imports meet: restated rows say nothing new, what nothing joins waits, and no payment is lost."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from ingest.assets import Asset
from ingest.changes import simple_changes
from ingest.panel import panel_rows
from ingest.sessions import calendar
from ingest.store import Appended, Store

SHARE = Asset("SHARE", calendar="XNYS", source="test")
COIN = Asset("COIN", calendar="24/7", source="test")
NOW = datetime(2025, 6, 1, tzinfo=UTC)
DAYS = calendar("XNYS").sessions("2025-01-02", "2025-03-14")
CLOSE = np.round(400 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.012, len(DAYS)))), 2)
TRUE = CLOSE[1:] / CLOSE[:-1] - 1


def file(at: slice, close: np.ndarray = CLOSE, *, adjusted: bool = True, **values: np.ndarray) -> pd.DataFrame:
    """A panel as a file gives it: adjusted closes say nothing of the first row, and without them nothing is said."""
    factor = np.ones(len(DAYS)) if adjusted else np.full(len(DAYS), np.nan)
    factor[at.start or 0] = np.nan
    columns = {"close": close, "adjustment": factor} | values
    return panel_rows("SHARE", DAYS[at], {name: column[at] for name, column in columns.items()}, "test")


def changes(store: Store, asset: Asset = SHARE) -> np.ndarray:
    """The price changes of the newest rows."""
    rows = store.history(asset.symbol).newest()
    return simple_changes(rows, calendar(asset.calendar), ("price",))["price"].to_numpy()[1:]


def test_a_file_that_begins_at_a_split_leaves_the_stored_factor(store: Store) -> None:
    factor = np.ones(len(DAYS))
    factor[20] = 4.0
    store.append(SHARE, file(slice(0, 40), adjustment=factor), NOW, "adjusted")
    told = store.append(SHARE, file(slice(20, 40), adjustment=np.r_[factor[:20], np.nan, factor[21:]]), NOW)
    assert told == Appended(unchanged=20)


@pytest.mark.parametrize("adjusted", [True, False])
@pytest.mark.parametrize("common", [1, 2, 15])
def test_a_restated_overlap_joins_both_scales(store: Store, common: int, *, adjusted: bool) -> None:
    basis = "adjusted" if adjusted else "quoted"
    store.append(SHARE, file(slice(0, 30), adjusted=adjusted), NOW, basis)
    later = file(slice(30 - common, 45), np.round(CLOSE / 4, 4), adjusted=adjusted)
    told = store.append(SHARE, later, NOW, basis)
    assert told == Appended(new=15, unchanged=common, restated=common)
    assert store.history("SHARE").newest()["adjustment"].iloc[30] == pytest.approx(4, rel=1e-4)
    np.testing.assert_allclose(changes(store), TRUE[:44], atol=2e-6)


def test_an_older_file_joins_before_a_newer_one(store: Store) -> None:
    """The first stored row has a session before it at last, and its factor says so."""
    store.append(SHARE, file(slice(20, 40), np.round(CLOSE / 4, 4)), NOW, "adjusted")
    told = store.append(SHARE, file(slice(0, 25)), NOW, "adjusted")
    assert told == Appended(corrected=1, late=20, unchanged=4, restated=4)
    np.testing.assert_allclose(changes(store), TRUE[:39], atol=2e-6)


def test_a_hole_is_filled_from_another_scale_by_a_file_with_the_sessions_on_both_sides(store: Store) -> None:
    whole = file(slice(0, 30))
    store.append(SHARE, whole.drop(index=[11, 12]), NOW, "adjusted")
    later = np.round(CLOSE / 4, 4)
    assert store.append(SHARE, file(slice(8, 13), later), NOW, "adjusted").needed == (DAYS[13],)
    told = store.append(SHARE, file(slice(8, 14), later), NOW, "adjusted")
    assert told == Appended(corrected=1, late=2, unchanged=3, restated=3)
    np.testing.assert_allclose(changes(store), TRUE[:29], atol=2e-6)


def test_a_hole_is_filled_by_its_own_rows_alone_where_no_scale_differs(store: Store) -> None:
    plain = {"adjusted": False}
    store.append(SHARE, file(slice(0, 30), **plain).drop(index=[11, 12]), NOW, "quoted")
    assert store.append(SHARE, file(slice(11, 13), **plain), NOW, "quoted") == Appended(late=2)
    np.testing.assert_allclose(changes(store), TRUE[:29], atol=1e-9)


def test_adjusted_closes_without_a_session_in_common_wait_and_a_longer_file_joins_them(store: Store) -> None:
    store.append(SHARE, file(slice(0, 30)), NOW, "adjusted")
    told = store.append(SHARE, file(slice(30, 45)), NOW, "adjusted")
    assert told == Appended(quarantined=15, needed=(DAYS[29],))
    assert set(store.history("SHARE").held["reason"]) == {"joins nothing stored"}
    assert store.append(SHARE, file(slice(29, 45)), NOW, "adjusted") == Appended(new=15, unchanged=1)
    assert set(store.history("SHARE").held["decision"]) == {"replaced"}
    np.testing.assert_allclose(changes(store), TRUE[:44], atol=2e-6)


def test_plain_closes_go_on_unless_they_step_like_a_split(store: Store) -> None:
    store.append(SHARE, file(slice(0, 30), adjusted=False), NOW, "quoted")
    assert store.append(SHARE, file(slice(30, 35), adjusted=False), NOW, "quoted") == Appended(new=5)
    told = store.append(SHARE, file(slice(35, 45), CLOSE / 2, adjusted=False), NOW, "quoted")
    assert told == Appended(quarantined=10, needed=(DAYS[34],))


def test_a_person_can_release_what_waits(store: Store) -> None:
    """The file is right, and the step was traded."""
    store.append(SHARE, file(slice(0, 30), adjusted=False), NOW, "quoted")
    store.append(SHARE, file(slice(30, 45), CLOSE / 2, adjusted=False), NOW, "quoted")
    assert store.decide("SHARE", (), "released", NOW) == 15
    assert changes(store)[29] == pytest.approx((1 + TRUE[29]) / 2 - 1)


def test_a_person_can_release_another_currency(store: Store) -> None:
    """The stored rows were the wrong ones: what is released is believed as it came."""
    store.append(SHARE, file(slice(0, 40), CLOSE[::-1] * 3), NOW, "adjusted")
    assert store.append(SHARE, file(slice(0, 40)), NOW, "adjusted") == Appended(quarantined=40, foreign=True)
    assert store.decide("SHARE", (), "released", NOW) == 40
    np.testing.assert_allclose(changes(store), TRUE[:39], atol=1e-9)


def test_a_file_that_leaves_a_split_out_is_not_believed(store: Store) -> None:
    """The store has a smooth history; plain closes with a step in it cannot make one."""
    store.append(SHARE, file(slice(0, 40)), NOW, "adjusted")
    raw = CLOSE * np.where(np.arange(len(DAYS)) < 20, 4, 1)
    told = store.append(SHARE, file(slice(5, 40), raw, adjusted=False), NOW, "quoted")
    assert told == Appended(unchanged=35, restated=15)


def test_a_split_that_the_store_lacks_is_learnt_from_a_file_that_undoes_it(store: Store) -> None:
    raw = CLOSE * np.where(np.arange(len(DAYS)) < 20, 4, 1)
    store.append(SHARE, file(slice(0, 40), raw, adjusted=False), NOW, "quoted")
    told = store.append(SHARE, file(slice(0, 40), adjusted=False), NOW, "quoted")
    assert told == Appended(corrected=1, unchanged=39, restated=20)
    np.testing.assert_allclose(changes(store), TRUE[:39], atol=1e-9)


def test_single_closes_are_still_corrected(store: Store) -> None:
    store.append(SHARE, file(slice(0, 40)), NOW, "adjusted")
    for rows in (slice(0, 40), slice(10, 41)):
        other = CLOSE.copy()
        other[[10, 39]] *= [1.01, 0.98]
        store.append(SHARE, file(rows, other), NOW, "adjusted")
        assert store.history("SHARE").newest()["close"].tolist()[:40] == other[:40].tolist()
    assert store.append(SHARE, file(slice(39, 40)), NOW, "adjusted").needed == (DAYS[38],), "it may be a payment since"
    assert store.append(SHARE, file(slice(38, 40)), NOW, "adjusted").corrected == 1


def test_another_provider_in_another_scale_joins_too(store: Store) -> None:
    """Its closes are a little different, and a split apart."""
    store.append(SHARE, file(slice(0, 40)), NOW, "adjusted")
    quotes = CLOSE / 4 * (1 + np.random.default_rng(2).normal(0, 3e-4, len(DAYS)))
    told = store.append(SHARE, file(slice(20, 45), quotes), NOW, "adjusted")
    assert told == Appended(new=5, unchanged=20, restated=20)
    np.testing.assert_allclose(changes(store), TRUE[:44], atol=3e-3)


def test_another_asset_under_the_same_symbol_waits(store: Store) -> None:
    store.append(SHARE, file(slice(0, 40)), NOW, "adjusted")
    other = 90 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.012, len(DAYS))))
    told = store.append(SHARE, file(slice(20, 45), other), NOW, "adjusted")
    assert told == Appended(quarantined=25, foreign=True)
    np.testing.assert_allclose(changes(store), TRUE[:39], atol=1e-9)


def test_a_correction_beside_a_filled_hole_moves_no_factor(store: Store) -> None:
    store.append(SHARE, file(slice(0, 40)).drop(index=[20]), NOW, "adjusted")
    other = CLOSE.copy()
    other[19] *= 1.01
    assert store.append(SHARE, file(slice(5, 21), other), NOW, "adjusted") == Appended(
        corrected=1, late=1, unchanged=14
    )
    assert (store.history("SHARE").newest()["adjustment"] == 1).all()


SPLIT_ROWS = {"adjustment": np.where(np.arange(len(DAYS)) == 35, 4.0, 1.0)}


@pytest.mark.parametrize("first", [30, 35])
def test_payments_in_columns_do_not_tell_the_scale_of_a_file(store: Store, first: int) -> None:
    """Nothing stands before its first row, and its closes may be divided by a split in it, or by a later one."""
    store.append(SHARE, file(slice(0, first), adjusted=False), NOW, "quoted")
    rows = file(slice(first, 45), CLOSE / 4, **SPLIT_ROWS)
    assert store.append(SHARE, rows, NOW, "quoted").needed == (DAYS[first - 1],)


def test_a_file_that_begins_on_the_day_of_a_payment_takes_none_away(store: Store) -> None:
    rows = file(slice(0, 40), CLOSE * np.where(np.arange(len(DAYS)) < 35, 4, 1), **SPLIT_ROWS)
    store.append(SHARE, rows, NOW, "quoted")
    for last in (36, 40):
        again = panel_rows("SHARE", DAYS[35:last], {"close": CLOSE[35:last]}, "test")
        assert store.append(SHARE, again, NOW, "quoted") == Appended(unchanged=last - 35)


@pytest.mark.parametrize("common", [1, 2, 3])
def test_few_sessions_in_common_join_no_other_asset(store: Store, common: int) -> None:
    store.append(SHARE, file(slice(0, 40), adjusted=False), NOW, "quoted")
    other = 0.63 * CLOSE * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.012, len(DAYS))))
    told = store.append(SHARE, file(slice(40 - common, 45), other, adjusted=False), NOW, "quoted")
    assert told.new == told.corrected == 0
    assert told.needed == ((DAYS[38],) if common == 1 else ())
    assert told.foreign == (common > 1)


@pytest.mark.parametrize("rows", [slice(39, 45), slice(39, 40)])
def test_a_coin_s_close_is_corrected_however_much_where_a_session_before_it_is_the_same(
    store: Store, rows: slice
) -> None:
    """What pays nothing is never restated; where a single session differs by a lot, another is asked for."""
    days = pd.date_range("2025-01-01", periods=len(DAYS), unit="us")
    told = [
        panel_rows("COIN", days, {"close": close}, "test") for close in (np.r_[CLOSE[:39], 1.2 * CLOSE[39:]], CLOSE)
    ]
    store.append(COIN, told[0].iloc[:40], NOW, "quoted")
    added = store.append(COIN, told[1].iloc[rows], NOW, "quoted")
    assert added.needed == ((days[38],) if rows.stop > 40 else ())
    assert store.append(COIN, told[1].iloc[38:45], NOW, "quoted").foreign is False
    np.testing.assert_allclose(changes(store, COIN), TRUE[:44], atol=1e-9)


def test_corrections_within_a_restated_overlap_count(store: Store) -> None:
    store.append(SHARE, file(slice(0, 40), adjusted=False), NOW, "quoted")
    other = CLOSE.copy()
    other[20] *= 1.04
    told = store.append(SHARE, file(slice(10, 45), other / 2, adjusted=False), NOW, "quoted")
    assert told == Appended(new=5, corrected=2, unchanged=28, restated=28)
    np.testing.assert_allclose(changes(store), other[1:45] / other[:44] - 1, atol=1e-9)


@pytest.mark.parametrize("cents", [1, 2, -1])
def test_a_cheap_share_s_last_close_is_corrected_by_a_cent(store: Store, cents: int) -> None:
    cheap = np.round(CLOSE / 250, 2)
    store.append(SHARE, file(slice(0, 40), cheap, adjusted=False), NOW, "quoted")
    other = cheap.copy()
    other[39] += cents / 100
    told = store.append(SHARE, file(slice(20, 41), other, adjusted=False), NOW, "quoted")
    assert told == Appended(new=1, corrected=1, unchanged=19)


def test_a_small_dividend_of_a_cheap_share_restates(store: Store) -> None:
    cheap = np.round(CLOSE / 250, 2)
    store.append(SHARE, file(slice(0, 40), cheap, adjusted=False), NOW, "quoted")
    later = np.where(np.arange(len(DAYS)) < 40, np.round(cheap * 0.998, 5), cheap)
    told = store.append(SHARE, file(slice(20, 45), later, adjusted=False), NOW, "quoted")
    assert told == Appended(new=5, unchanged=20, restated=20)


def test_a_gap_that_no_file_spans_waits_for_one_that_does(store: Store) -> None:
    """What was paid within it is in neither of the files beside it."""
    paid = CLOSE * np.where(np.arange(len(DAYS)) < 15, 1, 0.98)
    store.append(SHARE, file(slice(0, 10), paid, adjusted=False), NOW, "quoted")
    store.append(SHARE, file(slice(20, 25), paid, adjusted=False), NOW, "quoted")
    holds = file(slice(9, 20), 0.98 * CLOSE, adjusted=False)
    assert store.append(SHARE, holds, NOW, "quoted").needed == (DAYS[20],)
    assert store.append(SHARE, file(slice(9, 22), 0.98 * CLOSE, adjusted=False), NOW, "quoted").late == 10
    np.testing.assert_allclose(changes(store)[8:24], TRUE[8:24], atol=1e-9)


def test_another_series_at_the_same_level_waits(store: Store) -> None:
    store.append(SHARE, file(slice(0, 40)), NOW, "adjusted")
    other = CLOSE.mean() * np.exp(np.random.default_rng(6).normal(0, 0.012, len(DAYS)))
    assert store.append(SHARE, file(slice(0, 40), other), NOW, "adjusted").foreign


@pytest.mark.parametrize("basis", ["adjusted", "quoted"])
def test_a_file_that_lacks_a_day_moves_no_payment_to_the_next(store: Store, basis: str) -> None:
    """Its factor of the next day is of two changes, and the store knows both."""
    paid = np.where(np.arange(len(DAYS)) == 12, 1.4, 1.0)
    store.append(SHARE, file(slice(0, 40), adjustment=paid), NOW, "adjusted")
    rows = file(slice(5, 40), adjustment=np.where(np.arange(len(DAYS)) == 13, 1.4, 1.0)).drop(index=[7])
    assert store.append(SHARE, rows, NOW, basis) == Appended(unchanged=34)


def test_rows_that_wait_leave_nothing_behind(store: Store) -> None:
    """A payment within them does not count on the next row, which is stored already."""
    paid = np.where(np.arange(len(DAYS)) == 19, 1.4, 1.0)
    store.append(SHARE, file(slice(20, 40)), NOW, "adjusted")
    store.append(SHARE, file(slice(0, 10), adjusted=False), NOW, "quoted")
    told = store.append(SHARE, file(slice(10, 30), 0.98 * CLOSE, adjustment=paid), NOW, "adjusted")
    assert told.needed == (DAYS[9],)
    assert told.new == told.corrected == told.late == 0


def test_a_dividend_in_the_closes_and_one_beside_them_are_the_same(store: Store) -> None:
    """Plain closes that hold it, over closes as quoted with it in a column: nobody is paid twice."""
    paid, at = np.ones(len(DAYS)), np.arange(len(DAYS))
    paid[20] = 1 + 3 / CLOSE[20]
    store.append(SHARE, file(slice(0, 40), adjustment=paid), NOW, "quoted")
    holds = CLOSE * np.where(at < 20, 1 - 3 / CLOSE[19], 1)
    for beside in (np.full(len(DAYS), np.nan), paid):
        told = store.append(SHARE, file(slice(5, 40), holds, adjustment=beside), NOW, "quoted")
        assert told == Appended(unchanged=35, restated=15)


def test_a_file_that_begins_with_another_close_asks_for_the_one_before(store: Store) -> None:
    """It may be corrected, or hold what was paid on the next day; the session before tells."""
    store.append(SHARE, file(slice(0, 40), adjusted=False), NOW, "quoted")
    other = CLOSE * np.where(np.arange(len(DAYS)) == 20, 1.003, 1)
    assert store.append(SHARE, file(slice(20, 45), other, adjusted=False), NOW, "quoted").needed == (DAYS[19],)
    assert store.append(SHARE, file(slice(19, 45), other, adjusted=False), NOW, "quoted").corrected == 1
    other[22:24] *= 1.003
    assert store.append(SHARE, file(slice(22, 45), other, adjusted=False), NOW, "quoted").needed == (DAYS[21],)


def test_last_digits_are_no_revision(store: Store) -> None:
    store.append(SHARE, file(slice(0, 40)), NOW, "adjusted")
    noise = CLOSE * (1 + np.random.default_rng(1).uniform(-5e-7, 5e-7, len(DAYS)))
    assert store.append(SHARE, file(slice(0, 40), noise), NOW, "adjusted") == Appended(unchanged=40)
    assert store.append(SHARE, file(slice(0, 40), CLOSE * (1 + 2e-6 * (np.arange(len(DAYS)) == 7))), NOW).corrected == 1


def test_a_payment_on_a_day_without_a_session_counts_on_the_next(store: Store) -> None:
    days = pd.DatetimeIndex(["2025-01-10", "2025-01-11", "2025-01-13", "2025-01-14"])
    rows = panel_rows("SHARE", days, {"close": [100.0, 99.0, 98.0, 98.0], "adjustment": [1, 1.01, 1.005, 1]}, "test")
    store.append(SHARE, rows, NOW)
    assert store.history("SHARE").newest()["adjustment"].tolist() == [1.0, 1.0, 1.01 * 1.005, 1.0]


def test_a_bad_adjusted_close_leaves_no_payment_behind(store: Store) -> None:
    """Its factor is a hundred, that of the next row a hundredth: together they are none, once it is held back."""
    factor = np.ones(len(DAYS))
    factor[12:14] = 100.0, 0.01
    rows = file(slice(0, 30), adjustment=factor)
    assert store.append(SHARE, rows, NOW, "adjusted") == Appended(new=29, quarantined=1)
    assert (store.history("SHARE").newest()["adjustment"] == 1).all()
    assert store.append(SHARE, rows, NOW, "adjusted") == Appended(unchanged=29, held=1)
    assert store.append(SHARE, file(slice(10, 14)), NOW, "adjusted") == Appended(late=1, unchanged=3)
    np.testing.assert_allclose(changes(store), TRUE[:29], atol=1e-9)


def test_rows_before_the_calendar_are_left_out_and_counted(store: Store) -> None:
    days = pd.DatetimeIndex(["1899-12-29", "2025-01-02", "2025-01-03"])
    rows = panel_rows("SHARE", days, {"close": [1.0, 100.0, 101.0]}, "test")
    assert store.append(SHARE, rows, NOW) == Appended(new=2, early=1)
