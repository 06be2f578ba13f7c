"""Counts from files as users have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.attention import csv_file
from ingest.daily_counts import Counts
from ingest.errors import (
    BadDateError,
    BadValueError,
    DuplicateSessionError,
    EmptyFileError,
    FileFaultError,
    MissingColumnError,
    MissingFileError,
    NoDataError,
    NotTextError,
)

NOW = datetime(2024, 1, 10, 12, tzinfo=UTC)


def read(folder: Path, text: str | bytes, first: str = "2024-01-01", last: str = "2024-12-31") -> Counts:
    """The counts of a file with this text."""
    path = folder / "counts.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return csv_file.attention(str(path), first, last, NOW)


def test_counts_in_any_order_with_gaps_left_gaps(tmp_path: Path) -> None:
    text = "Date,Tweets\n2024-01-07,\n2024-01-05,12\n2024-01-02,7\n2024-01-03,null\n2024-01-04,-\n2024-01-08,0\n"
    counts = read(tmp_path, text)
    assert (counts.kind, counts.lag) == ("tweets a day", timedelta(0))
    assert counts.payload == sha256(text.encode()).hexdigest()
    index = pd.date_range("2024-01-02", "2024-01-08", unit="us", name="session")
    expected = pd.Series([7, np.nan, np.nan, 12, np.nan, np.nan, 0], index=index, name="attention")
    pd.testing.assert_series_equal(counts.days, expected, check_freq=False)
    within = read(tmp_path, text, "2024-01-03", "2024-01-05")
    assert within.days.to_dict() == {pd.Timestamp("2024-01-05"): 12.0}
    assert within.payload == counts.payload


def test_a_day_that_is_not_over_is_left_out(tmp_path: Path) -> None:
    text = "Date,Tweets\n2024-01-08,1\n2024-01-09,2\n2024-01-10,3\n2024-01-11,4\n"
    assert read(tmp_path, text).days.tolist() == [1.0, 2.0]
    with pytest.raises(NoDataError, match="no day from 2024-01-10 to 2024-12-31 is over"):
        read(tmp_path, text, "2024-01-10")
    with pytest.raises(NoDataError, match=r"^csv_file: .*counts\.csv: it has no count from 2024-01-01 to 2024-01-05"):
        read(tmp_path, text, last="2024-01-05")


def test_the_studys_file_gives_its_tweets(ethereum: Path) -> None:
    counts = csv_file.attention(str(ethereum), "2015-01-01", "2018-01-21", NOW)
    assert counts.kind == "tweets a day"
    assert counts.days["2018-01-21"] == 19111
    assert counts.days.index[-1] == pd.Timestamp("2018-01-21")


@pytest.mark.parametrize(
    ("header", "value", "kind"),
    [
        ("Date,Tweets", 3, "tweets a day"),
        ("Day;Tweet count", 3, "tweets a day"),
        ("Date,Views", 3, "page views a day"),
        ("date\tPageviews", 3, "page views a day"),
        ("timestamp,count", 3, "counts a day"),
        ("Date,Reddit Posts", 3, "reddit posts a day"),
        ("Date,Posts per day", 3, "posts a day"),
        ('Date,"Reddit\n posts"', 3, "reddit posts a day"),
        (f"Date,{'x' * 90}", 3, f"{'x' * 56} a day"),
        ("Date,Score,Count", 4, "counts a day"),
        ("Date,Count,Tweets", 4, "tweets a day"),
        ("Date,Close,Posts", 4, "posts a day"),
        ("Date,Posts,Volume", 3, "posts a day"),
    ],
)
def test_the_column_of_counts_and_what_it_counts(tmp_path: Path, header: str, value: float, kind: str) -> None:
    delimiter = next(sign for sign in ",;\t" if sign in header)
    cells = ["2024-01-02", "3", "4"][: header.count(delimiter) + 1]
    counts = read(tmp_path, f"{header}\n{delimiter.join(cells)}\n")
    assert (counts.kind, counts.days.tolist()) == (kind, [value])


def test_numbers_and_dates_as_people_write_them(tmp_path: Path) -> None:
    lines = "https://example.org\nDate;Tweets\n21.12.2023;1.234.567\n22.12.2023;1.234,0\n"
    assert read(tmp_path, lines, "2023-01-01").days.tolist() == [1234567.0, 1234.0]
    assert read(tmp_path, 'Date,Tweets\nJan 2 2024,"1,234"\nJan 3 2024,3.5K\n').days.tolist() == [1234.0, 3500.0]
    assert read(tmp_path, "Date,Tweets\n2024-01-02,5\n".encode("utf-16")).days.tolist() == [5.0]
    assert read(tmp_path, "Date;Tweets\n2024-01-02;1,234\n").days.tolist() == [1234.0]  # what is counted is whole
    assert read(tmp_path, "Datum;Aufrufe\n02.01.2024;5.096\n").days.tolist() == [5096.0]


def test_a_day_twice(tmp_path: Path) -> None:
    assert read(tmp_path, "Date,Tweets\n2024-01-02,5\n2024-01-02,5\n2024-01-02,\n").days.tolist() == [5.0]
    with pytest.raises(DuplicateSessionError, match=r"counts\.csv, lines 2 and 4 both give 2024-01-02, with different"):
        read(tmp_path, "Date,Tweets\n2024-01-02,5\n2024-01-03,6\n2024-01-02,7\n")


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("Date,Tweets\n2024-01-02,-5\n", BadValueError, "counts.csv, line 2: Tweets is -5, which no count can be"),
        ("Date,Tweets\n2024-01-02,1e13\n", BadValueError, "line 2: Tweets is 1e13, which no count can be"),
        ("Date,Tweets\n2024-01-01,1\n2024-01-02,many\n", BadValueError, "line 3: Tweets is 'many', which is no number"),
        ("Date,Tweets\n2024-01-02,null\n", EmptyFileError, "no row with a count: check the column Tweets"),
        ("Date,Tweets\n", EmptyFileError, "a header but no rows"),
        ("", EmptyFileError, "is empty"),
        ("Date,Tweets\nsoon,5\n", BadDateError, "line 2: 'soon' is no date"),
        ("Date,Tweets\n1/2/2024,5\n", BadDateError, "line 2"),
        ("Date,Tweets\n2024-01-02,5,6\n", FileFaultError, "line 2 has 3 fields where the header has 2"),
        ("When,Tweets\n2024-01-02,5\n", MissingColumnError, "has no date column (it has: When, Tweets)"),
        ("2024-01-02,5\n2024-01-03,5\n", MissingColumnError, "has no date column (it has: 2024-01-02, 5)"),
        ("Date,Close\n2024-01-02,5\n", MissingColumnError, "has no column of counts (it has: Date, Close)"),
        ("Date\n2024-01-02\n", MissingColumnError, "has no column of counts (it has: Date)"),
        ("Date,Posts,Likes\n2024-01-02,5,6\n", MissingColumnError, "several columns that may be the counts (Posts, L"),
        ("Date,Tweets,Tweets\n2024-01-02,5,6\n", MissingColumnError, "(Tweets, Tweets)"),
        ("Date,Views,Count,X\n2024-01-02,5,6,7\n", MissingColumnError, "(Views, Count)"),
        (b"PK\x03\x04\x00", NotTextError, "is no text file"),
    ],
)
def test_files_that_are_refused_with_their_line(
    tmp_path: Path, text: str | bytes, kind: type[FileFaultError], said: str
) -> None:
    with pytest.raises(FileFaultError) as caught:
        read(tmp_path, text)
    assert type(caught.value) is kind
    assert said in str(caught.value)
    assert "counts.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        csv_file.attention(str(tmp_path / "none.csv"), "2024-01-01", "2024-01-02", NOW)
    with pytest.raises(MissingFileError, match="is a folder"):
        csv_file.attention(str(tmp_path), "2024-01-01", "2024-01-02", NOW)


@pytest.mark.parametrize(
    ("text", "kind", "counts"),
    [
        (
            "Category: All\n\nDay,ethereum: (Worldwide)\n2024-01-02,45\n2024-01-03,<1\n",
            "ethereum: (worldwide) a day",
            [45, 0.5],
        ),
        ("date,ethereum,isPartial\n2024-01-02,45,False\n2024-01-03,36,True\n", "ethereum a day", [45, 36]),
        ("Unnamed: 0,date,ethereum\n0,2024-01-02,45\n1,2024-01-03,36\n", "ethereum a day", [45, 36]),
        ("project,timestamp,access,views\nen,2024010200,all,45\nen,2024010300,all,36\n", "page views a day", [45, 36]),
        (
            "end,start,tweet_count\n2024-01-03T00:00Z,2024-01-02T00:00Z,45\n2024-01-04T00:00Z,2024-01-03T00:00Z,36\n",
            "tweets a day",
            [45, 36],
        ),
    ],
)
def test_files_as_services_export_them(tmp_path: Path, text: str, kind: str, counts: list[float]) -> None:
    found = read(tmp_path, text, "2024-01-02", "2024-01-03")
    assert (found.kind, found.days.tolist()) == (kind, counts)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Category: All\n\nWeek,ethereum\n2024-01-02,45\n", "counts.csv has weekly counts"),
        ("Date,ethereum\n2024-01-02,4\n2024-01-09,5\n2024-01-16,5\n2024-01-23,6\n", "counts.csv has weekly rows"),
        (
            "timestamp,value,value_classification\n1704153600,33,Fear\n",
            "no column of counts .* name it after what it counts",
        ),
    ],
)
def test_what_is_no_daily_count_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(FileFaultError, match=says):
        read(tmp_path, text)
