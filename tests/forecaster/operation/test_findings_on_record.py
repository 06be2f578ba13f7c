"""What was found in the data is on record with each forecast, as it was known then, and is on its page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from forecaster.issuing.issue import issue
from forecaster.operation.daily_contents import daily_report
from forecaster.view.view import look
from ingest.checks import COLUMNS

if TYPE_CHECKING:
    from forecaster.records.home import Home

DAY = pd.Timestamp("2018-01-20")


def test_findings_go_on_record_and_to_the_page(home: Home) -> None:
    history = home.store.history("WALK")
    frame = history.frame.assign(close=history.frame["close"].where(history.frame.index != 150, 9e9))
    forecasts = issue(replace(history, frame=frame), DAY, ("climatology",), home.settings)
    home.ledger.record(forecasts, datetime(2018, 1, 21, tzinfo=UTC))
    facts = json.loads(home.ledger.forecasts()["diagnostics"].iloc[0])["inputs"]
    assert facts["findings"][0].keys() == set(COLUMNS)
    assert not any("robust deviations" in note for note in facts["notes"])
    (page,) = daily_report(home.ledger, home.replays, DAY, home.settings, (), {}).assets
    assert page.findings is not None
    moves = page.findings.set_index("check").loc["large price move"]
    assert (moves["count"], moves["first"]) == (2, frame["session"].iloc[150])


def test_a_revision_is_a_finding_only_once_it_is_known(home: Home) -> None:
    history = home.store.history("WALK")
    again = history.frame.iloc[[100]].assign(close=1.0, known_at=pd.Timestamp("2018-01-15 12:00", tz="UTC"))
    history = replace(history, frame=pd.concat([history.frame, again.astype(history.frame.dtypes)]))
    before, after = (look(history, pd.Timestamp(day), home.settings.forecast) for day in ("2018-01-14", "2018-01-15"))
    assert "revision" not in {one.check for one in before.findings}
    assert "revision" in {one.check for one in after.findings}
