"""The panel: what may enter, and what is refused with one clear line."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ingest.errors import BadSymbolError, PanelFaultError
from ingest.panel import COLUMNS, VALUES, check_panel, check_symbol, panel_rows

MakePanel = Callable[..., pd.DataFrame]
GOOD = ["ETH-USD", "^GSPC", "EURUSD=X", "BRK.B", "A", "_x", "0700.HK", "A" * 32]
BAD = ["../../x", "<b>", "", "a/b", "a\\b", "-x", ".x", "a..b", "a b", "a\n", "A" * 33, "é", "a;b", "%00"]


@pytest.mark.parametrize("symbol", GOOD)
def test_plain_tickers_are_symbols(symbol: str) -> None:
    assert check_symbol(symbol) == symbol


@pytest.mark.parametrize("symbol", BAD)
def test_what_could_leave_a_folder_or_enter_a_page_is_no_symbol(symbol: str) -> None:
    with pytest.raises(BadSymbolError) as fault:
        check_symbol(symbol)
    assert "\n" not in str(fault.value)
    assert "such as ETH-USD" in str(fault.value)


def test_a_checked_panel_has_the_columns_types_and_order_of_the_contract(make_panel: MakePanel) -> None:
    shuffled = make_panel(10).sample(frac=1, random_state=1).loc[:, list(reversed(COLUMNS))]
    rows = check_panel(shuffled)
    assert tuple(rows.columns) == COLUMNS
    assert str(rows["session"].dtype) == "datetime64[us]"
    assert str(rows["known_at"].dtype) == "datetime64[us, UTC]"
    assert {str(rows[name].dtype) for name in VALUES} == {"float64"}
    assert rows["session"].is_monotonic_increasing
    pd.testing.assert_frame_equal(check_panel(rows), rows)


def test_what_a_source_lacks_is_missing_and_not_adjusted() -> None:
    rows = panel_rows("A", pd.DatetimeIndex(["2024-01-01"]), {"close": [1.0]}, "test")
    assert rows["adjustment"].tolist() == [1.0]
    assert rows[["open", "volume", "tweets", "market_cap"]].isna().all(axis=None)
    assert rows["known_at"].isna().all()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("close", 0.0),
        ("close", np.nan),
        ("close", np.inf),
        ("close", -1.0),
        ("open", 0.0),
        ("low", -2.0),
        ("volume", -1.0),
        ("volume", np.inf),
        ("adjustment", 0.0),
    ],
)
def test_impossible_values_are_refused_with_symbol_session_and_column(
    make_panel: MakePanel, column: str, value: float
) -> None:
    rows = make_panel(5)
    rows.loc[2, column] = value
    with pytest.raises(PanelFaultError, match=f"COIN, session 2024-01-03: {column} is"):
        check_panel(rows)


def test_zero_volume_and_missing_tweets_are_allowed(make_panel: MakePanel) -> None:
    rows = make_panel(5)
    rows.loc[1, "volume"] = 0.0
    rows.loc[2, "tweets"] = np.nan
    check_panel(rows)


def test_one_symbol_and_one_row_a_session(make_panel: MakePanel) -> None:
    rows = make_panel(3)
    with pytest.raises(PanelFaultError, match="2024-01-02 appears twice"):
        check_panel(pd.concat([rows, rows.iloc[[1]]]))
    with pytest.raises(PanelFaultError, match="one symbol, not COIN, OTHER"):
        check_panel(pd.concat([rows, rows.assign(symbol="OTHER")]))
    with pytest.raises(PanelFaultError, match="lacks close, known_at"):
        check_panel(rows.drop(columns=["close", "known_at"]))
    with pytest.raises(PanelFaultError, match="wrong type"):
        check_panel(rows.assign(close=["a", "b", "c"]))
    with pytest.raises(PanelFaultError, match="midnight"):
        check_panel(rows.assign(session=rows["session"] + pd.Timedelta(hours=3)))
