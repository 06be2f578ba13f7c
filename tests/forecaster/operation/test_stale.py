"""An asset whose rows ended, or whose price stands still, is called stale: by the run, and on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from typer import Exit

from forecaster.cli.run import end
from forecaster.operation import daily
from ingest.assets import Asset
from ingest.panel import panel_rows
from tests.walk import NOW

if TYPE_CHECKING:
    from forecaster.records.home import Home


def add(home: Home, symbol: str, close: np.ndarray, last: str) -> None:
    """Another asset in the home."""
    days = pd.date_range(end=last, periods=close.size, unit="us")
    rows = panel_rows(symbol, days, {"close": close}, "csv_file")
    home.store.append(Asset(symbol, calendar="24/7", source="csv_file"), rows, NOW)


def walk(size: int) -> np.ndarray:
    return 50 * np.exp(np.cumsum(np.random.default_rng(4).normal(0, 0.02, size)))


def test_rows_that_ended_are_called_stale_and_not_a_forecast_that_was_not_issued(home: Home) -> None:
    add(home, "GONE", walk(150), "2018-01-05")
    daily.run(home, pd.Timestamp("2018-01-05"), ("GONE",))
    summary = daily.run(home, pd.Timestamp("2018-01-21"))
    said = (
        "GONE is stale: its rows end on 2018-01-05, 16 sessions before 2018-01-21: fetch or import the sessions since"
    )
    assert summary.withheld == {"GONE": f"{said}, or stop it (data.stopped)"}
    assert summary.report is not None
    page = summary.report.with_suffix(".html").read_text()
    assert said in page
    assert "no forecast was issued" not in page


def test_the_newest_data_may_be_old(home: Home) -> None:
    """Without a day it is forecast from its last row, and the line says how old that is; the command ends with 3."""
    add(home, "GONE", walk(150), "2018-01-05")
    summary = daily.run(home)
    gone, walked = sorted(summary.faults)
    assert gone.startswith("GONE is stale: its rows end on 2018-01-05, ")
    assert walked.startswith("WALK is stale: its rows end on 2018-01-21, ")
    assert set(summary.as_ofs) == {"GONE", "WALK"}
    page = summary.report.with_suffix(".html").read_text() if summary.report else ""
    assert "GONE is stale: its newest forecast is from 2018-01-05: fetch or import the sessions since" in page
    with pytest.raises(Exit) as left:
        end(summary)
    assert left.value.exit_code == 3


def test_a_day_or_two_behind_is_late_and_not_stale(home: Home) -> None:
    add(home, "LATE", walk(150), "2018-01-19")
    summary = daily.run(home, pd.Timestamp("2018-01-21"))
    assert "stale" not in summary.withheld["LATE"]
    assert summary.faults == []


def test_a_price_that_stands_still_is_called_stale(home: Home) -> None:
    add(home, "STILL", np.r_[walk(150), np.full(40, 33.0)], "2018-01-21")
    summary = daily.run(home, pd.Timestamp("2018-01-21"))
    (said,) = summary.faults
    assert said.startswith("STILL is stale: its last 39 sessions never moved: check whether the source still quotes")
    assert set(home.ledger.forecasts(["STILL"])["status"]) == {"unreliable"}
    assert set(home.ledger.forecasts(["WALK"])["status"]) == {"ok"}


def test_a_slip_that_lasts_to_the_end_is_asked_about(home: Home) -> None:
    close = walk(150)
    close[-9:] *= 100
    add(home, "PENCE", close, "2018-01-21")
    summary = daily.run(home, symbols=("PENCE",))
    assert summary.as_ofs == {"PENCE": pd.Timestamp("2018-01-12")}
    assert len(summary.faults) == 1
    assert summary.faults[0].endswith("9 rows since are held back: see `forecaster data quarantine PENCE`")
    refused = daily.run(home, pd.Timestamp("2018-01-14"), ("PENCE",))
    assert refused.withheld["PENCE"] == "PENCE: 9 rows since are held back: see `forecaster data quarantine PENCE`"
