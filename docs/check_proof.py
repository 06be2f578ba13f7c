"""Checks a file of `forecaster ledger prove` without forecaster, by Python alone and the program `openssl`.

ROOT.pem is the root certificate of the time stamp authority, had from itself: the copy in the file proves nothing.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path


def row_hash(columns: dict) -> bytes:
    """The sha256 of canonical JSON; format 1 covers neither its own number nor the kind of bytes."""
    typed = columns["format"] > 1
    for name, value in columns.items():
        if isinstance(value, dict):
            digest = hashlib.sha256(base64.b64decode(value["base64"], validate=True)).hexdigest()
            columns = {**columns, name: {"sha256": digest} if typed else digest}
    columns = {name: value for name, value in columns.items() if typed or name != "format"}
    text = json.dumps(columns, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).digest()


def root(entry: bytes, index: int, size: int, path: list) -> bytes:
    """The root of the Merkle tree of RFC 6962 that an audit path leads to (RFC 9162, section 2.1.3.2)."""
    node, last = hashlib.sha256(b"\0" + entry).digest(), size - 1
    for other in map(bytes.fromhex, path):
        right = index & 1 or index == last
        node = hashlib.sha256(b"\1" + (other + node if right else node + other)).digest()
        while right and index and not index & 1:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return node if index == last == 0 else b""


def openssl(*words: object) -> str:
    """What `openssl ts` prints; ends this program where it fails."""
    done = subprocess.run(["openssl", "ts", *map(str, words)], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else sys.exit(f"the time stamp does not hold:\n{done.stderr}")


_, file, trusted = sys.argv if len(sys.argv[1:-1]) == 1 else sys.exit("usage: check_proof.py PROOF.json ROOT.pem")
proof = json.loads(Path(file).read_text("utf-8"))
found = root(row_hash(proof["columns"]), proof["index"], proof["size"], proof["path"])
if not re.search(f"^forecast \\d+ [0-9a-f]{{64}} {found.hex()}$", proof["statement"], re.MULTILINE):
    sys.exit("the forecast is not in the record that was sealed")
with tempfile.TemporaryDirectory() as folder:
    (stamp := Path(folder, "stamp")).write_bytes(base64.b64decode(proof["token"]))
    (sealed := Path(folder, "sealed")).write_bytes(proof["statement"].encode())
    said = dict(re.findall("(Time stamp|Accuracy): (.*)", openssl("-reply", "-in", stamp, "-text")))
    time = datetime.strptime(re.sub(r"\.\d+| GMT", "", said["Time stamp"]) + " +0000", "%b %d %H:%M:%S %Y %z")
    openssl("-verify", "-in", stamp, "-data", sealed, "-CAfile", trusted, "-attime", int(time.timestamp()))
print({name: value for name, value in proof["columns"].items() if not isinstance(value, dict)})
of = "made under a rehearsal's clock, set by hand: " if proof["columns"].get("clock") == "rehearsal" else ""
print(f"{of}existed before {said['Time stamp']} (accuracy: {said.get('Accuracy')}), says the authority")
