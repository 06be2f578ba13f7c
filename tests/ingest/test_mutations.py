"""A spoilt file is refused in one line, or what is stored are its own numbers: nothing else happens."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from ingest.database import open_engine
from ingest.errors import FileFaultError, IngestError
from ingest.sources.csv_file import asset_for, read
from ingest.store import Store
from tests.ingest.mutations import spoilt

CASES = Path(__file__).parents[2].parent / "shared" / "formats" / "cases"
NOW = pd.Timestamp("2027-01-04", tz="UTC")
DAYS = pd.bdate_range("2026-06-01", periods=25)
LEVELS = [round(118.25 + 1.37 * (at % 7) + 0.11 * at, 2) for at in range(25)]

BARS = list(zip(DAYS, [LEVELS[0], *LEVELS], LEVELS, strict=False))
"""Each opens where the one before closed."""


def _lines(header: str, row: str, style: str = "%Y-%m-%d", mark: str = ".") -> str:
    def written(number: float) -> str:
        return f"{number:.2f}".replace(".", mark)

    rows = [
        row.format(
            d=f"{day:{style}}", o=written(c - 0.5), h=written(c + 1), l=written(c - 1), c=written(c), v=1000 * at
        )
        for at, (day, c) in enumerate(zip(DAYS, LEVELS, strict=True), start=1)
    ]
    return "\n".join([header, *rows, ""])


FORMS = {
    "plain": (_lines("Date,Open,High,Low,Close,Volume", "{d},{o},{h},{l},{c},{v}"), 4, "."),
    "closes": (_lines("Date,Close", "{d},{c}"), 1, "."),
    "american": (_lines('"Date","Price","Vol."', '"{d}","{c}","{v}"', "%m/%d/%Y"), 1, "."),
    "named months": (_lines("Date\tClose\tVolume", "{d}\t{c}\t{v}", "%b %d, %Y"), 1, "."),
    "german": (_lines("Datum;Schluss;Hoch;Tief", "{d};{c};{h};{l}", "%d.%m.%Y", ","), 1, ","),
    "quoted": (_lines("Date,Close,Volume", '{d},"{c}",{v}', "%d.%m.%Y", ","), 1, ","),
    "zoned": (_lines("Date,Open,High,Low,Close", "{d} 00:00:00-04:00,{o},{h},{l},{c}"), 4, "."),
    "payments": (_lines("Date,Close,Dividends,Stock Splits", "{d},{c},0.0,0.0"), 1, "."),
    "no header": ("".join(f"{d:%Y-%m-%d},{o},{max(o, c) + 1},{min(o, c) - 1},{c}\n" for d, o, c in BARS), 4, "."),
    "two lines of names": (_lines("Price,Close,High\nTicker,A,A\nDate,,", "{d},{c},{h}"), 1, "."),
    "a ticker below": (_lines("Date,Close,High\n,A,A", "{d},{c},{h}"), 1, "."),
    "preamble and footer": (_lines("A vendor\nall rights\n\nDate,Close", "{d},{c}") + "Source: a vendor\n", 1, "."),
    "adjusted": (_lines("Date,Close,Adj Close,Volume", "{d},{c},{c},{v}"), 1, "."),
}


def _readings(cell: str, mark: str) -> Iterator[float]:
    """The number of a cell, read by the mark; nothing of the program's own is used."""
    other = "," if mark == "." else "."
    plain = "".join(sign for sign in cell if sign.isdigit() or sign in ".,-+eE")
    scale = {"k": 1e3, "m": 1e6, "b": 1e9, "n": 1e9, "t": 1e12}.get(cell.strip().lower()[-1:], 1.0)
    try:
        number = float(plain.replace(other, "").replace(mark, "."))
    except ValueError:
        return
    yield number
    yield number * scale


