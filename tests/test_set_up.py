"""The program set up elsewhere: from its wheel without the tree, and by `make demo` on each Python that is at hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("forecaster", "ingest", "reports")
TRIED = ("3.11", "3.12", "3.13")
OWN = ("issued_at", "prev_hash", "row_hash")
"""What differs between two runs on the same data: the instant, and the hashes that hold it."""
CHEAP = {
    "FORECASTER__FORECAST__MODELS": '["climatology", "ewma"]',
    "FORECASTER__FORECAST__TRACK_DAYS": "8",
    "FORECASTER__REPORT__DAYS": "2",
}


def done(*words: str | Path, at: Path, **environment: str) -> str:
    """What a program prints, run in a folder, without the variables that would show it the tree."""
    plain = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV", "FORECASTER_HOME"}}
    ran = subprocess.run(
        words, cwd=at, env=plain | environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    return ran.stdout


def copied(tree: Path) -> Path:
    """The tree as it stands, without what git does not keep."""
    unkept = shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "__pycache__", ".*_cache", "shared")
    return Path(shutil.copytree(ROOT, tree, ignore=unkept))


def wheel_of(tree: Path, folder: Path, python: str | Path = sys.executable) -> Path:
    """The wheel of a tree, built with what that Python has."""
    done(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, tree, at=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def files_of(wheel: Path) -> dict[str, bytes]:
    """Place in a wheel -> bytes, but for what describes the wheel itself."""
    with zipfile.ZipFile(wheel) as packed:
        return {name: packed.read(name) for name in packed.namelist() if ".dist-info/" not in name}


def tree_files(tree: Path) -> dict[str, bytes]:
    """Place in a tree -> bytes, of its packages."""
    found = (path for package in PACKAGES for path in (tree / package).rglob("*") if path.is_file())
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in found if path.suffix != ".pyc"}


def installed(wheel: Path, folder: Path, python: str | Path = sys.executable) -> Path:
    """An environment of the wheel alone, which finds its dependencies where that Python has them; its programs."""
    done(python, "-m", "venv", "--without-pip", folder, at=wheel.parent)
    say = "import json, sys, sysconfig; print(json.dumps([sysconfig.get_path('purelib'), sys.path]))"
    _, libraries = json.loads(done(python, "-c", say, at=wheel.parent))
    if Path(python) == Path(sys.executable):
        libraries += sys.path
    places = [place for place in map(Path, libraries) if place.is_dir() and not (place / "forecaster").is_dir()]
    own, _ = json.loads(done(folder / "bin" / "python", "-c", say, at=wheel.parent))
    (Path(own) / "elsewhere.pth").write_text("".join(f"{place}\n" for place in dict.fromkeys(places)))
    pip = (python, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet", "--no-deps", "--no-index")
    done(*pip, wheel, at=wheel.parent)
    return folder / "bin"


def forecasts(program: Path, home: Path, at: Path) -> list[dict[str, Any]]:
    """What a home has on record, but for what is of its own instant."""
    rows = json.loads(done(program, "ledger", "show", "--json", "--home", home, at=at))
    return [{name: value for name, value in row.items() if name not in OWN} for row in rows]


def test_the_wheel_is_the_tree_and_works_without_it(tmp_path: Path) -> None:
    """Nothing of the packages is missing or other; installed, it forecasts and draws what the tree does, to the bit."""
    tree = copied(tmp_path / "tree")
    (tmp_path / "wheel").mkdir()
    (tmp_path / "away").mkdir()
    kept, wheel = tree_files(tree), wheel_of(tree, tmp_path / "wheel")
    assert files_of(wheel) == kept
    shutil.rmtree(tree)
    programs, away = installed(wheel, tmp_path / "environment"), tmp_path / "away"
    place = done(programs / "python", "-c", "import forecaster, ingest, reports; print(reports.__file__)", at=away)
    assert Path(place.strip()).is_relative_to(tmp_path / "environment")
    own = tmp_path / "own"
    own.write_text(f"#!{sys.executable}\nimport sys\nsys.path[:0] = {[str(ROOT), *sys.path]!r}\n")
    with own.open("a") as program:
        program.write("from forecaster.cli import main\nif __name__ == '__main__':\n    main()\n")
    own.chmod(0o755)
    for name, made_by in (("wheel", programs / "forecaster"), ("tree", own)):
        said = done(made_by, "demo", "--home", tmp_path / "homes" / name, at=away, **CHEAP)
        pdf = tmp_path / "homes" / name / "demo" / "reports" / "2018-12-31.pdf"
        assert said.splitlines()[-2:] == [f"Report: {pdf.with_suffix('.html')}", f"Report: {pdf}"]
        assert pdf.read_bytes().startswith(b"%PDF")
    ours, theirs = (
        forecasts(programs / "forecaster", tmp_path / "homes" / name / "demo", away) for name in ("tree", "wheel")
    )
    assert len(ours) == 6
    assert theirs == ours


def test_make_tells_what_it_installs_and_takes_pytorch_from_where_it_is_told(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    plain = done("make", "-n", "demo", at=tmp_path).splitlines()
    told = next(line for line in plain if line.startswith("echo"))
    assert "1.8 GB" in told
    assert not sys.platform.startswith("linux") or ("5.5 GB" in told and "make demo TORCH_INDEX=URL" in told)
    asked = done("make", "-n", "demo", "TORCH_INDEX=file:///wheels", at=tmp_path).splitlines()
    assert "5.5 GB" not in next(line for line in asked if line.startswith("echo"))
    (first, second) = (line for line in asked if "pip install" in line)
    assert first.endswith(" --no-deps --index-url 'file:///wheels' torch")
    assert second in plain
    assert plain.index(told) < plain.index(second)


def test_an_old_python_hears_which_one_it_needs(tmp_path: Path) -> None:
    """A real program that says it is Python 3.9, as far as the question of the Makefile goes."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    old = tmp_path / "python3.9"
    old.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; sys.version_info = (3, 9); $2"\n')
    old.chmod(0o755)
    ran = subprocess.run(["make", "demo", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "and 3.11 or newer is needed: name one, such as make demo PYTHON=python3.12" in ran.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_pythons_named_are_those_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == f">={TRIED[0]}"
    assert [line.split()[-1] for line in project["classifiers"] if "::" in line][1:] == list(TRIED)
    assert f"tried: {', '.join(TRIED)}" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.campaign
def test_the_demo_says_the_same_on_each_python_from_the_tree_and_from_the_wheel(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make demo` in a copy of the tree and `forecaster demo` of its wheel, on every Python that is on the PATH."""
    said: dict[str, list[dict[str, Any]]] = {}
    for version in (*TRIED, "3.14"):
        python = shutil.which(f"python{version}")
        if python is None or subprocess.run([python, "-V"], capture_output=True, check=False).returncode:
            with capsys.disabled():
                print(f"\npython{version} is not on the PATH: not tried")  # noqa: T201
            continue
        at = tmp_path / version
        tree, began = copied(at / "tree"), time.monotonic()
        done("make", "demo", f"PYTHON={python}", at=tree, FORECASTER_HOME=str(at / "home"))
        from_nothing, here = time.monotonic() - began, tree / ".venv" / "bin"
        size = done("du", "-sm", ".venv", at=tree).split()[0]
        said[f"{version} tree"] = forecasts(here / "forecaster", at / "home" / "demo", at)
        programs = installed(wheel_of(tree, at, here / "python"), at / "environment", here / "python")
        began = time.monotonic()
        done(programs / "forecaster", "demo", "--home", at / "away", at=at)
        said[f"{version} wheel"] = forecasts(programs / "forecaster", at / "away" / "demo", at)
        with capsys.disabled():
            print(f"\n{version}: make demo {from_nothing:.0f} s, environment {size} MiB,"  # noqa: T201
                  f" demo of the wheel {time.monotonic() - began:.0f} s")  # fmt: skip
        shutil.rmtree(tree / ".venv")
    assert said
    first = next(iter(said.values()))
    assert [name for name, rows in said.items() if rows != first] == []
    assert len(first) == 30
