"""Checks an evidence pack with Python's standard library alone: `python check_pack.py [FOLDER]`.

It goes into every pack and knows nothing of the program that made it. FOLDER is where the pack was unzipped; that of
this file where none is named. The exit code is 1 where anything does not hold.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import sys
from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

TREE = "forecast"
"""The table whose rows are the leaves of a Merkle tree."""
FIRST = "forecaster record 1"
GENESIS = "0" * 64
KEYS = {"outcome": ("symbol", "as_of", "horizon"), "score": ("symbol", "model", "as_of", "horizon")}
EDITED = "its content is not what was recorded"


class Tree:
    """A Merkle tree of RFC 6962 over SHA-256, that grows."""

    def __init__(self) -> None:
        """Without leaves."""
        self.size, self._whole = 0, list[tuple[int, bytes]]()  # whole subtrees, size and hash, the largest first

    def add(self, entry: bytes) -> None:
        """Appends a leaf."""
        self.size += 1
        self._whole.append((1, hashlib.sha256(b"\x00" + entry).digest()))
        while len(self._whole) > 1 and self._whole[-2][0] == self._whole[-1][0]:
            _join(self._whole)

    def root(self) -> str:
        """The hash of all of it; of nothing, where it is empty."""
        parts = list(self._whole)
        while len(parts) > 1:
            _join(parts)
        return parts[0][1].hex() if parts else hashlib.sha256(b"").hexdigest()


class Chain:
    """The rows of one table as far as they hold: their numbers and hashes, and what is wrong with the next one."""

    def __init__(self, folder: Path, table: str, formats: dict[str, list[str]]) -> None:
        """Reads all of them."""
        self.table, self.formats, self.fault = table, formats, ""
        self.numbers: list[int] = []
        self.hashes: list[str] = []
        self._tree = Tree()
        with (folder / "record" / f"{table}.jsonl").open("rb") as lines:
            for line in lines:
                self.fault = self._add(line)
                if self.fault:
                    return

    def _add(self, line: bytes) -> str:
        """Takes the next row; says what is wrong with it."""
        try:
            row = json.loads(line)
            number, stored = row.pop("seq"), row.pop("row_hash")
            fault = self._wrong(row, stored)
        except (ValueError, KeyError, TypeError, AttributeError):
            return f"{self.table} row after {self.numbers[-1] if self.numbers else 0}: it cannot be read any more"
        if fault or number <= (self.numbers[-1] if self.numbers else 0):
            key = " ".join(str(row[name]) for name in ("symbol", "model", "as_of") if name in row)
            return f"{self.table} row {number}{f' ({key})' if key else ''}: {fault or 'it stands in the wrong place'}"
        self.numbers.append(number)
        self.hashes.append(stored)
        return ""

    def _wrong(self, row: dict[str, Any], stored: str) -> str:
        if row["prev_hash"] != (self.hashes[-1] if self.hashes else GENESIS):
            return "it does not follow the row before it: a row was removed, added or moved"
        covered = self.formats.get(str(row["format"]))
        if covered is None or any(row[name] is not None for name in row.keys() - set(covered) - {"format"}):
            return EDITED
        return "" if row_hash({name: row[name] for name in covered}) == stored else EDITED

    def head(self, number: int) -> str:
        """The hash of the last row up to a number."""
        at = bisect_right(self.numbers, number)
        return self.hashes[at - 1] if at else GENESIS

    def has(self, number: int) -> bool:
        """Whether there is such a row; 0 stands for none."""
        at = bisect_right(self.numbers, number)
        return number == (self.numbers[at - 1] if at else 0)

    def root(self, number: int) -> str:
        """The root of the tree over the hashes of the rows up to a number."""
        wanted = bisect_right(self.numbers, number)
        if wanted < self._tree.size:  # most are asked for in order
            self._tree = Tree()
        for leaf in self.hashes[self._tree.size : wanted]:
            self._tree.add(bytes.fromhex(leaf))
        return self._tree.root()


def _join(stack: list[tuple[int, bytes]]) -> None:
    """Makes one whole subtree, as size and hash, of the last two."""
    (right, b), (left, a) = stack.pop(), stack.pop()
    stack.append((left + right, hashlib.sha256(b"\x01" + a + b).digest()))


def row_hash(row: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of the columns that the row's format covers."""
    typed = row["format"] > 1
    plain = {name: _plain(value, typed) for name, value in row.items() if typed or name != "format"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, typed: bool) -> Any:  # noqa: ANN401  # any column
    """Bytes enter as their own SHA-256."""
    if not isinstance(value, dict):
        return value
    digest = hashlib.sha256(base64.b64decode(value["base64"], validate=True)).hexdigest()
    return {"sha256": digest} if typed else digest


def statement_faults(name: str, text: str, chains: dict[str, Chain]) -> Iterator[str]:
    """Where a statement of counts and heads is not that of the rows."""
    first, *lines = text.splitlines()
    if first != FIRST or [line.split(" ")[0] for line in lines] != list(chains):
        yield f"{name}: it is not a statement of these tables"
        return
    for line in lines:
        table, number, *told = line.split(" ")
        chain = chains[table]
        if not number.isdigit() or not chain.has(int(number)):
            yield f"{name}: {table} row {number} is not in the pack"
            continue
        own = [chain.head(int(number))] + ([chain.root(int(number))] if table == TREE else [])
        if own != told:
            yield f"{name}: it tells another head or root of {table} up to row {number}"


