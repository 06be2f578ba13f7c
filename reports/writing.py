"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from reports.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path


def publish(path: Path, content: bytes) -> Path:
    """Writes `content` to `path` in one step: a reader, or a crash, finds the old file or the new one.

    Missing folders are made.

    Raises:
        ReportError: If the file cannot be written; an earlier file at `path` is untouched then.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as fault:
        raise ReportError(
            f"Cannot write the report to {path}: {fault.strerror or fault}. "
            "Choose a folder that may be written to, with space left on its disk."
        ) from fault
    return path
