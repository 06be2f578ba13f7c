"""Rows that many fits are trained on together: one that cannot be trained on keeps its place, and is labelled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from forecaster.inference.diagnostics import Fit

    Rows = Sequence[tuple[Tensor, ...]]

UNUSABLE = "x, y and covariates must hold finite numbers: leave incomplete rows out"


def usable(rows: Rows) -> list[tuple[Tensor, ...]]:
    """The arrays of each fit, zeros in place of those that are not finite: the others' arithmetic stays as it was.

    Raises:
        ValueError: Where fits have different columns.
    """
    columns = [tuple(part.shape[1] for part in parts if part.ndim > 1) for parts in rows]
    if len(set(columns)) > 1:
        raise ValueError(f"all fits must have the same columns, not {columns[:5]}")
    return [parts if _finite(parts) else tuple(map(torch.zeros_like, parts)) for parts in rows]


def labelled(fits: Sequence[Fit], rows: Rows) -> list[Fit]:
    """The fits, with what is to be said of their rows, whose first array is the design."""
    return [
        replace(fit, flaw=_mute(parts[0])) if _finite(parts) else replace(fit, failure=UNUSABLE)
        for fit, parts in zip(fits, rows, strict=True)
    ]


def _finite(parts: tuple[Tensor, ...]) -> bool:
    return all(bool(part.isfinite().all()) for part in parts)


def _mute(design: Tensor) -> str:
    """What is to be said of inputs `(rows, columns)` that never change, or too much; empty where there are none."""
    still = (design == design[:1]).all(0)
    if still.any():
        return f"inputs that never change carry no information about their weights: number {_named(still)}"
    wild = ~design.square().sum(0).isfinite()
    return f"inputs too large to be squared are left to their prior: number {_named(wild)}" if wild.any() else ""


def _named(columns: Tensor) -> str:
    return ", ".join(str(i + 1) for i in columns.nonzero()[:, 0].tolist())
