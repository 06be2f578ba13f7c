"""Files that users have: what is read from them, and each fault as one line that says where."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest import errors
from ingest.sessions import calendar
from ingest.sources.csv_file import asset_for, read
from tests.bad_places import without_rights

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes a file, given its lines or its bytes."""

    def make(*lines: str, raw: bytes | None = None, ending: str = "\n", encoding: str = "utf-8") -> Path:
        path = tmp_path / "prices.csv"
        path.write_bytes(ending.join([*lines, ""]).encode(encoding) if raw is None else raw)
        return path

    return make


def coin(path: Path) -> pd.DataFrame:
    return read(path, "COIN", "24/7").rows


def test_the_studys_file(ethereum: Path) -> None:
    rows = read(ethereum, "ETH-USD", "24/7").rows
    assert len(rows) == 899
    assert (rows["session"].iloc[0], rows["session"].iloc[-1]) == (
        pd.Timestamp("2015-08-07"),
        pd.Timestamp("2018-01-21"),
    )
    last = rows.iloc[-1]
    assert (last["close"], last["tweets"], last["market_cap"]) == (1049.58, 19111.0, 1.12226e11)
    assert np.isnan(rows["market_cap"].iloc[0])
    assert rows.loc[rows["session"] < pd.Timestamp("2015-12-01"), "tweets"].isna().all()
    assert asset_for(rows, "ETH-USD", "24/7").attention_kind == "tweets a day"


def test_yahoos_download_gives_total_returns(write: Write) -> None:
    rows = coin(
        write(
            "Date,Open,High,Low,Close,Adj Close,Volume",
            "2024-01-01,100,101,99,100,49.000000,1000",
            "2024-01-02,null,null,null,null,null,null",
            "2024-01-03,50,51,49,50,49.000000,2000",
            "2024-01-04,0,51,49,50,49.500000,2000",
            "2024-01-05,50,51,49,50,49.500001,2000",
        )
    )
    assert rows["session"].dt.day.tolist() == [1, 3, 4, 5]
    assert np.isnan(rows["adjustment"].iloc[0])  # nothing stands before it
    assert rows["adjustment"].tolist()[1:] == [2.0, 1.0102, 1.0]
    assert rows["open"].isna().tolist() == [False, False, True, False]
    assert rows["known_at"].isna().all()
    assert asset_for(rows, "COIN", "24/7") == asset_for(rows, "COIN", calendar("24/7"))


def test_coinmarketcap_with_signs_thousands_and_newest_first(write: Write) -> None:
    rows = coin(
        write(
            "Date,Open*,High,Low,Close**,Volume,Market Cap",
            '"Jan 21, 2018","$1,155.68","$1,155.68","$1,021.50","$1,049.58","$3,378,090,000",1.12226E+11',
            '"Jan 20, 2018","$1,044.95","$1,167.11","$1,044.95","$1,155.15","$3,975,190,000",-',
        )
    )
    assert rows["close"].tolist() == [1155.15, 1049.58]
    assert rows["volume"].tolist() == [3975190000.0, 3378090000.0]
    assert rows["market_cap"].tolist()[1] == 112226000000.0
    assert asset_for(rows, "COIN", "24/7").attention_kind == ""


NASDAQ = ("Date,Close/Last,Volume,Open,High,Low", "01/16/2024,$183.63,65603040,$182.16,$184.26,$180.93")
INVESTING = (
    '"Date","Price","Open","High","Low","Vol.","Change %"',
    '"01/16/2024","183.63","","","","65.6M","0.5%"',
)
COINMARKETCAP = (
    "timeOpen;timeClose;name;open;high;low;close;volume;marketCap;timestamp",
    "2024-01-16T00:00:00.000Z;x;x;182;184;180;183.63;65600000;1;2024-01-16T23:59:59.999Z",
)
GERMAN = ("Datum;x", "Date;Close;Volume", "16.01.2024;183,63;65.600.000")
TABBED = ("close\tDAY", "183.63\t16 January 2024")
PREAMBLE = ("https://www.provider.example", "Date,Close,Symbol", "2024-01-16 00:00:00,183.63,X")


@pytest.mark.parametrize("lines", [NASDAQ, INVESTING, COINMARKETCAP, GERMAN, TABBED, PREAMBLE])
def test_what_other_providers_write(write: Write, lines: tuple[str, ...]) -> None:
    rows = coin(write(*lines))
    assert rows["session"].tolist() == [pd.Timestamp("2024-01-16")]
    assert rows["close"].tolist() == [183.63]
    assert rows["volume"].iloc[0] == pytest.approx(65.6e6, rel=1e-3) or lines in {TABBED, PREAMBLE}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_marks_and_line_endings_make_no_difference(write: Write, encoding: str, ending: str) -> None:
    lines = ("Date,Close,Währung", "2024-01-01,10,€", "", "2024-01-02,11,€")
    rows = coin(write(*lines, encoding=encoding, ending=ending))
    assert rows["close"].tolist() == [10.0, 11.0]


def test_empty_fields_beyond_the_header_are_no_fault(write: Write) -> None:
    assert coin(write("Date,Close", "2024-01-01,10,", "2024-01-02,11,,"))["close"].tolist() == [10.0, 11.0]


def test_equal_duplicates_are_one_row(write: Write) -> None:
    rows = coin(write("Date,Close,Volume", "2024-01-01,10,", "2024-01-01,10.0,null", "2024-01-02,11,1"))
    assert rows["close"].tolist() == [10.0, 11.0]


