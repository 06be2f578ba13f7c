"""Files without names: their columns are told by what stands in them, said in the import's line, or refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.errors import MissingColumnError
from ingest.sources.csv_file import read
from ingest.text.choices import Choices
from ingest.text.unnamed import names_of

DAYS = pd.date_range("2026-06-01", periods=40)


def bars(seed: int = 1, days: int = 40) -> pd.DataFrame:
    """A market that is open every day; between sessions less happens than within one."""
    chance = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(0.02 * chance.standard_normal(days)))
    opens = np.r_[100, close[:-1]] * np.exp(0.004 * chance.standard_normal(days))
    high = np.maximum(opens, close) * np.exp(0.003 * chance.random(days))
    low = np.minimum(opens, close) * np.exp(-0.003 * chance.random(days))
    volume = chance.integers(10_000, 99_999, days)
    return pd.DataFrame({"o": opens, "h": high, "l": low, "c": close, "v": volume}, DAYS[:days]).round(4)


def written(path: Path, row: str, frame: pd.DataFrame) -> Path:
    epochs = frame.index.as_unit("s").astype("int64")
    lines = [
        row.format(d=day, e=e, **dict(values) | {"v": int(values["v"])})
        for day, e, (_, values) in zip(frame.index, epochs, frame.iterrows(), strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


FORMS = {
    "klines": "{e}000,{o},{h},{l},{c},{v},{e}999,{v}1,17,3,4,0",
    "klines in microseconds": "{e}000000,{o},{h},{l},{c},{v},{e}999999,{v}1,17,3,4,0",
    "OHLCVT": "{e},{o},{h},{l},{c},{v},17",
    "rows of an API": "{e}000,{o},{h},{l},{c},{v}",
    "lowest first": "{e},{l},{h},{o},{c},{v}",
    "MetaTrader": "{d:%Y.%m.%d},00:00,{o},{h},{l},{c},{v}",
    "semicolons": "{d:%Y%m%d} 000000;{o};{h};{l};{c};{v}",
    "ticker first": "COIN,{d:%Y%m%d},{o},{h},{l},{c},{v}",
    "ticker, period, date and clock": "COIN,D,{d:%Y%m%d},000000,{o},{h},{l},{c},{v},0",
    "bars alone": "{d:%Y-%m-%d}\t{o}\t{h}\t{l}\t{c}",
    "closes alone": "{d:%Y-%m-%d},{c}",
    "day first": "{d:%d/%m/%Y},{o},{h},{l},{c},{v}",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("newest_first", [False, True])
def test_columns_are_told_by_content_and_no_row_is_lost(tmp_path: Path, form: str, newest_first: bool) -> None:
    frame = bars()
    path = written(tmp_path / "prices.csv", FORMS[form], frame[::-1] if newest_first else frame)
    reading = read(path, "COIN", "24/7")
    assert reading.rows["close"].tolist() == frame["c"].tolist()
    assert reading.rows["session"].tolist() == list(DAYS)
    if "alone" not in form:
        volume = frame["v"] * 10 + 1 if "klines" in form else frame["v"]  # that in money
        assert reading.rows["volume"].tolist() == volume.tolist()
    assert reading.notes[0].startswith("without a header; columns recognised by their content: ")


def test_several_tickers_without_a_header_are_asked_for(tmp_path: Path) -> None:
    one, other = (written(tmp_path / f"{seed}", FORMS["ticker first"], bars(seed)).read_text() for seed in (1, 2))
    path = tmp_path / "prices.csv"
    path.write_text(one + other.replace("COIN", "ETH"))
    with pytest.raises(Exception, match="say --ticker, one of COIN, ETH"):
        read(path, "ETH", "24/7")
    assert read(path, "ETH", "24/7", Choices(ticker="ETH")).rows["close"].tolist() == bars(2)["c"].tolist()


@pytest.mark.parametrize(
    "row",
    [
        "{d:%Y-%m-%d},{c},{v}",  # a close and a volume, or something else
        "{d:%Y-%m-%d},{o},{h},{c}",
        "{d:%Y-%m-%d},{o},{h},{l},{c},{c},{v}",  # one price too many
        "{d:%Y-%m-%d},{o},{h},{l},{c},{c}",
        "{o},{h},{l},{c},{v}",
        "{d:%Y-%m-%d},{o},{h},{l},{c},word",
    ],
)
def test_what_the_rows_do_not_tell_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(MissingColumnError, match="has no header: write one above its rows"):
        read(written(tmp_path / "prices.csv", row, bars()), "COIN", "24/7")


def test_few_rows_do_not_tell_open_from_close() -> None:
    frame = bars(days=8)
    rows = [
        (f"{day:%Y-%m-%d}", *(str(value) for value in row))
        for day, row in zip(frame.index, frame.to_numpy(), strict=True)
    ]
    assert names_of(rows) is None


def test_a_price_that_stands_for_open_and_close_needs_no_telling(tmp_path: Path) -> None:
    frame = bars()
    path = written(tmp_path / "prices.csv", "{d:%Y-%m-%d},{c},{h},{l},{c},{v}", frame)
    assert read(path, "COIN", "24/7").rows["close"].tolist() == frame["c"].tolist()


def test_open_and_close_are_never_swapped() -> None:
    """Of 100 markets none; were one in thirty swapped, this would pass by luck in one run of thirty."""
    for seed in range(100):
        frame = bars(seed)
        rows = [
            (f"{d:%Y-%m-%d}", *map(str, row))
            for d, row in zip(frame.index, frame[["o", "h", "l", "c"]].to_numpy(), strict=True)
        ]
        assert names_of(rows) == ("Date", "Open", "High", "Low", "Close")


@pytest.mark.parametrize("adjusted", ["", "{c},"], ids=["five", "six"])
def test_names_cut_off_above_the_tickers_are_told_by_content(tmp_path: Path, adjusted: str) -> None:
    frame = bars()
    row = "{d:%Y-%m-%d}," + adjusted + "{c},{h},{l},{o},{v}"
    path = written(tmp_path / "prices.csv", row, frame)
    count = len(path.read_text().split("\n")[0].split(",")) - 1
    path.write_text("Ticker" + ",COIN" * count + "\nDate" + "," * count + "\n" + path.read_text())
    reading = read(path, "COIN", "24/7")
    assert reading.rows["close"].tolist() == frame["c"].tolist()
    assert reading.rows["open"].tolist() == frame["o"].tolist()
    assert reading.notes[0].startswith("names above the tickers are missing; columns recognised by their content")
