"""Users' frames, as they come: each is read right, or refused in one clear line that says what to do."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ingest.errors import FrameFaultError
from ingest.frames.reading import read
from ingest.sessions import calendar
from ingest.sources import csv_file
from tests.ingest.frames.own import bars, downloaded

FRAME = bars()
ROWS = len(FRAME)
NYSE = calendar("XNYS")
OWN = read(FRAME, "", NYSE, {}).reading.rows
"""The rows of the plain frame, which the others are held against."""


class Foreign:
    """A frame of another library, which knows the Arrow C stream alone."""

    def __init__(self, table: pa.Table) -> None:
        """Of a table."""
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream, as the libraries call it."""
        return self._table.__arrow_c_stream__(requested_schema)


def rows(data: object, **told: Any) -> pd.DataFrame:
    """What a frame holds, without the hash of its values."""
    return read(data, "PRICE", NYSE, told).reading.rows.drop(columns=["payload", "known_at"])  # type: ignore[arg-type]  # from a test's table


def refused(data: object, code: str = "XNYS", **told: Any) -> str:
    """The one line with which a frame is refused."""
    with pytest.raises(FrameFaultError) as fault:
        read(data, "", calendar(code), told)  # type: ignore[arg-type]  # from a test's table
    line = str(fault.value)
    assert "\n" not in line
    assert "--" not in line, "options of the command line are none of a function"
    return line


def at(row: int, column: str, value: object) -> pd.DataFrame:
    """The frame with one cell replaced."""
    frame = FRAME.astype({column: object})
    frame.iloc[row, frame.columns.get_loc(column)] = value
    return frame


