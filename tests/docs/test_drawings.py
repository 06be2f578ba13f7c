"""The drawings of the documentation show the models and guides of today."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from docs import drawings
from forecaster.families import reference
from tests.docs.pages import MODELS, ROOT

if TYPE_CHECKING:
    from pathlib import Path


def carried(file: Path) -> str:
    """The text that a drawing was made from."""
    return ET.parse(file).findtext("{http://www.w3.org/2000/svg}desc") or ""  # noqa: S314  # our own file


@pytest.mark.parametrize("name", drawings.DRAWINGS)
def test_a_drawing_shows_the_program_of_today(name: str) -> None:
    """Where this fails, `make drawings` draws it again."""
    assert carried(drawings.FOLDER / f"{name}.svg") == drawings.DRAWINGS[name]()


def test_another_program_is_seen() -> None:
    """The control of the test above: the same regression with normal errors."""
    x, y = drawings.rows()
    other = drawings.source(reference.model(x.float(), y.float(), replace(drawings.PRIOR, noise="normal")))
    assert carried(drawings.FOLDER / "regression.svg") != other


def test_every_drawing_is_shown_and_no_other_lies_there() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(images/models/(\w+)\.svg\)", MODELS.read_text("utf-8"))
    assert sorted(shown) == sorted(drawings.DRAWINGS)
    assert sorted(file.name for file in drawings.FOLDER.iterdir()) == sorted(f"{name}.svg" for name in shown)


def drawn(path: str) -> subprocess.CompletedProcess[str]:
    """What `make drawings` runs, with these programs at hand."""
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    words = [sys.executable, "-c", "from docs.drawings import *; print(guide('custom')); main()"]
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_text_does_not_depend_on_the_order_of_a_set_and_a_missing_program_is_named(tmp_path: Path) -> None:
    done = drawn(str(tmp_path))
    assert done.stdout.strip() == drawings.guide("custom")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "make drawings needs the program `dot`: install graphviz, such as by `apt-get install graphviz`"
    ]


def test_drawing_again_gives_the_same_bytes() -> None:
    if shutil.which("dot") is None:
        pytest.skip("the program `dot` is not installed")
    text = drawings.plain()
    assert drawings.svg(text) == drawings.svg(text)
    assert text in "".join(ET.fromstring(drawings.svg(text)).itertext())  # noqa: S314  # our own text
