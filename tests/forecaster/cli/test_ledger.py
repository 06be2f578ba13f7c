"""The record can be trusted: one edited byte or one missing row is found and named; the original stays as it is."""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from forecaster.cli.frame import show_long_table
from forecaster.records.home import open_home
from forecaster.records.ledger import Ledger
from ingest.database import open_engine, writing
from ingest.errors import StoreError
from tests.forecaster.records.histories import rehashed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LEDGER = ("forecast", "outcome", "score")
TEXTS = "data_vintage || config_sha256 || seed"
"""Three texts of a forecast that stand side by side in the file, and together nowhere else."""


def cell(home: Path, column: str, table: str, seq: int) -> Any:  # whatever the cell holds
    with closing(sqlite3.connect(home / "forecaster.db")) as connection:
        return connection.execute(f"SELECT {column} FROM {table} WHERE seq = ?", (seq,)).fetchone()[0]  # noqa: S608


def edit_one_byte(database: Path, value: bytes) -> None:
    """Changes one byte of a value, in a part of it that stands nowhere else in the file."""
    content = bytearray(database.read_bytes())
    parts = [value[at : at + 64] for at in range(0, len(value), 64)]
    alone = next(part for part in parts if content.count(part) == 1)
    content[content.index(alone) + len(alone) - 1] ^= 1
    database.write_bytes(content)


def test_verify_passes_and_tells_rows_and_heads_of_all_chains(home: Path, command: Callable[..., Any]) -> None:
    said = command("ledger", "verify", "--home", home)
    assert (said.code, said.err) == (0, "")
    rows = {"event": 1, "forecast": 4, "outcome": 1, "score": 2}
    heads = {table: cell(home, "row_hash", table, seq) for table, seq in rows.items()}
    open_ = "nothing is proved from row 1 on"
    told = [f"{table}: rows 1 to {seq} verified, head {heads[table]}; {open_}" for table, seq in rows.items()]
    assert said.out.splitlines() == [*told, "token: no rows"]


@pytest.mark.parametrize(
    ("table", "column", "seq", "found"),
    [
        ("forecast", TEXTS, 1, "forecast row 1 (WALK climatology 2018-01-20)"),
        ("forecast", "predictive", 4, "forecast row 4 (WALK bayesian_linear 2018-01-21)"),
        ("score", "crps", 2, "score row 2 (WALK bayesian_linear 2018-01-20)"),
        ("outcome", "y", 1, "outcome row 1 (WALK 2018-01-20)"),
    ],
)
def test_one_edited_byte_is_named(  # a fixture each
    finished_home: Path, home: Path, table: str, column: str, seq: int, found: str, command: Callable[..., Any]
) -> None:
    before = (finished_home / "forecaster.db").read_bytes()
    value = cell(home, column, table, seq)
    plain = struct.pack(">d", value) if isinstance(value, float) else value
    edit_one_byte(home / "forecaster.db", plain.encode() if isinstance(plain, str) else plain)
    complaint = command("ledger", "verify", "--home", home).complaint()
    assert complaint == f"{found} does not hold: its content is not what was recorded; restore a copy from before it"
    assert "ledger: " in command("doctor", "--home", home).complaint()
    assert (finished_home / "forecaster.db").read_bytes() == before
    assert command("ledger", "verify", "--home", finished_home).code == 0


def test_a_text_that_is_no_text_any_more_is_named(home: Path, command: Callable[..., Any]) -> None:
    content = bytearray((home / "forecaster.db").read_bytes())
    known = cell(home, TEXTS, "forecast", 3).encode()
    content[content.index(known)] = 0xFF
    (home / "forecaster.db").write_bytes(content)
    complaint = command("ledger", "verify", "--home", home).complaint()
    assert complaint.startswith("forecast row 3 does not hold: it cannot be read any more")


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM forecast WHERE seq = 2", "forecast row 3 (WALK climatology 2018-01-21)"),
        ("DELETE FROM score WHERE seq = 1", "score row 2 (WALK bayesian_linear 2018-01-20)"),
        ("UPDATE forecast SET seq = 9 WHERE seq = 1", "forecast row 2 (WALK bayesian_linear 2018-01-20)"),
    ],
)
def test_a_row_that_was_removed_or_moved_is_named(
    home: Path, statement: str, found: str, command: Callable[..., Any]
) -> None:
    with closing(sqlite3.connect(home / "forecaster.db")) as connection, connection:
        connection.execute(statement)
    complaint = command("ledger", "verify", "--home", home).complaint()
    assert complaint.startswith(f"{found} does not hold: it does not follow the row before it")


