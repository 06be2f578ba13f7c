"""An evidence pack is the same bytes each time, proves itself without the program, and one changed byte is named."""

from __future__ import annotations

import ast
import csv
import json
import random
import shlex
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select, text

from forecaster.errors import LedgerError
from forecaster.records import chain, witnesses
from forecaster.records.home import Home, open_home
from forecaster.records.packs import check_pack
from forecaster.records.packs.pack import CONTENTS, pack
from forecaster.records.tables import TABLES, TOKENS
from forecaster.witness import token
from ingest.database import writing
from tests.authority import Authority, authority, stamp_time
from tests.forecaster.records.made_record import FIRST, WIDTHS, close, fill, issued

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["authority"]
DAYS = 12


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a short record. Not to be changed."""
    home = open_home(tmp_path_factory.mktemp("made"))
    fill(home.ledger, DAYS)
    return home


@pytest.fixture(scope="module")
def packed(made: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its pack. Not to be changed."""
    file = tmp_path_factory.mktemp("packed") / "evidence.zip"
    assert pack(made, file).rows["forecast"] == DAYS * len(WIDTHS)
    return file


@pytest.fixture
def folder(packed: Path, tmp_path: Path) -> Path:
    """It unzipped, to be ill-treated."""
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "pack")
    return tmp_path / "pack"


