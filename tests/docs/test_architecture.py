"""The list of rooms and files in docs/architecture.md is the tree's: neither names what the other lacks."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import ROOT, blocks

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("forecaster", "ingest", "reports")
ROOM = re.compile(r"^(\w[\w/]*/)(\*?)(?: |$)")
FILE = re.compile(r"[\w/]+\.py\b")


def drawn(text: str) -> tuple[dict[str, set[str]], set[str]]:
    """The rooms of the drawing with the files named in each, and those whose folder is a registry (marked `*`)."""
    rooms: dict[str, set[str]] = {}
    registries: set[str] = set()
    room = ""
    for line in blocks(text, "")[0].splitlines():
        if found := ROOM.match(line):
            room = found[1].rstrip("/")
            rooms[room] = set()
            if found[2]:
                registries.add(room)
        if room.split("/")[0] in PACKAGES:
            rooms[room] |= set(FILE.findall(line))
    return {room: files for room, files in rooms.items() if room.split("/")[0] in PACKAGES}, registries


def standing(root: Path) -> dict[str, set[str]]:
    """The rooms of the tree with their files, but for the `__init__.py` that says what a room is for."""
    files = [file.relative_to(root) for package in PACKAGES for file in (root / package).rglob("*.py")]
    rooms: dict[str, set[str]] = {}
    for file in files:
        own = rooms.setdefault(file.parent.as_posix(), set())
        if file.name != "__init__.py":
            own.add(file.name)
    return rooms


def faults(text: str, root: Path) -> list[str]:
    """Where drawing and tree differ, a line each."""
    told, registries = drawn(text)
    there = standing(root)
    found = [f"{room}: not drawn" for room in there.keys() - told.keys()]
    found += [f"{room}: not there" for room in told.keys() - there.keys()]
    for room in told.keys() & there.keys():
        if room not in registries:
            found += [f"{room}/{name}: not drawn" for name in there[room] - told[room]]
        found += [f"{room}/{name}: not there" for name in told[room] - there[room]]
    return sorted(found)


def page() -> str:
    return (ROOT / "docs" / "architecture.md").read_text("utf-8")


def test_the_drawing_is_the_tree() -> None:
    assert faults(page(), ROOT) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("forecaster/attic/  what nobody needs", "forecaster/attic: not there"),
        ("  old_clock.py  the time it was", "forecaster/old_clock.py: not there"),
    ],
)
def test_what_is_drawn_and_not_there_is_found(line: str, fault: str) -> None:
    spoilt = page().replace("\nforecaster/cli/", f"\n{line}\nforecaster/cli/", 1)
    assert faults(spoilt, ROOT) == [fault]


def test_what_is_there_and_not_drawn_is_found(tmp_path: Path) -> None:
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            there = tmp_path / file.relative_to(ROOT)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.touch()
    (tmp_path / "forecaster" / "attic").mkdir()
    (tmp_path / "forecaster" / "attic" / "__init__.py").touch()
    (tmp_path / "ingest" / "forgotten.py").touch()
    assert faults(page(), tmp_path) == ["forecaster/attic: not drawn", "ingest/forgotten.py: not drawn"]


def test_the_floors_told_are_those_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (floors,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    told = page().split("fails the check.")[1].split("4. ")[0].split("\n")
    assert [line.strip() for line in told if line.strip()] == floors
