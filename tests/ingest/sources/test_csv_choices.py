"""What a file alone does not say is refused, and the line names what chooses; what was left out is said."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ingest.errors import BadValueError, FileFaultError, MissingColumnError
from ingest.sources.csv_file import read
from ingest.text.choices import Choices

Write = Callable[..., Path]


def closes(path: Path, choices: Choices | None = None, calendar: str = "XNYS") -> list[float]:
    return read(path, "COIN", calendar, choices).rows["close"].tolist()


def test_two_columns_of_one_name_are_refused(write: Write) -> None:
    path = write("Date,Close,Close,Volume,Volume", "1.5,9.5,10,10", "1.25,9.25,20,20")
    with pytest.raises(FileFaultError, match=r"the column Close appears twice, with different values"):
        closes(path)
    same = write("Date,Close,Close", "1.5,1.50", "1.25,1.25")
    assert closes(same) == [1.5, 1.25]


def test_two_prices_that_may_be_the_close_are_asked_for(write: Write) -> None:
    path = write("Date,Last,Settle", "1.5,1.6", "1.25,1.35")
    with pytest.raises(FileFaultError, match=r"\(Last, Settle\): say --close and one of them"):
        closes(path)
    assert closes(path, Choices(close="Settle")) == [1.6, 1.35]
    with pytest.raises(FileFaultError, match="--close Bid does not name one column: the file has Date, Last, Settle"):
        closes(path, Choices(close="Bid"))
    equal = write("Date,Last,Close", "1.5,1.5", "1.25,1.25")
    assert closes(equal) == [1.5, 1.25]
    near = write("Date,Last,Close", "1.5,1.51", "1.25,1.26")
    assert closes(near) == [1.51, 1.26]


def test_a_close_that_is_the_last_of_the_day_before_is_asked_for(write: Write) -> None:
    path = write("Date,Last,Close", "1.5,1.4", "1.25,1.5", "1.75,1.25", "1.6,1.75")
    with pytest.raises(FileFaultError, match="--close"):
        closes(path)
    assert closes(path, Choices(close="Last")) == [1.5, 1.25, 1.75, 1.6]


def test_a_file_without_a_close_names_the_option(write: Write) -> None:
    path = write("Date,USD (AM),USD (PM)", "2220.28,2164.4", "2224.36,2227.96")
    with pytest.raises(MissingColumnError, match=r"no close column \(it has: Date, USD \(AM\), USD \(PM\)\).*--close"):
        closes(path)
    assert closes(path, Choices(close="USD (PM)")) == [2164.4, 2227.96]


def test_rows_of_several_tickers_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Symbol,Close\n2026-06-08,A,1.5\n2026-06-08,B,9.5\n2026-06-09,A,1.25\n2026-06-09,B,9.25\n")
    with pytest.raises(FileFaultError, match="rows of several tickers: say --ticker, one of A, B"):
        closes(path)
    assert closes(path, Choices(ticker="B")) == [9.5, 9.25]
    with pytest.raises(FileFaultError, match="no rows of C: --ticker is one of A, B"):
        closes(path, Choices(ticker="C"))
    path.write_text(path.read_text().replace("Symbol", "Kind"))
    with pytest.raises(FileFaultError, match="several rows a day"):
        closes(path)


def test_columns_of_several_tickers_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Price,Close,Close,Volume,Volume\nTicker,A,B,A,B\nDate,,,,\n2026-06-08,1.5,9.5,1,2\n")
    with pytest.raises(FileFaultError, match="columns of several tickers: say --ticker, one of A, B, or --close"):
        closes(path)
    assert closes(path, Choices(ticker="B")) == [9.5]
    path.write_text("Price,Close,Volume\nTicker,A,A\nDate,,\n2026-06-08,1.5,1\n")
    assert closes(path) == [1.5]
    path.write_text("Date,\"('Close', 'A')\",\"('Close', 'B')\"\n2026-06-08,1.5,9.5\n")
    assert closes(path, Choices(ticker="A")) == [1.5]
    path.write_text("Index,AB.Open,AB.High,AB.Close\n2026-06-08,1.5,1.75,1.6\n")
    assert closes(path) == [1.6]


def test_the_decimal_mark_is_asked_for(write: Write) -> None:
    path = write("Date\tClose", "13,465", "13,380", sep="\t")
    with pytest.raises(BadValueError, match=r"line 2: Close is '13,465': .* say --decimal comma or --decimal point"):
        closes(path)
    assert closes(path, Choices(decimal="comma")) == [13.465, 13.38]
    assert closes(path, Choices(decimal="point")) == [13465.0, 13380.0]


@pytest.mark.parametrize(
    ("header", "row", "volume"),
    [
        ("Date,Close,Volume BTC,Volume USDT", "1.5,7,70", 70.0),
        ("Date,Close,Volume,Quote_Volume", "1.5,7,70", 70.0),
        ("Date,Close,Volume (24h)", "1.5,70", 70.0),
        ("Date,Close,total_volume", "1.5,70", 70.0),
        ("Date,Close,Number of Shares,Turnover", "1.5,70,105", 70.0),
        ("Date,Close,No.of Shares", "1.5,70", 70.0),
        ("Date,Close,Turnover", "1.5,70", 70.0),
        ("Date,Close,TICKVOL,VOL", "1.5,7,70", 70.0),
    ],
)
def test_volume_under_its_many_names(write: Write, header: str, row: str, volume: float) -> None:
    assert read(write(header, row), "COIN", "XNYS").rows["volume"].tolist() == [volume]


def test_what_is_not_understood_is_named(write: Write) -> None:
    reading = read(write("Date,Close,Bid,Volume ETH,Volume BTC,Change %", "1.5,1.4,7,70,1"), "COIN", "24/7")
    assert reading.notes == ("left out: Bid, Volume ETH, Volume BTC: say --volume NAME",)
    assert reading.rows["volume"].isna().all()
    chosen = read(write("Date,Close,Volume ETH,Volume BTC", "1.5,7,70"), "COIN", "24/7", Choices(volume="Volume ETH"))
    assert chosen.rows["volume"].tolist() == [7.0]


def test_rows_that_are_left_out_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(
        "Date,Close\n1720-06-08,1\n2026-06-08,1.5\n2026-06-09,\n2026-06-10,1.75\n2026-06-13,1.25\n2926-06-09,3\n"
    )
    reading = read(path, "COIN", "XNYS")
    assert reading.rows["close"].tolist() == [1.5, 1.75, 1.25]
    assert reading.notes[0] == "1 rows without a close, left out"
    assert reading.notes[1].startswith("2 rows outside calendar XNYS (")
    assert reading.notes[2] == "1 on days without a session of XNYS"


def test_weekends_under_an_exchange_suggest_another_calendar(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Close\n" + "".join(f"2026-06-{day:02d},{day}.5\n" for day in range(1, 29)))
    with pytest.raises(FileFaultError, match=r"8 of 28 rows on weekend days, when XNYS .* --calendar 24/7"):
        closes(path)
    assert len(closes(path, calendar="24/7")) == 28


def test_dates_that_are_a_day_early_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    evenings = [day for day in range(1, 29) if day % 7 not in {5, 6}]  # June 2026: all days but Fridays and Saturdays
    path.write_text("Date,Close\n" + "".join(f"2026-06-{day:02d},{day}.5\n" for day in evenings))
    with pytest.raises(FileFaultError, match=r"4 of 20 rows on days without a session .* a day early"):
        closes(path, calendar="XETR")


def test_a_decimal_comma_without_quotes_is_seen(write: Write) -> None:
    with pytest.raises(BadValueError, match="line 3: Volume is '05', as if it stood behind a decimal comma"):
        closes(write("Date,Close,Volume", "187,78", "187,05"))


def test_changes_and_negative_prices_are_named(write: Write) -> None:
    with pytest.raises(BadValueError, match="these are changes or returns, not prices"):
        closes(write("Date,Close", "0.5", "-0.3", "0.2", "-0.1"))
    with pytest.raises(BadValueError, match="this program forecasts simple changes of positive prices"):
        closes(write("Date,Close", "17.5", "-37.63", "10.2", "11.5"))
    with pytest.raises(BadValueError, match=r"'0\.5%', a percentage and not a price"):
        closes(write("Date,Close", "0.5%"))


def test_prices_of_two_currencies_are_refused(write: Write) -> None:
    with pytest.raises(BadValueError, match=r"line 3: Close is '€1\.25', in another currency"):
        closes(write("Date,Close", "$1.5", "€1.25"))
    with pytest.raises(BadValueError, match="in another currency"):
        closes(write("Date,Close", "612.5p", "6.25"))
    assert closes(write("Date,Close", "612.5p", "613.5p")) == [612.5, 613.5]


def test_a_clock_in_a_column_of_its_own_counts(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    rows = [f"2026.06.0{day},{hour:02d}:00,{day}.{hour:02d}5" for day in range(1, 5) for hour in range(9, 13)]
    path.write_text("\n".join(["Date,Time,Close", *rows, ""]))
    with pytest.raises(FileFaultError, match="hourly rows"):
        closes(path)


@pytest.mark.parametrize(
    ("header", "row", "close"),
    [
        ("Date;Close;Number of Shares;Turnover;vwap", "14.741;123456;1654321.23;14.7412", 14.741),
        ("Date;Close;Change", "14.741;0,25%", 14741.0),
        ("Date;Close;Listed since", "14,741;27.11.2026", None),
    ],
)
def test_a_column_that_is_left_out_tells_the_decimal_mark(write: Write, header: str, row: str, close: float) -> None:
    path = write(header, row, sep=";")
    if close is None:
        with pytest.raises(BadValueError, match="--decimal"):
            closes(path)
    else:
        assert closes(path) == [close]


def test_rows_that_differ_in_their_last_digits_are_one(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Close,Volume\n2026-06-08,187.3,5\n2026-06-08,187.30000305,5\n")
    assert closes(path) == [187.3]


def test_flat_rows_of_weekends_are_left_out_for_currencies(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    days = range(1, 29)  # June 2026 begins on a Monday
    rows = [f"2026-06-{day:02d},1.{day:02d},{0 if day % 7 in {6, 0} else 9}" for day in days]
    path.write_text("Date,Close,Volume\n" + "\n".join(rows))
    reading = read(path, "COIN", "24/5")
    assert len(reading.rows) == 20
    assert reading.notes == ("8 rows of weekends without volume, left out",)
    path.write_text("Date,Close\n" + "\n".join(row.rpartition(",")[0] for row in rows))
    with pytest.raises(FileFaultError, match="leave out the flat rows of weekends, or for a market that never closes"):
        closes(path, calendar="24/5")


def test_dates_of_three_numbers_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Close\n11/09/2026,1.5\n11/10/2026,1.25\n")
    with pytest.raises(FileFaultError, match=r"may be month first or day first.* --dates mdy or dmy"):
        closes(path)
    rows = read(path, "COIN", "XNYS", Choices(dates="mdy")).rows
    assert rows["session"].dt.month.tolist() == [11, 11]
    with pytest.raises(FileFaultError, match="--dates us: choose mdy or dmy or ymd"):
        Choices(dates="us")


def test_a_long_cell_is_cut_in_its_line(write: Write) -> None:
    for cell in ("1 " * 50_000 + "x", "9" * 100_000, "-" + "9" * 200):
        with pytest.raises(BadValueError) as told:
            closes(write("Date,Close", cell))
        assert len(str(told.value)) < 400


def test_a_market_that_never_closes_has_weekends_or_the_line_says_so(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    for freq, noted in (("B", True), ("D", False)):
        days = pd.date_range("2026-06-01", periods=20, freq=freq)
        path.write_text("Date,Close\n" + "".join(f"{day:%Y-%m-%d},{1 + at / 7:.4f}\n" for at, day in enumerate(days)))
        assert any("no row on a weekend" in note for note in read(path, "COIN", "24/7").notes) == noted
