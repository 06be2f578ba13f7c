"""A fit on disk: a folder with its numbers as safetensors and its facts as JSON, both checked by hash when read.

The JSON holds the sha256 of the other file and of its own content, and may be written in one way only: a byte that was
changed in either file is seen. Hashes tell damage, not malice, so that nothing read is trusted beyond them: no pickle
is opened, no link is followed, no path is taken from a file, and arrays are of float64 or refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from forecaster.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.floats import Floats


ARRAYS, FACTS = "arrays.safetensors", "facts.json"
FORM = 1
"""The form of an artifact; one that an older program cannot read takes the next number."""
LARGEST = 1 << 28
"""Bytes of a file above which it is not even read."""


@dataclass(frozen=True, eq=False)
class Artifact:
    """What is kept of a fit.

    Attributes:
        arrays: Its numbers by name, float64, of any shape.
        facts: What else there is to know, JSON-ready: text, finite numbers, lists and dictionaries of them.
    """

    arrays: Mapping[str, Floats]
    facts: Mapping[str, Any]


def save(artifact: Artifact, folder: Path) -> None:
    """Writes a folder that is not there yet: whole and on the disk, or not at all.

    Raises:
        ArtifactError: Where the folder is there, or cannot be written.
    """
    # In memory a row may be a view with gaps; on disk every array stands in one piece.
    numbers = safetensors.save({k: np.asarray(v, np.float64, order="C") for k, v in artifact.arrays.items()})
    content = {"form": FORM, "arrays_sha256": hashlib.sha256(numbers).hexdigest(), "facts": artifact.facts}
    try:
        require_free(folder)
        with TemporaryDirectory(prefix=".artifact-", dir=folder.parent) as beside:
            draft = Path(beside) / "draft"
            draft.mkdir()
            _write(draft / ARRAYS, numbers)
            _write(draft / FACTS, _sealed(content))
            _to_disk(draft)
            draft.rename(folder)
        _to_disk(folder.parent)
    except OSError as fault:
        raise ArtifactError(f"{folder} cannot be written ({fault.strerror}): choose another place") from fault


def require_free(folder: Path) -> None:
    """Refuses a name that is taken.

    Raises:
        ArtifactError: Where something has it.
    """
    if os.path.lexists(folder):
        raise ArtifactError(f"{folder} already exists: choose another name; nothing was changed")


def load(folder: Path) -> Artifact:
    """Reads what `save` wrote, bit for bit.

    Raises:
        ArtifactError: Where anything is missing, or is not what was written.
    """
    content = _content(folder)
    numbers = _bytes(folder, ARRAYS)
    if hashlib.sha256(numbers).hexdigest() != content.get("arrays_sha256"):
        raise refused(folder, f"{ARRAYS} is not the file that {FACTS} belongs to")
    try:
        arrays: dict[str, Any] = safetensors.load(numbers)
    except (SafetensorError, ValueError, TypeError, KeyError, OverflowError) as fault:
        raise refused(folder, f"{ARRAYS} holds no arrays ({' '.join(str(fault).split())})") from fault
    if any(value.dtype != np.float64 for value in arrays.values()):
        raise refused(folder, f"{ARRAYS} holds numbers of another kind than float64")
    return Artifact(arrays, content["facts"])


def refused(folder: Path, why: str) -> ArtifactError:
    """The one plain line for a folder that is not what `save` wrote."""
    return ArtifactError(
        f"{folder} cannot be trusted: {why}; take another copy, or make it again with `forecaster explain S --save DIR`"
    )


def _content(folder: Path) -> dict[str, Any]:
    written = _bytes(folder, FACTS)
    try:
        content = json.loads(written)["content"]
        sound = _sealed(content) == written and isinstance(content["facts"], dict)
    except (ValueError, TypeError, KeyError, RecursionError):
        sound, content = False, {}
    if not sound:
        raise refused(folder, f"{FACTS} is not what was written")
    if content.get("form") != FORM:
        raise ArtifactError(f"{folder} was written by another version of this program: update the program")
    found: dict[str, Any] = content
    return found


def _sealed(content: Mapping[str, Any]) -> bytes:
    """The one way to write the facts: their content, and its hash."""
    plain = json.dumps(content, allow_nan=False)
    sealed = {"content": content, "sha256": hashlib.sha256(plain.encode()).hexdigest()}
    return (json.dumps(sealed, allow_nan=False, indent=1) + "\n").encode()


def _write(file: Path, content: bytes) -> None:
    with file.open("xb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())


def _to_disk(folder: Path) -> None:
    """Has a folder's entries on the disk."""
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def _bytes(folder: Path, name: str) -> bytes:
    """A plain file of the folder itself: a link may lead anywhere, and a pipe never ends."""
    try:
        entry = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(entry, "rb") as file:
            facts = os.fstat(entry)
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST:
                raise refused(folder, f"{name} is not a regular file of at most {LARGEST >> 20} MB")
            return file.read()
    except OSError as fault:
        raise refused(folder, f"{name} cannot be read ({fault.strerror})") from fault
