"""Findings: each thing a careful person would look for is found, counted and explained."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.checks import COLUMNS, as_table, findings
from ingest.sessions import calendar
from ingest.sources import csv_file

MakePanel = Callable[..., pd.DataFrame]
DAYS = calendar("24/7")


@pytest.fixture
def calm(make_panel: MakePanel) -> pd.DataFrame:
    """Sixty rows with everything in them, no series wilder than a coin's."""
    rng = np.random.default_rng(3)
    levels = {name: rng.lognormal(10, 0.3, 60) for name in ("volume", "tweets", "market_cap")}
    return make_panel(60).assign(**levels)


def only(frame: pd.DataFrame, check: str) -> pd.Series:
    assert frame["check"].tolist() == [check], frame
    return frame.iloc[0]


def test_clean_rows_have_nothing_to_say(make_panel: MakePanel) -> None:
    found = as_table(findings(make_panel(60), DAYS))
    assert found.empty
    assert tuple(found.columns) == COLUMNS
    assert as_table(findings(make_panel(60).iloc[:0], DAYS)).empty


def test_gaps_are_counted_and_the_longest_is_named(make_panel: MakePanel) -> None:
    found = only(as_table(findings(make_panel(60).drop(index=[3, 10, 11, 12]), DAYS)), "missing session")
    assert (found["count"], found["first"], found["last"]) == (
        4,
        pd.Timestamp("2024-01-04"),
        pd.Timestamp("2024-01-13"),
    )
    assert "in 2 places, the longest 3 sessions from 2024-01-11" in found["detail"]


def test_rows_on_shut_days(make_panel: MakePanel) -> None:
    found = as_table(findings(make_panel(14, first="2024-01-02"), calendar("XNYS")))
    row = found.loc[found["check"] == "outside calendar"].iloc[0]
    assert (row["count"], row["first"]) == (5, pd.Timestamp("2024-01-06"))


def test_zeros_and_gaps_of_volume_and_attention(make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[2:4, "tweets"] = np.nan
    rows.loc[7, "tweets"] = 0
    rows.loc[[1, 9], "volume"] = 0
    found = as_table(findings(rows, DAYS)).set_index("check")
    assert found["count"].to_dict() == {"zero volume": 2, "zero tweets": 1, "missing tweets": 3}
    assert as_table(findings(rows.assign(tweets=np.nan, volume=np.nan), DAYS)).empty


def test_nothing_is_said_of_a_series_that_is_not_used(make_panel: MakePanel) -> None:
    rows = make_panel(60).assign(volume=0.0, tweets=np.nan)
    rows.loc[3, "volume"] = np.nan
    assert as_table(findings(rows, DAYS)).empty


def test_nothing_is_said_of_the_sundays_of_currencies(make_panel: MakePanel) -> None:
    """Markets open on Sunday evening: that a file has a row of it is no fault, nor is what it holds."""
    rows = make_panel(70)
    sunday = (rows["session"].dt.day_of_week == 6).to_numpy()
    rows.loc[sunday, "volume"] = 0
    rows.loc[sunday, ["open", "high", "low"]] = np.nan
    rows.loc[sunday, "close"] *= 2
    rows = rows[rows["session"].dt.day_of_week != 5].reset_index(drop=True)
    assert as_table(findings(rows, calendar("24/5"))).empty


def test_rows_of_shut_days_alone(make_panel: MakePanel) -> None:
    rows = make_panel(70)
    rows = rows[rows["session"].dt.day_of_week == 5].reset_index(drop=True)
    assert only(as_table(findings(rows, calendar("24/5"))), "outside calendar")["count"] == 10


@pytest.mark.parametrize(("factor", "ratio"), [(1 / 4, "4 for 1"), (10, "1 for 10"), (2 / 3, "3 for 2")])
def test_a_split_that_is_not_adjusted_is_named(make_panel: MakePanel, factor: float, ratio: str) -> None:
    rows = make_panel(300)
    changes = np.random.default_rng(5).normal(0, 0.008, 300)
    bars = np.exp(np.cumsum(changes))[:, None] * np.array([100, 101, 99, 100])
    rows[["open", "high", "low", "close"]] = bars
    rows.loc[200:, ["open", "high", "low", "close"]] *= factor
    found = as_table(findings(rows, DAYS)).set_index("check").loc["unadjusted split"]
    assert (found["count"], found["first"]) == (1, rows.loc[200, "session"])
    assert f"an unadjusted split: {ratio} on 2024-07-19" in found["detail"]
    assert "Stock Splits" in found["remedy"]
    rows.loc[200, "adjustment"] = 1 / factor
    assert "unadjusted split" not in set(as_table(findings(rows, DAYS))["check"])


def test_a_dividend_that_is_not_adjusted_is_hinted_at(make_panel: MakePanel) -> None:
    rows = make_panel(300)
    rows["close"] = 100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.008, 300)))
    rows.loc[200:, "close"] *= 0.56
    rows[["open", "high", "low"]] = np.nan
    found = as_table(findings(rows, DAYS)).set_index("check").loc["large price move"]
    assert "an unadjusted split or dividend" in found["remedy"]


