"""A service's answer about counts, as JSON in a file, as a table: what a pageviews or a posts API gives, page by page.

The records are the list under `items`, `data` or `results`, or the whole; a file may hold a page a line.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from ingest.errors import EmptyFileError, FileFaultError
from ingest.text.table import TextTable

_LISTS = ("items", "data", "results")
_OPENERS = (b"{", b"[")
_MARK = b"\xef\xbb\xbf"


def is_answer(raw: bytes) -> bool:
    """Whether these are bytes of JSON, by their first sign."""
    return raw.removeprefix(_MARK).lstrip()[:1] in _OPENERS


def answer_table(path: Path, raw: bytes) -> TextTable:
    """The records of an answer as a table, their keys as its header.

    Args:
        path: The file, for messages.
        raw: Its bytes.

    Raises:
        FileFaultError: It is no JSON, or has no list of records.
        EmptyFileError: The list is empty.
    """
    pages = list(_pages(path, raw))
    records = [record for page in pages for record in _records(path, page)]
    if not records:
        raise EmptyFileError(f"{path} is an answer without a count: ask for other days")
    header = tuple(dict.fromkeys(key for record in records for key in record))
    return TextTable(
        path=path,
        header=header,
        rows=tuple(tuple(_cell(record.get(key)) for key in header) for record in records),
        lines=tuple(range(1, len(records) + 1)),
        delimiter="",
        sha256=sha256(raw).hexdigest(),
        form="JSON",
        unit="record",
    )


def _pages(path: Path, raw: bytes) -> Iterator[Any]:
    """Each document of a file: one, or one a line."""
    try:
        text = raw.decode("utf-8-sig")
        try:
            yield json.loads(text)
        except json.JSONDecodeError:
            yield from [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise FileFaultError(f"{path} begins like JSON but cannot be parsed ({error}): download it again") from error


def _records(path: Path, page: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # JSON is any
    found = page
    if isinstance(page, dict):
        found = next((page[name] for name in _LISTS if isinstance(page.get(name), list)), None)
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        said = " ".join(json.dumps(page, ensure_ascii=False)[:80].split())
        raise FileFaultError(
            f"{path} is JSON without a list of counts under items, data or results: {said!r}: download it again, or "
            "save it as CSV"
        )
    return found


def _cell(value: Any) -> str:  # noqa: ANN401  # JSON is any
    return "" if value is None else str(value)
