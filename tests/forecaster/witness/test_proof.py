"""A forecast proved in a file: by this program and by the script of the docs, and by neither once a byte is another."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forecaster.errors import WitnessError
from forecaster.witness import merkle, proof, worth
from forecaster.witness.proof import Proof
from forecaster.witness.rows import GENESIS, row_hash
from forecaster.witness.statement import CHAINS, Statement
from tests.authority import NAME, Authority, stamp_time

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPT = Path(__file__).parents[3] / "docs" / "check_proof.py"
THEN = datetime(2021, 3, 4, 21, 4, 7, tzinfo=UTC)
SIZE = 11


def rows(number: int) -> list[dict]:
    """A chain of rows of one format, with every kind of value."""
    made, link = [], GENESIS
    for n in range(SIZE):
        row = {
            "symbol": "ÄTH-USD", "model": f"m{n}", "as_of": "2021-03-03", "horizon": 1, "q50": -0.1 / (n + 1),
            "mean": 1.0, "sd": 1e-17, "predictive": bytes(range(n, n + 40)), "reason": 'a "quoted" line\n\u2028',
            "settled": None, "format": number, "prev_hash": link,
        }  # fmt: skip
        link = row_hash(row)
        made.append(row)
    return made


def made(authority: Authority, index: int = 4, number: int = 2, time: str = stamp_time(THEN)) -> Proof:
    """The proof of a row."""
    record = rows(number)
    leaves = [bytes.fromhex(row_hash(row)) for row in record]
    numbers = dict(zip(CHAINS, (1, SIZE, 3, 4, 0), strict=True))
    sealed = Statement(numbers, dict.fromkeys(CHAINS, "ab" * 32), merkle.root(leaves).hex())
    token = authority.forged(sealed.text.encode(), time)
    path = merkle.path(leaves, index)
    return Proof(record[index], index, SIZE, path, sealed, token, authority.pem.read_text())


def script(tmp_path: Path, text: str, trusted: Path) -> subprocess.CompletedProcess[str]:
    """The script of the docs, where this program is not to be found."""
    file = tmp_path / "proof.json"
    file.write_text(text, "utf-8")
    told = [sys.executable, "-I", SCRIPT, file, trusted]
    return subprocess.run(
        told, check=False, capture_output=True, text=True, cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ""}
    )


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("index", [0, 4, SIZE - 1])
def test_a_proof_holds_here_and_by_the_script(authority: Authority, tmp_path: Path, index: int, number: int) -> None:
    own = made(authority, index, number)
    text = proof.write(own)
    checked = proof.check(text.encode(), authority.roots, "proof.json")
    assert checked.proof == own
    assert (checked.at, checked.authority, checked.trusted) == (THEN, NAME, True)
    done = script(tmp_path, text, authority.pem)
    assert done.returncode == 0, done.stderr
    assert f"'model': 'm{index}'" in done.stdout
    assert "existed before Mar  4 21:04:07 2021 GMT" in done.stdout
    assert len(text) < 4000


@pytest.mark.parametrize("words", [(), ("p.json",), ("p.json", "root.pem", "more")], ids=len)
def test_the_script_says_how_it_is_called(words: tuple[str, ...], tmp_path: Path) -> None:
    told = [sys.executable, "-I", SCRIPT, *words]
    done = subprocess.run(told, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "usage: check_proof.py PROOF.json ROOT.pem\n")


def test_a_rehearsal_and_a_stamp_after_the_close_are_told(authority: Authority, tmp_path: Path) -> None:
    facts = {"inputs": {"asset": {"target_close": "2021-03-04T21:00:00+00:00"}}}
    row = {"clock": "rehearsal", "diagnostics": json.dumps(facts), "format": 3, "prev_hash": GENESIS}
    first, second = worth.told(row, THEN)
    assert first.startswith("It is of a rehearsal: a clock set by hand")
    assert second == (
        "By its row, the session that it is for closed at 2021-03-04 21:00:00 UTC: the time stamp is from after that, "
        "and does not show that it came before the outcome."
    )
    assert worth.told({**row, "clock": "real"}, THEN - timedelta(hours=1)) == [
        "By its row, the session that it is for closed at 2021-03-04 21:00:00 UTC: it existed before that."
    ]
    leaf = bytes.fromhex(row_hash(row))
    numbers = dict(zip(CHAINS, (1, 1, 0, 0, 0), strict=True))
    sealed = Statement(numbers, dict.fromkeys(CHAINS, "ab" * 32), merkle.root([leaf]).hex())
    token = authority.forged(sealed.text.encode(), stamp_time(THEN))
    done = script(tmp_path, proof.write(Proof(row, 0, 1, [], sealed, token, authority.pem.read_text())), authority.pem)
    assert done.stdout.splitlines()[-1].startswith("made under a rehearsal's clock, set by hand: existed before Mar  4")


@pytest.mark.parametrize("text", [None, 5, "", "[", "[1]", '{"inputs": {"asset": {"target_close": ""}}}', "[" * 10**5])
def test_a_row_without_a_close_tells_none(text: object) -> None:
    assert worth.told({"diagnostics": text}, THEN) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [('"ÄTH-USD"', '"\\ud800"'), ('"mean": 1.0', '"mean": 1e400'), ('proof": 1', 'proof": -7')],
    ids=["half a sign", "no number", "before the first"],
)
def test_what_no_row_holds_is_no_whole_file(authority: Authority, old: str, new: str) -> None:
    text = proof.write(made(authority))
    assert old in text
    with pytest.raises(WitnessError, match="is not a whole file of"):
        proof.check(text.replace(old, new).encode(), authority.roots, "p.json")


def test_the_script_is_short_and_without_this_program() -> None:
    text = SCRIPT.read_text("utf-8")
    assert len(text.splitlines()) <= 60
    assert "import forecaster" not in text
    assert "from forecaster" not in text


def test_the_certificates_in_the_file_say_nothing_about_who_it_is(authority: Authority, tmp_path: Path) -> None:
    """Anybody can make an authority of the same name, and prove by it whatever they like."""
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    text = proof.write(made(other))
    checked = proof.check(text.encode(), None, "proof.json")
    assert not checked.trusted
    assert checked.authority == NAME
    with pytest.raises(WitnessError, match=r"proof\.json does not hold: the time stamp of"):
        proof.check(text.encode(), authority.roots, "proof.json")
    assert script(tmp_path, text, authority.pem).returncode != 0
    own = proof.check(proof.write(made(authority)).encode(), None, "proof.json")
    assert own.roots != checked.roots, "the fingerprint is what to compare"


def test_a_certificate_that_expired_since_takes_nothing_back(authority: Authority, tmp_path: Path) -> None:
    authority.signer, kept = authority.certified((THEN.replace(month=1), THEN.replace(month=12))), authority.signer
    try:
        good, late = made(authority), made(authority, time=stamp_time(THEN.replace(year=2022)))
    finally:
        authority.signer = kept
    text = proof.write(good)
    assert proof.check(text.encode(), authority.roots, "p").at == THEN
    assert script(tmp_path, text, authority.pem).returncode == 0
    with pytest.raises(WitnessError, match="was valid from 2021-01-04 to 2021-12-04"):
        proof.write(late)
    unchecked = json.loads(text) | {"token": json.loads(json.dumps(proof.base64.b64encode(late.token).decode()))}
    assert script(tmp_path, json.dumps(unchecked), authority.pem).returncode != 0


def changes() -> dict[str, Callable[[dict], object]]:
    """What may be altered in a file."""

    def column(name: str, value: object) -> Callable[[dict], object]:
        return lambda parts: parts["columns"].update({name: value})

    return {
        "a number": column("q50", 0.0199),
        "a text": column("model", "m5"),
        "bytes": column("predictive", {"base64": "AAAA"}),
        "bytes as text": column("predictive", "00"),
        "an int for a float": column("mean", 1),
        "truth for a number": column("horizon", True),
        "another format": column("format", 3),
        "a column more": column("more", None),
        "a column less": lambda parts: parts["columns"].pop("settled"),
        "another place": lambda parts: parts.update(index=5),
        "a place before the first": lambda parts: parts.update(index=-1),
        "another size": lambda parts: parts.update(size=SIZE + 9),
        "a node": lambda parts: parts["path"].__setitem__(0, "00" * 32),
        "a node less": lambda parts: parts["path"].pop(),
        "a node more": lambda parts: parts["path"].append("00" * 32),
        "the root": lambda parts: parts.update(
            statement=re.sub(r"[0-9a-f]{8}\noutcome", "01234567\noutcome", parts["statement"])
        ),
        "no statement": lambda parts: parts.update(statement=parts["statement"][1:]),
        "a head": lambda parts: parts.update(statement=parts["statement"].replace("event 1 ab", "event 1 aa")),
        "a count": lambda parts: parts.update(statement=parts["statement"].replace("outcome 3", "outcome 4")),
    }


@pytest.mark.parametrize("name", changes())
def test_a_file_that_was_altered_does_not_hold(authority: Authority, tmp_path: Path, name: str) -> None:
    parts = json.loads(proof.write(made(authority)))
    changes()[name](parts)
    text = json.dumps(parts)
    for roots in (authority.roots, None):
        with pytest.raises(WitnessError, match=r"does not hold|is not a whole file") as fault:
            proof.check(text.encode(), roots, "proof.json")
        assert "\n" not in str(fault.value)
    assert script(tmp_path, text, authority.pem).returncode != 0


def test_no_flipped_bit_changes_what_is_proved(authority: Authority) -> None:
    text = proof.write(made(authority)).encode()
    said = proof.check(text, authority.roots, "p")
    for bit in range(5, 8 * len(text), 41):
        flipped = bytearray(text)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            found = proof.check(bytes(flipped), authority.roots, "p")
        except WitnessError as fault:
            assert "\n" not in str(fault)  # noqa: PT017  # most of them must fail, in one line
            continue
        assert (found.proof.columns, found.proof.statement, found.at) == (
            said.proof.columns,
            said.proof.statement,
            said.at,
        )


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", "not a whole file"),
        (b"\xff", "not a whole file"),
        (b"[" * 100_000, "not a whole file"),
        (b"[]", "not a proof"),
        (b"{}", "not a proof"),
        (b'{"forecaster proof": true}', "not a proof"),
        (b'{"forecaster proof": 2}', "newer version"),
        (b'{"forecaster proof": 1}', "not a whole file"),
        (b'{"forecaster proof": 1, "forecaster proof": 1}', "not a whole file"),
        (b'{"forecaster proof": NaN}', "not a whole file"),
        (b" " * (2**24 + 1), "more than a proof"),
    ],
    ids=["empty", "binary", "deep", "list", "object", "truth", "newer", "bare", "twice", "nan", "long"],
)
def test_what_is_no_proof_is_one_plain_line(data: bytes, line: str) -> None:
    with pytest.raises(WitnessError, match=line) as fault:
        proof.check(data, None, "file.json")
    assert str(fault.value).startswith("file.json")


def test_two_values_under_one_name_are_refused(authority: Authority) -> None:
    """A reader that takes the first and one that takes the last would see two forecasts."""
    text = proof.write(made(authority)).replace('"q50":', '"q50": 0.5,\n  "q50":')
    with pytest.raises(WitnessError, match="not a whole file"):
        proof.check(text.encode(), authority.roots, "p")