def check(folder: Path) -> tuple[int, str]:
    """What the pack's own script says, run as a stranger would: nothing of this program can be imported."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", folder / "check_pack.py"], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_the_same_record_makes_the_same_bytes(made: Home, packed: Path, tmp_path: Path) -> None:
    pack(made, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_it_holds_what_it_says_and_checks_itself(made: Home, folder: Path) -> None:
    code, said = check(folder)
    assert (code, said.splitlines()[-1]) == (0, "Everything holds that this script can check.")
    upto, heads = made.ledger.state(), made.ledger.heads()
    for table in TABLES:
        assert f"{table.name}: rows up to {upto[table.name]} hold, head {heads[table.name]}" in said
    told = {line.split("  ")[1] for line in (folder / CONTENTS).read_text().splitlines()}
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert told == there - {CONTENTS}
    assert {"HOW_TO_CHECK.md", "check_pack.py", "statement.txt", "settings.json", "cards/inventory.csv"} < told
    assert {f"cards/{model}-1.md" for model in WIDTHS} < told


def test_a_rehearsal_says_so_in_its_page_its_facts_and_its_script(packed: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        assert "**This record is a rehearsal.**" not in archive.read("HOW_TO_CHECK.md").decode()
        assert json.loads(archive.read("about.json"))["clock"] == "real"
    home = open_home(tmp_path / "rehearsed", {"clock": {"start": "2018-01-01T00:00Z", "speed": 1e-3}})
    home.ledger.record([issued("COIN", "ewma", FIRST, 1.0)], home.clock.now(), home.clock.kind)
    pack(home, tmp_path / "rehearsed.zip")
    with zipfile.ZipFile(tmp_path / "rehearsed.zip") as archive:
        archive.extractall(tmp_path / "unzipped")
    page = (tmp_path / "unzipped" / "HOW_TO_CHECK.md").read_text()
    assert page.startswith(
        "**This record is a rehearsal.** This home is a rehearsal: its clock was set to 2018-01-01 00:00"
    )
    about = json.loads((tmp_path / "unzipped" / "about.json").read_text())
    assert (about["clock"], about["rehearsal"]) == ("rehearsal", home.rehearsal)
    code, said = check(tmp_path / "unzipped")
    assert code == 0
    assert said.splitlines()[-1].startswith("THIS RECORD IS A REHEARSAL: its clock was set by hand (")


def test_its_tables_are_the_record(made: Home, folder: Path) -> None:
    rows = made.ledger.forecasts()
    with (folder / "forecasts.csv").open(newline="") as lines:
        told = list(csv.DictReader(lines))
    assert [float(row["q05"]) for row in told] == rows["q05"].tolist()
    assert (
        pq.read_table(folder / "forecasts.parquet")["crps"].to_pylist()[: len(rows) - 3] == rows["crps"].tolist()[:-3]
    )


def test_the_script_needs_the_standard_library_alone() -> None:
    tree = ast.parse(Path(check_pack.__file__).read_text("utf-8"))
    named = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert named <= sys.stdlib_module_names | {"__future__"}


@pytest.mark.parametrize(
    ("table", "row", "column"),
    [
        ("forecast", 1, "q50"),
        ("forecast", 20, "predictive"),
        ("outcome", 3, "y"),
        ("score", 7, "crps"),
        ("event", 1, "at"),
    ],
)
def test_a_changed_value_is_named_with_its_row(folder: Path, table: str, row: int, column: str) -> None:
    file = folder / "record" / f"{table}.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    own = json.loads(lines[row - 1])
    value = own[column]
    own[column] = (
        value + 1e-9
        if isinstance(value, float)
        else {"base64": f"AAAA{value['base64'][4:]}"}
        if isinstance(value, dict)
        else f"{value}0"
    )
    lines[row - 1] = json.dumps(own) + "\n"
    file.write_text("".join(lines))
    code, said = check(folder)
    assert code == 1
    assert f"DOES NOT HOLD: {table} row {row}" in said
    assert "its content is not what was recorded" in said


def test_any_changed_byte_of_the_rows_is_found(folder: Path) -> None:
    """One bit of one byte at 40 places; the row is named, or the one after it where a line was joined or split."""
    rng = random.Random(5)  # noqa: S311  # no secret
    for _ in range(40):
        table = rng.choice(["forecast", "outcome", "score"])
        file = folder / "record" / f"{table}.jsonl"
        before = file.read_bytes()
        place = rng.randrange(len(before))
        file.write_bytes(before[:place] + bytes([before[place] ^ (1 << rng.randrange(8))]) + before[place + 1 :])
        row = before[:place].count(b"\n") + 1
        found = list(check_pack.faults(folder))
        file.write_bytes(before)
        named = any(
            line.startswith((f"{table} row {row} ", f"{table} row {row}:", f"{table} row after {row - 1}:"))
            for line in found
        )
        blank = f"record/{table}.jsonl: it is not what was packed" in found  # JSON reads the same: no value has changed
        assert named or blank, (place, found)


def _cut_tail(folder: Path) -> None:
    file = folder / "record" / "outcome.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))


def _remove_row(folder: Path) -> None:
    file = folder / "record" / "forecast.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:4] + lines[5:]))


def _edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        told = (folder / name).read_text()
        assert old in told
        (folder / name).write_text(told.replace(old, new))

    return edit


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        pytest.param(_cut_tail, "statement.txt: outcome row 11 is not in the pack", id="a cut tail"),
        pytest.param(_remove_row, "forecast row 6 (COIN", id="a removed row"),
        pytest.param(_edit("forecasts.csv", ",ok,", ",OK,"), "forecasts.csv, forecast row 1: status", id="the table"),
        pytest.param(_edit("cards/ewma-1.md", "##", "#"), "cards/ewma-1.md: it is not what was packed", id="a card"),
        pytest.param(
            _edit("statement.txt", "score 33", "score 32"), "another head or root of score", id="the statement"
        ),
        pytest.param(_edit("about.json", '"q50"', '"q51"'), "forecast row ", id="what a hash covers"),
        pytest.param(lambda folder: (folder / "settings.json").unlink(), "settings.json: it is not there", id="gone"),
        pytest.param(lambda folder: (folder / "about.json").unlink(), "is not an evidence pack", id="nothing"),
    ],
)
def test_what_was_changed_is_named(folder: Path, spoil: Callable[[Path], None], named: str) -> None:
    spoil(folder)
    code, said = check(folder)
    assert code == 1
    assert any(named in line for line in said.splitlines() if line.startswith("DOES NOT HOLD: ")), said


def test_the_script_computes_the_root_of_rfc_6962() -> None:
    """Against the definition, written down once more: a tree splits after the largest power of two."""

    def hashed(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return check_pack.hashlib.sha256(b"\0" + leaves[0]).digest()
        split = 1 << ((len(leaves) - 1).bit_length() - 1)
        return check_pack.hashlib.sha256(b"\1" + hashed(leaves[:split]) + hashed(leaves[split:])).digest()

    tree, leaves = check_pack.Tree(), []
    assert tree.root() == check_pack.hashlib.sha256(b"").hexdigest()
    for number in range(40):
        leaves.append(bytes([number]) * 32)
        tree.add(leaves[-1])
        assert tree.root() == hashed(leaves).hex()


@pytest.fixture
def sealed(made: Home, authority: Authority, tmp_path: Path) -> tuple[Home, Path]:
    """A home whose rows have a time stamp but the last two days', and its pack unzipped."""
    shutil.copytree(made.folder, tmp_path / "home")
    home = open_home(tmp_path / "home", {"witness": {"certificate": str(authority.pem)}})

    def ask(sealed: bytes) -> tuple[bytes, token.Stamped]:
        der = authority.forged(sealed, stamp_time(close(FIRST + pd.Timedelta(days=DAYS - 1, hours=2))))
        return der, token.verify(der, sealed, authority.roots)

    witnesses.seal(home.ledger.engine, ask)
    fill(home.ledger, 2, first=DAYS)
    pack(home, tmp_path / "evidence.zip")
    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        archive.extractall(tmp_path / "pack")
    return home, tmp_path / "pack"


