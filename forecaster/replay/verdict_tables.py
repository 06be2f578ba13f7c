"""Verdicts as the tidy tables that a report shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from forecaster.evaluation import coverage, spells
from forecaster.evaluation.verdicts import LEVEL

if TYPE_CHECKING:
    from forecaster.evaluation.calibration import Calibration, Result
    from forecaster.evaluation.judgement import Judgement


NOVEL = (
    "model", "warned", "others", "log_score", "log_score_others", "low", "high", "p", "crps", "crps_others",
)  # fmt: skip
CONDITIONS = ("model", "days_of", "test", "days", "observed", "overall", "against", "fails")
DIRECTIONS = [
    "model", "days", "ups", "brier", "skill", "rps", "auc", "chance", "right", "right_half", "p", "verdict",
]  # fmt: skip


def tables(judgement: Judgement) -> dict[str, pd.DataFrame]:
    """Fields of `reports.contents.BacktestAsset`.

    They are `standings, contests, calibrated, tests, novel_days, conditions, directions` and `reliable`.
    """
    calibrated = [(c.model, c.days, *c.band, c.breaches, c.light) for c in judgement.calibrations]
    tests = [_row(own, test) for own in judgement.calibrations for test in own.tests.values()]
    standings = [(s.model, s.score, s.p, s.inside) for s in judgement.standings]
    contests = [(c.reference, c.score, c.p, c.won) for c in judgement.contests]
    novel = [
        (h.model, h.warned, h.others, h.log_score, h.log_score_others, h.low, h.high, h.p, h.crps, h.crps_others)
        for h in judgement.novel
    ]
    directions = [
        (d.model, d.days, d.ups, d.brier, d.skill, d.rps, d.auc, d.chance, d.right, d.right_half, d.p, d.verdict)
        for d in judgement.directions
    ]
    reliable = [(d.model, g.days, g.said, g.came, g.low, g.high) for d in judgement.directions for g in d.groups]
    failing = [
        (c.model, spells.TITLES[c.days_of], c.test, c.days, c.observed, c.overall, c.reference, c.fails)
        for c in judgement.conditions
    ]
    return {
        "conditions": pd.DataFrame(failing, columns=list(CONDITIONS)),
        "novel_days": pd.DataFrame(novel, columns=list(NOVEL)),
        "standings": pd.DataFrame(standings, columns=["model", "score", "p", "inside"]),
        "contests": pd.DataFrame(contests, columns=["reference", "score", "p", "won"]),
        "calibrated": pd.DataFrame(calibrated, columns=["model", "days", "low", "high", "breaches", "light"]),
        "tests": pd.DataFrame(tests, columns=["model", "test", "observed", "low", "high", "p", "stars"]),
        "directions": pd.DataFrame(directions, columns=DIRECTIONS),
        "reliable": pd.DataFrame(reliable, columns=["model", "days", "said", "came", "low", "high"]),
    }


def _row(own: Calibration, test: Result) -> tuple[str, str, float, float, float, float, int]:
    low, high = coverage.band(own.days, test.expected)
    stars = int(test.p < LEVEL) + int(test.adjusted < LEVEL)
    return own.model, test.name, test.observed, low, high, test.p, stars