EASTERN = FRAME.tz_localize("America/New_York")
LONG = downloaded().stack("Ticker")  # noqa: PD013  # what users do
SAME = {
    "of texts": FRAME.astype(str),
    "of texts with separators": FRAME.map(lambda value: f"{value:,.6f}"),
    "of German texts": FRAME.map(lambda value: f"{value:,.6f}".translate(str.maketrans(",.", ".,"))),
    "unsorted": FRAME.sample(frac=1, random_state=1),
    "newest first": FRAME[::-1],
    "with a row twice": pd.concat([FRAME, FRAME.iloc[[7]]]),
    "midnight in New York": EASTERN,
    "midnight in New York, written in UTC": EASTERN.tz_convert("UTC"),
    "four in the afternoon": EASTERN.set_axis(EASTERN.index + pd.Timedelta(hours=16)),
    "midnight in UTC": FRAME.tz_localize("UTC"),
    "a column of dates": FRAME.reset_index(),
    "a column of dates in texts": FRAME.reset_index().astype({"Date": str}),
    "an index of texts": FRAME.set_axis(FRAME.index.strftime("%Y-%m-%d")),
    "an index of American texts": FRAME.set_axis(FRAME.index.strftime("%m/%d/%Y")),
    "an index of numbers": FRAME.set_axis(FRAME.index.strftime("%Y%m%d").astype(int)),
    "an index of dates of Python": FRAME.set_axis(pd.Index([day.date() for day in FRAME.index])),
    "an index of periods": FRAME.to_period("D"),
    "seconds since 1970": FRAME.reset_index(drop=True).assign(time=FRAME.index.astype("datetime64[s]").astype(int)),
    "nullable types": FRAME.convert_dtypes(),
    "types of Arrow": FRAME.convert_dtypes(dtype_backend="pyarrow"),
    "numbers as objects": FRAME.astype(object),
    "other cases of names": FRAME.rename(columns=str.lower).rename_axis("date"),
    "a mapping": {"date": FRAME.index, **{name: FRAME[name].to_numpy() for name in FRAME}},
    "pyarrow": pa.Table.from_pandas(FRAME.reset_index()),
    "an Arrow stream": Foreign(pa.Table.from_pandas(FRAME.reset_index())),
    "one ticker of two levels": downloaded(("AAPL",)),
    "one of two tickers cut out": downloaded().xs("AAPL", axis=1, level="Ticker"),
    "one of two tickers in rows cut out": LONG.xs("AAPL", level="Ticker"),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_rows_in_another_shape_are_the_same(name: str) -> None:
    pd.testing.assert_frame_equal(rows(SAME[name]), rows(FRAME), check_like=True)


@pytest.mark.parametrize(
    "data",
    [
        downloaded(),
        downloaded().swaplevel(axis=1),
        LONG,
        LONG.swaplevel(),
        LONG.reset_index(),
        downloaded().set_axis([str(pair) for pair in downloaded()], axis=1),
    ],
    ids=["Price, Ticker", "Ticker, Price", "rows", "rows the other way", "long", "pairs in texts"],
)
def test_of_two_tickers_one_is_chosen_by_name_and_never_by_chance(data: pd.DataFrame) -> None:
    own = read(data, "", NYSE, {"ticker": "MSFT"})
    assert own.symbol == "MSFT"
    assert own.reading.rows["close"].to_numpy() == pytest.approx(2 * OWN["close"].to_numpy(), rel=1e-7)
    line = refused(data)
    assert "AAPL, MSFT" in line
    assert "ticker=" in line
    assert "AAPL, MSFT" in refused(data, ticker="GOOG")


def test_two_tickers_are_refused_with_the_line_that_takes_one_out() -> None:
    assert refused(downloaded()).endswith(
        "say which, such as ticker='AAPL', or give frame.xs('AAPL', axis=1, level='Ticker')"
    )
    assert refused(LONG).endswith("or give frame.xs('AAPL', level='Ticker')")


def test_gaps_are_left_out_and_counted() -> None:
    holes = FRAME.drop(FRAME.index[[20, 21]]).assign(
        Close=lambda frame: frame["Close"].mask(frame["Close"].rank() == 1)
    )
    found = read(holes, "", NYSE, {}).reading
    assert len(found.rows) == ROWS - 3
    assert found.notes == ("1 rows without a close, left out",)


def test_a_series_is_closes_and_its_name_the_symbol() -> None:
    for series, symbol in ((FRAME["Close"], "PRICE"), (FRAME["Close"].rename("BRK-B"), "BRK-B")):
        found = read(series, "", NYSE, {})
        assert found.symbol == symbol
        assert found.reading.rows["close"].tolist() == FRAME["Close"].tolist()
    assert read(FRAME[["Close"]].rename(columns={"Close": "SPX"}), "", NYSE, {}).symbol == "SPX"
    assert read(FRAME["Close"].rename("SPX"), "OWN", NYSE, {}).symbol == "OWN"


def test_polars_is_read() -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars.from_pandas(FRAME.reset_index())
    pd.testing.assert_frame_equal(rows(frame), rows(FRAME))
    assert "no dates" in refused(polars.Series("Close", FRAME["Close"].to_numpy()))


FAULTS: dict[str, tuple[object, str]] = {
    "a word": (at(5, "Close", "abc"), f"row {FRAME.index[5]:%Y-%m-%d}: Close is 'abc', which is not a number"),
    "true": (FRAME.assign(Close=True), "Close is 'True', which is not a number"),
    "infinite": (at(5, "High", np.inf), f"row {FRAME.index[5]:%Y-%m-%d}: High is 'inf', which is not a number"),
    "zero": (at(5, "Close", 0.0), "Close is 0.0, and it must be above zero"),
    "returns": (FRAME["Close"].pct_change().dropna(), "these are changes or returns, not prices"),
    "a day twice": (pd.concat([FRAME, 1.01 * FRAME.iloc[[7]]]), f"iloc 7 and {ROWS} both give"),
    "no close": (FRAME[["Open", "High"]], "has no close column (it has: Date, Open, High): name one of them Close"),
    "only an open": (FRAME[["Open"]], "has no close column"),
    "two that may be it": (downloaded()["Close"], "no close column (it has: Date, AAPL, MSFT)"),
    "two of a name": (pd.concat([FRAME, 2 * FRAME], axis=1), "appears twice, with different values"),
    "no dates": (FRAME.reset_index(drop=True), "give it a DatetimeIndex, or a column Date"),
    "an array": (FRAME["Close"].to_numpy(), "not as numpy.ndarray: put it into pd.Series(closes, index=dates)"),
    "a name of a file": ("prices.csv", "not as the name of a file: give pd.read_csv('prices.csv')"),
    "a path": (Path("prices.csv"), "give pd.read_csv('prices.csv')"),
    "nothing": (None, "not as NoneType"),
    "no rows": (FRAME.iloc[:0], "the frame has no rows"),
    "a date missing": (FRAME.set_axis(FRAME.index.where(np.arange(ROWS) != 4)), "iloc 4: its date is missing"),
    "no date": (FRAME.set_axis([*FRAME.index.strftime("%Y-%m-%d")[:-1], "today"]), "'today' is not a date"),
    "monthly": (FRAME.resample("ME").last(), "has monthly rows"),
    "hourly": (pd.concat([FRAME.set_axis(FRAME.index + pd.Timedelta(hours=h)) for h in (15, 16)]), "hourly rows"),
    "weekends": (FRAME.set_axis(pd.date_range("2018-01-01", periods=ROWS)), "never closes say calendar='24/7'"),
    "three levels": (pd.concat({"x": downloaded()}, axis=1), "has 3 levels of columns"),
    "lists of unequal length": ({"date": [1, 2], "close": [1.0]}, "dict does not become a pandas DataFrame"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_read_is_refused_in_one_line(name: str) -> None:
    data, words = FAULTS[name]
    assert words in refused(data)


def test_choices_are_arguments_and_a_wrong_one_is_refused_as_such() -> None:
    two = downloaded()["Close"]
    assert read(two, "", NYSE, {"close": "MSFT"}).reading.rows["close"].tolist() == two["MSFT"].tolist()
    assert refused(FRAME, decimal="dot") == "decimal='dot': choose comma or point"
    assert refused(FRAME, timezone="Nowhere").startswith("timezone='Nowhere' is not a time zone")
    berlin = calendar("XETR").sessions("2018-01-01", "2018-12-28")[-ROWS:]
    evenings = FRAME.set_axis(berlin).tz_localize("Europe/Berlin").tz_convert("UTC").tz_localize(None)
    assert "say timezone=..., such as timezone='UTC'" in refused(evenings, "XETR")
    found = read(evenings, "", calendar("XETR"), {"timezone": "UTC"}).reading
    assert found.rows["session"].tolist() == berlin.tolist()


def test_a_frame_and_its_file_give_the_same_rows(tmp_path) -> None:  # pytest's own
    """With adjusted closes, dividends and splits: by the file reader's own code, to the last bit."""
    adjusted = FRAME.assign(**{"Adj Close": (FRAME["Close"] * np.where(np.arange(ROWS) < 60, 0.99, 1.0)).round(6)})
    paid = FRAME.assign(Dividends=0.0, **{"Stock Splits": 0.0})
    paid.iloc[70, paid.columns.get_loc("Stock Splits")] = 2.0
    for frame in (FRAME, adjusted, paid, EASTERN, FRAME[["Close"]]):
        frame.to_csv(tmp_path / "prices.csv")
        of_file = csv_file.read(tmp_path / "prices.csv", "PRICE", NYSE)
        of_frame = read(frame, "PRICE", NYSE, {}).reading
        own = ["source", "payload"]
        pd.testing.assert_frame_equal(of_frame.rows.drop(columns=own), of_file.rows.drop(columns=own), check_exact=True)
        assert (of_frame.adjusted, of_frame.notes) == (of_file.adjusted, of_file.notes)


def test_the_users_frame_stays_as_it_was() -> None:
    for data in (FRAME, EASTERN, downloaded(), FRAME.reset_index()):
        before = data.copy(deep=True)
        read(data, "", NYSE, {"ticker": "AAPL"} if data.columns.nlevels > 1 else {})
        pd.testing.assert_frame_equal(data, before)


def test_days_of_another_exchange_are_its_own() -> None:
    """Midnight in Tokyo, written in UTC, is the afternoon of the day before."""
    days = calendar("XTKS").sessions("2018-01-01", "2018-12-28")[-ROWS:]
    tokyo = FRAME.set_axis(days).tz_localize("Asia/Tokyo")
    for frame in (tokyo, tokyo.tz_convert("UTC")):
        assert read(frame, "", calendar("XTKS"), {}).reading.rows["session"].tolist() == days.tolist()


@pytest.mark.parametrize("form", ["{f}_{t}", "{t} {f}", "('{f}', '{t}')"])
@pytest.mark.parametrize("order", [("Price", "Ticker"), ("Ticker", "Price")], ids="/".join)
def test_of_columns_with_joined_names_those_of_the_ticker_are_read(form: str, order: tuple[str, ...]) -> None:
    """The numbers of a column were once looked up at its place among all columns: those of the first ticker."""
    two = downloaded().reorder_levels(order, axis=1).sort_index(axis=1)
    names = [dict(zip(order, name, strict=True)) for name in two.columns]
    flat = two.set_axis([form.format(f=name["Price"], t=name["Ticker"]) for name in names], axis=1)
    for ticker, scale in (("AAPL", 1), ("MSFT", 2)):
        got, wanted = rows(flat, ticker=ticker), bars(scale=scale)
        for field in ("Open", "High", "Low", "Close", "Volume"):
            assert got[field.lower()].tolist() == wanted[field].tolist(), (ticker, field)


def test_decimals_are_numbers_and_no_texts_with_a_mark_in_doubt() -> None:
    exact = FRAME.assign(Close=[Decimal(f"{value:.3f}") for value in FRAME["Close"]])
    assert rows(exact)["close"].tolist() == FRAME["Close"].round(3).tolist()
