"""Runs the notebooks and writes their pages in `docs/notebooks`, pictures included: `make notebooks`.

A notebook is a script in the percent format of jupytext. Its page shows its text, its code and what that printed and
drew, and carries the hash of the script, so that a test can tell whether the page is of today's script without running
it. `python -m docs.notebooks NAME ...` renders some of them again.
"""

from __future__ import annotations

import re
import sys
from base64 import b64decode
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import jupytext
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbformat import NotebookNode

ROOT = Path(__file__).parents[1]
SCRIPTS, PAGES = ROOT / "notebooks", ROOT / "docs" / "notebooks"
SECONDS = 600
"""What a cell may take by the clock: one that hangs is ended."""
QUIET = ["--log-level=ERROR"]
"""A kernel warns that it can be listened to on this machine."""
PICTURE_BYTES = 60_000
"""Larger pictures are saved with 256 colours."""
MARK = re.compile(r"\A<!-- notebooks/(\w+)\.py, sha256 ([0-9a-f]{64}) -->\n")
SHOWN = re.compile(r"!\[[^\]]+\]\(images/([\w.]+)\)")
"""A picture in a page."""

FRESH = """
%reset -f
def _fresh():
    import random, sys, warnings
    import matplotlib, matplotlib.pyplot, numpy, pandas
    shell = get_ipython()
    if not hasattr(shell, "first"):
        shell.first = warnings.filters[:]
    warnings.filters[:] = shell.first
    matplotlib.pyplot.close("all")
    matplotlib.rcdefaults()
    matplotlib.rcParams.update({"figure.dpi": 90, "figure.max_open_warning": 0})
    pandas.reset_option("^display")
    pandas.set_option("display.width", 200, "display.max_columns", None, "display.max_colwidth", 90)
    for name in {"forecaster.models", "ingest.sources", "ingest.attention"} & sys.modules.keys():
        del sys.modules[name].__path__[1:]
    random.seed(0)
    numpy.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].set_default_dtype(sys.modules["torch"].float32)
        sys.modules["torch"].manual_seed(0)
    if "pyro" in sys.modules:
        sys.modules["pyro"].clear_param_store()
_fresh()
del _fresh
"""
"""What stands before each notebook in a kernel: no name, figure, parameter or option of another; tables as wide as a
page."""


class NotebookError(Exception):
    """A notebook that failed, or complained on standard error."""


class Page(NamedTuple):
    """A rendered page: its text, and its pictures by the name of their file."""

    text: str
    pictures: dict[str, bytes]


def digest(script: Path) -> str:
    """The hash of a script, of the same value whatever its line endings."""
    return sha256(script.read_text("utf-8").encode()).hexdigest()


def is_current(page: Path, script: Path) -> bool:
    """Whether a page is there and was rendered from this very script."""
    found = MARK.match(page.read_text("utf-8")) if page.exists() else None
    return bool(found) and found.groups() == (script.stem, digest(script))


@contextmanager
def kernel(folder: Path) -> Iterator[Callable[[str], NotebookNode]]:
    """One kernel of this environment, working in `folder`, which runs scripts one after the other.

    Each begins without anything that those before it left.

    Yields:
        From a script to the notebook with its outputs; raises NotebookError where a cell fails or writes on standard
        error.
    """
    client = NotebookClient(
        new_notebook(), timeout=SECONDS, kernel_name="python3", allow_errors=True, extra_arguments=QUIET
    )
    with client.setup_kernel(cwd=str(folder)):
        yield lambda script: _run(client, script)


def _run(client: NotebookClient, script: str) -> NotebookNode:
    notebook = jupytext.reads(script, fmt="py:percent")
    client.nb = new_notebook(cells=[new_code_cell(FRESH), *notebook.cells])
    client.reset_execution_trackers()
    for place, cell in enumerate(client.nb.cells):
        client.execute_cell(cell, place)
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raise NotebookError(f"{output.ename}: {output.evalue}\nin the cell\n{cell.source}")
            if output.output_type == "stream" and output.name == "stderr":
                raise NotebookError(f"standard error: {output.text}\nin the cell\n{cell.source}")
    notebook.cells = client.nb.cells[1:]
    return notebook


