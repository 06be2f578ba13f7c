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


def read(
    folder: Path,
    text: str | bytes,
    first: str = "2024-01-01",
    last: str = "2024-12-31",
    column: str = "",
    kind: str = "",
) -> Counts:
    """The counts of a file with this text."""
    path = folder / "counts.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return csv_file.attention(str(path), first, last, NOW, column=column, kind=kind)


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
        (f"Date,{'x' * 90}", 3, "counts a day"),
        (f"Date,{'x' * 90} posts", 3, "counts a day"),
        ("Date,bitcoin", 3, "counts a day"),
        ("Jour,bitcoin: (Monde)", 3, "counts a day"),
        ("Date,Seitenaufrufe", 3, "page views a day"),
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
        (
            "Date,Tweets\n2024-01-01,1\n2024-01-02,many\n",
            BadValueError,
            "line 3: Tweets is 'many', which is not a number",
        ),
        (
            "Date,Tweets\n2024-01-02,null\n",
            EmptyFileError,
            "no row with a count of a whole day: check the column Tweets",
        ),
        ("Date,Tweets\n", EmptyFileError, "a header but no rows"),
        ("", EmptyFileError, "is empty"),
        ("Date,Tweets\nsoon,5\n", BadDateError, "line 2: 'soon' is not a date"),
        ("Date,Tweets\n1/2/2024,5\n", BadDateError, "line 2"),
        ("Date,Tweets\n2024-01-02,5,6\n", FileFaultError, "line 2 has 3 fields where the header has 2"),
        ("When,Tweets\n2024-01-02,5\n", MissingColumnError, "has no date column (it has: When, Tweets)"),
        ("2024-01-02,5\n2024-01-03,5\n", MissingColumnError, "has no date column (it has: 2024-01-02, 5)"),
        ("Date,Close\n2024-01-02,5\n", MissingColumnError, "has no column of counts (it has: Date, Close)"),
        ("Date\n2024-01-02\n", MissingColumnError, "has no column of counts (it has: Date)"),
        ("Date,Posts,Likes\n2024-01-02,5,6\n", MissingColumnError, "several columns that may be the counts (Posts, L"),
        ("Date,Tweets,Tweets\n2024-01-02,5,6\n", MissingColumnError, "(Tweets, Tweets)"),
        ("Date,Views,Count,X\n2024-01-02,5,6,7\n", MissingColumnError, "(Views, Count)"),
        (b"PK\x03\x04\x00", NotTextError, "is a damaged archive"),
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
            "counts a day",
            [45, 0.5],
        ),
        ("date,ethereum,isPartial\n2024-01-02,45,False\n2024-01-03,36,True\n", "counts a day", [45]),
        ("Unnamed: 0,date,ethereum\n0,2024-01-02,45\n1,2024-01-03,36\n", "counts a day", [45, 36]),
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
            "no column of counts .* name it after what it counts, such as Tweets, or say --column value and --kind",
        ),
    ],
)
def test_what_is_no_daily_count_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(FileFaultError, match=says):
        read(tmp_path, text)


PAGE = '{"items":[{"timestamp":"2024010200","views":45},{"timestamp":"2024010300","views":null}]}'
POSTS = (
    '{"data":[{"end":"2024-01-03T00:00:00.000Z","start":"2024-01-02T00:00:00.000Z","tweet_count":45}],'
    '"meta":{"total_tweet_count":45}}'
)


@pytest.mark.parametrize(
    ("text", "kind", "counts"),
    [
        (PAGE, "page views a day", {"2024-01-02": 45.0}),
        (POSTS, "tweets a day", {"2024-01-02": 45.0}),
        (POSTS + "\n" + POSTS.replace("-03T", "-04T").replace("-02T", "-03T"), "tweets a day", {"2024-01-03": 45.0}),
        ('[{"date":"2024-01-02","count":5096.125}]', "counts a day", {"2024-01-02": 5096.125}),
    ],
    ids=["pages", "posts", "a page a line", "a point is decimal"],
)
def test_answers_of_services_are_read(tmp_path: Path, text: str, kind: str, counts: dict[str, float]) -> None:
    found = read(tmp_path, text)
    assert found.kind == kind
    assert {day: found.days[day] for day in counts} == counts
    assert read(tmp_path, b"\xef\xbb\xbf" + text.encode()).days.equals(found.days)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{ not JSON", "begins like JSON but cannot be parsed"),
        ('{"error": "no such page"}', "JSON without a list of counts under items, data or results: .*no such page"),
        ('{"items": []}', "is an answer without a count"),
        ('{"items": [1, 2]}', "JSON without a list of counts"),
        ('{"items": [{"timestamp": "soon", "views": 3}]}', "record 1: 'soon' is not a date"),
    ],
)
def test_answers_that_hold_no_counts_are_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(FileFaultError, match=says) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_the_user_names_column_and_kind(tmp_path: Path) -> None:
    text = "Date,Ethereum,Bitcoin\n2024-01-02,5,6\n"
    found = read(tmp_path, text, column="bitcoin", kind="Page  views per day")
    assert (found.kind, found.days.tolist(), found.former) == ("page views a day", [6.0], ())
    with pytest.raises(
        FileFaultError, match="--column XRP does not name one column: the file has Date, Ethereum, Bitcoin"
    ):
        read(tmp_path, text, column="XRP")
    with pytest.raises(FileFaultError, match=r"--kind 'x+': say it in a few words"):
        read(tmp_path, text, column="Bitcoin", kind="x" * 90)
    assert read(tmp_path, "Date,Close,Tweets\n2024-01-02,5,6\n", column="Close").days.tolist() == [5.0]


