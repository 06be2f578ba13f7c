"""GARCH, GJR and EGARCH against the search of `arch` for the same likelihood, on windows of ^GSPC.

`python -m benchmarks.volatility [FITS]` prints for each member, at 2,000 rows and at 350, what a fit costs of the
processor beside one search of `arch`, and how far its log likelihood lies above or below. FITS is 256 if not given.
"""

from __future__ import annotations

import sys
import warnings
from functools import cache, partial
from statistics import median
from time import process_time
from typing import TYPE_CHECKING

import numpy as np
from arch.univariate import EGARCH, GARCH, ConstantMean, StudentsT

from benchmarks.study import blocks
from forecaster.contract import Fitted
from forecaster.families.garch import FAMILY, fit_family

if TYPE_CHECKING:
    from collections.abc import Callable

    from arch.univariate.base import ARCHModel

    from forecaster.families.volatility_recursions import Kind
    from forecaster.floats import Floats

NAME = "8 fits of each GARCH on windows of ^GSPC, against the search of `arch`"

ROWS, FEW, MANY, TOGETHER = (2000, 350), 8, 256, 16
SLIGHT = 0.01
"""Nats that nobody misses."""


def cases() -> dict[str, Callable[[], object]]:
    """The reference, then every member, for every length."""
    found: dict[str, Callable[[], object]] = {}
    for rows in ROWS:
        for kind in FAMILY:
            found[f"{kind} by arch, {rows} rows"] = partial(_each, partial(by_arch, kind), windows(rows, FEW))
            found[f"{kind}, {rows} rows"] = partial(_each, partial(fit_family, kind), windows(rows, FEW))
    return found


@cache
def windows(rows: int, count: int) -> list[Floats]:
    """Changes of the embedded S&P 500 in windows of so many rows, spread evenly over it."""
    closes = blocks.history("^GSPC").frame.sort_values("session")["close"].to_numpy(np.float64)
    changes = np.diff(np.log(closes))
    return [changes[first : first + rows] for first in np.linspace(0, changes.size - rows, count).astype(int)]


def model(kind: Kind, changes: Floats) -> ARCHModel:
    """The same law in `arch`, in the unit of our fits."""
    asymmetric = int(kind != "garch")
    process = EGARCH(1, asymmetric, 1) if kind == "egarch" else GARCH(1, asymmetric, 1)
    return ConstantMean(changes / changes.std(), volatility=process, distribution=StudentsT(), rescale=False)


def by_arch(kind: Kind, changes: Floats) -> float:
    """The log likelihood where one search of `arch` ends, nats."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(model(kind, changes).fit(disp="off", show_warning=False).loglikelihood)


def likelihood(kind: Kind, changes: Floats, fit: Fitted) -> float:
    """The log likelihood of a fit's parameters by `arch`, nats."""
    return float(model(kind, changes).fix([fit.diagnostics[name] for name in FAMILY[kind].names]).loglikelihood)


def _each(fit: Callable[[Floats], object], changes: list[Floats]) -> None:
    for own in changes:
        fit(own)


def _seconds(case: Callable[[], object]) -> float:
    start = process_time()
    case()
    return process_time() - start


def main(count: int) -> None:
    """Prints the table; arch and ours take turns, some windows at a time."""
    for rows in ROWS:
        for kind in FAMILY:
            parts = [windows(rows, count)[first : first + TOGETHER] for first in range(0, count, TOGETHER)]
            spent = [
                tuple(_seconds(partial(_each, partial(fit, kind), part)) for fit in (by_arch, fit_family))
                for part in parts
            ]
            apart = [likelihood(kind, own, fit) - by_arch(kind, own) for own in windows(rows, count)
                     if isinstance(fit := fit_family(kind, own), Fitted) and not fit.reason]  # fmt: skip
            theirs, ours = (1000 * sum(side) / count for side in zip(*spent, strict=True))
            print(f"{kind:<7} {rows:>5} rows  arch {theirs:7.2f} ms  ours {ours:6.2f} ms  {theirs / ours:6.1f} x  "
                  f"log likelihood less that of arch: least {min(apart):+.4f}, median {median(apart):+.4f}, "
                  f"{sum(value < -SLIGHT for value in apart)} of {len(apart)} lower by {SLIGHT}")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MANY)
