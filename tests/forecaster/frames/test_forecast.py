"""`forecast` of a user's frame is what a home would issue from the same rows, and leaves nothing behind."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from forecaster import forecast
from forecaster.errors import ForecasterError, SettingsError, UnknownNameError
from forecaster.issuing.issue import issue
from forecaster.records.home import open_home
from ingest.errors import AsOfError, FrameFaultError, IncompleteWindowError, TooFewRowsError, UnknownCalendarError
from ingest.sources import csv_file
from tests.ingest.frames.own import bars

if TYPE_CHECKING:
    from pathlib import Path

mpl.use("Agg")

FRAME = bars(400)
QUICK = ("climatology", "ewma")


def test_it_is_to_the_byte_what_a_home_issues_from_a_file_of_the_same_rows(tmp_path: Path) -> None:
    names = ("climatology", "ewma", "garch")
    FRAME.to_csv(tmp_path / "prices.csv")
    home = open_home(tmp_path / "home")
    reading = csv_file.read(tmp_path / "prices.csv", "SPX", "XNYS")
    asset = csv_file.asset_for(reading.rows, "SPX", "XNYS")
    home.store.append(asset, reading.rows, datetime.now(UTC), reading.basis)
    history = home.store.history("SPX")
    kept = issue(history, history.last, names, home.settings)
    own = forecast(FRAME, symbol="SPX", models=names).forecasts
    for one, other in zip(own, kept, strict=True):
        assert one.predictive is not None
        assert other.predictive is not None
        assert one.predictive.to_bytes() == other.predictive.to_bytes()
        for fact in ("model", "as_of", "target", "status", "data_vintage", "config_sha256", "seed", "code_version"):
            assert getattr(one, fact) == getattr(other, fact), fact


def test_it_reads_no_home_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECASTER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    found = forecast(FRAME, models=QUICK)
    found.table()
    assert list(tmp_path.iterdir()) == []


def test_the_last_session_is_the_origin_and_an_earlier_one_sees_nothing_later() -> None:
    found = forecast(FRAME, models=QUICK)
    assert (found.as_of, found.close) == (FRAME.index[-1], FRAME["Close"].iloc[-1])
    assert found.target == pd.Timestamp("2019-01-02")
    day = FRAME.index[-20]
    earlier = forecast(FRAME, models=QUICK, as_of=f"{day:%Y-%m-%d}")
    cut = forecast(FRAME[:day], models=QUICK)
    assert earlier.as_of == cut.as_of == day
    assert {m: p.to_bytes() for m, p in earlier.predictive.items()} == {
        m: p.to_bytes() for m, p in cut.predictive.items()
    }


def test_a_session_that_is_not_over_is_left_out_and_told() -> None:
    from ingest.sessions import calendar  # noqa: PLC0415  # of this test alone

    nyse = calendar("XNYS")
    days = nyse.sessions("2020-01-01", nyse.next(pd.Timestamp(datetime.now(UTC)).tz_localize(None)))[-400:]
    found = forecast(FRAME.set_axis(days), models=QUICK)
    assert found.as_of == nyse.last_closed(datetime.now(UTC)) == days[days < found.target][-1]
    assert found.notes[-1].endswith("rows of sessions that are not over yet, left out")


def test_a_row_that_is_hard_to_believe_is_left_out_until_the_user_believes_it() -> None:
    wrong = FRAME.copy()
    wrong.iloc[200, FRAME.columns.get_loc("Close")] *= 10
    found = forecast(wrong, models=QUICK)
    assert found.notes == (f"left out as implausible: {FRAME.index[200]:%Y-%m-%d}; correct them, or say believe=True",)
    believed = forecast(wrong, models=QUICK, believe=True)
    assert believed.notes == ()
    assert believed.predictive["climatology"].sd > found.predictive["climatology"].sd


@pytest.mark.parametrize("rows", [1, 30, 87])
def test_a_short_history_hears_how_many_rows_would_do(rows: int) -> None:
    with pytest.raises((TooFewRowsError, IncompleteWindowError)) as refused:
        forecast(FRAME.tail(rows), models=QUICK)
    assert f"88 rows without a gap would do; it has {rows}" in str(refused.value)
    assert forecast(FRAME.tail(88), models=QUICK).predictive


def test_what_is_wrong_is_one_line() -> None:
    for fault, words, given in (
        (UnknownCalendarError, "nearest: ", {"calendar": "NYSE2"}),
        (UnknownNameError, "no model is called 'garhc'; nearest: garch", {"models": "garhc"}),
        (SettingsError, "did you mean train_window?", {"settings": {"forecast": {"train_windw": 100}}}),
        (AsOfError, "is after the data", {"as_of": "2019-01-02"}),
        (AsOfError, "is not a date", {"as_of": "today's"}),
        (AsOfError, "is not a date: write it as 2018-01-21", {"as_of": "3.12.2018"}),
        (FrameFaultError, "ticker", {"ticker": "MSFT"}),
    ):
        with pytest.raises(fault, match=re.escape(words)):
            forecast(FRAME, **{"models": QUICK, **given})  # type: ignore[arg-type]  # from this test's table
    with pytest.raises(TypeError, match="timezon"):
        forecast(FRAME, timezon="UTC")  # type: ignore[call-arg]  # a slip


def test_settings_are_those_of_forecaster_toml() -> None:
    tables = {"forecast": {"train_window": 100, "models": ["climatology"]}, "models": {"climatology": {}}}
    found = forecast(FRAME, settings=tables)
    assert list(found.predictive) == ["climatology"]
    assert found.forecasts[0].diagnostics.inputs.rows == 100  # type: ignore[union-attr]  # it is there


def test_a_model_without_a_forecast_says_why_and_one_not_asked_what_there_is() -> None:
    made = forecast(FRAME, models=QUICK)
    lost = replace(made.forecasts[1], predictive=None, status="withheld", reason="its training ended at no minimum")
    found = replace(made, forecasts=(made.forecasts[0], lost))
    with pytest.raises(ForecasterError, match="ewma gave no forecast: its training ended at no minimum"):
        found.predictive["ewma"]
    assert found.table().loc["ewma", ["q05", "var95", "sd"]].isna().all()
    assert "<p>ewma: its training ended at no minimum</p>" in found._repr_html_()
    found.plot()
    with pytest.raises(ForecasterError, match="no model gave a forecast: see the column reason"):
        replace(made, forecasts=(lost,)).plot()
    with pytest.raises(UnknownNameError, match=r"no model of this forecast is called 'garch'; .*climatology"):
        found.predictive["garch"]
    assert found.predictive.get("garch") is None


def test_the_table_has_a_row_a_model_and_losses_are_positive() -> None:
    found = forecast(FRAME, models=QUICK)
    table = found.table()
    assert list(table.index) == list(QUICK)
    for model, one in found.predictive.items():
        row = table.loc[model]
        assert row["var95"] == one.value_at_risk(0.95) == pytest.approx(-row["q05"], rel=1e-12)
        assert row["var95"] > 0
        assert row["es95"] == one.expected_shortfall(0.95) > row["var95"]
    assert set(table.dtypes.drop(["status", "reason"])) == {np.dtype(float)}


def test_html_is_a_table_with_headers_and_nothing_in_it_is_taken_for_markup() -> None:
    found = forecast(FRAME, models=QUICK)
    object.__setattr__(found, "notes", ("<script>alert(1)</script> & more",))
    page = found._repr_html_()
    assert page.count("<tr>") == 1 + len(QUICK)
    assert page.count('scope="row"') == len(QUICK)
    assert "<caption>PRICE: change from 2018-12-31 to 2019-01-02</caption>" in page
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page


def test_the_drawing_is_on_labelled_axes_in_per_cent() -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415  # after the backend is chosen

    found = forecast(FRAME, models=QUICK)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        axes = found.plot()
        axes.figure.canvas.draw()  # type: ignore[union-attr]  # it has one
    assert axes.get_xlabel() == "change by the next close, %"
    assert axes.get_title() == "PRICE: change by the close of 2 Jan 2019"
    curves = {line.get_label(): line for line in axes.get_lines()}
    assert {"climatology", "EWMA"} <= curves.keys()
    x, density = (np.asarray(part) for part in curves["climatology"].get_data())
    assert np.trapezoid(density, x) == pytest.approx(1, abs=0.01)
    assert found.plot(ax=axes) is axes
    plt.close("all")


def test_an_unknown_argument_names_the_nearest() -> None:
    with pytest.raises(TypeError, match=r"there is no argument 'tickers': .*ticker"):
        forecast([1.0], tickers="AAPL")
    with pytest.raises(TypeError, match=r"there is no argument 'asof': nearest: as_of"):
        forecast([1.0], asof="2018-12-28")  # type: ignore[call-arg]  # the fault


def test_a_console_shows_the_table_and_no_arrays() -> None:
    """Of the forecasts, and of one distribution: `print` of either was hundreds of lines of components."""
    found = forecast(FRAME, models=QUICK)
    lines = repr(found).splitlines()
    assert lines[0] == f"PRICE: change from {found.as_of:%Y-%m-%d} to {found.target:%Y-%m-%d}"
    assert "P(up)" in lines[1]
    assert "VaR 95 %" in lines[1]
    assert [line.split()[0] for line in lines[3:]] == list(QUICK)
    assert repr(found.predictive["climatology"]).startswith("Predictive(mean=")
    assert len(repr(found.predictive["climatology"])) < 100


def test_a_setting_outside_of_its_table_is_told_where_it_belongs() -> None:
    with pytest.raises(SettingsError) as refused:
        forecast(FRAME, models=QUICK, settings={"train_window": 300})  # type: ignore[dict-item]  # the fault
    right = ast.literal_eval(str(refused.value).partition("write ")[2])
    assert forecast(FRAME, models=QUICK, settings=right).forecasts[0].diagnostics.inputs


def test_what_a_forecast_should_not_be_read_without_is_among_its_notes() -> None:
    frame = bars(400)
    frame.loc[frame.index[200:], ["Open", "High", "Low", "Close"]] /= 4
    made = forecast(frame, models=("climatology",))
    assert any("looks like an unadjusted split" in note for note in made.notes)


def test_a_mapping_from_dates_to_closes_is_a_series() -> None:
    closes = bars(200)["Close"]
    given = forecast({f"{day:%Y-%m-%d}": close for day, close in closes.items()}, models=None)
    assert given.table().equals(forecast(closes).table())
