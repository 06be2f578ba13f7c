"""A forecast says which code made it: any change of a source that it comes from is another version."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import forecaster
import ingest
from forecaster.issuing.provenance import code_version, source_sha256

ASKED = "from forecaster.issuing.provenance import code_version; print(code_version())"


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """The sources of both packages in another place, without what Python compiled of them."""
    place = tmp_path_factory.mktemp("sources")
    for package in (forecaster, ingest):
        source = Path(package.__file__).parent
        shutil.copytree(source, place / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def told_by(place: Path) -> str:
    """The version that a process tells whose packages lie in a place."""
    own = {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", ASKED], cwd=place, env=own, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_version_is_that_of_the_sources_wherever_they_lie(copied):
    assert code_version().startswith(version("forecaster") + "+")
    assert told_by(copied) == code_version()


@pytest.mark.parametrize("source", ["forecaster/models/ewma.py", "ingest/covariates.py"])
def test_a_changed_constant_is_another_version(copied, tmp_path, source):
    """Of a forecaster and of what it looks at, with the number of the version as it was."""
    shutil.copytree(copied, tmp_path, dirs_exist_ok=True)
    with (tmp_path / source).open("a", encoding="utf-8") as file:
        file.write("NEW = 1\n")
    number, _, sources = told_by(tmp_path).partition("+")
    assert number == version("forecaster")
    assert sources != code_version().partition("+")[2]


def test_every_source_and_nothing_else_counts(tmp_path):
    """A byte, a place, one file more or less; compiled files and notes beside them are the control."""
    inner = tmp_path / "package" / "inner"
    inner.mkdir(parents=True)
    (inner / "a.py").write_bytes(b"A = 1\n")
    (inner / "b.py").write_bytes(b"")

    def seen() -> str:
        return source_sha256([tmp_path / "package"])

    truth = seen()
    (inner / "a.pyc").write_bytes(b"compiled")
    (inner / "notes.txt").write_bytes(b"a note")
    assert seen() == truth
    found = {truth}
    (inner / "a.py").write_bytes(b"A = 2\n")
    found.add(seen())
    (inner / "b.py").rename(inner / "c.py")
    found.add(seen())
    (inner / "c.py").unlink()
    found.add(seen())
    (inner / "a.py").rename(inner.parent / "a.py")
    found.add(seen())
    assert len(found) == 5
