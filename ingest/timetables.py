"""Sessions, closes and opens of calendars, from the library exchange_calendars or from what it said before.

To build a calendar takes the library and a second; its timetable is three arrays. So there is one file per calendar,
in the platform's cache folder (`folder`). A file is believed only where all that its content follows from is what it
was: our own files, the library and pandas, the rules of the calendar's time zone, and the month, since calendars reach
a year ahead. In every other case, and where a file is damaged or none can be written, the calendar is built anew.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple
from zoneinfo import TZPATH

import numpy as np
import numpy.typing as npt
import pandas as pd
import platformdirs

from ingest import building, known_years
from ingest.building import build

Instants = npt.NDArray[np.datetime64]
Month = tuple[int, int]


class Timetable(NamedTuple):
    """What is kept of a calendar: arrays `(sessions,)` in microseconds, the last two in UTC without saying so."""

    sessions: Instants
    closes: Instants
    opens: Instants


@lru_cache(maxsize=64)
def timetable(code: str, month: Month) -> Timetable:
    """Sessions, closes and opens of a calendar.

    Args:
        code: `24/7`, `24/5` or the code of an exchange.
        month: Year and month in which it is asked for; the timetable ends a year later.

    Raises:
        UnknownCalendarError: Nobody knows the code, or the calendar cannot be built.
    """
    found = _kept(code, month)
    if found is None:
        *arrays, zone = build(code, pd.Timestamp(year=month[0] + 1, month=month[1], day=28))
        found = Timetable(*arrays)
        if zone:
            _keep(code, month, zone, found)
    for array in found:
        array.flags.writeable = False
    return found


@lru_cache(maxsize=64)
def zone(code: str) -> str:
    """The time zone in which a calendar is at home, by its name; UTC where it has none of its own.

    Raises:
        UnknownCalendarError: Nobody knows the code.

    >>> zone("XETR"), zone("24/7")
    ('Europe/Berlin', 'UTC')
    """
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):  # what a damaged first line may raise
        return str(json.loads(_file(code).read_bytes().partition(b"\n")[0])["zone"]) or "UTC"
    return building.zone(code)


def folder() -> Path:
    """Where timetables are kept; it may be deleted at any time."""
    return Path(platformdirs.user_cache_dir("forecaster", appauthor=False)) / "calendars"


def _file(code: str) -> Path:
    return folder() / hashlib.sha256(str(code).encode()).hexdigest()[:16]


def _kept(code: str, month: Month) -> Timetable | None:
    """The timetable as it was kept, None where it is not there, is damaged, or something has changed since."""
    try:
        head, _, content = _file(code).read_bytes().partition(b"\n")
        facts = json.loads(head)
        if facts != _facts(code, month, facts["zone"], content) or len(content) % 24:
            return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):  # what a damaged first line may raise
        return None
    return Timetable(*np.frombuffer(content, "datetime64[us]").reshape(3, -1).copy())


def _keep(code: str, month: Month, zone: str, found: Timetable) -> None:
    """Writes a file, whole or not at all; where that cannot be, the next process builds the calendar again."""
    content = b"".join(array.tobytes() for array in found)
    head = json.dumps(_facts(code, month, zone, content)).encode()
    with suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder(), delete=False) as file:
            try:
                file.write(head + b"\n" + content)
                file.close()
                Path(file.name).replace(_file(code))
            except OSError:
                Path(file.name).unlink(missing_ok=True)


def _facts(code: str, month: Month, zone: str, content: bytes) -> dict[str, object]:
    """All that a timetable follows from, and the hash of what is kept of it."""
    return {
        "code": code,
        "month": list(month),
        "program": [_hash(Path(str(file))) for file in (__file__, building.__file__, known_years.__file__)],
        "exchange_calendars": version("exchange_calendars"),
        "pandas": pd.__version__,
        "zone": zone,
        "rules": _rules(zone),
        "content": hashlib.sha256(content).hexdigest(),
    }


def _rules(zone: str) -> str:
    """What Python finds of a time zone: its file, else the package that stands in for it."""
    for place in TZPATH:
        file = Path(place) / zone
        if file.is_file():
            return _hash(file)
    try:
        return version("tzdata")
    except PackageNotFoundError:
        return ""


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
