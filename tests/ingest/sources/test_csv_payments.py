"""Payments of a file: which factors it says, which it does not, and that none is lost."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import FileFaultError
from ingest.sources.csv_file import read
from ingest.text.choices import Choices

Write = Callable[..., Path]


def test_factors_are_known_only_where_the_file_says_them(write: Write) -> None:
    def factors(path: Path) -> tuple[list[float], bool]:
        reading = read(path, "COIN", "XNYS", Choices(dividends="paid"))
        return reading.rows["adjustment"].tolist(), reading.adjusted

    silent, adjusted = factors(write("Date,Close", "1.5", "1.25"))
    assert np.isnan(silent).all()
    assert not adjusted
    assert factors(write("Date,Close,Adjusted Close USD", "10.5,10.395", "10.25,10.25"))[0][1:] == [1.0101]
    told, adjusted = factors(write("Date,Close,closeadj", "10.5,10.395", "10.25,10.25"))
    assert np.isnan(told[0])
    assert told[1:] == [1.0101]
    assert adjusted
    paid = factors(write("Date,Close,Dividends,Stock Splits", "10.5,0,0", "10.25,0.25,0", "5.2,0,2"))
    assert paid == ([1.0, 1.02439, 2.0], False)
    ratio = factors(write("Date,Close,Split", "10.5,", "5.25,2:1"))
    assert ratio == ([1.0, 2.0], False)


def test_a_dividend_on_a_line_of_its_own_day_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Close,Dividends\n2026-06-08,10.5,\n2026-06-09,,0.25\n2026-06-09,10.25,\n")
    told = read(path, "COIN", "XNYS", Choices(dividends="paid"))
    assert told.rows["adjustment"].tolist() == [1.0, 1.02439]
    path.write_text("Date\tClose\tVolume\n2026-06-08\t10.5\t1\n2026-06-08\t0.25 Dividend\n2026-06-09\t10.25\t1\n")
    with pytest.raises(FileFaultError, match="1 rows that announce a dividend or a split, and no adjusted closes"):
        read(path, "COIN", "XNYS")


def test_closes_that_are_adjusted_for_dividends_are_of_the_day_of_their_file(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    rows = [f"2026-06-{day:02d},{(20 + day % 3) * (0.975123 if day < 15 else 1.0)!r}" for day in range(1, 20)]
    path.write_text("Date,Close,Dividends\n" + "".join(f"{row},{0.5 if '-15,' in row else 0}\n" for row in rows))
    reading = read(path, "COIN", "24/7")
    assert reading.adjusted
    assert np.isnan(reading.rows["adjustment"]).tolist() == [True] + [False] * 18
    assert reading.notes == ("the closes are adjusted for dividends already",)


def test_a_split_on_the_first_row_is_not_known(write: Write) -> None:
    reading = read(write("Date,Close,Stock Splits", "10.5,4", "10.25,0"), "COIN", "XNYS")
    assert np.isnan(reading.rows["adjustment"]).tolist() == [True, False]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (("100,100,0", "100.5,100.5,0", "98.5,98.5,2.5", "99,99,0"), [1.0, 1.02538, 1.0]),
        (("100,,0", "99.5,,0.5", "101,101,0", "101,101,0"), [1.00503, 1.0, 1.0]),
        (("100,99,0", "100.5,,0", "98.5,,1", "99,99,0"), [1.0, 1.0, 1.0101]),
        (("100,99,0", "100.5,100.5,0", "98.5,98.5,1", "99,99,0"), [1.0101, 1.0, 1.0]),  # the column has days of payment
        (("100,99,0", "100.5,100.5,1", "98.5,98.5,0", "99,99,0"), [1.0101, 1.0, 1.0]),
    ],
)
def test_a_dividend_that_the_adjusted_closes_do_not_show_is_not_lost(
    write: Write, rows: tuple[str, ...], told: list[float]
) -> None:
    reading = read(write("Date,Close,Adj Close,Dividends", *rows), "COIN", "XNYS")
    assert reading.rows["adjustment"].tolist()[1:] == told
    assert reading.adjusted
    unshown = "1 dividends that its adjusted closes do not show, taken from their own column"
    assert reading.notes == ((unshown,) if 1.0101 not in told else ())


@pytest.mark.parametrize("written", ["4:1", "4 for 1", "4-for-1", "4-For-1", "4 / 1", "4 to 1"])
def test_splits_in_words(write: Write, written: str) -> None:
    path = write("Date,Close,Stock Splits", "400,", f"100,{written}", "101,")
    assert read(path, "COIN", "XNYS").rows["adjustment"].tolist() == [1.0, 4.0, 1.0]
