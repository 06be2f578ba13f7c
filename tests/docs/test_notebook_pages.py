"""The pages of the notebooks are of the scripts of today; none of them is run here."""

from __future__ import annotations

import re
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from docs import notebooks
from tests.docs.pages import README

if TYPE_CHECKING:
    from pathlib import Path

BYTES = 300_000
MARK = "0" * 64


def png(noise: int) -> bytes:
    """A picture of 300 by 200 points, some of them of random colours."""
    points = np.full((200, 300, 3), 255, np.uint8)
    points[:noise] = np.random.default_rng(1).integers(0, 255, points[:noise].shape)
    held = BytesIO()
    Image.fromarray(points).save(held, "png")
    return held.getvalue()


def notebook(picture: bytes) -> notebooks.NotebookNode:
    """One with a text, a printed line, a table and a picture."""
    data = {"image/png": b64encode(picture).decode(), "text/plain": "<Figure>"}
    outputs = [
        new_output("stream", name="stdout", text="one\n"),
        new_output("execute_result", {"text/html": "<b>2</b>", "text/plain": "\x1b[1mtwo\x1b[0m  \n"}),
        new_output("display_data", data),
        new_output("display_data", {"image/svg+xml": "<svg/>", "text/plain": "<Graph>"}),
    ]
    text = new_markdown_cell("# Title\n\n## 1. A `part`\n\nSee [models](../docs/models.md) and [another](other.py).")
    return new_notebook(cells=[text, new_code_cell("print(1)", outputs=outputs)])


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A notebook with its page, as `make notebooks` leaves them."""
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "toy.py"
    script.write_text("# %%\nprint(1)\n", "utf-8")
    page = notebooks.rendered("toy", notebooks.digest(script), notebook(png(1)))
    notebooks.write(page, "toy", tmp_path / "pages")
    return tmp_path


def faults(tree: Path) -> list[str]:
    return notebooks.faults(tree / "scripts", tree / "pages")


def test_every_page_is_that_of_its_script_with_its_pictures() -> None:
    """Where this fails, `make notebooks` renders them again, `python -m docs.notebooks NAME` one of them."""
    assert notebooks.faults() == []


def test_pictures_are_small() -> None:
    large = [file.name for file in (notebooks.PAGES / "images").iterdir() if file.stat().st_size > BYTES]
    assert large == []


def test_the_readme_has_a_line_for_each_notebook() -> None:
    lines = re.findall(
        r"^\| \[[^\]]+\]\(docs/notebooks/(\w+)\.md\) \| \S.+ \|$", README.read_text("utf-8"), re.MULTILINE
    )
    assert sorted(lines) == sorted(script.stem for script in notebooks.SCRIPTS.glob("*.py"))


def test_a_page_of_another_script_is_seen(tree: Path) -> None:
    assert faults(tree) == []
    (tree / "scripts" / "toy.py").write_text("# %%\r\nprint(1)\r\n", "utf-8", newline="")
    assert faults(tree) == []
    (tree / "scripts" / "toy.py").write_text("# %%\nprint(2)\n", "utf-8")
    assert faults(tree) == ["toy: the page is not of this script: make notebooks"]


def test_a_page_and_pictures_too_few_and_too_many_are_seen(tree: Path) -> None:
    (tree / "scripts" / "new.py").write_text("1\n", "utf-8")
    (tree / "pages" / "old.md").write_text("# Old\n", "utf-8")
    images = tree / "pages" / "images"
    (images / "toy_1.png").rename(images / "toy_7.png")
    assert faults(tree) == [
        "new: the page is not of this script: make notebooks",
        "old: no notebook has this page",
        "toy_1.png: not there",
        "toy_7.png: no page shows it",
    ]


def test_rendering_again_leaves_no_picture_of_before(tree: Path) -> None:
    images = tree / "pages" / "images"
    (images / "toy_9.png").write_bytes(b"")
    (images / "toy_two_9.png").write_bytes(b"")
    notebooks.write(notebooks.Page("", {"toy_1.png": b"1"}), "toy", tree / "pages")
    assert sorted(file.name for file in images.iterdir()) == ["toy_1.png", "toy_two_9.png"]


def test_a_page_shows_text_code_and_outputs_in_order() -> None:
    page = notebooks.rendered("toy", MARK, notebook(png(1)))
    assert (
        page.text
        == f"""<!-- notebooks/toy.py, sha256 {MARK} -->

*Rendered from the notebook [notebooks/toy.py](../../notebooks/toy.py) by `make notebooks`.*

# Title

## 1. A `part`

See [models](../../docs/models.md) and [another](other.md).

```python
print(1)
```

```text
one
```

```text
two
```

![Picture 1: A part](images/toy_1.png)

![Picture 2: A part](images/toy_2.svg)
"""
    )
    assert page.pictures == {"toy_1.png": png(1), "toy_2.svg": b"<svg/>"}


def test_a_large_picture_gets_fewer_colours() -> None:
    large = png(130)
    saved = notebooks.rendered("toy", MARK, notebook(large)).pictures["toy_1.png"]
    assert len(large) > notebooks.PICTURE_BYTES > len(saved)
    assert Image.open(BytesIO(saved)).size == (300, 200)
