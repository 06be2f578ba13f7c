"""What is no file of daily prices is refused by its name, and a file of daily prices is not."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from ingest.errors import FileFaultError
from ingest.sources.csv_file import read
from ingest.text.recognition import refuse_answers, refuse_other_spacing, refuse_returns
from ingest.text.stamps import Stamp

PATH = Path("f.csv")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"chart": {"error": "none"}}', "holds JSON, the answer or the error of a provider"),
        ("[[1780963200000, 1.5]]", "holds JSON"),
        ("\ufeff<!DOCTYPE html>\n<html>", "a page or an error answer"),
        ("<?xml version='1.0'?>", "a page or an error answer"),
        ("| Date | Close |\n|---|---|\n| 2026-06-09 | 1 |", "a table in Markdown"),
        ("You have reached the limit of your plan", "an error answer"),
        ("Error: not found", "an error answer"),
    ],
)
def test_answers_are_named(text: str, says: str) -> None:
    with pytest.raises(FileFaultError, match=says):
        refuse_answers(PATH, text)


@pytest.mark.parametrize(
    "text", ["Date,Close\n2026-06-09,1\n", "<DATE>\t<CLOSE>\n2026.06.09\t1\n", "Error log,Close\n2026-06-09,1"]
)
def test_prices_are_no_answers(text: str) -> None:
    refuse_answers(PATH, text)


def test_returns_are_named() -> None:
    with pytest.raises(FileFaultError, match="returns or percentages, not prices"):
        refuse_returns(PATH, "The daily return of each portfolio")
    refuse_returns(PATH, "Date,Close")


def stamps(days: int, every: int) -> list[Stamp]:
    return [Stamp(date(2026, 1, 2) + timedelta(days=every * at)) for at in range(days)]


@pytest.mark.parametrize(
    ("every", "says"), [(7, "weekly rows"), (30, "monthly rows"), (91, "quarterly"), (5, "5-day rows")]
)
def test_rows_that_are_not_a_day_apart_are_named(every: int, says: str) -> None:
    with pytest.raises(FileFaultError, match=says):
        refuse_other_spacing(PATH, stamps(6, every))
    refuse_other_spacing(PATH, stamps(2, every))  # two rows tell nothing


def test_daily_rows_with_gaps_are_none_of_these() -> None:
    refuse_other_spacing(PATH, [*stamps(6, 1), Stamp(date(2026, 2, 20)), Stamp(date(2026, 3, 20))])


def test_rows_within_the_day_are_named() -> None:
    hours = [Stamp(date(2026, 1, 2 + at // 4), time(9 + at % 4)) for at in range(12)]
    with pytest.raises(FileFaultError, match=r"hourly rows, or others within the day \(4 on one\)"):
        refuse_other_spacing(PATH, hours)
    daily = [Stamp(date(2026, 1, 2 + at), time(16)) for at in range(12)]
    refuse_other_spacing(PATH, [*daily, Stamp(date(2026, 1, 2), time(12))])  # one slip is for the rows to say


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html><table><tr><td>Date</td></tr></table>", "a web page with a table, which some sites call a workbook"),
        ("Date Close Volume\n2026-06-08 187.3 100\n", "has no commas, semicolons, tabs or bars between its fields"),
        ("Date,Close\n08/06/2569,1.5\n15/06/2569,1.5\n", "has no row that is a session: 2 rows outside calendar XNYS"),
    ],
)
def test_what_else_is_refused_says_what_it_is(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text)
    with pytest.raises(FileFaultError, match=said):
        read(path, "COIN", "XNYS")


def test_exports_of_terminals_and_exchanges(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    twse = (
        '"115年06月 2330 各日成交資訊"\n"日期","成交股數","開盤價","最高價","最低價","收盤價","成交筆數"\n'
        '"115/06/08","1,234,567","2,180.00","2,190.00","2,170.00","2,187.00","9"\n"說明:"\n"符號說明:+/-/X"\n'
    )
    for text, code, close, volume in (
        (
            "Security,AAPL\nPeriod,D\n\nDate,PX_LAST,PX_VOLUME\n6/15/2026,187.3,100\n6/16/2026,#N/A N/A,\n",
            "ascii",
            187.3,
            100,
        ),
        ("Exchange Date,TRDPRC_1,ACVOL_1\n15-Jun-2026,187.3,100\n", "ascii", 187.3, 100),
        ("t,o,h,l,c,v\n2026-06-15,187,188,186,187.3,100\n", "ascii", 187.3, 100),
        ("sep=;\nDatum;Erster;Schlusskurs;Stuecke\n15.06.2026;186,1;187,3;100\n", "ascii", 187.3, 100),
        (twse, "big5", 2187.0, 1234567),
    ):
        path.write_bytes(text.encode(code))
        row = read(path, "COIN", "XNYS").rows.iloc[0]
        assert (row["close"], row["volume"]) == (close, volume), text