def test_days_without_a_session_are_kept_for_the_checks(write: Write) -> None:
    reading = read(write("Date,Close", "2024-01-05,10", "2024-01-06,11"), "BANK", "XNYS")
    assert len(reading.rows) == 2
    assert reading.notes == ("1 on days without a session of XNYS",)


FAULTS = {
    "no close column": (
        ("Date,Open,Volume", "2024-01-01,1,2"),
        errors.MissingColumnError,
        "prices.csv has no close column (it has: Date, Open, Volume): name one of them Close",
    ),
    "no date column": (
        ("Close,Volume", "1,2"),
        errors.MissingColumnError,
        "prices.csv has no date column (it has: Close, Volume)",
    ),
    "unparseable date": (
        ("Date,Close", "2024-01-01,1", "", "someday,2"),
        errors.BadDateError,
        "prices.csv, line 4: 'someday' is not a date: write it as 2018-01-21",
    ),
    "impossible date": (
        ("Date,Close", "Feb 30 2024,1"),
        errors.BadDateError,
        "line 2: 'Feb 30 2024' is not a date",
    ),
    "ambiguous dates": (
        ("Date,Close", "01/01/2024,1", "02/01/2024,2"),
        errors.BadDateError,
        "line 3: '02/01/2024' may be month first or day first",
    ),
    "dates both ways": (
        ("Date,Close", "13/01/2024,1", "01/13/2024,2"),
        errors.BadDateError,
        "line 2: '13/01/2024' is not a date",
    ),
    "duplicates that disagree": (
        ("Date,Close", "2024-01-01,1", "2024-01-02,5", "2024-01-01,2"),
        errors.DuplicateSessionError,
        "lines 2 and 4 both give 2024-01-01, with different values",
    ),
    "negative price": (
        ("Date,Close", "2024-01-01,1", "2024-01-02,-5"),
        errors.BadValueError,
        "prices.csv, line 3: Close is -5, and it must be above zero",
    ),
    "zero price": (
        ("Date,Close", "2024-01-01,0"),
        errors.BadValueError,
        "line 2: Close is 0, and it must be above",
    ),
    "negative low": (("Date,Low,Close", "2024-01-01,-2,1"), errors.BadValueError, "line 2: Low is -2, and it must be"),
    "negative volume": (
        ("Date,Close,Volume", "2024-01-01,1,-7"),
        errors.BadValueError,
        "line 2: Volume is -7, and it must be zero or more",
    ),
    "text for a number": (
        ("Date,Close,Volume", "2024-01-01,1,much"),
        errors.BadValueError,
        "line 2: Volume is 'much', which is not a number",
    ),
    "commas that may mean either": (
        ("Date;Close", "2024-01-01;1,234", "2024-01-02;1,235"),
        errors.BadValueError,
        "prices.csv, line 2: Close is '1,234': nothing in the file says whether the mark is decimal",
    ),
    "infinite number": (("Date,Close", "2024-01-01,1e999"), errors.BadValueError, "line 2: Close is '1e999'"),
    "thousands without quotes": (
        ("Date,Close,Volume", "2024-01-01,1,1,234"),
        errors.FileFaultError,
        "prices.csv, line 2 has 4 fields where the header has 3",
    ),
    "cut short": (("Date,Close,Volume", "2024-01-01"), errors.FileFaultError, "line 2 has 1 fields"),
    "a quote never closed": (("Date,Close", '"2024-01-01,1'), errors.FileFaultError, "check its quotes"),
    "only a header": (("Date,Close",), errors.EmptyFileError, "prices.csv has a header but no rows"),
    "only gaps": (
        ("Date,Close", "2024-01-01,null"),
        errors.EmptyFileError,
        "no row with a close: check the column",
    ),
    "only blank lines": (("", "  ", ""), errors.EmptyFileError, "prices.csv is empty"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_one_line_that_says_where(write: Write, fault: str) -> None:
    lines, kind, says = FAULTS[fault]
    with pytest.raises(kind) as raised:
        coin(write(*lines))
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
    assert isinstance(raised.value, errors.FileFaultError)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", errors.EmptyFileError),
        (b"\xef\xbb\xbf", errors.EmptyFileError),
        (b"PK\x03\x04\x00\x00\x08", errors.NotTextError),
        (b"\x89PNG\r\n\x1a\n\x00\x00", errors.NotTextError),
        (bytes(range(256)), errors.NotTextError),
    ],
)
def test_what_is_no_text_is_refused(write: Write, raw: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"prices\.csv is "):
        coin(write(raw=raw))


def test_files_that_cannot_be_opened(tmp_path: Path, write: Write) -> None:
    with pytest.raises(errors.MissingFileError, match=r"absent\.csv does not exist: check the name"):
        coin(tmp_path / "absent.csv")
    with pytest.raises(errors.MissingFileError, match="is a folder: name the file in it"):
        coin(tmp_path)
    with pytest.raises(errors.MissingFileError, match="cannot be read"):
        coin(tmp_path / "a\0b")
    path = write("Date,Close", "2024-01-01,1")
    path.chmod(0)
    cannot = pytest.raises(errors.MissingFileError, match=r"prices\.csv may not be read: check its permissions")
    with without_rights(tmp_path), cannot:
        coin(path)


def test_symbol_and_calendar_are_checked_before_the_file(tmp_path: Path) -> None:
    with pytest.raises(errors.BadSymbolError):
        read(tmp_path / "absent.csv", "<b>", "24/7")
    with pytest.raises(errors.UnknownCalendarError):
        read(tmp_path / "absent.csv", "COIN", "24/8")
