"""A day's report shows the whole watchlist, whoever ran which part of it."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pypdf import PdfReader

from forecaster.issuing.issue import issue
from forecaster.operation import daily
from forecaster.operation.daily_contents import daily_report
from forecaster.operation.render import render
from forecaster.records.clocks import go_on
from forecaster.records.home import open_home
from forecaster.records.reading import state_of
from forecaster.records.witnesses import stated
from ingest.assets import Asset
from ingest.panel import panel_rows

if TYPE_CHECKING:
    from forecaster.records.home import Home
    from reports.contents import AssetPage

DAY = pd.Timestamp("2018-01-20")


def front(summary: daily.Summary) -> str:
    return PdfReader(summary.report).pages[0].extract_text()


def test_two_runs_of_one_day_do_not_hide_each_other(home: Home) -> None:
    """As the schedule does where calendars differ: one run for some assets, another for the others."""
    close = 50 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.02, 200)))
    days = pd.date_range(end="2018-01-21", periods=200, unit="us")
    other = Asset("OTHER", calendar="24/7", source="csv_file")
    rows = panel_rows("OTHER", days, {"close": close}, "csv_file")
    home.store.append(other, rows, datetime(2018, 2, 1, tzinfo=UTC))
    alone = front(daily.run(home, DAY, ("WALK",)))
    assert "WALK" in alone
    assert "OTHER" not in alone, "an asset that nobody forecast has no place in the report"
    both = front(daily.run(home, DAY, ("OTHER",)))
    assert "WALK" in both
    assert "OTHER" in both


def test_an_old_forecast_is_named_and_not_shown_as_new(home: Home) -> None:
    days = pd.date_range(end="2018-01-05", periods=190, unit="us")
    close = 50 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.02, 190)))
    rows = panel_rows("STALE", days, {"close": close}, "csv_file")
    stale = Asset("STALE", calendar="24/7", source="csv_file")
    home.store.append(stale, rows, datetime(2018, 2, 1, tzinfo=UTC))
    daily.run(home, pd.Timestamp("2018-01-05"), ("STALE",))
    text = " ".join(front(daily.run(home, DAY, ("WALK",))).split())
    assert "STALE is stale: its newest forecast is from 2018-01-05: fetch or import the sessions since" in text


def test_a_page_is_of_one_horizon(home: Home) -> None:
    """A forecast two sessions ahead, recorded from the same day and the day before, changes nothing on the page."""

    def page() -> AssetPage:
        (found,) = daily_report(home.ledger, home.replays, DAY, home.settings, ("WALK",), {}).assets
        return found

    history, names = home.store.history("WALK"), home.settings.model_names()
    daily.run(home, DAY - pd.Timedelta(days=1))
    daily.run(home, DAY)
    before = page()
    for day in (DAY - pd.Timedelta(days=1), DAY):
        further = [
            replace(made, horizon=2, target=made.target + pd.Timedelta(days=1))
            for made in issue(history, day, names, home.settings)
        ]
        assert home.ledger.record(further, home.clock.now()) == len(names)
    after = page()
    pd.testing.assert_frame_equal(before.forecasts, after.forecasts)
    pd.testing.assert_frame_equal(before.fan, after.fan)
    assert (before.target, before.scoreboard["days"].tolist()) == (after.target, after.scoreboard["days"].tolist())


def test_a_fit_that_diverged_is_told_on_its_page_with_what_stands_in(home: Home) -> None:
    """Its errors' scale is given as so small that the loss overflows; the day goes on, and the record says so too."""
    file = home.folder / "forecaster.toml"
    table = "[models.bayesian_linear]\n"
    file.write_text(file.read_text("utf-8").replace(table, f"{table}noise_scale = 1e-30\n"), "utf-8")
    home = open_home(home.folder)
    summary = daily.run(home, DAY)
    assert summary.withheld == {}
    row = home.ledger.forecasts().set_index("model").loc["bayesian_linear"]
    assert (row["status"], json.loads(row["diagnostics"])["stand_in"]) == ("unreliable", "climatology")
    assert row["reason"].endswith("; climatology's distribution is used instead")
    page = summary.report.with_suffix(".html").read_text("utf-8")
    assert f"Reason: {row['reason']}" in html.unescape(page)


def test_pages_of_a_day_stay_the_same_bytes_whatever_is_recorded_later(home: Home) -> None:
    summary = daily.run(home, DAY)
    pages = (summary.report, summary.report.with_suffix(".html"))
    before = [page.read_bytes() for page in pages]
    daily.run(home, DAY + pd.Timedelta(days=1))
    render(home, DAY, ("WALK",))
    assert [page.read_bytes() for page in pages] == before
    assert stated(home.ledger.engine, state_of(home.ledger.engine, 2)).line in pages[1].read_text("utf-8")


def test_every_page_of_a_rehearsal_says_so(rehearsal: Home) -> None:
    summary = daily.run(rehearsal, pd.Timestamp("2017-12-30"))
    pages = [page.extract_text() for page in PdfReader(summary.report).pages]
    assert all("REHEARSAL" in text for text in pages)
    front = " ".join(pages[0].split())
    assert "This home is a rehearsal: its clock was set to 2018-01-01 00:00 UTC" in front
    assert "Nothing in this report is evidence of foresight" in front
    (asset,) = daily_report(
        rehearsal.ledger, rehearsal.replays, pd.Timestamp("2017-12-30"), rehearsal.settings, (), {}, rehearsal.witnessed
    ).assets
    assert set(asset.forecasts["origin"]) == {"replayed"}, "recorded after its target's close, by that clock too"


def test_a_home_of_the_real_clock_has_no_page_that_speaks_of_a_rehearsal(home: Home) -> None:
    summary = daily.run(home, DAY)
    assert "REHEARSAL" not in "".join(page.extract_text() for page in PdfReader(summary.report).pages)


def test_a_page_names_the_step_by_which_a_person_went_on(home: Home) -> None:
    daily.run(home, DAY)
    go_on(home.ledger.engine, home.clock.now() - timedelta(days=1))
    pages = render(home, DAY, ("WALK",))
    front = " ".join(PdfReader(pages).pages[0].extract_text().split())
    assert "a person went on although the record held a row of" in front
    assert "only a time stamp can show when forecasts 1 to 2 were there." in front
