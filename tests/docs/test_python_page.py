"""The examples of docs/python.md run one after the other, and print what the page says of them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from tests.docs.pages import ROOT, blocks

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_examples_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import matplotlib as mpl  # noqa: PLC0415  # before anything is drawn
    from matplotlib import pyplot as plt  # noqa: PLC0415  # after the backend is chosen

    import forecaster  # noqa: PLC0415  # what the page is about

    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORECASTER_HOME", str(tmp_path / "home"))
    text = (ROOT / "docs" / "python.md").read_text("utf-8")
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for block in blocks(text, "python"):
            exec(compile(block, "python.md", "exec"), names)  # noqa: S102  # the page's own words
    plt.close("all")
    said = capsys.readouterr().out
    assert "FrameFaultError - the frame, row 2018-06-01: Close is 'n/k', which is not a number" in said
    assert "88 rows without a gap would do; it has 30" in said
    assert "It is not known what else was tried" in said
    assert [path.name for path in tmp_path.iterdir()] == ["forecast.png"]
    for name in dir(forecaster):
        assert f"| `{name}(" in text
