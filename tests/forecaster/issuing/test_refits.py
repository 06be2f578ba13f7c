"""Whether there is enough to learn from is asked in one way, whoever asks."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.issuing.refits import Leg, able, fits, lack
from forecaster.view.past import Past
from ingest.sessions import calendar


@pytest.fixture
def past(history_of, settings_of) -> Past:
    """200 sessions, one of which has no row."""
    history = history_of(0.01 * np.random.default_rng(5).standard_normal(200))
    frame = history.frame.drop(index=150).reset_index(drop=True)
    settings = settings_of(forecast={"minimum_rows": 60}).forecast
    return Past(type(history)(history.asset, frame), settings)


def test_a_day_is_able_from_the_first_one_with_enough_rows_behind_it(past) -> None:
    days = calendar("24/7").sessions(past.history.first, past.history.last)
    ready = [able(past, day) for day in days]
    first = ready.index(True)
    assert ready[first:150] == [True] * (150 - first), "once able, always able"
    assert not ready[150], "a day without a price gives no view"
    assert not any(ready[:first])
    assert lack(past.look(days[first])) == ""
    assert "60" in lack(past.look(days[first - 1]))
    assert not able(past, calendar("24/7").previous(days[0])), "nor does one before the data"


def test_a_training_that_lacks_rows_says_so_in_the_same_words(past, settings_of) -> None:
    days = calendar("24/7").sessions(past.history.first, past.history.last)
    settings = settings_of(forecast={"minimum_rows": 60})
    early, late = fits({"COIN": past}, [Leg("COIN", days[at], ("ewma",)) for at in (50, 140)], settings)
    assert early["ewma"].fitted.reason == lack(past.look(days[50]))
    assert late["ewma"].fitted.reason == ""