def rendered(name: str, mark: str, notebook: NotebookNode) -> Page:
    """A notebook with its outputs as a page.

    Args:
        name: That of its script, without `.py`.
        mark: The hash of its script.
        notebook: As it was run.
    """
    head = (
        f"<!-- notebooks/{name}.py, sha256 {mark} -->\n\n"
        f"*Rendered from the notebook [notebooks/{name}.py](../../notebooks/{name}.py) by `make notebooks`.*"
    )
    parts, pictures, heading = [head], {}, name
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(_linked(cell.source))
            heading = next(reversed(re.findall(r"^#+ (.+)$", cell.source, flags=re.MULTILINE)), heading)
        elif cell.cell_type == "code" and cell.source.strip():
            parts.append(_fenced("python", cell.source))
            for output in cell.outputs:
                ending, shown = _content(output)
                if ending:
                    file = f"{name}_{len(pictures) + 1}.{ending}"
                    pictures[file] = shown
                    parts.append(f"![Picture {len(pictures)}: {_plain(heading)}](images/{file})")
                elif shown.strip():
                    parts.append(_fenced("text", shown.decode()))
    return Page("\n\n".join(parts) + "\n", pictures)


def _content(output: NotebookNode) -> tuple[str, bytes]:
    """What an output shows: a picture with its file's ending, or a text with none."""
    if output.output_type == "stream":
        return "", output.text.encode()
    if "image/svg+xml" in output.data:
        return "svg", output.data["image/svg+xml"].encode()
    if "image/png" in output.data:
        return "png", _small(b64decode(output.data["image/png"]))
    return "", re.sub(r"\x1b\[[0-9;]*m", "", output.data["text/plain"]).encode()


def _small(picture: bytes) -> bytes:
    """A PNG as it is, or with 256 colours where it is large."""
    if len(picture) <= PICTURE_BYTES:
        return picture
    held = BytesIO()
    Image.open(BytesIO(picture)).convert("RGB").quantize(256).save(held, "png", optimize=True)
    return min(picture, held.getvalue(), key=len)


def _fenced(language: str, text: str) -> str:
    body = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    return f"```{language}\n{body}\n```"


def _plain(heading: str) -> str:
    """A heading without its number and without marks that would end a picture's description."""
    return re.sub(r"^\d+\. |[\[\]`*]", "", heading)


def _linked(text: str) -> str:
    """A text with links that lead from the page where they led from the script.

    >>> _linked("[a](../docs/models.md), [b](regimes.py), [c](https://example.org)")
    '[a](../../docs/models.md), [b](regimes.md), [c](https://example.org)'
    """
    return re.sub(r"\]\((\w+)\.py\)", r"](\1.md)", text.replace("](../", "](../../"))


def write(page: Page, name: str, folder: Path = PAGES) -> None:
    """Puts a page and its pictures in place of those of before."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    for file in images.iterdir():
        if re.fullmatch(rf"{name}_\d+\.\w+", file.name):
            file.unlink()
    for file, content in page.pictures.items():
        (images / file).write_bytes(content)
    (folder / f"{name}.md").write_text(page.text, "utf-8")


def faults(scripts: Path = SCRIPTS, pages: Path = PAGES) -> list[str]:
    """Where pages and scripts differ, a line each: a page of another script, a picture too few or too many."""
    names = sorted(script.stem for script in scripts.glob("*.py"))
    found = [
        f"{name}: the page is not of this script: make notebooks"
        for name in names
        if not is_current(pages / f"{name}.md", scripts / f"{name}.py")
    ]
    there = {file.name for file in (pages / "images").glob("*")}
    shown = {file for page in pages.glob("*.md") for file in SHOWN.findall(page.read_text("utf-8"))}
    found += [f"{page.stem}: no notebook has this page" for page in pages.glob("*.md") if page.stem not in names]
    found += [f"{file}: not there" for file in shown - there]
    found += [f"{file}: no page shows it" for file in there - shown]
    return sorted(found)


def main(names: list[str]) -> None:
    """Renders notebooks, each in a kernel of its own: those that are named, or all of them."""
    for name in names or sorted(script.stem for script in SCRIPTS.glob("*.py")):
        script = SCRIPTS / f"{name}.py"
        if not script.exists():
            sys.exit(f"there is no notebook {name}: {script} does not exist")
        with TemporaryDirectory() as folder, kernel(Path(folder)) as run:
            try:
                notebook = run(script.read_text("utf-8"))
            except NotebookError as fault:
                sys.exit(f"{name}: {fault}")
        write(rendered(name, digest(script), notebook), name)
        sys.stdout.write(f"docs/notebooks/{name}.md\n")


if __name__ == "__main__":
    main(sys.argv[1:])
