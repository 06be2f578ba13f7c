"""The evidence pack: the record with what proves it, and how to check that without this program, as one zip file.

It is a state of the record, read in pieces; the same record, settings and program make the same bytes. Whoever
unzips it can recompute every hash by `check_pack.py`, which is in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from forecaster import secret_settings
from forecaster.clock import REAL, REHEARSAL
from forecaster.errors import LedgerError
from forecaster.issuing.provenance import code_version
from forecaster.json_numbers import numbers
from forecaster.records import chain, export, raw_rows, witnesses
from forecaster.records.cards import inventory
from forecaster.records.cards import page as card_page
from forecaster.records.cards.cards import cards
from forecaster.records.packs import check_pack
from forecaster.records.packs.how_to_check import page as how_to_check
from forecaster.records.reading import EVERYTHING, LIGHT, pieces
from forecaster.records.tables import FORECASTS, TABLES, TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Engine, Table

    from forecaster.records.home import Home
    from forecaster.records.reading import State
    from forecaster.settings import Settings
    from forecaster.witness.statement import Statement

FORM = 1
"""The form of a pack; one whose files mean something else takes the next number."""
CONTENTS = "contents.txt"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o600
_CHUNK = 1 << 20
_SECRET: Any = {section: {key} for section, key in secret_settings.KEYS}


def pack(home: Home, file: Path) -> Statement:
    """Writes the evidence pack of a home.

    Args:
        home: Whose record it is.
        file: A .zip file; one that is there is replaced.

    Returns:
        What the record is, as the pack states it.

    Raises:
        LedgerError: Where nothing is on record, the record or a time stamp does not hold, or the file cannot be
            written. An earlier file stays as it was.
        WitnessError: Where the certificates that are trusted cannot be read.
        StoreError: Where the database cannot be read.
    """
    if file.suffix.lower() != ".zip":
        raise LedgerError(f"{file} is not a .zip file: name one")
    upto = home.ledger.state()
    if not upto[FORECASTS.name]:
        raise LedgerError("nothing is on record yet: `forecaster run` makes the first forecasts")
    broken = home.ledger.verify(upto)
    if broken is not None:
        raise LedgerError(
            f"{broken.table} row {broken.seq} does not hold ({broken.fault}): a pack would prove nothing; "
            "see `forecaster ledger verify`"
        )
    list(witnesses.lines(home.ledger.engine, witnesses.trusted(home.folder, home.settings.witness)))
    stated = witnesses.stated(home.ledger.engine, upto)
    with export.drafted(file) as draft, draft.open("wb") as written:
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
            _write(archive, home, upto, stated)
        export.on_the_disk(written)
    return stated


def _write(archive: zipfile.ZipFile, home: Home, upto: State, stated: Statement) -> None:
    contents = {name: _add(archive, name, some) for name, some in _files(home, upto, stated)}
    lines = "".join(f"{digest}  {name}\n" for name, digest in contents.items())
    _add(archive, CONTENTS, [lines.encode()])


def _files(home: Home, upto: State, stated: Statement) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Name and content of every file, in order."""
    rehearsal = home.rehearsal
    yield "HOW_TO_CHECK.md", [how_to_check(rehearsal).encode()]
    yield "check_pack.py", [Path(check_pack.__file__).read_bytes()]
    yield "about.json", [_json(_about(upto, rehearsal))]
    yield "statement.txt", [stated.text.encode()]
    yield "settings.json", [_json(_settings(home.settings))]
    yield from _tables(home.ledger.engine, upto)
    for table in TABLES:
        yield f"record/{table.name}.jsonl", _lines(home.ledger.engine, table, upto[table.name])
    yield from _tokens(home, upto)
    made = cards(home.ledger.engine, home.settings, (), upto, home.witnessed)
    yield "cards/inventory.csv", [inventory.inventory(made).encode()]
    for card in made:
        yield f"cards/{inventory.name(card)}.md", [card_page.page(card).encode()]
        yield f"cards/{inventory.name(card)}.json", [_json(asdict(card))]


def _about(upto: State, rehearsal: str) -> dict[str, Any]:
    formats = {
        table.name: {str(number): sorted(columns) for number, columns in chain.covered(table).items()}
        for table in TABLES
    }
    told = {"pack": FORM, "program": code_version(), "clock": REHEARSAL if rehearsal else REAL, "rehearsal": rehearsal}
    return {**told, "rows": dict(upto), "formats": formats}


def _settings(settings: Settings) -> dict[str, Any]:
    """The settings in effect, each model's with its defaults; nothing that may hold a password."""
    told = settings.model_dump(mode="json", exclude=_SECRET)
    return {**told, "models": {name: settings.model(name).model_dump(mode="json") for name in settings.model_names()}}


def _tables(engine: Engine, upto: State) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Forecasts with their outcomes and scores, for whoever wants to compute with them."""
    for suffix in (".csv", ".parquet"):
        with TemporaryDirectory(prefix="forecaster-") as folder:
            draft = Path(folder) / "draft"
            export.write(draft, suffix, pieces(engine, EVERYTHING, LIGHT, upto))
            with draft.open("rb") as read:
                yield f"forecasts{suffix}", iter(lambda: read.read(_CHUNK), b"")  # it is used at once


def _lines(engine: Engine, table: Table, upto: int) -> Iterator[bytes]:
    """One JSON object a row, all columns as they are stored, bytes in base64."""
    for number, row, digest in raw_rows.rows(engine, table, upto):
        plain = {name: _plain(value) for name, value in row.items()}
        text = json.dumps({"seq": number, **plain, "row_hash": digest}, ensure_ascii=False, allow_nan=False)
        yield f"{text}\n".encode()


def _tokens(home: Home, upto: State) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Each time stamp and the statement, as OpenSSL takes them; then the certificates that are trusted."""
    for number, row, _ in raw_rows.rows(home.ledger.engine, TOKENS, upto[TOKENS.name]):
        yield f"tokens/{number}.tsr", [row["token"]]
        yield f"tokens/{number}.statement.txt", [row["statement"].encode()]
    roots = witnesses.trusted(home.folder, home.settings.witness)
    if roots and upto[TOKENS.name]:
        from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415  # few homes have time stamps

        yield "tokens/certificates.pem", [root.public_bytes(Encoding.PEM) for root in roots]


def _plain(value: Any) -> Any:  # noqa: ANN401  # any column
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _json(value: object) -> bytes:
    text = json.dumps(numbers(value), indent=2, ensure_ascii=False, allow_nan=False, default=str)
    return f"{text}\n".encode()


def _add(archive: zipfile.ZipFile, name: str, content: Iterable[bytes]) -> str:
    """Adds a file and returns the sha256 of it."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, _MODE << 16
    digest = hashlib.sha256()
    with archive.open(entry, "w", force_zip64=True) as written:
        for some in content:
            digest.update(some)
            written.write(some)
    return digest.hexdigest()
