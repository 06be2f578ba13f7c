"""Renders the report of a day, PDF and HTML, from the ledger alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from forecaster.operation.daily_contents import daily_report
from forecaster.operation.track_verdict import track_verdict
from forecaster.records.clocks import steps
from ingest.database import reading
from reports import html, pdf
from reports.document import compose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from forecaster.records.home import Home


def render(
    home: Home,
    as_of: pd.Timestamp,
    symbols: tuple[str, ...] = (),
    withheld: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Path:
    """Renders the report of a day; returns the PDF's path.

    Args:
        home: Where everything is kept.
        as_of: The day.
        symbols: The assets of the report; all of the ledger where empty.
        withheld: Symbol to why today's run has no forecast for it.
        folder: Where the pages go; the home's folder of reports where None.

    Raises:
        ForecasterError: Where the ledger has no forecast for that day.
        ReportError: Where a page cannot be made.
    """
    judged = partial(track_verdict, (home.tracks, home.store), home.settings, home.trials.count())
    known = home.ledger, home.replays
    report = daily_report(*known, as_of, home.settings, symbols, withheld or {}, home.witnessed, judged)
    with reading(home.ledger.engine) as connection:
        contents = compose(replace(report, cautions=steps(connection)))
    place = home.reports if folder is None else folder
    html.render(contents, place / f"{as_of:%Y-%m-%d}.html")
    return pdf.render(contents, place / f"{as_of:%Y-%m-%d}.pdf")
