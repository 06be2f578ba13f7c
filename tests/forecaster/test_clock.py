"""A rehearsal's clock has bounds: where it starts, how fast it runs, and how far it comes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forecaster.clock import Clock, clock_of
from forecaster.errors import SettingsError
from forecaster.settings import of_tables

START = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("start", "9999-12-31T23:59:59Z", "setting clock.start: a rehearsal starts in a year from 1900 to 2200"),
        ("start", "0001-01-01", "setting clock.start: a rehearsal starts in a year from 1900 to 2200"),
        ("start", "soon", "setting clock.start: this is not an ISO instant"),
        ("speed", float("inf"), "setting clock.speed: input should be less than or equal to 1000000"),
        ("speed", float("nan"), "setting clock.speed: "),
        ("speed", 1e300, "setting clock.speed: input should be less than or equal to 1000000"),
        ("speed", 1e-300, "setting clock.speed: input should be greater than or equal to 0.001"),
    ],
    ids=["late", "early", "text", "infinite", "nan", "fast", "slow"],
)
def test_settings_from_which_no_clock_goes_on_are_refused(key: str, value: object, line: str) -> None:
    with pytest.raises(SettingsError) as raised:
        of_tables({"clock": {key: value}})
    assert str(raised.value).startswith(line)
    with pytest.raises(SettingsError):
        of_tables({}, {"clock": {key: value}})


@pytest.mark.parametrize("start", ["1900-01-01", "2200-12-31T23:59:59Z"])
def test_the_first_and_the_last_year_may_be_rehearsed(start: str) -> None:
    clock = clock_of(of_tables({"clock": {"start": start, "speed": 1e-3}}).clock)
    assert abs((clock.now() - datetime.fromisoformat(start).replace(tzinfo=UTC)).total_seconds()) < 1


@pytest.mark.parametrize("speed", [1e6, 1e300])
def test_a_clock_that_has_run_out_of_years_says_so(speed: float) -> None:
    with pytest.raises(SettingsError, match="has left the years 1900 to 2261: rehearse in another home"):
        Clock(START, speed, START).now()
    assert Clock(START, 1e-9, START).real(datetime(2100, 1, 1, tzinfo=UTC)).year == 9999
