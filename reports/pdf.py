"""A report as a PDF: tagged, with a text for every drawing, and the same bytes for the same facts."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import typst

from reports.document import compose
from reports.errors import ReportError
from reports.lettering import FOLDER
from reports.numerals import in_utc
from reports.writing import publish

if TYPE_CHECKING:
    from reports.contents import BacktestReport, DailyReport
    from reports.document import Document

_TEMPLATE = Path(__file__).parent / "templates" / "report.typ"


def render(report: DailyReport | BacktestReport | Document, path: Path) -> Path:
    """Writes the report to `path` as a PDF/UA-1 file and returns the path.

    The creation date in the file is `rendered_from` (none for a backtest), never the time of the call.

    Raises:
        ReportError: If the report cannot be typeset or written; a file already at `path` is left as it was.
    """
    return publish(path, typeset(compose(report)))


def typeset(document: Document) -> bytes:
    """The bytes of a composed document's PDF.

    Raises:
        ReportError: If it cannot be typeset.
    """
    facts = asdict(document) | {"issued": _instant(document.issued)}
    try:
        content = typst.compile(
            _TEMPLATE.read_bytes(),
            format="pdf",
            sys_inputs={"document": json.dumps(facts, allow_nan=False)},
            font_paths=_fonts(),
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=in_utc(document.issued) if document.issued else datetime(1970, 1, 1, tzinfo=UTC),
        )
    except (typst.TypstError, OSError) as fault:
        raise _untypeset(fault) from fault
    except BaseException as fault:
        # A fault inside the typesetter arrives as a panic, which no importable class stands for.
        if type(fault).__name__ != "PanicException":
            raise
        raise _untypeset(fault) from fault
    if not isinstance(content, bytes):
        raise ReportError("The typesetter returned no PDF. Reinstall the package `typst` and render again.")
    return content


def _untypeset(fault: BaseException) -> ReportError:
    """A fault of the typesetter in one plain line."""
    what = (str(getattr(fault, "message", fault)).splitlines() or [type(fault).__name__])[0]
    return ReportError(
        f"The PDF cannot be typeset: {what}. The HTML report holds the same facts; "
        "`forecaster doctor` checks that the typesetter and its fonts are installed."
    )


@cache
def _fonts() -> typst.Fonts:
    """The typesetter's own faces and that of the figures: the same on every machine."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(FOLDER)])


def _instant(when: datetime | None) -> dict[str, int] | None:
    """A UTC instant as the typesetter takes it."""
    if when is None:
        return None
    utc = in_utc(when)
    return {name: getattr(utc, name) for name in ("year", "month", "day", "hour", "minute", "second")}
