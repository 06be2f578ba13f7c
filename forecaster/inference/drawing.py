"""A Pyro program as a drawing: its text for Graphviz's `dot`, and the picture that `dot` makes of it."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import graphviz
import pyro

from forecaster.errors import ForecasterError
from forecaster.inference.isolation import isolated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMATS = ("svg", "pdf", "png")


def require_dot(what: str) -> None:
    """Refuses to draw without the program that draws.

    Raises:
        ForecasterError: Where `dot` is not on the path.
    """
    if shutil.which("dot") is None:
        raise ForecasterError(
            f"{what} needs the program `dot`: install graphviz, such as by `apt-get install graphviz`"
        )


def source(program: Callable[..., Any], *given: Any) -> str:  # noqa: ANN401  # what the program takes
    """What Pyro draws of a program, as text for `dot`; parameters sorted, for Pyro keeps them in a set."""
    with isolated(0):
        drawn = pyro.render_model(program, model_args=given, render_distributions=True, render_params=True)
    lines = drawn.source.splitlines()
    parameters = sorted(line for line in lines[1:] if "shape=plain " in line)
    rest = [line for line in lines[1:] if "shape=plain " not in line]
    return "\n".join([lines[0], *parameters, *rest])


def svg(text: str) -> str:
    """The drawing of a text for `dot`, which it carries as its description."""
    drawn = graphviz.Source(text).pipe(format="svg", encoding="utf-8")
    bare = re.sub(r"<!--.*?-->\n?", "", drawn, flags=re.DOTALL)  # comments name the version of `dot`
    return re.sub(r"(<svg[^>]*>)", lambda found: f"{found[1]}\n<desc>{escape(text)}</desc>", bare, count=1)


def require_format(file: Path) -> str:
    """The format that a file's name ends in.

    Raises:
        ForecasterError: Where it is none of `FORMATS`, or `dot` is not on the path.
    """
    kind = file.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise ForecasterError(f"{file} is not a drawing that can be written: end its name in .svg, .pdf or .png")
    require_dot(f"drawing {file}")
    return kind


def write(text: str, file: Path) -> None:
    """Draws a text for `dot` into a file, in the format that its name ends in.

    Raises:
        ForecasterError: Where `require_format` does, or the file cannot be written.
    """
    kind = require_format(file)
    drawn = svg(text).encode() if kind == "svg" else graphviz.Source(text).pipe(format=kind)
    try:
        file.write_bytes(drawn)
    except OSError as fault:
        raise ForecasterError(f"{file} cannot be written ({fault.strerror}): choose another place") from fault
