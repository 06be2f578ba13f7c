"""The record's names are those of what computes them today."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.distribution.predictive import QUANTILES
from forecaster.evaluation import scores
from forecaster.evaluation.scoring import score
from forecaster.records.columns import SCORES, SUMMARY, scored
from forecaster.records.replays import REPLAYS
from forecaster.records.tables import SCORED


def test_the_record_has_every_score_and_every_quantile() -> None:
    """One that is new needs a new format; see `forecaster.records.chain`."""
    assert scores.names() == SCORES
    assert ("mean", "sd", "prob_up", *QUANTILES) == SUMMARY


def test_ledger_and_replays_have_the_same_columns_of_scores() -> None:
    for name in SCORES:
        assert str(SCORED.c[name].type) == str(REPLAYS.c[name].type)
        assert not SCORED.c[name].nullable
        assert REPLAYS.c[name].nullable


def test_what_is_not_finite_or_absent_is_nothing(mixture) -> None:
    known = score(mixture(0), 0.01)
    assert scored(known) == dict(known)
    assert scored(None) == dict.fromkeys(SCORES)
    wild = {**known, "crps": np.inf, "pit": np.nan}
    assert (scored(wild)["crps"], scored(wild)["pit"]) == (None, None)
    assert scored(wild)["in90"] is known["in90"]


@pytest.mark.parametrize("name", ["in50", "in90"])
def test_a_truth_stays_one(mixture, name: str) -> None:
    assert isinstance(scored(score(mixture(1), 0.0))[name], bool)
