"""What an audit says of a leak: where it shows, by what, and where to look for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.replay.futures import CORRECTED, DELETED, MISSING, PERMUTED, ROWS, TENFOLD

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

UNCHANGED = "unchanged"
"""The kind of a leak that shows although nothing was changed."""

_DONE: Mapping[str, str] = {
    DELETED: "with later {} deleted",
    TENFOLD: "with later {} multiplied by ten",
    PERMUTED: "with later {} permuted",
    MISSING: "with later {} made missing",
    CORRECTED: "with earlier {} corrected after the origin",
    UNCHANGED: "on the same {}, when repeated",
}
_ROWS_ALONE = (
    "use rows up to the origin alone: look for a shift(-1), a centred window, a merge that is off by one row, or a "
    "scaler, weight or checkpoint that saw all rows"
)
_REMEDIES: Mapping[str, str] = {
    CORRECTED: "read the rows as they were known at the origin, not their newest vintage",
    UNCHANGED: "draw random numbers from the seed alone, and keep nothing from one fit to the next",
}
_ROWS_OF_A_FIT = "let each fit learn from its own examples alone, not from those of the fits beside it"


@dataclass(frozen=True)
class Leak:
    """Something after an origin that reached a forecast from it.

    Attributes:
        symbol: The asset.
        as_of: The origin.
        model: The forecaster.
        what: What differs.
        kind: What was done to the future, of `futures.KINDS`, or `UNCHANGED`.
        column: The column it was done to; `futures.ROWS` where no column shows the leak alone.
        replayed: Whether it shows in a replay only.
    """

    symbol: str
    as_of: pd.Timestamp
    model: str
    what: str
    kind: str
    column: str
    replayed: bool

    @property
    def remedy(self) -> str:
        """What to do."""
        usual = _ROWS_OF_A_FIT if self.replayed and self.column == ROWS else _ROWS_ALONE
        return _REMEDIES.get(self.kind, usual)

    @property
    def sentence(self) -> str:
        """All of it in one plain line."""
        where = f"{self.symbol}, origin {self.as_of:%Y-%m-%d}{', replayed' if self.replayed else ''}"
        return f"{where}: {self.model} leaks: {self.what} {_DONE[self.kind].format(self.column)}; {self.remedy}"
