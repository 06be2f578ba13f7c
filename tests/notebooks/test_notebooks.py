"""Every notebook runs from its first cell to its last, in a fresh kernel of this very environment."""

import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))
SECONDS = 60
"""What a cell may take: more is more than a reader's patience."""


@pytest.mark.parametrize("script", NOTEBOOKS, ids=lambda script: script.stem)
def test_a_notebook_runs_in_a_fresh_kernel(script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECASTER_HOME", str(tmp_path / "untouched"))
    found, notebook = _run(script.read_text("utf-8"), tmp_path / f"{script.stem}.ipynb")
    assert found.returncode == 0, found.stdout
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert outputs
    assert not [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"], "it ran with a complaint"
    assert not (tmp_path / "untouched").exists(), "a notebook keeps its data in a folder of its own"


def test_a_notebook_that_fails_is_seen(tmp_path: Path) -> None:
    found, _ = _run("# %%\nprint(1)\n\n# %%\n1 / 0\n", tmp_path / "planted.ipynb")
    assert found.returncode == 1
    assert "ZeroDivisionError" in found.stdout


def _run(script: str, notebook: Path) -> tuple[subprocess.CompletedProcess[str], nbformat.NotebookNode]:
    """Converts and executes; the client's own warnings stay in a process of their own."""
    jupytext.write(jupytext.reads(script, fmt="py:percent"), notebook)
    options = [
        "--nbmake",
        "--overwrite",
        "--nbmake-kernel=python3",
        f"--nbmake-timeout={SECONDS}",
        "-p",
        "no:cacheprovider",
    ]
    command = [sys.executable, "-m", "pytest", "-q", *options, notebook.name]
    found = subprocess.run(command, cwd=notebook.parent, capture_output=True, text=True, check=False)
    return found, nbformat.read(notebook, as_version=4)