def whole_faults(text: str, chains: dict[str, Chain]) -> Iterator[str]:
    """Which tables go farther than the statement says."""
    told = {line.split(" ")[0]: line.split(" ")[1] for line in text.splitlines()[1:]}
    for table, chain in chains.items():
        last = chain.numbers[-1] if chain.numbers else 0
        if told.get(table) != str(last):
            yield f"statement.txt: it ends at row {told.get(table)} of {table}, and the pack at row {last}"


def table_faults(folder: Path) -> Iterator[str]:
    """Which lines of forecasts.csv are not the record's."""
    beside = {table: {_key(row, key): row for row in _rows(folder, table)} for table, key in KEYS.items()}
    count = 0
    with (folder / "forecasts.csv").open(encoding="utf-8", newline="") as lines:
        told = csv.DictReader(lines)
        for row in _rows(folder, TREE):
            count, line = count + 1, next(told, {})
            known = {**{n: v for t, k in KEYS.items() for n, v in beside[t].get(_key(row, k), {}).items()}, **row}
            wrong = [name for name in line if name and line[name] != _text(known.get(name))]
            if wrong or not line:
                yield f"forecasts.csv, forecast row {row['seq']}: {', '.join(wrong) or 'it'} is not the record's"
        if next(told, None) is not None:
            yield f"forecasts.csv: it has lines after the {count} forecasts of the record"


def _rows(folder: Path, table: str) -> Iterator[dict[str, Any]]:
    with (folder / "record" / f"{table}.jsonl").open("rb") as lines:
        for line in lines:
            yield json.loads(line)


def _key(row: dict[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _text(value: object) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def token_faults(folder: Path, chains: dict[str, Chain]) -> Iterator[str]:
    """Which time stamps do not stand beside the statement that the record has for them, or state something else."""
    for row in _rows(folder, "token") if "token" in chains else ():
        name = f"tokens/{row['seq']}"
        stamp, said = folder / f"{name}.tsr", folder / f"{name}.statement.txt"
        if (
            stamp.read_bytes() != base64.b64decode(row["token"]["base64"])
            or said.read_bytes() != row["statement"].encode()
        ):
            yield f"{name}: it is not what token row {row['seq']} holds"
        yield from statement_faults(f"{name}.statement.txt", row["statement"], chains)


def rehearsed(folder: Path) -> str:
    """That the record is a rehearsal, in a line, where its last event of a clock or a row says so; else empty."""
    told = [str(row["details"]) for row in _rows(folder, "event") if row["kind"] == "clock"]
    if told and '"clock": "rehearsal"' in told[-1]:
        return f"THIS RECORD IS A REHEARSAL: its clock was set by hand ({told[-1]}), and no time in its rows is proved."
    if any(row.get("clock") == "rehearsal" for row in _rows(folder, TREE)):
        return "THIS RECORD HAS ROWS OF A REHEARSAL: no time in them is proved."
    return ""


def content_faults(folder: Path) -> Iterator[str]:
    """Which files are not those that were packed."""
    for line in (folder / "contents.txt").read_text("utf-8").splitlines():
        digest, name = line.split("  ", 1)
        file = folder / name
        if not file.is_file():
            yield f"{name}: it is not there"
        elif _digest(file) != digest:
            yield f"{name}: it is not what was packed"


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as read:
        while some := read.read(1 << 20):
            digest.update(some)
    return digest.hexdigest()


def faults(folder: Path) -> Iterator[str]:
    """Everything that does not hold; what does is printed."""
    formats = json.loads((folder / "about.json").read_text("utf-8"))["formats"]
    chains = {table: Chain(folder, table, covered) for table, covered in formats.items()}
    broken = [chain.fault for chain in chains.values() if chain.fault]
    yield from broken
    for table, chain in chains.items():
        if not chain.fault:
            last = chain.numbers[-1] if chain.numbers else 0
            say(f"{table}: rows up to {last} hold, head {chain.head(last)}")
    text = (folder / "statement.txt").read_text("utf-8")
    if not broken:
        yield from statement_faults("statement.txt", text, chains)
        yield from whole_faults(text, chains)
        yield from table_faults(folder)
        yield from token_faults(folder, chains)
    yield from content_faults(folder)
    say(f"statement.txt: digest {hashlib.sha256(text.encode()).hexdigest()}")


def say(text: str) -> None:
    """One line."""
    print(text)  # noqa: T201  # a script speaks


def main(folder: Path) -> int:
    """Checks a pack and says what to ask OpenSSL about its time stamps."""
    try:
        found = list(faults(folder))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as fault:
        found = [f"{folder} is not an evidence pack, or a part of it cannot be read ({fault})"]
    for line in found:
        say(f"DOES NOT HOLD: {line}")
    if found:
        return 1
    say("Everything holds that this script can check.")
    if (folder / "record" / "event.jsonl").exists() and (line := rehearsed(folder)):
        say(line)
    roots = folder / "tokens" / "certificates.pem"
    for row in _rows(folder, "token") if (folder / "record" / "token.jsonl").exists() else ():
        stamp, said = folder / "tokens" / f"{row['seq']}.tsr", folder / "tokens" / f"{row['seq']}.statement.txt"
        covered = next(line.split(" ")[1] for line in row["statement"].splitlines() if line.startswith(f"{TREE} "))
        say(f"forecast 1..{covered} existed at the time of this stamp, where OpenSSL says that it is good:")
        say(f"  openssl ts -verify -data {said} -in {stamp} -CAfile {roots if roots.exists() else 'CERTIFICATES.pem'}")
        say(f"  openssl ts -reply -text -in {stamp}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent))
