"""The address of a database: however it is written, no message, no name of it and no traceback holds its secret."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

import pytest
from sqlalchemy import make_url

from ingest.database import open_engine, place, reading
from ingest.database_address import has_secret, parsed
from ingest.errors import StoreError
from tests.ingest.postgres import emptied
from tests.secret_addresses import ADDRESSES, CANARY


def read(address: str, shown: list[str]) -> None:
    """Reads from it in vain, and tells its engine's names."""
    engine = open_engine(address)
    shown += [place(engine), repr(engine), str(engine.url)]
    with reading(engine):
        pass


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_a_secret_is_nowhere(address: str) -> None:
    shown: list[str] = []
    with pytest.raises(StoreError) as caught:
        read(address, shown)
    said = "".join([*shown, *traceback.format_exception(caught.value)])
    assert CANARY.lower() not in said.lower()
    assert "\n" not in str(caught.value)
    assert has_secret(address)


@pytest.mark.parametrize(
    "more",
    ["options=-c%20app_token%3D{}", "options={}", "options=-c%20{}", "passwd={}", "sslmode=maybe&password={}"],
)
def test_what_a_server_or_its_driver_says_is_scrubbed(server: str, more: str) -> None:
    emptied(open_engine(server))
    with pytest.raises(StoreError) as caught, reading(open_engine(f"{server}&{more.replace('{}', CANARY)}")):
        pass
    said = "".join(traceback.format_exception(caught.value))
    assert CANARY.lower() not in said.lower()
    assert any(word in said for word in ("***", "passwd", "maybe"))


def test_a_server_that_refuses_still_says_why(server: str) -> None:
    """Nothing but the secret is taken from what it says."""
    address = server.replace("tester@", f"nobody_{CANARY[:3]}:{CANARY}@")
    with pytest.raises(StoreError, match=r"nobody_Can:\*\*\*@") as caught, reading(open_engine(address)):
        pass
    said = "".join(traceback.format_exception(caught.value))
    assert 'role "nobody_Can" does not exist' in said
    assert CANARY not in said


def test_hidden_parameters_reach_the_driver(server: str) -> None:
    with reading(open_engine(f"{server}&options=-c%20application_name%3Dthrough")) as connection:
        assert connection.exec_driver_sql("SHOW application_name").scalar() == "through"


@pytest.mark.parametrize(
    ("address", "secret"),
    [
        ("postgresql://user@host/x", False),
        ("postgresql://user@host:5432/x?sslmode=verify-full&sslrootcert=/a.pem&connect_timeout=5", False),
        ("postgresql+psycopg://user@/x?host=/run/postgresql", False),
        ("postgresql://user%40realm@host/x", False),
        ("sqlite:////home/a@b/x=y.db", False),
        ("postgresql://user:@host/x", True),
        ("postgresql://user@host/x?options=-csearch_path%3Da", True),
    ],
)
def test_what_is_taken_for_a_secret(address: str, secret: bool) -> None:
    assert has_secret(address) is secret
    if not secret:
        assert parsed(address).url == make_url(address)


def test_no_program_of_ours_makes_an_address_of_a_path() -> None:
    root = Path(__file__).parents[2]
    files = [
        file for folder in ("forecaster", "ingest", "reports", "benchmarks") for file in (root / folder).rglob("*.py")
    ]
    assert len(files) > 100
    assert [str(file) for file in files if re.search(r"sqlite:/{2,4}[{%]", file.read_text("utf-8"))] == []


@pytest.mark.parametrize("name", ["a?b", "c%20d", "e#f", "g h", "i@j:k", "l=m&n", "file:o", "ü%"])
@pytest.mark.parametrize("make", [True, False], ids=["made", "read"])
def test_a_file_lies_where_its_path_says(tmp_path: Path, name: str, make: bool) -> None:
    folder = tmp_path / name
    folder.mkdir()
    url = folder / "x.db"
    with open_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    with reading(open_engine(url, make=make)) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    assert [file.name for file in folder.iterdir()] == ["x.db"]
    assert [file.name for file in tmp_path.iterdir()] == [name]