def test_bars_that_cannot_be(make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[5, ["high", "low"]] = rows.loc[5, ["low", "high"]].to_numpy()
    rows.loc[8, "high"] = rows.loc[8, "close"] * 0.99
    rows.loc[9, "open"] = np.nan
    found = as_table(findings(rows, DAYS)).set_index("check")
    assert found["count"].to_dict() == {
        "missing open, high or low": 1,
        "high below low": 1,
        "close outside low to high": 1,
    }


def test_a_typing_error_in_a_price_is_found(make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[30, ["open", "high", "low", "close"]] *= 10
    found = only(as_table(findings(rows, DAYS)), "large price move")
    assert found["count"] == 2
    assert "on 2024-01-31" in found["detail"]


def test_a_price_that_never_moves(make_panel: MakePanel) -> None:
    rows = make_panel(60).assign(open=5.0, high=5.0, low=5.0, close=5.0)
    assert only(as_table(findings(rows, DAYS)), "constant price")["detail"] == "every close is 5"


@pytest.mark.parametrize("name", ["close", "volume", "tweets", "market_cap"])
@pytest.mark.parametrize("factor", [100, 0.01, 1000])
@pytest.mark.parametrize("run", [slice(30, 30), slice(0, 2), slice(40, 44), slice(59, 59)])
def test_a_slip_of_a_unit_is_found(calm: pd.DataFrame, name: str, factor: float, run: slice) -> None:
    rows = calm.copy()
    rows.loc[run, name] *= factor
    found = as_table(findings(rows, DAYS))
    (slip,) = found[found["check"] == "hundredfold slip"].to_dict("records")
    days = rows.loc[run, "session"]
    assert (slip["first"], slip["last"], slip["count"]) == (days.iloc[0], days.iloc[-1], len(days))
    assert name in slip["detail"]
    assert ("1/" in slip["detail"]) == (factor < 1)


def test_what_only_looks_like_a_slip_is_left_alone(calm: pd.DataFrame) -> None:
    scale, news = calm.copy(), calm.copy()
    scale.loc[30:, "tweets"] *= 100
    news.loc[30:38, "tweets"] *= [100, 60, 30, 15, 8, 6, 4, 3, 2]
    split = calm.copy()
    split.loc[57:, "close"] /= 100
    split.loc[57:, "volume"] *= 100
    split.loc[57, "adjustment"] = 100
    for rows in (calm, scale, news, split):
        assert "hundredfold slip" not in set(as_table(findings(rows, DAYS))["check"])


def test_closes_that_stand_still_at_the_end(calm: pd.DataFrame) -> None:
    rows = calm.copy()
    rows.loc[55:, "close"] = rows["close"].iloc[55]
    found = as_table(findings(rows, DAYS)).set_index("check").loc["stale tail"]
    assert (found["count"], found["first"]) == (5, pd.Timestamp("2024-02-25"))
    assert "since 2024-02-25" in found["detail"]
    assert "stale tail" not in set(as_table(findings(rows.iloc[:-1], DAYS))["check"])
    assert "stale tail" not in set(as_table(findings(rows.assign(close=5.0), DAYS))["check"])


def test_real_rows_hold_no_slip(ethereum: Path) -> None:
    found = as_table(findings(csv_file.read(ethereum, "ETH-USD", "24/7").rows.fillna({"adjustment": 1.0}), DAYS))
    assert found["check"].tolist() == ["missing tweets", "large price move"]
