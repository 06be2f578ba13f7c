"""A report shows only what was recorded; a day's run reads distributions and diagnostics of none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from sqlalchemy import update

from forecaster.errors import LedgerError
from forecaster.issuing.issue import issue
from forecaster.operation import daily
from forecaster.operation.daily_contents import daily_report
from forecaster.records.tables import FORECASTS
from ingest.database import writing

if TYPE_CHECKING:
    from forecaster.records.home import Home
    from reports.contents import AssetPage

EARLIER, DAY = pd.Timestamp("2018-01-18"), pd.Timestamp("2018-01-20")
MODELS = ("climatology", "bayesian_linear")


def page_of(home: Home) -> AssetPage:
    (page,) = daily_report(home.ledger, home.replays, DAY, home.settings, ("WALK",), {}).assets
    return page


def spoil(home: Home, day: pd.Timestamp) -> None:
    """Makes distributions and diagnostics of a day unreadable."""
    rows = update(FORECASTS).where(FORECASTS.c.as_of == f"{day:%Y-%m-%d}")
    with writing(home.ledger.engine) as connection:
        connection.execute(rows.values(predictive=b"nothing", diagnostics="nothing"))


@pytest.fixture
def recorded(home: Home) -> Home:
    """A home with forecasts of two days: the first is on record before its target closed and, of one model, after."""
    history = home.store.history("WALK")
    first, second = issue(history, EARLIER, MODELS, home.settings)
    home.ledger.record([first], datetime(2018, 1, 19, 23, 59, 59, tzinfo=UTC))
    home.ledger.record([second], datetime(2018, 1, 20, tzinfo=UTC))
    home.ledger.record(issue(history, DAY, MODELS, home.settings), datetime(2018, 1, 21, tzinfo=UTC))
    return home


def test_a_report_shows_no_earlier_row_that_is_not_what_was_recorded(recorded: Home) -> None:
    spoil(recorded, EARLIER)
    with pytest.raises(LedgerError, match=r"forecast row 1 \(.*\) does not hold: its content is not what was recorded"):
        page_of(recorded)


def test_a_forecast_is_claimed_that_was_recorded_before_its_target_closed(recorded: Home) -> None:
    """A second before the close at midnight, and at the close itself."""
    assert page_of(recorded).fan.set_index("model")["origin"].to_dict() == {
        "climatology": "claimed",
        "bayesian_linear": "replayed",
    }


def test_only_the_columns_that_are_asked_for_are_read(recorded: Home) -> None:
    some = recorded.ledger.forecasts(["WALK"], columns=("model", "as_of", "crps"))
    whole = recorded.ledger.forecasts(["WALK"])
    pd.testing.assert_frame_equal(some, whole[["model", "as_of", "crps"]])


def test_keys_are_those_of_the_record(recorded: Home) -> None:
    keys = recorded.ledger.keys("WALK")
    assert keys == {(name, f"{day:%Y-%m-%d}", 1) for name in MODELS for day in (EARLIER, DAY)}
    assert recorded.ledger.keys("OTHER") == set()


def test_a_day_that_is_on_record_is_no_hole_in_the_fan(home: Home) -> None:
    """The first run fills it, for want of a record; the next day finds nothing to replay."""
    daily.run(home, EARLIER)
    first = home.replays.of("WALK")
    assert first["as_of"].nunique() == 3
    daily.run(home, pd.Timestamp("2018-01-19"))
    pd.testing.assert_frame_equal(home.replays.of("WALK"), first)