def test_what_earlier_versions_called_it_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, "Date,Bitcoin\n2024-01-02,5\n")
    assert (found.kind, found.former) == ("counts a day", ("bitcoin a day",))


def test_days_that_are_not_as_written_are_said_once(tmp_path: Path) -> None:
    text = "date;x;isPartial\n2024-01-02;<1;False\n2024-01-03;< 1;False\n2024-01-04;1.234;False\n2024-01-05;7;true\n"
    found = read(tmp_path, text)
    assert found.days.tolist() == [0.5, 0.5, 1234.0]
    assert found.notes == ('2 days written as "<1", taken as 0.5', "1 day said to be partial, left out")
    assert read(tmp_path, "Date,Tweets\n2024-01-02,5\n").notes == ()


def hours(day: str, count: int, first: int = 0) -> str:
    """A line for each hour of a day, from one on."""
    stamps = pd.date_range(f"{day} {first:02d}:00", f"{day} 23:00", freq="h")
    ends = stamps + pd.Timedelta(1, unit="h")
    return "".join(
        f"{a:%Y-%m-%dT%H:%M:%SZ},{b:%Y-%m-%dT%H:%M:%SZ},{count}\n" for a, b in zip(stamps, ends, strict=True)
    )


def test_shorter_buckets_are_added_up_to_whole_days(tmp_path: Path) -> None:
    head = "start,end,hour_count\n"
    text = head + hours("2024-01-02", 1, first=13) + hours("2024-01-03", 2) + hours("2024-01-04", 3)
    found = read(tmp_path, text)
    assert found.kind == "tweets a day"
    assert found.days.to_dict() == {pd.Timestamp("2024-01-03"): 48.0, pd.Timestamp("2024-01-04"): 72.0}
    assert found.notes == ("1 day of which the file has a part only, left out",)
    twice = read(tmp_path, text + hours("2024-01-04", 3))
    assert twice.days.equals(found.days)
    gap = text.replace("2024-01-04T05:00:00Z,2024-01-04T06:00:00Z,3", "2024-01-04T05:00:00Z,2024-01-04T06:00:00Z,")
    assert read(tmp_path, gap).days.to_dict() == {pd.Timestamp("2024-01-03"): 48.0}


@pytest.mark.parametrize(
    ("lines", "kind", "says"),
    [
        (
            hours("2024-01-03", 2) + hours("2024-01-03", 3),
            DuplicateSessionError,
            "both give 2024-01-03, with different",
        ),
        (hours("2024-01-03", 2, first=20), EmptyFileError, "no row with a count of a whole day"),
        ("2024-01-02,2024-01-09,5\n", FileFaultError, "line 2: its bucket is 7 days long"),
        ("2024-01-02,2024-01-01,5\n", BadDateError, "line 2: its bucket ends before it starts"),
        (
            "2024-01-02T00:00Z,2024-01-03T00:00Z,5\n2024-01-02T06:00Z,2024-01-02T12:00Z,5\n",
            FileFaultError,
            "line 3: its buckets of 2024-01-02 overlap",
        ),
    ],
)
def test_buckets_that_make_no_days_are_refused(
    tmp_path: Path, lines: str, kind: type[FileFaultError], says: str
) -> None:
    with pytest.raises(kind, match=says):
        read(tmp_path, "start,end,hour_count\n" + lines)


def test_a_bucket_belongs_to_the_day_of_its_start(tmp_path: Path) -> None:
    renamed = "date,end,day_count\n2024-01-02T00:00:00.000Z,2024-01-03T00:00:00.000Z,45\n"
    assert read(tmp_path, renamed).days.to_dict() == {pd.Timestamp("2024-01-02"): 45.0}
    inclusive = "start_time,end_time,tweet_count\n2024-01-02 00:00:00,2024-01-02 23:59:59,45\n"
    assert read(tmp_path, inclusive).days.to_dict() == {pd.Timestamp("2024-01-02"): 45.0}


SHARED = Path(__file__).parents[3].parent / "shared" / "formats" / "attention"
WHOLE = {
    "att_gtrends_daily.csv": ("counts a day", 17430.5),
    "att_pytrends.csv": ("counts a day", 17490.0),
    "att_unnamed0.csv": ("counts a day", 1661377.0),
    "att_thousand.csv": ("page views a day", 1661377.0),
    "att_wm_api_csv.csv": ("page views a day", 1661377.0),
    "att_x_counts.csv": ("tweets a day", 1661377.0),
    "att_x_twarc_renamed.csv": ("tweets a day", 1661377.0),
}


@pytest.mark.skipif(not SHARED.exists(), reason="the files are not beside this checkout")
def test_files_as_people_have_them() -> None:
    """Of 400 days each, up to 28 November 2026."""

    def given(name: str, **said: str) -> Counts:
        return csv_file.attention(
            str(SHARED / name), "2025-01-01", "2026-11-30", datetime(2026, 12, 1, tzinfo=UTC), **said
        )

    read_all = {name: given(name) for name in WHOLE}
    assert {name: (counts.kind, counts.days.sum()) for name, counts in read_all.items()} == WHOLE
    for counts in read_all.values():
        assert (len(counts.days), counts.days.notna().all()) == (400, True)
        assert counts.days.index[-1] == pd.Timestamp("2026-11-28")
    assert len(read_all["att_gtrends_daily.csv"].notes) == 1
    with pytest.raises(FileFaultError, match="weekly"):
        given("att_gtrends_weekly.csv")
    with pytest.raises(FileFaultError, match="--column value and --kind"):
        given("att_fng.csv")
    index = given("att_fng.csv", column="value", kind="index points a day")
    assert (index.kind, len(index.days)) == ("index points a day", 400)
