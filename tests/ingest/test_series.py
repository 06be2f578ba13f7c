"""Series of an asset's own in the store: vintages, what was known when, and what forecasts on record did not have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from ingest.assets import Asset
from ingest.database import open_engine, writing
from ingest.errors import AssetConflictError, SeriesFaultError, StoreError, UnknownSymbolError
from ingest.own_series import GivenSeries, OwnSeries
from ingest.panel import panel_rows
from ingest.rebooking import forget, forget_series, move
from ingest.series_checks import series_findings
from ingest.series_terms import declared, lag_of
from ingest.sessions import calendar
from ingest.store import Store
from ingest.vintages import Appended

SHARE = Asset("SHARE", calendar="XNYS", source="test", lag_minutes=20)
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
DAYS = calendar("XNYS").sessions("2024-01-02", "2024-05-31")
CLOSES = calendar("XNYS").known_after(DAYS)
QUARTER = pd.Timedelta(15, unit="min")


@pytest.fixture
def share(url: str) -> Store:
    """A store of each kind with an asset of a hundred sessions."""
    store = Store(open_engine(url))
    close = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, len(DAYS))))
    store.append(SHARE, panel_rows("SHARE", DAYS, {"close": close}, "test"), NOW)
    return store


def given(first: int, last: int, factor: float = 1.0, name: str = "implied_volatility", lag: int = 15) -> GivenSeries:
    """Values of sessions first to last, the second not among them."""
    days = DAYS[first:last]
    values = pd.Series(factor * (0.2 + 0.001 * np.arange(first, last)), index=days)
    transform = declared(name, "" if name == "implied_volatility" else "log")
    return GivenSeries(name, transform, lag, values, "csv_file", "f" * 64)


def own(store: Store, name: str = "implied_volatility") -> OwnSeries:
    return next(own for own in store.history("SHARE").own if own.name == name)


def readings(series: OwnSeries, upto: int) -> list[pd.Series]:
    """What was known half an hour after each close."""
    return [series.known_by(CLOSES[at] + 2 * QUARTER, DAYS[at]) for at in range(upto)]


def test_a_first_import_is_known_at_the_close_and_the_lag(share: Store) -> None:
    assert share.append_series("SHARE", given(0, 100), NOW) == Appended(new=100)
    series = own(share)
    assert (series.name, series.transform, series.lag_minutes) == ("implied_volatility", "implied_volatility", 15)
    assert (pd.DatetimeIndex(series.frame["known_at"]) == CLOSES[:100] + QUARTER).all()
    assert series.steady("XNYS")
    before, after = (series.known_by(CLOSES[50] + QUARTER + pd.Timedelta(s, unit="us"), DAYS[50]) for s in (-1, 0))
    assert before.index.equals(DAYS[:50])
    assert after.index.equals(DAYS[:51])
    assert after.iloc[-1] == 0.25
    assert series.known_by(CLOSES[99] + QUARTER, DAYS[50]).index[-1] == DAYS[50]
    assert share.append_series("SHARE", given(0, 101), NOW) == Appended(new=1, unchanged=100)


def test_vintages_in_any_order_are_read_alike(share: Store) -> None:
    """A correction that stands behind all other rows must not be a second value of its session."""
    share.append_series("SHARE", given(0, 50), NOW)
    series = own(share)
    corrected = series.frame.tail(9).assign(value=0.9, known_at=CLOSES[60])
    late = replace(series, frame=pd.concat([series.frame, corrected], ignore_index=True))
    known = late.known_by(CLOSES[70], DAYS[70])
    assert known.index.equals(DAYS[:50])
    assert known.to_numpy()[41:].tolist() == [0.9] * 9
    assert late.known_by(CLOSES[59], DAYS[70]).equals(series.known_by(CLOSES[59], DAYS[70]))


def test_prices_are_read_as_if_there_were_no_series(share: Store) -> None:
    before = share.history("SHARE")
    share.append_series("SHARE", given(0, 100), NOW)
    after = share.history("SHARE")
    assert before.own == ()
    assert after.steady
    pd.testing.assert_frame_equal(before.read(DAYS[50]), after.read(DAYS[50]))
    assert [series.name for series in after.own] == ["implied_volatility"]


def test_a_restated_level_changes_nothing_that_was_known_before(share: Store) -> None:
    share.append_series("SHARE", given(0, 60), NOW - timedelta(days=60))
    before = readings(own(share), 60)
    told = share.append_series("SHARE", given(0, 100, factor=1.5), NOW)
    assert told == Appended(new=40, corrected=60)
    series = own(share)
    assert not series.steady("XNYS")
    assert all(a.equals(b) for a, b in zip(before, readings(series, 60), strict=True))
    now = series.known_by(pd.Timestamp(NOW), DAYS[99])
    assert np.allclose(now, 1.5 * (0.2 + 0.001 * np.arange(100)), rtol=1e-12)
    assert series.known_by(pd.Timestamp(NOW) - QUARTER, DAYS[59]).iloc[0] == 0.2
    assert len(series.frame) == 160


def test_a_session_that_was_missing_is_known_from_its_import(share: Store) -> None:
    whole = given(0, 50)
    part = GivenSeries(*(whole.name, whole.transform, 15, whole.by_session.drop(DAYS[20]), "csv_file", "e" * 64))
    share.append_series("SHARE", part, NOW)
    before = readings(own(share), 100)
    assert share.append_series("SHARE", whole, NOW + timedelta(days=1)) == Appended(late=1, unchanged=49)
    assert all(a.equals(b) for a, b in zip(before, readings(own(share), 100), strict=True))


def test_a_value_that_is_not_out_yet_is_refused(share: Store) -> None:
    minute = timedelta(minutes=1)
    at = (CLOSES[99] + QUARTER).to_pydatetime()
    assert share.append_series("SHARE", given(99, 100), at - minute) == Appended(unfinished=1)
    assert share.history("SHARE").own == (), "nothing of it is stored"
    assert share.append_series("SHARE", given(99, 100), at) == Appended(new=1)


def test_what_forecasts_on_record_did_not_have_is_known_from_now(share: Store) -> None:
    """The first of an asset with a record: only what comes after it is dated back."""
    at = CLOSES[82].to_pydatetime() + timedelta(hours=1)
    assert share.append_series("SHARE", given(0, 83), at, recorded=DAYS[80]) == Appended(new=2, late=81)
    series = own(share)
    assert [len(known) for known in readings(series, 83)] == [0] * 81 + [1, 2]
    assert len(series.known_by(pd.Timestamp(at), DAYS[82])) == 83


def test_a_value_that_no_forecast_could_have_read_is_dated_back(share: Store) -> None:
    """Known a day after its close, a value is of use to the next forecast at the earliest."""
    at = CLOSES[81].to_pydatetime() + timedelta(hours=1)
    slow = given(0, 82, name="slow", lag=1440)
    assert share.append_series("SHARE", slow, at, recorded=DAYS[80]) == Appended(new=1, late=80, unfinished=1)
    known = own(share, "slow").known_by(CLOSES[81] + 2 * QUARTER, DAYS[81])
    assert known.index.tolist() == [DAYS[80]]


def test_the_next_session_is_dated_back_though_it_closes_within_a_day(share: Store) -> None:
    """The day before a holiday closes three hours early: no forecast from the session before could have read it."""
    days = calendar("XNYS").sessions("2024-06-28", "2024-07-05")
    values = pd.Series(0.2, index=days)
    series = GivenSeries("implied_volatility", "implied_volatility", 15, values, "csv_file", "f" * 64)
    now = datetime(2024, 7, 10, tzinfo=UTC)
    told = share.append_series("SHARE", series, now, recorded=pd.Timestamp("2024-07-02"))
    assert told == Appended(new=2, late=3)
    known = own(share).known_by(pd.Timestamp("2024-07-03 17:15", tz="UTC"), days[3])
    assert known.index.tolist() == [pd.Timestamp("2024-07-03")]


def test_digits_that_another_format_loses_are_no_correction(share: Store) -> None:
    share.append_series("SHARE", given(0, 50), NOW)
    whole = given(0, 50)
    single = whole.by_session.astype("float32").astype(float)
    again = GivenSeries(whole.name, whole.transform, 15, single, "csv_file", "d" * 64)
    assert share.append_series("SHARE", again, NOW) == Appended(unchanged=50)


def test_series_are_apart_and_each_keeps_its_terms(share: Store) -> None:
    share.append_series("SHARE", given(0, 50, name="puts"), NOW)
    share.append_series("SHARE", given(0, 60), NOW)
    assert [(series.name, len(series.frame)) for series in share.history("SHARE").own] == [
        ("implied_volatility", 60),
        ("puts", 50),
    ]
    with pytest.raises(AssetConflictError, match=r"puts is stored .* log, known close\+15min, not log, close\+1h: say"):
        share.append_series("SHARE", given(0, 50, name="puts", lag=60), NOW)
    with pytest.raises(UnknownSymbolError, match="nearest: SHARE"):
        share.append_series("SHARES", given(0, 50), NOW)
    with pytest.raises(StoreError, match="the clock says"):
        share.append_series("SHARE", given(0, 60, factor=2.0), NOW - timedelta(days=90))
    assert len(own(share).frame) == 60


def test_another_calendar_dates_values_as_if_imported_under_it(url: str) -> None:
    store, right = Store(open_engine(url)), Store(open_engine("sqlite://"))
    rows = panel_rows("SHARE", DAYS[:60], {"close": np.arange(1.0, 61.0)}, "test")
    for books, code in ((store, "XNYS"), (right, "XLON")):
        books.append(Asset("SHARE", code, "test"), rows, NOW)
        books.append_series("SHARE", given(0, 50), NOW)
        books.append_series("SHARE", given(40, 55, factor=2.0), NOW + timedelta(days=1))
        books.append_series("SHARE", given(0, 60, name="slow", lag=1440), NOW)
    with writing(store._engine) as connection:
        move(connection, store.asset("SHARE"), "XLON", NOW + timedelta(days=2))
    for moved, wanted in zip(store.history("SHARE").own, right.history("SHARE").own, strict=True):
        pd.testing.assert_frame_equal(moved.frame, wanted.frame)


def test_a_forgotten_series_leaves_the_others_and_a_forgotten_asset_none(share: Store) -> None:
    share.append_series("SHARE", given(0, 50, name="puts"), NOW)
    share.append_series("SHARE", given(0, 60), NOW)
    with writing(share._engine) as connection:
        forget_series(connection, "SHARE", "puts")
    assert [series.name for series in share.history("SHARE").own] == ["implied_volatility"]
    with writing(share._engine) as connection:
        forget(connection, "SHARE")
    assert share.assets() == ()


def test_findings_of_a_series() -> None:
    values = 0.2 + 0.001 * np.arange(60.0)
    values[30] *= 25
    values[-6:] = 0.25
    frame = pd.DataFrame({"session": DAYS[:60], "value": values, "known_at": CLOSES[:60] + QUARTER}).drop(
        index=[10, 11]
    )
    again = frame.iloc[[5]].assign(known_at=pd.Timestamp(NOW), value=0.21)
    frame = pd.concat([frame, again]).sort_values(["session", "known_at"], ignore_index=True)
    series = OwnSeries("iv", "log", 15, frame)
    found = {one.check: one for one in series_findings(series, calendar("XNYS"), DAYS[70])}
    assert {name: one.count for name, one in found.items()} == {
        "missing iv": 2,
        "jump of iv": 2,
        "stale iv": 6,
        "iv behind": 11,
        "revision of iv": 1,
    }
    assert found["jump of iv"].first == DAYS[30]
    calm = OwnSeries("iv", "log", 15, frame.iloc[12:29].reset_index(drop=True))
    assert series_findings(calm, calendar("XNYS"), pd.Timestamp(calm.frame["session"].iloc[-1])) == ()


@pytest.mark.parametrize(
    ("name", "transform"),
    [
        *(
            (name, "log")
            for name in ("volume", "close", "range", "leverage", "short_volatility", "market_x", "x_known")
        ),
        *((name, "log") for name in ("", "Implied", "1x", "a b", "x" * 33, "price")),
        *(("fear", transform) for transform in ("", "logs", "implied_volatility")),
        ("implied_volatility", "log"),
    ],
)
def test_names_and_transforms_that_are_refused(name: str, transform: str) -> None:
    with pytest.raises(SeriesFaultError):
        declared(name, transform)


@pytest.mark.parametrize(
    "text", ["", "open", "close+", "close-15min", "close+15", "close+1.5h", "close+32d", "close+1w"]
)
def test_lags_that_are_refused(text: str) -> None:
    with pytest.raises(SeriesFaultError, match="--known"):
        lag_of(text)