@pytest.mark.parametrize(
    ("statement", "row", "said"),
    [
        (
            "UPDATE score SET format = 4 WHERE seq = 2",
            "score row 2 (WALK bayesian_linear 2018-01-20)",
            "it was written by a newer version of this program (format 4, 3 is known here); update the program",
        ),
        (
            "UPDATE forecast SET q50 = 9e999 WHERE seq = 1",
            "forecast row 1 (WALK climatology 2018-01-20)",
            "its content is not what was recorded: q50 is not a finite number; restore a copy from before it",
        ),
    ],
)
def test_a_later_format_and_an_infinite_number_are_named(
    home: Path, statement: str, row: str, said: str, command: Callable[..., Any]
) -> None:
    with closing(sqlite3.connect(home / "forecaster.db")) as connection, connection:
        connection.execute(statement)
    assert command("ledger", "verify", "--home", home).complaint() == f"{row} does not hold: {said}"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "DELETE FROM forecast WHERE seq = 4",
            "forecast row 4 does not hold: the database counted to 4: row 4 was removed",
        ),
        ("DELETE FROM forecast WHERE seq > 1", "forecast row 2 does not hold: .* rows 2 to 4 were removed; restore"),
        ("DELETE FROM outcome", "outcome row 1 does not hold: the database counted to 1: row 1 was removed"),
        (
            "UPDATE forecast SET seq = 9 WHERE seq = 4",
            "forecast row 9 does not hold: .* counted to 4: it was renumbered",
        ),
        ("DROP TABLE forecast", "lacks the table forecast, which held the record or the market's data"),
        ("DROP TABLE outcome", "lacks the table outcome, which held the record or the market's data"),
    ],
)
def test_a_tail_or_a_table_that_was_removed_is_named(
    home: Path, statement: str, said: str, command: Callable[..., Any]
) -> None:
    with closing(sqlite3.connect(home / "forecaster.db")) as connection, connection:
        connection.execute(statement)
    assert re.search(said, command("ledger", "verify", "--home", home).complaint())


def test_absent_and_empty_are_not_verified(home: Path, command: Callable[..., Any]) -> None:
    database = home / "forecaster.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        for table in ("forecast", "outcome", "score"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608  # a fixed name
            connection.execute("UPDATE sqlite_sequence SET seq = 0 WHERE name = ?", (table,))
    said = command("ledger", "verify", "--home", home)
    assert said.complaint() == "the record has no forecast: nothing is verified"
    assert said.out.splitlines()[1:] == [f"{table}: no rows" for table in ("forecast", "outcome", "score", "token")]
    database.write_bytes(b"")
    assert "is empty (0 bytes)" in command("ledger", "verify", "--home", home).complaint()
    assert database.stat().st_size == 0
    database.unlink()
    assert f"its database {database} is not there" in command("ledger", "verify", "--home", home).complaint()
    assert not database.exists()


def test_a_hash_that_was_kept_elsewhere_names_its_row(home: Path, command: Callable[..., Any]) -> None:
    for table, seq in (("event", 1), ("forecast", 1), ("forecast", 3), ("forecast", 4), ("outcome", 1), ("score", 2)):
        kept = cell(home, "row_hash", table, seq)
        said = command("ledger", "verify", "--head", kept.upper(), "--home", home)
        assert said.code == 0
        assert said.out.splitlines()[-1] == f"{kept} is row {seq} of {table}"
    lost = cell(home, "row_hash", "forecast", 4)
    cut(home, "forecast", 3)
    assert command("ledger", "verify", "--home", home).code == 0
    said = command("ledger", "verify", "--head", lost, "--home", home).complaint()
    assert said.startswith(f"no row has this hash: {lost}; it is mistyped, or its row was removed or rewritten since")
    for bad in ("12", "g" * 64, ""):
        assert "64 hexadecimal digits" in command("ledger", "verify", "--head", bad, "--home", home).complaint(2)


