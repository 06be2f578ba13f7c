"""One ticker of several, however a frame's levels were written; traps are tickers that are words of the field."""

import csv
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ingest.errors import FileFaultError
from ingest.sources.csv_file import read
from ingest.text.choices import Choices

DAYS = pd.DatetimeIndex(["2026-06-08", "2026-06-09", "2026-06-10"], name="Date")
FIELDS = ("Close", "High", "Low", "Open", "Volume")


def panel(*tickers: str) -> pd.DataFrame:
    """As yfinance gives it: fields above tickers; each ticker's prices begin at its own level."""
    columns = pd.MultiIndex.from_product([FIELDS, tickers], names=["Price", "Ticker"])
    base = {t: 10.0 * (at + 1) for at, t in enumerate(tickers)}
    add = {"Close": 0.5, "High": 1.0, "Low": 0.0, "Open": 0.25, "Volume": 1000.0}
    values = [[base[t] + add[f] + 0.125 * day for f, t in columns] for day in range(len(DAYS))]
    return pd.DataFrame(values, DAYS, columns)


def joined(frame: pd.DataFrame, form: str) -> pd.DataFrame:
    return frame.set_axis([form.format(f=field, t=ticker) for field, ticker in frame.columns], axis=1)


FORMS = {
    "two levels": lambda frame: frame.to_csv(),
    "tickers above fields": lambda frame: frame.swaplevel(axis=1).sort_index(axis=1).to_csv(),
    "levels without names": lambda frame: frame.rename_axis(columns=[None, None]).to_csv(),
    "index as a column": lambda frame: frame.reset_index().to_csv(index=False),
    "index as a column, counted": lambda frame: frame.reset_index().to_csv(),
    "tuples": lambda frame: joined(frame, "('{f}', '{t}')").to_csv(),
    "tuples, ticker first": lambda frame: joined(frame, "('{t}', '{f}')").to_csv(),
    "field_ticker": lambda frame: joined(frame, "{f}_{t}").to_csv(),
    "ticker field": lambda frame: joined(frame, "{t} {f}").to_csv(),
    "ticker.field": lambda frame: joined(frame, "{t}.{f}").to_csv(),
    "rows": lambda frame: frame.stack(level="Ticker").to_csv(),  # noqa: PD013  # a frame of two levels has no melt
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tickers", [("AAPL", "MSFT"), ("LOW", "OPEN"), ("BRK-B", "0700")], ids="/".join)
def test_the_ticker_that_is_wanted_is_read(tmp_path: Path, form: str, tickers: tuple[str, ...]) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(FORMS[form](panel(*tickers)))
    for at, ticker in enumerate(tickers):
        rows = read(path, "S", "XNYS", Choices(ticker=ticker)).rows
        wanted = panel(*tickers).xs(ticker, axis=1, level="Ticker")
        for field in FIELDS:
            assert rows[field.lower()].tolist() == wanted[field].tolist(), (at, field)
    with pytest.raises(FileFaultError, match="--ticker"):
        read(path, "S", "XNYS")
    with pytest.raises(FileFaultError, match="--ticker is one of"):
        read(path, "S", "XNYS", Choices(ticker="NONE"))


@pytest.mark.parametrize("form", [form for form in FORMS if "tuples" not in form])
@pytest.mark.parametrize("ticker", ["AAPL", "LOW"])
def test_a_lone_ticker_needs_no_choice(tmp_path: Path, form: str, ticker: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(FORMS[form](panel(ticker)))
    assert read(path, "S", "XNYS").rows["close"].tolist() == [10.5, 10.625, 10.75]


def test_a_column_of_closes_can_be_named_by_its_ticker(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,AAPL,MSFT\n2026-06-08,1.5,9.5\n2026-06-09,1.25,9.25\n")
    assert read(path, "S", "XNYS", Choices(ticker="MSFT")).rows["close"].tolist() == [9.5, 9.25]
    assert read(path, "S", "XNYS", Choices(close="AAPL")).rows["close"].tolist() == [1.5, 1.25]


def test_files_that_were_joined_with_their_headers_are_one(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    one, other = panel("AAPL").iloc[:2], panel("AAPL").iloc[2:]
    path.write_text(one.to_csv() + other.to_csv())
    assert read(path, "S", "XNYS").rows["close"].tolist() == [10.5, 10.625, 10.75]


MERGED = {
    "fields above tickers": lambda frame: frame,
    "tickers above fields": lambda frame: frame.swaplevel(axis=1).sort_index(axis=1),
    "levels without names": lambda frame: frame.swaplevel(axis=1).sort_index(axis=1).rename_axis(columns=[None, None]),
    "rows, ticker first": lambda frame: frame.stack(level="Ticker").swaplevel().sort_index(),  # noqa: PD013  # as above
    "rows, date first": lambda frame: frame.stack(level="Ticker"),  # noqa: PD013  # as above
}


@pytest.mark.parametrize("form", MERGED)
@pytest.mark.parametrize("tickers", [("AAPL", "MSFT"), ("LOW", "OPEN")], ids="/".join)
def test_cells_that_pandas_merges_in_a_workbook_all_say_what_is_in_them(
    tmp_path: Path, form: str, tickers: tuple[str, ...]
) -> None:
    """Read as they lie in the file, all but the first of a level's equal cells are empty: most rows were lost."""
    path = tmp_path / "prices.xlsx"
    MERGED[form](panel(*tickers)).to_excel(path)
    assert openpyxl.load_workbook(path).active.merged_cells.ranges
    assert_each_is_read(path, *tickers)


@pytest.mark.parametrize("form", [form for form in MERGED if form != "rows, date first"])
def test_a_workbook_with_merged_cells_that_is_saved_as_text_is_read(tmp_path: Path, form: str) -> None:
    path, book = tmp_path / "prices.csv", tmp_path / "prices.xlsx"
    MERGED[form](panel("AAPL", "MSFT")).to_excel(book)
    with path.open("w", newline="") as text:
        csv.writer(text).writerows(openpyxl.load_workbook(book).active.iter_rows(values_only=True))
    assert_each_is_read(path, "AAPL", "MSFT")


def assert_each_is_read(path: Path, *tickers: str) -> None:
    for ticker in tickers:
        rows = read(path, "S", "XNYS", Choices(ticker=ticker)).rows
        wanted = panel(*tickers).xs(ticker, axis=1, level="Ticker")
        for field in FIELDS:
            assert rows[field.lower()].tolist() == wanted[field].tolist(), (ticker, field)
    with pytest.raises(FileFaultError, match="--ticker, one of"):
        read(path, "S", "XNYS")


def test_a_row_that_lost_its_ticker_is_named_and_not_left_out(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Ticker,Close\n2026-06-08,AAPL,1\n2026-06-09,AAPL,2\n2026-06-10,,3\n2026-06-08,MSFT,9\n")
    with pytest.raises(FileFaultError, match="line 4: Ticker is empty"):
        read(path, "S", "XNYS", Choices(ticker="AAPL"))


@pytest.mark.parametrize("text", ["Date,C,T,V\n2026-06-08,1,2,3\n", "Date,O,C,MSFT\n2026-06-08,1,2,3\n"])
def test_letters_that_are_no_bar_are_tickers(tmp_path: Path, text: str) -> None:
    """`C` is Citigroup's here: its prices were stored as the close of whatever the symbol was, `V` as the volume."""
    path = tmp_path / "prices.csv"
    path.write_text(text)
    with pytest.raises(FileFaultError, match="no close column"):
        read(path, "S", "XNYS")
    row = read(path, "S", "XNYS", Choices(ticker="C")).rows.iloc[0]
    assert row["close"] == float(text.splitlines()[1].split(",")[text.splitlines()[0].split(",").index("C")])
    assert row[["open", "high", "low", "volume"]].isna().all()


@pytest.mark.parametrize("ticker", ["LOW", "OPEN", "MSFT"])
@pytest.mark.parametrize("others", ["", ",AAPL"])
def test_a_ticker_that_is_a_word_is_no_column_of_another(tmp_path: Path, ticker: str, others: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(f"Date,LOW,OPEN,MSFT{others}\n2026-06-08,10,20,30{others and ',40'}\n")
    row = read(path, "S", "XNYS", Choices(ticker=ticker)).rows.iloc[0]
    assert row["close"] == {"LOW": 10, "OPEN": 20, "MSFT": 30}[ticker]
    assert row[["open", "high", "low", "volume"]].isna().all()


def test_a_ticker_in_a_file_that_names_none_is_answered_with_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Close\n2026-06-08,1\n")
    with pytest.raises(FileFaultError, match=r"has no column of tickers \(it has: Date, Close\): leave out --ticker"):
        read(path, "S", "XNYS", Choices(ticker="AAPL"))


def test_numbered_names_are_names(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("date,1. open,2. high,3. low,4. close,5. volume\n2026-06-08,1.5,3,1,2,100\n")
    assert read(path, "S", "XNYS").rows.iloc[0][["open", "high", "low", "close", "volume"]].tolist() == [
        1.5,
        3,
        1,
        2,
        100,
    ]


def test_a_ticker_in_two_currencies_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    rows = "2026-06-08,A,USD,1.5\n2026-06-09,A,{},1.25\n2026-06-08,B,EUR,9.5\n"
    path.write_text("Date,Ticker,Currency,Close\n" + rows.format("EUR"))
    with pytest.raises(FileFaultError, match="has rows of A in EUR, USD: keep one currency"):
        read(path, "S", "XNYS", Choices(ticker="A"))
    path.write_text("Date,Ticker,Currency,Close\n" + rows.format("USD"))
    assert read(path, "S", "XNYS", Choices(ticker="A")).rows["close"].tolist() == [1.5, 1.25]
