"""Numbers as JSON has them: it knows neither NaN nor infinity."""

from __future__ import annotations

import numpy as np


def number(value: float | None) -> float | None:
    """A JSON number, nothing where there is none or it is not finite."""
    return float(value) if value is not None and np.isfinite(value) else None
