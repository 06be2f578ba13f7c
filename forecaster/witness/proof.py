"""One forecast proved in a small file: its row, the way to a sealed root, the time stamp.

The file is JSON. Its columns give the hash of the row, the path leads from there to a root of the Merkle tree, which
stands in the statement, whose bytes the time stamp seals: whoever trusts the authority knows that the forecast existed
before that time, and needs nothing else of the record. What the file says of certificates is for convenience: trust
comes from outside.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding

from forecaster.errors import WitnessError
from forecaster.witness import merkle, statement, token
from forecaster.witness.rows import row_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cryptography.x509 import Certificate

    from forecaster.witness.statement import Statement

VERSION = 1
MAX_BYTES = 2**24
_KIND = "forecaster proof"
_BYTES = "base64"
_PARTS = {_KIND: int, "columns": dict, "index": int, "size": int, "path": list, "statement": str, "token": str}
_CERTIFICATES = "certificates"
_BROKEN = "is not a whole file of `forecaster ledger prove`: it was changed, or cut off"


@dataclass(frozen=True)
class Proof:
    """A forecast and its proof.

    Attributes:
        columns: The row as the record has it: what its hash covers, bytes as bytes.
        index: Its place among the forecasts, from 0.
        size: Forecasts in the tree.
        path: Its audit path, 32 bytes each.
        statement: What was sealed.
        token: The time stamp.
        certificates: The roots by which it was verified, PEM.
    """

    columns: Mapping[str, Any]
    index: int
    size: int
    path: Sequence[bytes]
    statement: Statement
    token: bytes
    certificates: str


@dataclass(frozen=True)
class Checked:
    """What a file proves.

    Attributes:
        proof: Its content.
        at: The latest instant at which the stamp can have been made, UTC: the forecast existed before.
        authority: Who says so.
        roots: Fingerprints (sha256, hexadecimal) of the certificates that it was verified against.
        trusted: Whether these came from outside; those inside the file say nothing about who made it.
    """

    proof: Proof
    at: datetime
    authority: str
    roots: tuple[str, ...]
    trusted: bool


def write(proof: Proof) -> str:
    """The text of a file.

    Raises:
        WitnessError: It would not hold.
    """
    parts = {
        _KIND: VERSION,
        "columns": {name: _written(value) for name, value in proof.columns.items()},
        "index": proof.index,
        "size": proof.size,
        "path": [node.hex() for node in proof.path],
        "statement": proof.statement.text,
        "token": base64.b64encode(proof.token).decode(),
        _CERTIFICATES: proof.certificates,
    }
    text = json.dumps(parts, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    check(text.encode(), None, "the proof")
    return text


def check(data: bytes, roots: Sequence[Certificate] | None, where: str) -> Checked:
    """What a file proves, recomputed from its columns up.

    Args:
        data: The file's bytes.
        roots: Certificates that are trusted; those inside the file where None, which then proves nothing about who
            made the stamp.
        where: What the file is called, for the message.

    Raises:
        WitnessError: Says what does not hold.
    """
    proof = read(data, where)
    anchors = token.trusted(proof.certificates.encode(), f"{where} itself") if roots is None else roots
    leaf = bytes.fromhex(row_hash(proof.columns))
    found = merkle.implied(leaf, proof.index, proof.size, proof.path)
    if found is None or found.hex() != proof.statement.root or proof.size > proof.statement.rows[statement.ROOTED]:
        raise WitnessError(
            f"{where} does not hold: its row is not in the record that was sealed; a column, the path or the statement "
            "was changed"
        )
    try:
        stamped = token.verify(proof.token, proof.statement.text.encode(), anchors)
    except WitnessError as fault:
        raise WitnessError(f"{where} does not hold: {fault}") from fault
    prints = tuple(hashlib.sha256(one.public_bytes(Encoding.DER)).hexdigest() for one in anchors)
    return Checked(proof, stamped.at, stamped.authority, prints, roots is not None)


def read(data: bytes, where: str) -> Proof:
    """The content of a file; nothing is verified.

    Raises:
        WitnessError: It is no such file, or of a newer program.
    """
    if len(data) > MAX_BYTES:
        raise WitnessError(f"{where} has {len(data)} bytes, more than a proof ever has ({MAX_BYTES})")
    try:
        parts = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_refused)
        json.dumps(parts, allow_nan=False, ensure_ascii=False).encode()  # every number and sign can be hashed
    except (ValueError, RecursionError) as fault:
        raise WitnessError(f"{where} {_BROKEN}") from fault
    if not isinstance(parts, dict) or type(parts.get(_KIND)) is not int:
        raise WitnessError(f"{where} is not a proof of a forecast, as `forecaster ledger prove` writes it")
    if parts[_KIND] < VERSION:
        raise WitnessError(f"{where} {_BROKEN}")
    if parts[_KIND] > VERSION:
        raise WitnessError(
            f"{where} was written by a newer version of this program (proof {parts[_KIND]}, {VERSION} is known here): "
            "update the program"
        )
    try:
        return _of_parts(parts)
    except (ValueError, TypeError, KeyError, WitnessError) as fault:
        raise WitnessError(f"{where} {_BROKEN}") from fault


def _of_parts(parts: Mapping[str, Any]) -> Proof:
    if parts.keys() != {*_PARTS, _CERTIFICATES} or not isinstance(parts[_CERTIFICATES], str):
        raise ValueError("other parts")
    if any(type(parts[name]) is not kind for name, kind in _PARTS.items()):
        raise ValueError("a part of another kind")
    columns = {name: _read(value) for name, value in parts["columns"].items()}
    if type(columns.get("format")) is not int:
        raise ValueError("no format")
    path = [bytes.fromhex(node) for node in parts["path"]]
    if any(len(node) != hashlib.sha256().digest_size for node in path):
        raise ValueError("a node of another length")
    sealed, stamp = statement.read(parts["statement"]), base64.b64decode(parts["token"], validate=True)
    return Proof(columns, parts["index"], parts["size"], path, sealed, stamp, parts[_CERTIFICATES])


def _written(value: Any) -> Any:  # noqa: ANN401  # any column
    return {_BYTES: base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _read(value: Any) -> Any:  # noqa: ANN401  # any column
    if isinstance(value, dict):
        (kind, encoded), *_ = value.items()
        if kind != _BYTES or len(value) != 1:
            raise ValueError("a column of another kind")
        return base64.b64decode(encoded, validate=True)
    if isinstance(value, list):
        raise TypeError("a column of another kind")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ: two readers must not see two values under one name."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")
