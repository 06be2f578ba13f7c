"""A home is its owner's alone: nobody else may enter its folder, or read its files.

A new folder has mode 0700 and a new database 0600 whatever the umask; what else the command line writes into a home is
written under the umask 077. A folder that others may enter is narrowed when it is opened for writing; where it holds a
database already, somebody may have relied on that, and it is said. Not narrowed: a folder of another owner, one that
everybody shares (`/tmp`), and the user's own directory or what lies above it. Where a system has no such modes nothing
happens.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
UMASK = 0o077
_OURS = ("forecaster.db*", "reports", "reports/*")
"""What the program itself writes into a home."""


def may(path: Path, way: int) -> bool:
    """Whether a path may be read (`os.R_OK`) or written (`os.W_OK`), also under the rights of another user."""
    effective = os.access in os.supports_effective_ids
    return os.access(path, way) and (not effective or os.access(path, way, effective_ids=True))


def narrow(folder: Path) -> None:
    """Keeps others out of a home that they could enter, and out of what the program wrote there."""
    with suppress(OSError):
        if not _others_enter(folder):
            return
        used = any(folder.glob(_OURS[0]))
        folder.chmod(FOLDER)
        for pattern in _OURS:
            for path in folder.glob(pattern):
                narrow_file(path)
        if used:  # said once: the next time others may not enter
            line = f"forecaster: others could enter the home {folder}: from now on its owner alone can (mode 700)"
            print(line, file=sys.stderr)  # noqa: T201  # beside what the command says


def narrow_file(path: Path) -> None:
    """Keeps others out of one file or folder of our own; one that is not there is left alone."""
    with suppress(OSError):
        mode = path.lstat()
        if mode.st_uid == _user() and mode.st_mode & UMASK and not stat.S_ISLNK(mode.st_mode):
            path.chmod(FOLDER if stat.S_ISDIR(mode.st_mode) else FILE)


def _others_enter(folder: Path) -> bool:
    facts, above = folder.stat(), (Path.home().resolve(), *Path.home().resolve().parents)
    ours = facts.st_uid == _user() and not facts.st_mode & stat.S_ISVTX and folder.resolve() not in above
    return ours and bool(facts.st_mode & UMASK)


def _user() -> int:
    """Who we are; nobody where a system has no numbers for users."""
    return os.geteuid() if sys.platform != "win32" else -1
