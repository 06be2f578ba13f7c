"""What a day's report was rendered from, in a small file beside it: what did not change need not be rendered again.

The file holds one hash of all that the pages depend on, taken before they were rendered, and the hashes of the pages.
Where anything differs, or the file says nothing that can be read, the report is rendered again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import reports
from forecaster.issuing.provenance import code_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forecaster.records.home import Home

DRAWN_BY = ("jinja2", "matplotlib", "numpy", "pandas", "scipy", "typst")
"""Libraries whose next version may draw or compute a page otherwise."""


@dataclass(frozen=True)
class Stamp:
    """What a report depends on, and where it is.

    Attributes:
        pdf: The report; its HTML lies beside it.
        file: Where this is kept.
        facts: One hash of all that the pages depend on.
    """

    pdf: Path
    file: Path
    facts: str

    @classmethod
    def of(cls, home: Home, as_of: pd.Timestamp, symbols: tuple[str, ...], withheld: Mapping[str, str]) -> Stamp:
        """As things are now.

        Args:
            home: Where everything is kept.
            as_of: The day of the report.
            symbols: The assets of the report.
            withheld: Symbol to why it has no forecast.
        """
        facts = [
            _program(),
            home.settings.model_dump_json(exclude={"data": {"database"}}),
            home.ledger.heads(),
            [_sha256(home.replays.of(symbol).to_csv(index=False).encode()) for symbol in symbols],
            [f"{as_of:%Y-%m-%d}", symbols, dict(withheld)],
            home.trials.count(),
            _trusted(home),
        ]
        pdf = home.reports / f"{as_of:%Y-%m-%d}.pdf"
        return cls(pdf, pdf.with_suffix(".stamp"), _sha256(json.dumps(facts).encode()))

    @property
    def holds(self) -> bool:
        """Whether the pages are there as they were rendered, and nothing that they depend on has changed since."""
        try:
            return bool(json.loads(self.file.read_text("utf-8")) == self._contents())
        except (OSError, ValueError, RecursionError):
            return False

    def write(self) -> None:
        """Keeps it beside the pages; where that cannot be, they are rendered again next time."""
        with suppress(OSError):
            self.file.write_text(json.dumps(self._contents()), "utf-8")

    def _contents(self) -> dict[str, object]:
        pages = (self.pdf, self.pdf.with_suffix(".html"))
        return {"facts": self.facts, "pages": [_sha256(page.read_bytes()) for page in pages]}


def _trusted(home: Home) -> str:
    """The certificates against which time stamps are checked; empty where none can be read."""
    if not (name := home.settings.witness.certificate):
        return ""
    try:
        return _sha256((home.folder / Path(name).expanduser()).read_bytes())
    except (OSError, RuntimeError, ValueError):
        return ""


@cache
def _program() -> list[str]:
    """This program, what draws its pages, and the libraries beneath them."""
    folder = Path(reports.__file__).parent
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc")
    drawn = [f"{path.relative_to(folder).as_posix()} {_sha256(path.read_bytes())}" for path in files]
    return [code_version(), sys.version, *drawn, *(f"{name} {version(name)}" for name in DRAWN_BY)]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
