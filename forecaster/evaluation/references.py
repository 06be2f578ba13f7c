"""What a practitioner would use instead: the forecasters that all others are judged by, and the order of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

REFERENCES = ("climatology", "garch", "baseline_mlp")


def in_order(models: Iterable[str]) -> list[str]:
    """Models as they are shown: those that are judged first, then what they are judged by.

    >>> in_order(["baseline_mlp", "bayesian_linear", "climatology"])
    ['bayesian_linear', 'climatology', 'baseline_mlp']
    """
    names = list(models)
    return [n for n in names if n not in REFERENCES] + [n for n in REFERENCES if n in names]
