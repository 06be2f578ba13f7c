"""Files with a series of an asset's own, in the forms that people have: each gives the same values, or is refused."""

from __future__ import annotations

import gzip
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from ingest import series_file
from ingest.errors import BadValueError, EmptyFileError, FileFaultError, FrameFaultError, IngestError, MissingFileError
from ingest.series_terms import declared
from ingest.sessions import calendar
from ingest.text.choices import Choices

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingest.own_series import GivenSeries

NYSE = calendar("XNYS")
DAYS = NYSE.sessions("2024-01-02", "2024-03-28")
VALUES = np.round(0.2 + 0.05 * np.sin(np.arange(len(DAYS)) / 9), 4)
TABLE = pd.DataFrame({"Date": DAYS, "AAPL": VALUES, "KO": VALUES / 2})


def read(
    path: Path, column: str = "", name: str = "implied_volatility", code: str = "XNYS", **said: str
) -> GivenSeries:
    terms = (name, declared(name, "" if name == "implied_volatility" else "level"), 15)
    return series_file.read(path, "AAPL", calendar(code), terms, column, Choices(**said))


def text(path: Path) -> None:
    TABLE.to_csv(path, index=False)


def packed(path: Path) -> None:
    path.write_bytes(gzip.compress(TABLE.to_csv(index=False).encode()))


def german(path: Path) -> None:
    TABLE.to_csv(path, index=False, sep=";", decimal=",", date_format="%d.%m.%Y")


def newest_first(path: Path) -> None:
    TABLE[::-1].to_csv(path, index=False, date_format="%b %d, %Y")


def nameless_index(path: Path) -> None:
    TABLE.set_index("Date").rename_axis(None).to_csv(path)


def workbook(path: Path) -> None:
    TABLE.to_excel(path, index=False, engine="openpyxl")


def parquet(path: Path) -> None:
    TABLE.set_index("Date").to_parquet(path)


def parquet_of_texts(path: Path) -> None:
    TABLE.assign(Date=TABLE["Date"].dt.strftime("%m/%d/%Y")).to_parquet(path, index=False)


def parquet_of_one(path: Path) -> None:
    TABLE.set_index("Date")[["AAPL"]].to_parquet(path)


FORMS = [text, packed, german, newest_first, nameless_index, workbook, parquet, parquet_of_texts, parquet_of_one]