def test_a_line_that_was_kept_elsewhere_is_taken_back(home: Path, command: Callable[..., Any]) -> None:
    kept = command("ledger", "head", "--home", home).out.strip()
    said = command("ledger", "verify", "--head", f"  {kept.upper()}\n", "--home", home)
    assert said.code == 0
    counts = "1 event, 4 forecasts, 1 outcome and 2 scores"
    assert said.out.splitlines()[-1] == f"the record is what {kept} says: its first {counts} are as they were then"
    assert command("run", "--as-of", "2018-01-21", "--models", "climatology", "--home", home).code in {0, 2}
    assert command("ledger", "verify", "--head", kept, "--home", home).code == 0
    other = kept[:-1] + ("0" if kept[-1] != "0" else "1")
    said = command("ledger", "verify", "--head", other, "--home", home).complaint()
    spans = "event row 1, forecast rows 1 to 4, outcome row 1, score rows 1 to 2"
    assert said.startswith(f"the record is not what {other} says: of {spans} some were changed, removed or added; ")
    cut(home, "forecast", 3)
    said = command("ledger", "verify", "--head", kept, "--home", home).complaint()
    assert said.startswith(f"the record is not what {kept} says: forecast row 4 is gone, and of event row 1, ")
    cut(home, "forecast", 2)
    said = command("ledger", "verify", "--head", kept, "--home", home).complaint()
    assert said.startswith(f"the record is not what {kept} says: forecast rows 3 to 4 are gone, and of event row 1, ")
    none = f"forecaster:0.0.0.0.0:{'0' * 64}"
    said = command("ledger", "verify", "--head", none, "--home", home).complaint()
    assert said.startswith(f"{none} is no line of this program: it tells of no row")


MOVED = {"close": "2018-01-22T00:00:00", "other": "2018-01-21T21:00:00"}
"""The close of a session that two forecasts are of, and another."""


def cut(home: Path, table: str, last: int) -> None:
    """Cuts the end of a chain off, as somebody does who knows of the counter."""
    with closing(sqlite3.connect(home / "forecaster.db")) as connection, connection:
        connection.execute(f"DELETE FROM {table} WHERE seq > ?", (last,))  # noqa: S608  # a fixed name
        connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (last, table))


def test_deep_says_how_many_rows_it_could_not_recompute(home: Path, command: Callable[..., Any]) -> None:
    engine = open_home(home).ledger.engine
    with writing(engine) as connection:
        connection.execute(text("UPDATE score SET version = 7 WHERE seq = 1"))
        connection.execute(text("UPDATE forecast SET diagnostics = replace(diagnostics, :close, :other)"), MOVED)
    rehashed(engine)
    said = command("ledger", "verify", "--deep", "--home", home)
    assert (said.code, said.err) == (0, "")
    *_, target, version, last = said.out.splitlines()
    assert target.startswith(
        "forecast row 1 (WALK climatology 2018-01-20) cannot be recomputed: its target closes at 2018"
    )
    assert "its scores are of version 7" in version
    assert last == "deep: 3 rows could not be recomputed; no other row contradicts another"


def test_deep_finds_what_the_chains_do_not_hold_against_each_other(home: Path, command: Callable[..., Any]) -> None:
    said = command("ledger", "verify", "--deep", "--home", home)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1].startswith("deep: outcomes, scores and figures follow from")
    cut(home, "outcome", 0)
    assert command("ledger", "verify", "--home", home).code == 0
    said = command("ledger", "verify", "--deep", "--home", home)
    gone = "does not hold: its outcome is not on record; restore a copy from before it"
    assert said.complaint() == f"score row 1 (WALK climatology 2018-01-20) {gone}"
    assert said.out.splitlines()[-1] == f"score row 2 (WALK bayesian_linear 2018-01-20) {gone}"
    said = command("run", "--as-of", "2018-01-21", "--home", home)
    assert "score row 1 (WALK climatology 2018-01-20) does not hold: its outcome is gone" in said.err + said.out
    assert cell(home, "count(*)", "outcome", 1) == 0


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("forecast", "q50", "9e999"),
        ("forecast", "q05", "'odd'"),
        ("forecast", "predictive", "'odd'"),
        ("forecast", "model", "CAST(X'ff41' AS TEXT)"),
        ("forecast", "as_of", "X'00'"),
        ("forecast", "diagnostics", "7"),
        ("outcome", "y", "-9e999"),
        ("score", "in90", "'odd'"),
        ("score", "crps", "X'00ff'"),
        ("event", "details", "'{}'"),
        ("event", "at", "'today'"),
    ],
)
def test_a_value_that_does_not_belong_is_named_by_every_command(
    home: Path, table: str, column: str, value: str, tmp_path: Path, command: Callable[..., Any]
) -> None:
    with closing(sqlite3.connect(home / "forecaster.db")) as connection, connection:
        connection.execute(f"UPDATE {table} SET {column} = {value} WHERE seq = 1")  # noqa: S608  # of this test
    for words in (
        ("ledger", "verify"),
        ("ledger", "verify", "--deep"),
        ("ledger", "show", "--json"),
        ("ledger", "export", tmp_path / "record.csv"),
        ("doctor",),
        ("backup", tmp_path / "home.backup"),
    ):
        if (table == "event" or column in {"predictive", "diagnostics"}) and {"show", "export"} & {*words}:
            continue  # what they read holds
        said = command(*words, "--home", home)
        assert said.code == 1, words
        assert f"{table} row 1" in said.err, words
        assert "internal error" not in said.err


