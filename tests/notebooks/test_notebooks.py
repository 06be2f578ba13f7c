"""Every notebook runs from its first cell to its last, says what it found and leaves nothing behind.

They run one after the other in one kernel, which saves the imports of each, and where campaigns run in one each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docs.notebooks import SCRIPTS, NotebookError, kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nbformat import NotebookNode

    Run = Callable[[str], NotebookNode]

every_notebook = pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda script: script.stem)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the kernel works; a notebook keeps what it writes in a folder of its own, elsewhere."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home that is not there, and that no notebook may make."""
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("home") / "untouched"
        patch.setenv("FORECASTER_HOME", str(place))
        yield place


@pytest.fixture(scope="module")
def warm(folder: Path, home: Path) -> Iterator[Run]:
    """One kernel for all of them."""
    assert not home.exists()
    with kernel(folder) as run:
        yield run


@every_notebook
def test_a_notebook_runs(script: Path, warm: Run, folder: Path, home: Path) -> None:
    notebook = warm(script.read_text("utf-8"))
    assert [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert list(folder.iterdir()) == []
    assert not home.exists()


def test_the_study_runs_on_its_own_file_too(ethereum: Path, warm: Run) -> None:
    """The figures that `docs/study.md` names: those of predicting zero on the study's last 30 days."""
    script = (SCRIPTS / "ethereum_study.py").read_text("utf-8")
    assert script.count("\nFILE = None\n") == 1
    notebook = warm(script.replace("\nFILE = None\n", f"\nFILE = {str(ethereum)!r}\n"))
    printed = "".join(o.text for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "stream")
    assert "the study's file 2015-08-07 to 2018-01-21" in printed
    assert "predict zero:          MSE 0.005726, MAE 0.060142" in printed


@pytest.mark.campaign
@every_notebook
def test_a_notebook_runs_in_a_kernel_of_its_own(script: Path, tmp_path: Path, home: Path) -> None:
    with kernel(tmp_path) as run:
        assert run(script.read_text("utf-8")).cells
    assert list(tmp_path.iterdir()) == []
    assert not home.exists()


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("# %%\nprint(1)\n\n# %%\n1 / 0\n", "ZeroDivisionError: division by zero\nin the cell\n1 / 0"),
        ("# %%\nimport warnings\n\nwarnings.warn('odd')\n", "standard error: .*odd"),
    ],
)
def test_a_notebook_that_fails_or_complains_is_seen(script: str, fault: str, warm: Run) -> None:
    with pytest.raises(NotebookError, match=fault):
        warm(script)


def test_a_notebook_finds_nothing_of_another(warm: Run) -> None:
    """Names, figures, options, warnings, random numbers and parameters are as in a kernel of its own."""
    state = """# %%
import warnings
warnings.filterwarnings("ignore", "IProgress not found")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyro
import torch
from forecaster import models
(plt.get_fignums(), plt.rcParams["lines.linewidth"], pd.get_option("display.max_rows"), len(warnings.filters),
 np.random.rand(), float(torch.rand(1)), torch.get_default_dtype(), list(pyro.get_param_store()),
 len(models.__path__))
"""
    change = """
# %%
secret = 1
models.__path__.append("/nowhere")
warnings.filterwarnings("ignore", "anything")
plt.figure()
plt.rcParams["lines.linewidth"] = 7
pd.set_option("display.max_rows", 7)
torch.set_default_dtype(torch.float64)
pyro.param("left", torch.tensor(1.0));
"""
    before = warm(state).cells[-1].outputs[0].data["text/plain"]
    changed = warm(state + change + state)
    assert changed.cells[0].outputs[0].data["text/plain"] == before
    assert changed.cells[-1].outputs[0].data["text/plain"] != before
    assert warm(state).cells[-1].outputs[0].data["text/plain"] == before
    with pytest.raises(NotebookError, match="NameError: name 'secret' is not defined"):
        warm("# %%\nsecret\n")
