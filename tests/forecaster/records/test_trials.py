"""What was ever backtested in a home is counted once each, and never forgotten."""

from __future__ import annotations

import pytest

from forecaster.records.preparation import prepare
from forecaster.records.trials import Trials
from ingest.database import open_engine


@pytest.fixture
def trials(url: str) -> Trials:
    """Of an empty database of each kind."""
    engine = open_engine(url)
    prepare(engine)
    return Trials(engine)


def test_a_configuration_counts_once(trials: Trials, url: str) -> None:
    """Model, settings and refit distance tell configurations apart; a home that is opened again remembers them."""
    assert trials.count() == 0
    trials.add({"garch": "a" * 64, "ewma": "b" * 64}, 20)
    trials.add({"garch": "a" * 64, "ewma": "b" * 64}, 20)
    assert trials.count() == 2
    trials.add({"garch": "c" * 64}, 20)
    trials.add({"garch": "a" * 64, "gjr": "a" * 64}, 5)
    assert trials.count() == 5
    trials.add({}, 5)
    assert Trials(open_engine(url)).count() == 5