def test_no_flipped_bit_of_the_record_goes_unseen(finished_home: Path, tmp_path: Path) -> None:
    """120 random bits of the ledger's pages: each changes nothing that is read, or is found."""
    rng, copy = random.Random(0), tmp_path / "copy.db"  # noqa: S311  # no secret
    with closing(sqlite3.connect(finished_home / "forecaster.db")) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        wanted = f"SELECT pageno FROM dbstat WHERE name IN {LEDGER}"  # noqa: S608
        pages = [row[0] for row in connection.execute(wanted)]
    found = 0
    for _ in range(120):
        shutil.copy(finished_home / "forecaster.db", copy)
        place = (rng.choice(pages) - 1) * size + rng.randrange(size)
        content = bytearray(copy.read_bytes())
        content[place] ^= 1 << rng.randrange(8)
        copy.write_bytes(content)
        try:
            broken = Ledger(open_engine(f"sqlite:///{copy}")).verify()
        except StoreError:  # the page itself is no page any more
            found += 1
            continue
        found += broken is not None
        assert (broken is not None) or raw(copy) == raw(finished_home / "forecaster.db"), place
    assert found > 40


def raw(database: Path) -> list[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(database)) as connection:
        connection.text_factory = bytes
        return [connection.execute(f"SELECT * FROM {t} ORDER BY seq").fetchall() for t in LEDGER]  # noqa: S608


def test_show_is_one_json_array_with_scores_and_no_blob(finished_home: Path, command: Callable[..., Any]) -> None:
    said = command("ledger", "show", "--json", "--home", finished_home)
    record = json.loads(said.out)
    assert [row["as_of"] for row in record] == ["2018-01-20"] * 2 + ["2018-01-21"] * 2
    assert [row["crps"] is None for row in record] == [False, False, True, True]
    assert isinstance(record[0]["in90"], bool)
    assert "predictive" not in record[0]
    one = command("ledger", "show", "--json", "--symbols", "WALK", "--as-of", "2018-01-21", "--home", finished_home)
    assert json.loads(one.out) == record[2:]
    assert json.loads(command("ledger", "show", "--json", "--symbols", "NONE", "--home", finished_home).out) == []
    table = command("ledger", "show", "--home", finished_home).out.splitlines()
    assert len(table) == 5
    assert table[0].split()[:4] == ["symbol", "model", "as_of", "target"]


def test_show_takes_the_last_or_those_since_a_day(finished_home: Path, command: Callable[..., Any]) -> None:
    def shown(*words: str) -> list[int]:
        said = command("ledger", "show", "--json", *words, "--home", finished_home)
        return [row["seq"] for row in json.loads(said.out)]

    assert shown("--last", "3") == [2, 3, 4]
    assert shown("--last", "9") == [1, 2, 3, 4]
    assert shown("--since", "2018-01-21") == [3, 4]
    assert shown("--since", "2018-01-22") == []
    assert shown("--since", "2018-01-20", "--last", "1", "--symbols", "WALK") == [4]
    assert shown("--as-of", "2018-01-20", "--last", "1") == [2]
    assert "'20.1.' is not a date" in command("ledger", "show", "--since", "20.1.", "--home", finished_home).complaint(
        2
    )
    assert "--last" in command("ledger", "show", "--last", "0", "--home", finished_home).complaint(2)


def test_a_long_table_is_as_wide_as_what_it_has_held(capsys: pytest.CaptureFixture[str]) -> None:
    show_long_table(("name", "n"), [[["a", "1"]], [["bcdefg", "-10"], ["h", "2"]], []], right=("n",))
    assert capsys.readouterr().out.splitlines() == ["name  n", "a     1", "bcdefg  -10", "h         2"]
    show_long_table(("name", "n"), [], right=("n",))
    assert capsys.readouterr().out == "name  n\n"


def exact_csv(path: Path) -> pd.DataFrame:
    """Every number as it is written; pandas by itself may miss the last bit."""
    return pd.read_csv(path, float_precision="round_trip")


