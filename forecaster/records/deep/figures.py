"""Do the figures on record follow from the stored distribution, and the scores from it and the outcome?

Everything is computed again in double precision. On another machine sums may end in another digit, and a quantile is
found up to a step that depends on such digits; so figures agree to nine digits, or, where they are small against the
distribution's own extent, to eleven digits of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.distribution.predictive import LEVELS, QUANTILES, Predictive
from forecaster.evaluation.scoring import VERSIONS
from forecaster.json_numbers import number
from forecaster.records.columns import SCORES, SUMMARY, scored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.floats import Floats

RELATIVE, OF_EXTENT = 1e-9, 1e-11
"""How far a figure may be from what is computed: this share of itself, plus this share of the distribution's extent."""
FORMER = 1e-6
"""The latter for a CRPS from before scores had versions: programs of that time took its integral less exactly."""
_INSIDE = {"in50": ("q25", "q75"), "in90": ("q05", "q95")}
_SQUARES, _PLAIN = ("squared_error",), ("log_score", "pit")


def summary_fault(row: Mapping[str, Any]) -> tuple[Predictive | None, str | None]:
    """The distribution of a forecast, and what of its row does not follow from it.

    Args:
        row: `predictive` and the columns of `SUMMARY`.

    Returns:
        The distribution, None where there is none or it cannot be read; what is wrong in words, None where all holds.
    """
    if row["predictive"] is None:
        told = [name for name in SUMMARY if row[name] is not None]
        return None, f"it has {told[0]} and no distribution" if told else None
    try:
        predictive = Predictive.from_bytes(row["predictive"])
    except (TypeError, ValueError) as fault:
        return None, f"its distribution cannot be read ({fault})"
    with np.errstate(all="ignore"):  # a distribution that nobody forecast may be as odd as it likes
        wrong = _wrong(predictive, row)
    return predictive, f"{wrong} does not follow from its distribution" if wrong else None


def score_fault(
    predictive: Predictive, y: float, row: Mapping[str, Any], version: int | None, drawn: str = ""
) -> str | None:
    """What of a row of scores does not follow from distribution and outcome.

    Args:
        predictive: From `summary_fault`, where nothing was wrong.
        y: The outcome on record.
        row: The columns of `SCORES`.
        version: Of the definition that the row was scored by, of `VERSIONS`; None for the first, before they had any.
        drawn: The row that a randomised PIT is drawn by, see `forecaster.evaluation.scoring.row_of`.
    """
    with np.errstate(all="ignore"):
        expected = scored(VERSIONS[version or 1](predictive, y, drawn))
        extent = _extent(predictive)
        units = dict.fromkeys(_SQUARES, extent**2) | dict.fromkeys(_PLAIN, 1.0)
        for name in SCORES:
            if name in _INSIDE:
                edges = [predictive.quantiles[q] for q in _INSIDE[name]]
                if row[name] != expected[name] and not any(_near(y, edge, extent) for edge in edges):
                    return f"{name} does not follow from its distribution and its outcome"
            elif not _near(row[name], expected[name], units.get(name, extent), _share(name, version)):
                return f"{name} does not follow from its distribution and its outcome"
    return None


def _wrong(predictive: Predictive, row: Mapping[str, Any]) -> str | None:
    """The first figure that does not follow; where the quantiles do, they are noted, and not looked for again."""
    extent = _extent(predictive)
    for name in ("mean", "sd", "prob_up"):
        if not _near(row[name], number(getattr(predictive, name)), 1.0 if name == "prob_up" else extent):
            return name
    stored = {name: row[name] for name in QUANTILES}
    if None not in stored.values() and _are_quantiles(predictive, np.array([*stored.values()]), extent):
        vars(predictive)["quantiles"] = stored
        return None
    found = predictive.quantiles
    return next((name for name in QUANTILES if not _near(stored[name], found[name], extent)), None)


def _are_quantiles(predictive: Predictive, values: Floats, extent: float) -> bool:
    """Whether Newton's step from each value to its quantile is within the tolerance, a tenth of finding it anew."""
    steps = (predictive.cdf(values) - np.array(LEVELS)) / np.exp(predictive.log_prob(values))
    return bool((np.abs(steps) <= RELATIVE * np.abs(values) + OF_EXTENT * extent).all())


def _extent(predictive: Predictive) -> float:
    """How far the mixture reaches, about."""
    return float(predictive.scale.max()) + float(np.ptp(predictive.loc.astype(np.float64)))


def _share(name: str, version: int | None) -> float:
    return FORMER if version is None and name == "crps" else OF_EXTENT


def _near(stored: float | None, expected: float | None, unit: float, share: float = OF_EXTENT) -> bool:
    if stored is None or expected is None:
        return stored is expected
    return abs(stored - expected) <= RELATIVE * abs(expected) + share * unit
