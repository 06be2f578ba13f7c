"""The direction of imports is held by lint-imports, and a planted violation is found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [LINT, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tree again, to be spoilt."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("forecaster", "ingest", "reports"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_tree_keeps_every_contract() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("ingest/panel.py", "import forecaster", "the rooms never import the hub"),
        ("reports/palette.py", "import ingest.panel", "ingest and reports know neither the hub nor each other"),
        ("forecaster/models/climatology.py", "import forecaster.models.bayesian_linear", "no model imports another"),
        ("forecaster/distribution/predictive.py", "import forecaster.operation.daily", "data flow one way through"),
        ("forecaster/issuing/issue.py", "import forecaster.replay.backtest", "data flow one way through the hub"),
    ],
)
def test_a_planted_violation_is_found(copy: Path, file: str, line: str, broken: str) -> None:
    (copy / file).write_text((copy / file).read_text() + f"\n{line}\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout
    assert any(broken in told and told.endswith("BROKEN") for told in done.stdout.splitlines())
