"""What a file is packed in, and what is not a table: told by its bytes, never by its name."""

import gzip
import io
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ingest.errors import FileFaultError, MissingFileError, NotTextError
from ingest.sources.csv_file import read
from ingest.text.choices import Choices

TEXT = "Date,Close,Volume\n2026-06-08,187.3,100\n2026-06-09,184.79,200\n"
ROWS = (("Date", "Close", "Volume"), (datetime(2026, 6, 8), 13.465, 100), (datetime(2026, 6, 9), 13.2, 200))  # noqa: DTZ001  # a workbook knows no zones


def zipped(**files: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
    return held.getvalue()


def workbook(**sheets: tuple[tuple[object, ...], ...]) -> bytes:
    book, held = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(held)
    return held.getvalue()


def closes(path: Path, raw: bytes, **said: str) -> list[float]:
    path.write_bytes(raw)
    return read(path, "COIN", "XNYS", Choices(**said)).rows["close"].tolist()


@pytest.mark.parametrize("name", ["prices.csv", "prices.csv.gz", "prices"])
def test_packed_text_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    for raw in (gzip.compress(TEXT.encode()), zipped(a_csv=TEXT), gzip.compress(zipped(a_csv=TEXT))):
        assert closes(tmp_path / name, raw) == [187.3, 184.79]


def test_a_workbook_is_read_and_nothing_in_it_is_guessed(tmp_path: Path) -> None:
    path = tmp_path / "prices.xlsx"
    assert closes(path, workbook(Prices=ROWS)) == [13.465, 13.2]
    above = (("Source: a desk",), (), *ROWS, ("Average", 13.3))
    assert closes(path, workbook(Notes=(("about",),), Prices=above)) == [13.465, 13.2]
    assert closes(path, gzip.compress(workbook(Prices=ROWS))) == [13.465, 13.2]


def test_a_workbook_with_prices_on_two_sheets_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "prices.xlsx"
    other = (ROWS[0], (datetime(2026, 6, 8), 9.5, 1), (datetime(2026, 6, 9), 9.25, 2))  # noqa: DTZ001  # as above
    raw = workbook(AAPL=ROWS, MSFT=other)
    with pytest.raises(FileFaultError, match="several sheets of prices: say --sheet, one of AAPL, MSFT"):
        closes(path, raw)
    assert closes(path, raw, sheet="MSFT") == [9.5, 9.25]
    with pytest.raises(FileFaultError, match="has no sheet C: --sheet is one of AAPL, MSFT"):
        closes(path, raw, sheet="C")


def test_a_fault_in_a_workbook_names_sheet_and_row(tmp_path: Path) -> None:
    rows = (ROWS[0], ROWS[1], (datetime(2026, 6, 9), "abc", 1))  # noqa: DTZ001  # as above
    with pytest.raises(FileFaultError, match="sheet Prices, row 3: Close is 'abc'"):
        closes(tmp_path / "prices.xlsx", workbook(Prices=rows))


def test_several_files_in_a_zip_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileFaultError, match=r"holds 2 files \(a.csv, b.csv\): unpack it"):
        closes(tmp_path / "prices.zip", zipped(a_csv=TEXT, b_csv=TEXT))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"PAR1\0\0PAR1", "a Parquet file: read it with pandas"),
        (b"%PDF-1.7\n", "a PDF: download the prices as CSV"),
        (b"SQLite format 3\0", "a SQLite database"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-12], "a damaged archive"),
        (zipped(a_csv=TEXT)[:-30], "a damaged archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "cannot be opened as a workbook"),
    ],
    ids=["Parquet", "PDF", "SQLite", "half a gzip", "half a zip", "half a workbook"],
)
def test_what_is_not_a_table_is_refused_by_what_it_is(tmp_path: Path, raw: bytes, said: str) -> None:
    with pytest.raises(FileFaultError, match=said):
        closes(tmp_path / "prices.csv", raw)


def test_a_folder_and_a_wrong_name_list_the_files_that_may_be_meant(tmp_path: Path) -> None:
    (tmp_path / "aapl.csv").write_text(TEXT)
    for path in (tmp_path, tmp_path / "appl.csv"):
        with pytest.raises(MissingFileError, match=r"\(there: aapl.csv\)"):
            read(path, "COIN", "XNYS")


def test_the_mark_of_an_open_workbook_is_told_from_the_workbook(tmp_path: Path) -> None:
    with pytest.raises(NotTextError, match="open elsewhere: name the workbook itself"):
        closes(tmp_path / "~$prices.xlsx", b"\x05Analyst")


def test_a_frame_saved_by_pandas_comes_back(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Close": [13.465, 13.2]}, pd.DatetimeIndex(["2026-06-08", "2026-06-09"], name="Date"))
    frame.to_excel(tmp_path / "prices.xlsx")
    assert read(tmp_path / "prices.xlsx", "COIN", "XNYS").rows["close"].tolist() == [13.465, 13.2]


def test_what_a_system_puts_beside_a_file_in_a_zip_is_no_file(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in (("d/", ""), ("d/a.csv", TEXT), ("d/.DS_Store", "\0"), ("__MACOSX/d/._a.csv", "\0")):
            archive.writestr(name, text)
    assert closes(tmp_path / "prices.zip", held.getvalue()) == [187.3, 184.79]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (zipped(), "holds no file: pack it again"),
        (gzip.compress(zipped()), "holds no file: pack it again"),
        (gzip.compress(gzip.compress(gzip.compress(TEXT.encode()))), "is packed more than twice: unpack it first"),
    ],
    ids=["empty zip", "empty zip in gzip", "thrice"],
)
def test_an_archive_without_a_file_or_with_too_many_layers_is_said_to_be_one(
    tmp_path: Path, raw: bytes, said: str
) -> None:
    with pytest.raises(FileFaultError, match=said):
        closes(tmp_path / "prices.zip", raw)


def test_cells_that_are_written_as_texts_for_a_spreadsheet_are_read(tmp_path: Path) -> None:
    for text in ('Date,Close\n="2026-06-08",="187.30"\n', 'Date,Close\n"=""2026-06-08""","=""187.30"""\n'):
        assert closes(tmp_path / "prices.csv", text.encode()) == [187.3]


def test_a_file_that_only_accompanies_is_not_one_of_several(tmp_path: Path) -> None:
    assert closes(tmp_path / "prices.zip", zipped(README_txt="read me", a_csv=TEXT)) == [187.3, 184.79]


def test_a_workbook_of_formulas_that_were_never_computed_says_so(tmp_path: Path) -> None:
    rows = (ROWS[0], (datetime(2026, 6, 8), "=1+1", 100))  # noqa: DTZ001  # as above
    with pytest.raises(FileFaultError, match=r"has no row with a close: .*save a workbook of formulas once"):
        closes(tmp_path / "prices.xlsx", workbook(Prices=rows))