@pytest.mark.parametrize(("name", "read"), [("r.csv", exact_csv), ("r.parquet", pd.read_parquet), ("R.CSV", exact_csv)])
def test_export_writes_every_forecast_with_its_scores(
    finished_home: Path, tmp_path: Path, name: str, read: Callable[[Path], pd.DataFrame], command: Callable[..., Any]
) -> None:
    said = command("ledger", "export", tmp_path / name, "--home", finished_home)
    line = command("ledger", "head", "--home", finished_home).out
    assert said.out == f"4 forecasts written to {tmp_path / name}; the record is then\n{line}"
    exported = read(tmp_path / name)
    shown = json.loads(command("ledger", "show", "--json", "--home", finished_home).out)
    assert list(exported.columns) == list(shown[0])
    assert exported["row_hash"].tolist() == [row["row_hash"] for row in shown]
    assert exported["crps"].tolist()[:2] == [row["crps"] for row in shown[:2]]


def test_export_to_a_place_or_a_format_that_does_not_work_is_one_line(
    finished_home: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    for name, sign in (
        ("r.ods", "neither .parquet nor .csv nor .xlsx"),
        ("no/r.xlsx", "cannot be written"),
        ("no/such/r.csv", "cannot be written"),
        ("no/r.parquet", "cannot be written"),
    ):
        assert sign in command("ledger", "export", tmp_path / name, "--home", finished_home).complaint()


@pytest.mark.parametrize("name", ["r.csv", "r.parquet", "r.xlsx"])
def test_an_export_that_fails_leaves_the_earlier_file(
    home: Path, tmp_path: Path, name: str, command: Callable[..., Any]
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    assert command("ledger", "export", folder / name, "--home", home).code == 0
    before = (folder / name).read_bytes()
    with closing(sqlite3.connect(home / "forecaster.db")) as connection, connection:
        connection.execute("ALTER TABLE forecast RENAME COLUMN reason TO because")
    assert "no such column: forecast.reason" in command("ledger", "export", folder / name, "--home", home).complaint()
    assert [file.name for file in folder.iterdir()] == [name]
    assert (folder / name).read_bytes() == before
    with closing(sqlite3.connect(home / "forecaster.db")) as connection, connection:
        connection.execute("ALTER TABLE forecast RENAME COLUMN because TO reason")
    (folder / name).chmod(0o640)
    assert command("ledger", "export", folder / name, "--last", "1", "--home", home).code == 0
    assert (folder / name).read_bytes() != before
    assert (folder / name).stat().st_mode & 0o777 == 0o640


def test_an_export_has_the_types_of_the_record_whatever_it_holds(
    finished_home: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    schemas = []
    for words in ((), ("--as-of", "2018-01-21"), ("--symbols", "NONE")):
        command("ledger", "export", tmp_path / "r.parquet", *words, "--home", finished_home)
        schemas.append(pq.read_schema(tmp_path / "r.parquet"))
    assert schemas[0] == schemas[1] == schemas[2]
    assert {str(schemas[0].field(name).type) for name in ("seq", "reason", "y", "in90")} == {
        "int64", "large_string", "double", "bool",
    }  # fmt: skip


def test_a_report_is_rendered_from_the_ledger_alone(home: Path, command: Callable[..., Any]) -> None:
    pdf = home / "reports" / "2018-01-21.pdf"
    before = pdf.read_bytes()
    with closing(sqlite3.connect(home / "forecaster.db")) as connection, connection:
        connection.execute("DELETE FROM vintage")
        connection.execute("DELETE FROM asset")
    pdf.unlink()
    said = command("report", "--home", home)
    assert (said.code, said.out) == (0, f"Report: {pdf.with_suffix('.html')}\nReport: {pdf}\n")
    assert pdf.read_bytes() == before
    assert command("report", "--as-of", "2018-01-20", "--symbols", "WALK", "--home", home).code == 0
    later = command("report", "--as-of", "2018-01-24", "--home", home)  # no forecast is from this day
    assert later.out.endswith(f"Report: {pdf}\n")
    assert sorted(file.name for file in pdf.parent.glob("*.pdf")) == ["2018-01-20.pdf", "2018-01-21.pdf"]


def test_a_report_of_what_the_ledger_does_not_have_is_one_line(home: Path, command: Callable[..., Any]) -> None:
    assert "nearest: WALK" in command("report", "--symbols", "WLK", "--home", home).complaint()
    assert "no forecast for 2017-01-01" in command("report", "--as-of", "2017-01-01", "--home", home).complaint()