@pytest.mark.parametrize("write", FORMS, ids=lambda write: write.__name__)
def test_a_file_as_people_have_it_gives_its_values(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / ("book.xlsx" if write is workbook else "file")
    write(path)
    for column in ("", "AAPL"):
        found = read(path, column)
        assert found.by_session.index.equals(DAYS)
        np.testing.assert_allclose(found.by_session, VALUES, rtol=1e-12)
        assert found.notes == ()
    assert found.payload == sha256(path.read_bytes()).hexdigest()


def test_one_of_several_in_a_long_file(tmp_path: Path) -> None:
    long = TABLE.melt("Date", var_name="Ticker", value_name="iv")
    for path in (tmp_path / "long.csv", tmp_path / "long.parquet"):
        long.to_csv(path, index=False) if path.suffix == ".csv" else long.to_parquet(path, index=False)
        np.testing.assert_allclose(read(path, ticker="KO").by_session, VALUES / 2, rtol=1e-12)
        with pytest.raises(FileFaultError, match=r"rows of several tickers: say --ticker, one of AAPL, KO"):
            read(path)


def test_days_without_a_session_are_named_and_left_out(tmp_path: Path) -> None:
    """Holidays and weekends of a series that is counted every day."""
    every = pd.date_range(DAYS[0], DAYS[-1])
    path = tmp_path / "daily.csv"
    pd.DataFrame({"Date": every, "score": np.arange(len(every))}).to_csv(path, index=False)
    found = read(path, name="score")
    assert found.by_session.index.equals(DAYS)
    (note,) = found.notes
    shut = len(every) - len(DAYS)
    assert note == (
        f"{shut} on days without a session of XNYS, left out (2024-01-06, 2024-01-07, 2024-01-13 and {shut - 3} more)"
    )
    assert len(read(path, name="score", code="24/7").by_session) == len(every)


@pytest.mark.parametrize(("days", "word"), [(-1, "early"), (1, "late")])
def test_dates_that_are_a_day_off_are_refused(tmp_path: Path, days: int, word: str) -> None:
    """A day early would be a look into the future."""
    path = tmp_path / "off.csv"
    TABLE.assign(Date=DAYS + pd.Timedelta(days, unit="D")).to_csv(path, index=False)
    with pytest.raises(FileFaultError, match=f"its dates seem a day {word}"):
        read(path)


def bad(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        ("Date,AAPL\n2024-01-02,0.2\n2024-01-03,abc\n", BadValueError, "line 3: AAPL is 'abc', which is not a number"),
        ("Date,AAPL\n2024-01-02,0.2\n2024-02-30,0.2\n", FileFaultError, "line 3: '2024-02-30' is not a date"),
        ("Date,AAPL\n2024-01-02,inf\n", BadValueError, "line 2: AAPL is 'inf', which is not a number"),
        ("Date,AAPL\n2024-01-02,0.2,7\n", FileFaultError, "line 2 has 3 fields where the header has 2"),
        ("Date,AAPL\n2024-01-06,0.2\n", EmptyFileError, "no value on a session of XNYS: 1 on days without a session"),
        ("Date,AAPL\n2024-01-02,\n2024-01-03,-\n", EmptyFileError, "AAPL has no value on a session of XNYS"),
        ("Date,AAPL\n", EmptyFileError, "has a header but no rows"),
        ("Day one,AAPL\n2024-01-02,0.2\n", FileFaultError, "has no date column"),
        ("Date,AAPL\n2024-01-02,1.234\n2024-01-03,1.345\n", BadValueError, "say --decimal comma or --decimal point"),
        ("Date,AAPL\n02/03/2024,0.2\n04/05/2024,0.3\n", FileFaultError, "--dates"),
        (b"PAR1 and no more", FileFaultError, "is a damaged Parquet file"),
        (b"\x00\x01\x02\xff\xfe", FileFaultError, "series"),
        (
            "".join(
                [
                    "Date,AAPL\n",
                    *(f"{day:%Y-%m-%d},0.2\n" for day in pd.date_range("2020-01-03", periods=20, freq="7D")),
                ]
            ),
            FileFaultError,
            "has weekly rows",
        ),
    ],
    ids=range(13),
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, content: str | bytes, kind: type[IngestError], said: str
) -> None:
    with pytest.raises(kind) as fault:
        read(bad(tmp_path / "series", content))
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        read(tmp_path / "absent.csv")
    with pytest.raises(MissingFileError, match="is a folder"):
        read(tmp_path)
    text(tmp_path / "wide.csv")
    with pytest.raises(FileFaultError, match=r"--column APPL does not name one column: the file has Date, AAPL, KO"):
        read(tmp_path / "wide.csv", "APPL")
    TABLE.drop(columns="Date").to_parquet(tmp_path / "undated")
    with pytest.raises(FrameFaultError, match="has no dates"):
        read(tmp_path / "undated")
    TABLE.iloc[:0].to_parquet(tmp_path / "empty")
    with pytest.raises(EmptyFileError, match="has no rows"):
        read(tmp_path / "empty")


def test_values_of_another_kind_are_refused_and_odd_ones_are_gaps(tmp_path: Path) -> None:
    path = tmp_path / "iv.csv"
    TABLE.assign(AAPL=100 * VALUES).to_csv(path, index=False)
    with pytest.raises(BadValueError, match=r"as if in percent: write fractions a year, 0\.25 for 25 %, or import"):
        read(path)
    odd = VALUES.copy()
    odd[[3, 9]] = 0, -1
    TABLE.assign(AAPL=odd).to_csv(path, index=False)
    found = read(path)
    assert found.by_session.index.equals(DAYS.delete([3, 9]))
    assert found.notes == (f"2 at or below zero, taken as gaps ({DAYS[3]:%Y-%m-%d}, {DAYS[9]:%Y-%m-%d})",)
    assert len(read(path, "AAPL", name="score").by_session) == len(DAYS)
    TABLE.assign(AAPL=VALUES - 0.2).to_csv(path, index=False)
    with pytest.raises(
        BadValueError, match=r"values are at or below zero, and implied_volatility takes their logarithm"
    ):
        read(path)