def _own_numbers(raw: bytes, closes: list[float], column: int | None, marks: str) -> bool:
    """Whether all closes stand in one column of the file, under one decimal mark."""
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        text = raw.decode(encoding, errors="replace").replace("\r\n", "\n").replace("\r", "\n")
        whole = text.replace('"', "")  # lines that stand in quotes as a whole
        for delimiter, written in itertools.product(",;\t|", (text, whole)):
            table = list(csv.reader(written.split("\n"), delimiter=delimiter))
            columns = range(max(map(len, table), default=0)) if column is None else [column]
            for at in columns:
                cells = [row[at] for row in table if len(row) > at]
                for mark in marks:
                    there = {f"{n:.9g}" for cell in cells for n in _readings(cell, mark)}
                    if {f"{close:.9g}" for close in closes} <= there:
                        return True
    return False


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # it spoils files and hides nothing


def _one_line(fault: IngestError) -> bool:
    return bool(str(fault)) and "\n" not in str(fault)


def _tried(path: Path, calendar: str) -> pd.DataFrame | None:
    """What is read of a file; None where it is refused in one line."""
    try:
        return read(path, "COIN", calendar).rows
    except FileFaultError as fault:
        return None if _one_line(fault) else pytest.fail(str(fault))


def _spoil(path: Path, chance: random.Random, text: str, column: int | None, marks: str, calendar: str) -> bool:
    raw = spoilt(chance, text)
    path.write_bytes(raw)
    rows = _tried(path, calendar)
    if rows is None:
        return False
    closes = rows["close"].tolist()
    assert closes == [] or _own_numbers(raw, closes, column, marks), raw.decode("utf-8", errors="replace")
    assert rows["session"].is_unique
    store = Store(open_engine("sqlite://"))
    try:
        store.append(asset_for(rows, "COIN", calendar), rows, NOW)
    except IngestError as fault:
        return _one_line(fault)
    return True


def _packed(text: str) -> Iterator[bytes]:
    """The same rows in a gzip, in a zip, and in a workbook."""
    yield gzip.compress(text.encode(), mtime=0)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("prices.csv", text)
    yield held.getvalue()
    header, *rows = csv.reader(text.split())
    frame = pd.DataFrame(rows, columns=header)
    held = io.BytesIO()
    frame.assign(Date=pd.to_datetime(frame["Date"]), Close=frame["Close"].astype(float)).to_excel(held, index=False)
    yield held.getvalue()


@pytest.mark.parametrize("at", range(3))
def test_a_spoilt_archive_or_workbook_is_refused_or_read_as_it_was(at: int, tmp_path: Path) -> None:
    whole = list(_packed(FORMS["plain"][0]))[at]
    path, read_too = tmp_path / "prices", 0
    for seed in range(60):
        chance, raw = _chance(seed), bytearray(whole)
        for _ in range(chance.randint(1, 3) if seed else 0):
            place = chance.randrange(len(raw))
            raw[place : place + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
        path.write_bytes(bytes(raw))
        rows = _tried(path, "XNYS")
        assert rows is None or rows["close"].tolist() == LEVELS
        read_too += rows is not None
    assert 0 < read_too < 60


@pytest.mark.parametrize("form", FORMS)
def test_a_spoilt_file_is_refused_or_its_own_numbers_are_stored(form: str, tmp_path: Path) -> None:
    text, column, mark = FORMS[form]
    (tmp_path / "whole.csv").write_text(text)
    whole = _tried(tmp_path / "whole.csv", "XNYS")
    assert whole is not None
    assert whole["close"].tolist() == LEVELS
    read_too = sum(_spoil(tmp_path / "spoilt.csv", _chance(seed), text, column, mark, "XNYS") for seed in range(40))
    assert 0 < read_too < 40


@pytest.mark.campaign
def test_ten_thousand_spoilt_files_of_the_wild(tmp_path: Path) -> None:
    if not CASES.is_dir():
        pytest.skip(f"the files of other programs are not here: {CASES}")
    cases = [path for path in sorted(CASES.iterdir()) if path.suffix in {".csv", ".txt", ".tsv"}]
    for seed in range(10_000):
        chance = _chance(seed)
        case = cases[seed % len(cases)]
        text = case.read_bytes().decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
        _spoil(tmp_path / "spoilt.csv", chance, text, None, ".,", chance.choice(["XNYS", "24/7", "24/5"]))
