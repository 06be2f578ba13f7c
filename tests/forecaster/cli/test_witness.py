"""The record proved to others, by commands: sealed, verified, one forecast of it, and each refusal in one line."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from forecaster.records.witnesses import certificates
from forecaster.witness import statement
from tests.authority import NAME, Authority, authority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["authority"]


@pytest.fixture
def sealed(home: Path, authority: Authority, command: Callable[..., Any]) -> Path:
    """The finished home with a token, and its authority in the settings; that one is gone by now."""
    with authority.serving() as server:
        settings = home / "forecaster.toml"
        (home / "roots.pem").write_bytes(authority.pem.read_bytes())
        own = f'[witness]\nauthority = "{server.url}/stamp"\ncertificate = "roots.pem"\n'
        settings.write_text(settings.read_text() + own)
        said = command("ledger", "witness", "--home", home)
    assert said.code == 0, said
    assert said.out.startswith("token 1: forecast 1..4 existed before ")
    assert said.out.endswith(f" UTC, says {NAME}\n")
    return home


def edited(home: Path, sql: str) -> None:
    with closing(sqlite3.connect(home / "forecaster.db")) as connection, connection:
        connection.execute(sql)


def test_verify_shows_what_is_proved(sealed: Path, command: Callable[..., Any]) -> None:
    said = command("ledger", "verify", "--home", sealed)
    assert said.code == 0, said
    token, checked = said.out.splitlines()[-2:]
    assert token.startswith("forecast 1..4 existed before ")
    assert token.endswith(f" UTC, says {NAME}")
    (root,) = certificates(sealed / "roots.pem")
    digest = hashlib.sha256(root.public_bytes(Encoding.DER)).hexdigest()
    assert checked == f"time stamps: checked against the certificate sha256 {digest} of setting witness.certificate"


def test_verify_without_a_trusted_certificate_says_that_nothing_was_checked(sealed: Path, command) -> None:
    settings = sealed / "forecaster.toml"
    settings.write_text(settings.read_text().replace('"roots.pem"', '""'))
    said = command("ledger", "verify", "--home", sealed)
    assert said.code == 0
    assert said.out.splitlines()[-1].endswith("not checked: no certificate is trusted (setting witness.certificate)")


def test_verify_does_not_alarm_for_the_last_token(sealed: Path, command: Callable[..., Any]) -> None:
    lines = command("ledger", "verify", "--home", sealed).out.splitlines()
    (token,) = (line for line in lines if line.startswith("token: "))
    assert "nothing is proved" not in token
    assert any(line.startswith("forecast: rows 1 to 4 ") and line.endswith("; all sealed") for line in lines)


@pytest.mark.parametrize(
    ("named", "line"),
    [
        ("absent.pem", "cannot be read: No such file"),
        ("~nobodyx/x", "cannot be read: nobody here has that name"),
        (".", "cannot be read: it is no plain file"),
        ("\\u0000", "setting witness.certificate: this is not the name of a file"),
        ("https://joe:S3CRET@h", "setting witness.certificate: this is not the name of a file"),
    ],
    ids=["absent", "nobody", "folder", "null", "address"],
)
def test_certificates_that_cannot_be_read_are_a_fault(home: Path, command, caplog, named: str, line: str) -> None:
    settings = home / "forecaster.toml"
    settings.write_text(settings.read_text() + f'[witness]\ncertificate = "{named}"\n')
    for words in (("doctor",), ("doctor", "--json"), ("ledger", "verify")):
        said = command(*words, "--home", home)
        assert line in said.complaint()
        assert "S3CRET" not in said.out + said.err
    if not line.startswith("setting"):
        assert command("models", "card", "climatology", "--home", home).code == 0
        (warning,) = (one.getMessage() for one in caplog.records if one.name == "forecaster")
        assert line in warning
        assert warning.endswith("; nothing is shown as proved")


def test_verify_names_what_was_cut_off_after_a_token(sealed: Path, command: Callable[..., Any]) -> None:
    edited(sealed, "DELETE FROM forecast WHERE seq = 4")
    assert "the database counted to 4: row 4 was removed" in command("ledger", "verify", "--home", sealed).complaint()
    edited(sealed, "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'forecast'")
    complaint = command("ledger", "verify", "--home", sealed).complaint()
    assert complaint.startswith("forecast rows 1 to 4 were changed, removed or added after token 1 of 2")


def test_verify_refuses_a_token_by_an_authority_that_is_not_trusted(
    sealed: Path, command: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (sealed / "roots.pem").write_bytes(Authority(tmp_path / "other").pem.read_bytes())
    complaint = command("ledger", "verify", "--home", sealed).complaint()
    assert complaint.startswith("token 1 of 2")
    assert "trust that authority's root" in complaint


def test_head_is_one_line_of_the_record(sealed: Path, command: Callable[..., Any]) -> None:
    said = command("ledger", "head", "--home", sealed)
    (line,) = said.out.splitlines()
    assert statement.read_line(line).rows == {"event": 1, "forecast": 4, "outcome": 1, "score": 2, "token": 1}
    assert command("ledger", "head", "--home", sealed).out == said.out
    edited(sealed, "DELETE FROM score WHERE seq = 2")
    assert command("ledger", "head", "--home", sealed).out != said.out


@pytest.mark.parametrize("name", ["2", "WALK/bayesian_linear/2018-01-20"])
def test_one_forecast_is_proved_to_somebody_without_a_home(
    sealed: Path, authority: Authority, command: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    file = tmp_path / "proof.json"
    assert command("ledger", "prove", name, "--out", file, "--home", sealed).code == 0
    elsewhere = ("--home", tmp_path / "elsewhere")
    said = command("ledger", "check", file, "--certificate", authority.pem, *elsewhere)
    assert (said.code, said.err) == (0, "")
    first, second, *rest = said.out.splitlines()
    assert first == "WALK bayesian_linear, from 2018-01-20 for 2018-01-21 (horizon 1)"
    assert second.startswith("issued 2")
    assert "q50 " in second
    assert "It was forecast 2 of 4 in the record that was sealed" in rest[0]
    assert rest[1].endswith(f" UTC, says {NAME}.")
    late = "By its row, the session that it is for closed at 2018-01-22 00:00:00 UTC: the time stamp is from after that"
    assert rest[2].startswith(late)
    assert not (tmp_path / "elsewhere").exists()
    assert file.stat().st_size < 30_000


def test_a_check_against_the_file_alone_says_that_it_proves_nothing(sealed: Path, command, tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    command("ledger", "prove", "1", "--out", file, "--home", sealed)
    said = command("ledger", "check", file)
    assert said.code == 3
    assert "proves nothing about who that\nis: name the authority's own certificate" in said.out


def test_an_altered_proof_is_refused(sealed: Path, authority: Authority, command, tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    command("ledger", "prove", "1", "--out", file, "--home", sealed)
    parts = json.loads(file.read_text())
    parts["columns"]["q50"] = 0.25
    file.write_text(json.dumps(parts))
    complaint = command("ledger", "check", file, "--certificate", authority.pem).complaint()
    assert complaint.startswith(f"{file} does not hold: its row is not in the record that was sealed")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, an empty one."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def test_a_proof_is_written_into_the_current_folder(sealed: Path, elsewhere: Path, command) -> None:
    assert command("ledger", "prove", "3", "--home", sealed).code == 0
    assert [file.name for file in elsewhere.iterdir()] == ["forecast-3.proof.json"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("prove", "99"), "there is no forecast row 99"),
        (("prove", "WALK"), "WALK is not a forecast"),
        (("prove", "1", "--out", "no/such/folder/x"), "no/such/folder/x cannot be written"),
        (("prove", "9" * 26), "there is no forecast row 999999999999999999...: `forecaster ledger show`"),
        (("prove", f"WALK/ewma/2018-01-20/{'9' * 5000}"), "there is no forecast WALK/ewma/2018-01-20/9"),
        (("prove", "\udcff"), "the forecast's name has signs that no name has"),
        (("check", "/dev/zero"), "/dev/zero cannot be read: it is no plain file"),
        (("check", "forecaster.db", "--certificate", "."), "the certificates in . cannot be read: it is no plain file"),
        (("check", "absent.json"), "absent.json cannot be read"),
        (("check", "forecaster.db"), "forecaster.db is not a whole file"),
        (("check", "forecaster.db", "--certificate", "absent.pem"), "the certificates in absent.pem cannot be read"),
        (("witness",), "http://127.0.0.1:"),
    ],
    ids=[
        "number",
        "name",
        "folder",
        "digits",
        "horizon",
        "bytes",
        "device",
        "place",
        "absent",
        "database",
        "certificate",
        "gone",
    ],
)
def test_each_refusal_is_one_line(sealed: Path, command, monkeypatch, words: tuple[str, ...], line: str) -> None:
    monkeypatch.chdir(sealed)
    assert line in command("ledger", *words, "--home", sealed).complaint()


def test_without_settings_the_remedy_is_named(home: Path, command: Callable[..., Any]) -> None:
    assert "setting witness.authority" in command("ledger", "witness", "--home", home).complaint()
    assert "setting witness.certificate" in command("ledger", "prove", "1", "--home", home).complaint()


def test_a_password_of_the_authority_is_never_shown(home: Path, command, shell, monkeypatch) -> None:
    settings = home / "forecaster.toml"
    plain = settings.read_text()
    settings.write_text(plain + '[witness]\nauthority = "http://me:secret@127.0.0.1:9/"\n')
    complaint = command("doctor", "--home", home).complaint()
    assert "witness.authority holds a password" in complaint
    assert "FORECASTER__WITNESS__AUTHORITY" in complaint
    assert "secret" not in complaint
    settings.write_text(plain)
    monkeypatch.setenv("FORECASTER__WITNESS__AUTHORITY", "http://me:secret@127.0.0.1:9/")
    for words in (("doctor",), ("doctor", "--json"), ("ledger", "witness"), ("ledger", "verify")):
        said = command(*words, "--home", home)
        assert "secret" not in said.out + said.err
    settings.write_text(plain + '[witness]\ntimeout_seconds = "secret"\n')
    assert "secret" not in command("doctor", "--home", home).complaint()
