"""What tables of the home share, by the names that the record has for it.

They are written down here, not taken from what computes them today: a row of the record has the columns of its format
for ever (see `chain`), whatever the program comes to score or summarise besides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, Double, Integer, String

from forecaster.json_numbers import number

if TYPE_CHECKING:
    from collections.abc import Mapping

SUMMARY = ("mean", "sd", "prob_up", "q01", "q05", "q10", "q25", "q50", "q75", "q90", "q95", "q99")
"""Of a predictive distribution."""
SCORES = ("crps", "log_score", "pit", "in50", "in90", "interval_score", "absolute_error", "squared_error")
"""Of a forecast, see `forecaster.evaluation.scoring`."""
_LOGICAL = ("in50", "in90")


def key_columns(*, with_model: bool) -> list[Column[Any]]:
    """The columns that say which forecast, or which outcome, a row is of."""
    model = [Column("model", String(64), nullable=False)] if with_model else []
    return [
        Column("symbol", String(32), nullable=False),
        *model,
        Column("as_of", String(10), nullable=False),
        Column("horizon", Integer, nullable=False),
    ]


def score_columns(*, nullable: bool) -> list[Column[Any]]:
    """One column per score."""
    return [Column(name, Boolean if name in _LOGICAL else Double, nullable=nullable) for name in SCORES]


def scored(scores: Mapping[str, float | bool] | None) -> dict[str, float | bool | None]:
    """The scores of a forecast as a row has them; nothing where there is no score, or it is not finite."""
    if scores is None:
        return dict.fromkeys(SCORES)
    return {name: (bool if name in _LOGICAL else number)(scores[name]) for name in SCORES}