def test_openssl_says_what_the_script_tells_to_ask_it(sealed: tuple[Home, Path]) -> None:
    _, folder = sealed
    code, said = check(folder)
    assert code == 0, said
    lines = said.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"forecast 1..{DAYS * len(WIDTHS)} existed at"))
    told = subprocess.run(shlex.split(lines[at + 1]), capture_output=True, text=True, check=False)
    assert "Verification: OK" in told.stdout
    when = subprocess.run(shlex.split(lines[at + 2]), capture_output=True, text=True, check=False)
    assert "Jan 13 02:00:00 2018 GMT" in when.stdout
    stated = folder / "tokens" / "1.statement.txt"
    stated.write_text(stated.read_text().replace("outcome 11", "outcome 10"))
    told = subprocess.run(shlex.split(lines[at + 1]), capture_output=True, text=True, check=False)
    assert told.returncode != 0
    assert "tokens/1: it is not what token row 1 holds" in check(folder)[1]


def test_what_a_stamp_proves_is_counted_apart(sealed: tuple[Home, Path]) -> None:
    """Of 14 days: the stamp came after the close of the first 11, before that of the 12th, and knows not the others."""
    _, folder = sealed
    with (folder / "cards" / "inventory.csv").open(newline="") as lines:
        told = {line["model"]: line for line in csv.DictReader(lines)}
    assert (told["garch"]["proved"], told["garch"]["claimed"]) == ("1", str(DAYS + 1))
    assert "| live, proved by a time stamp | COIN | 1 |" in (folder / "cards" / "garch-1.md").read_text()


def test_a_stamp_that_does_not_hold_is_not_packed(sealed: tuple[Home, Path], tmp_path: Path) -> None:
    home, _ = sealed
    with writing(home.ledger.engine) as connection:
        last = connection.execute(select(TOKENS)).mappings().one()
        row = {name: last[name] for name in ("statement", "forecasts", "at", "authority", "token")}
        chain.append(connection, TOKENS, [{**row, "at": "2017-01-01T00:00:00+00:00"}])
    with pytest.raises(LedgerError, match="token 2"):
        pack(home, tmp_path / "again.zip")


def test_no_password_is_packed(made: Home, tmp_path: Path) -> None:
    data = made.settings.data.model_copy(update={"database": "postgresql+psycopg://me:hush@somewhere/home"})
    secret = replace(made, settings=made.settings.model_copy(update={"data": data}))
    pack(secret, tmp_path / "evidence.zip")
    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        assert json.loads(archive.read("settings.json"))["data"]["symbols"] == []
        assert all(b"hush" not in archive.read(name) for name in archive.namelist())


def test_a_broken_record_is_not_packed_and_an_earlier_file_stays(made: Home, tmp_path: Path) -> None:
    shutil.copytree(made.folder, tmp_path / "home")
    home = open_home(tmp_path / "home")
    with writing(home.ledger.engine) as connection:
        connection.execute(text("UPDATE score SET crps = 0 WHERE seq = 5"))
    (tmp_path / "evidence.zip").write_text("earlier")
    with pytest.raises(LedgerError, match="score row 5 does not hold"):
        pack(home, tmp_path / "evidence.zip")
    assert (tmp_path / "evidence.zip").read_text() == "earlier"


def test_an_empty_record_is_not_packed(empty: Home, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="nothing is on record yet"):
        pack(empty, tmp_path / "evidence.zip")
    assert not (tmp_path / "evidence.zip").exists()


@pytest.mark.parametrize("name", ["evidence.tar", "nowhere/evidence.zip"])
def test_a_place_that_will_not_do_is_named(made: Home, tmp_path: Path, name: str) -> None:
    with pytest.raises(LedgerError, match=name):
        pack(made, tmp_path / name)
