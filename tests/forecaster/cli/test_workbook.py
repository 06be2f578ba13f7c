"""The record as a workbook: every value is what was recorded, days are dates, and no text is a formula."""

from __future__ import annotations

import gc
import json
import math
import random
import tracemalloc
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from forecaster.records import workbook
from tests.bad_places import small_disk
from tests.forecaster.cli.conftest import in_process

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("seq", "symbol", "as_of", "issued_at", "reason", "q50", "in50")
TEXTS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "plain", "<r>&", "3", "x" * 40_000)


def sheet_of(file: Path) -> Any:
    return openpyxl.load_workbook(file)["record"]


def test_every_value_of_the_record_is_in_its_cell(finished_home: Path, tmp_path: Path) -> None:
    said = in_process("ledger", "export", tmp_path / "r.xlsx", "--home", finished_home)
    assert said.out.startswith(f"4 forecasts written to {tmp_path / 'r.xlsx'}; the record is then\n")
    names, *rows = sheet_of(tmp_path / "r.xlsx").iter_rows()
    shown = json.loads(in_process("ledger", "show", "--json", "--home", finished_home).out)
    assert [cell.value for cell in names] == list(shown[0])
    assert [[plain(cell) for cell in row] for row in rows] == [
        [None if value == "" else value for value in row.values()] for row in shown
    ]
    for options, count in ((("--last", "1"), 1), (("--since", "2018-01-21"), 2), (("--symbols", "NONE"), 0)):
        in_process("ledger", "export", tmp_path / "r.xlsx", *options, "--home", finished_home)
        assert sheet_of(tmp_path / "r.xlsx").max_row == 1 + count


def plain(cell: Any) -> object:
    """A cell as the record has it: dates are ISO texts."""
    if not isinstance(cell.value, datetime):
        return cell.value
    assert cell.is_date
    return f"{cell.value:%Y-%m-%d}" if cell.number_format == "yyyy-mm-dd" else f"{cell.value.isoformat()}+00:00"


def test_no_text_is_a_formula_and_none_becomes_one_when_it_is_edited(tmp_path: Path) -> None:
    rows = [(n, text, "2018-01-20", "2018-01-20T23:59:59+02:00", text, 0.1, True) for n, text in enumerate(TEXTS)]
    assert workbook.write(tmp_path / "r.xlsx", NAMES, rows) == len(TEXTS)
    with zipfile.ZipFile(tmp_path / "r.xlsx") as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")
    for text, row in zip(TEXTS, list(sheet_of(tmp_path / "r.xlsx").iter_rows())[1:], strict=True):
        for cell in (row[1], row[4]):
            assert (cell.data_type, cell.value.replace("_x000D_", "\r")) == ("s", text[:32_767])
            assert cell.quotePrefix == text.startswith(workbook.FORMULA)
        assert row[3].value == datetime(2018, 1, 20, 21, 59, 59)  # noqa: DTZ001  # a sheet knows no zones


def test_numbers_are_the_same_to_the_last_bit_and_dates_before_excel_are_text(tmp_path: Path) -> None:
    rng = random.Random(0)  # noqa: S311  # no secret
    numbers = [rng.gauss(0, 1) * 10 ** rng.randint(-12, 12) for _ in range(500)] + [5e-324, 0.1 + 0.2, -0.0, math.pi]
    days = ["1885-01-02", "1900-02-28", "1901-01-02"]
    rows = [(2**53, "A", days[n % 3], "2018-01-20T00:00:00+00:00", "", x, None) for n, x in enumerate(numbers)]
    workbook.write(tmp_path / "r.xlsx", NAMES, rows)
    found = list(sheet_of(tmp_path / "r.xlsx").iter_rows(min_row=2, values_only=True))
    assert [row[5] for row in found] == numbers
    assert [row[2] for row in found[:3]] == ["1885-01-02", "1900-02-28", datetime(1901, 1, 2)]  # noqa: DTZ001
    assert found[0][0] == 2**53
    assert (found[0][4], found[0][6]) == (None, None)


def test_more_rows_than_a_sheet_has_are_refused_before_anything_is_written(
    finished_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST", 3)
    words = ("ledger", "export", tmp_path / "r.xlsx", "--home", finished_home)
    complaint = in_process(*words).complaint()
    assert "4 forecasts are more than the 3 rows of a sheet: export fewer with --since, --last or" in complaint
    assert not (tmp_path / "r.xlsx").exists()
    assert in_process(*words, "--last", 3).code == 0
    assert in_process(*words, "--since", "2018-01-21").code == 0
    assert in_process("ledger", "export", tmp_path / "r.parquet", "--home", finished_home).code == 0


def test_a_full_disk_is_one_line_and_leaves_nothing(finished_home: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "8k") as disk:
        complaint = in_process("ledger", "export", disk / "r.xlsx", "--home", finished_home).complaint()
        assert "r.xlsx cannot be written (No space left on device): choose another place" in complaint
        assert list(disk.iterdir()) == []
    gc.collect()  # what was left open would complain here


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def most(rows: int) -> int:
        tracemalloc.start()
        made = ((n, "A", "2018-01-20", "2018-01-20T00:00:00+00:00", f"reason {n}", n / 7, True) for n in range(rows))
        workbook.write(tmp_path / "r.xlsx", NAMES, made)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert most(20_000) < most(2_000) + 1_000_000
