"""Findings: each thing a careful person would look for is found, counted and explained."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ingest.checks import COLUMNS, findings
from ingest.sessions import calendar

MakePanel = Callable[..., pd.DataFrame]
DAYS = calendar("24/7")


def only(frame: pd.DataFrame, check: str) -> pd.Series:
    assert frame["check"].tolist() == [check], frame
    return frame.iloc[0]


def test_clean_rows_have_nothing_to_say(make_panel: MakePanel) -> None:
    found = findings(make_panel(60), DAYS)
    assert found.empty
    assert tuple(found.columns) == COLUMNS
    assert findings(make_panel(60).iloc[:0], DAYS).empty


def test_gaps_are_counted_and_the_longest_is_named(make_panel: MakePanel) -> None:
    found = only(findings(make_panel(60).drop(index=[3, 10, 11, 12]), DAYS), "missing session")
    assert (found["count"], found["first"], found["last"]) == (
        4,
        pd.Timestamp("2024-01-04"),
        pd.Timestamp("2024-01-13"),
    )
    assert "in 2 places, the longest 3 sessions from 2024-01-11" in found["detail"]


def test_rows_on_shut_days(make_panel: MakePanel) -> None:
    found = findings(make_panel(14, first="2024-01-02"), calendar("XNYS"))
    row = found.loc[found["check"] == "outside calendar"].iloc[0]
    assert (row["count"], row["first"]) == (5, pd.Timestamp("2024-01-06"))


def test_zeros_and_gaps_of_volume_and_attention(make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[2:4, "tweets"] = np.nan
    rows.loc[7, "tweets"] = 0
    rows.loc[[1, 9], "volume"] = 0
    found = findings(rows, DAYS).set_index("check")
    assert found["count"].to_dict() == {"zero volume": 2, "zero tweets": 1, "missing tweets": 3}
    assert findings(rows.assign(tweets=np.nan, volume=np.nan), DAYS).empty


def test_bars_that_cannot_be(make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[5, ["high", "low"]] = rows.loc[5, ["low", "high"]].to_numpy()
    rows.loc[8, "high"] = rows.loc[8, "close"] * 0.99
    rows.loc[9, "open"] = np.nan
    found = findings(rows, DAYS).set_index("check")
    assert found["count"].to_dict() == {
        "missing open, high or low": 1,
        "high below low": 1,
        "close outside low to high": 1,
    }


def test_a_typing_error_in_a_price_is_found(make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[30, ["open", "high", "low", "close"]] *= 10
    found = only(findings(rows, DAYS), "large price move")
    assert found["count"] == 2
    assert "on 2024-01-31" in found["detail"]


def test_a_price_that_never_moves(make_panel: MakePanel) -> None:
    rows = make_panel(60).assign(open=5.0, high=5.0, low=5.0, close=5.0)
    assert only(findings(rows, DAYS), "constant price")["detail"] == "every close is 5"
