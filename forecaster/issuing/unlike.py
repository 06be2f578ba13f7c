"""How unlike its past the day of a forecast is, as the record keeps it and as a reader is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.view.novelty import novelty
from ingest.errors import IngestError

if TYPE_CHECKING:
    from forecaster.settings import Report
    from forecaster.view.view import View

SHOWN = 3
"""Inputs that are named."""

_NAMES = {"mahalanobis": "Mahalanobis distance", "autoencoder": "variational autoencoder"}


@dataclass(frozen=True)
class Unlike:
    """How unlike its past a day is.

    Attributes:
        percentile: Part of the training rows that are less unlike the others, see `forecaster.view.novelty`.
        method: How that was measured.
        rows: Training rows.
        above: From which percentile on a warning is due.
        inputs: Name, lag (1 is the newest day, 0 a covariate) and nats of the inputs that add the most to it.
    """

    percentile: float
    method: str
    rows: int
    above: float
    inputs: tuple[tuple[str, int, float], ...]

    @property
    def warned(self) -> bool:
        """Whether the forecasts of the day extrapolate."""
        return self.percentile >= self.above

    @property
    def sentence(self) -> str:
        """It in words."""
        part = f"{int(1000 * self.percentile) / 10:.1f}% of its {self.rows:,} rows"
        how = _NAMES.get(self.method, self.method)
        if not self.warned:
            return f"The day is more unlike the training data than {part} are ({how})."
        most = ", ".join(f"{name} at lag {lag}" if lag else name.replace("_", " ") for name, lag, _ in self.inputs)
        return (
            f"The day is unlike the training data, more so than {part} ({how}; most in {most}): the forecasts "
            "extrapolate."
        )


def unlike(view: View, fitted: View, settings: Report) -> Unlike | None:
    """How unlike a view's day is to what was learnt at another view; None where the window of either has a hole."""
    try:
        found = novelty(view, settings.novelty, fitted)
    except IngestError:
        return None
    most = tuple((one.name, one.lag, one.nats) for one in found.added[:SHOWN])
    return Unlike(found.percentile, settings.novelty, found.rows, settings.warn_above, most)
