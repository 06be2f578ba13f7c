"""What stands above and below the rows is left out, however long; a spoilt row is never taken for it."""

from pathlib import Path

import pytest

from ingest.errors import FileFaultError, IngestError
from ingest.sources.csv_file import read

ROWS = "Date,Close,Volume\n2026-06-08,1.5,10\n2026-06-09,1.25,20\n"


def closes(path: Path, text: str) -> list[float]:
    path.write_text(text)
    return read(path, "COIN", "XNYS").rows["close"].tolist()


@pytest.mark.parametrize("count", [1, 40, 400])
def test_any_number_of_lines_above_and_below(tmp_path: Path, count: int) -> None:
    above = "".join(f"Line {at} of the terms, which nobody reads\n" for at in range(count))
    below = "".join(f"Note {at}: a vendor's disclaimer\n" for at in range(count))
    assert closes(tmp_path / "prices.csv", above + ROWS + below) == [1.5, 1.25]


@pytest.mark.parametrize(
    "last", ["Average,1.375,15", "Total,,30", "Source: a vendor", "(c) A Vendor", "Disclaimer,none,of it", ",,"]
)
def test_a_last_line_that_is_not_a_row_is_left_out(tmp_path: Path, last: str) -> None:
    assert closes(tmp_path / "prices.csv", f"{ROWS}{last}\n") == [1.5, 1.25]


@pytest.mark.parametrize("last", ["O6/1O/2O26,1.5,30", "June,1.5,30", ",1.5,30", "2026-06-10", "x,1.5,30"])
def test_a_spoilt_last_row_is_refused_and_not_left_out(tmp_path: Path, last: str) -> None:
    with pytest.raises(FileFaultError, match="line 4"):
        closes(tmp_path / "prices.csv", f"{ROWS}{last}\n")


def test_a_header_without_fields_for_whose_rows_they_are(tmp_path: Path) -> None:
    """As CoinMarketCap writes it: a name is in the header, and in no row."""
    stamp = '"2026-06-0{}T00:00:00.000Z";"2026-06-0{}T23:59:59.999Z"'
    rows = [
        f'{stamp.format(day, day)};{level};{level};"2026-06-0{day}T23:59:59.999Z"'
        for day, level in ((8, 1.5), (9, 1.25))
    ]
    path = tmp_path / "prices.csv"
    path.write_text("timeOpen;timeClose;name;open;close;timestamp\n" + "\n".join(rows))
    assert read(path, "COIN", "24/7").rows["close"].tolist() == [1.5, 1.25]
    path.write_text("timeOpen;timeClose;cap;open;close;timestamp\n" + "\n".join(rows))
    with pytest.raises(IngestError, match="line 2 has 5 fields where the header has 6"):
        read(path, "COIN", "24/7")


def test_a_header_that_ends_with_a_separator(tmp_path: Path) -> None:
    assert closes(tmp_path / "prices.csv", ROWS.replace("Volume", "Volume,,")) == [1.5, 1.25]
