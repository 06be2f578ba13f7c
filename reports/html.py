"""A report as one HTML file: no script, no network, every drawing inline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from reports.canvas import named
from reports.document import compose
from reports.errors import ReportError
from reports.writing import publish

if TYPE_CHECKING:
    from reports.contents import BacktestReport, DailyReport
    from reports.document import Document

_TEMPLATES = Path(__file__).parent / "templates"


def render(report: DailyReport | BacktestReport | Document, path: Path) -> Path:
    """Writes the report to `path` as a self-contained HTML file and returns the path.

    Raises:
        ReportError: If the page cannot be made or written; a file already at `path` is left as it was.
    """
    return publish(path, markup(compose(report)).encode("utf-8", "replace"))


def markup(document: Document) -> str:
    """A composed document as HTML text; every text in it is escaped.

    Raises:
        ReportError: If the templates cannot be read or filled.
    """
    try:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        css = Markup((_TEMPLATES / "report.css").read_text("utf-8"))  # noqa: S704 (our own style sheet)
        template = environment.get_template("report.html.j2")
        return template.render(document=document, css=css, inline=_inline).lstrip()
    except (TemplateError, OSError) as fault:
        raise ReportError(
            f"The HTML page cannot be made: {fault}. Reinstall `forecaster`: a template of the package is "
            "missing or damaged."
        ) from fault


def _inline(svg: str, alt: str) -> Markup:
    """A drawing with its name, to stand in a page; its letters were escaped when it was made."""
    return Markup(named(svg, Markup('role="img" aria-label="{}"').format(alt)))  # noqa: S704 (our own markup)
