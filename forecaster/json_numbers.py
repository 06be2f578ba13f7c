"""Numbers as JSON has them: it knows neither NaN nor infinity."""

from __future__ import annotations

import numpy as np


def number(value: float) -> float | None:
    """A JSON number, nothing where it is not finite."""
    return float(value) if np.isfinite(value) else None
