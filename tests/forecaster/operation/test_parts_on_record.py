"""What moved a forecast, and who counts in an ensemble, goes from the record to the page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster.issuing.attribution import KINDS
from forecaster.issuing.issue import issue
from forecaster.operation import daily
from forecaster.operation.daily_contents import daily_report
from forecaster.records.home import open_home

if TYPE_CHECKING:
    from forecaster.records.home import Home
    from reports.contents import AssetPage

DAY = pd.Timestamp("2018-01-20")
NOW = datetime(2018, 1, 21, tzinfo=UTC)
PARTS = "Why the forecast became wider or narrower"
MODELS = ("bayesian_linear", "climatology")


def page_of(home: Home) -> AssetPage:
    (page,) = daily_report(home.ledger, home.replays, DAY, home.settings, (), {}).assets
    return page


def diagnostics(home: Home, model: str) -> dict[str, dict[str, dict[str, float]]]:
    facts: dict[str, dict[str, dict[str, float]]] = json.loads(
        home.ledger.forecasts().set_index("model").loc[model, "diagnostics"]
    )
    return facts


def test_the_parts_of_a_forecast_are_on_its_page_as_recorded(home: Home) -> None:
    home.ledger.record(issue(home.store.history("WALK"), DAY, MODELS, home.settings), NOW)
    shown = page_of(home).attribution
    assert set(shown["model"]) == {"bayesian_linear"}
    assert list(shown["group"]) == [kind for kind in KINDS if kind in set(shown["group"])]
    known = diagnostics(home, "bayesian_linear")["attribution"]
    assert set(known) == set(shown["group"])
    for row in shown.to_dict("records"):
        assert {name: row[name] for name in known[row["group"]]} == known[row["group"]]
    assert np.isfinite(shown["width_before"]).all()


def test_an_older_record_has_no_parts_and_no_section(home: Home) -> None:
    made = issue(home.store.history("WALK"), DAY, MODELS, home.settings)
    old = [replace(f, diagnostics=replace(f.diagnostics, attribution=None)) for f in made]
    home.ledger.record(old, NOW)
    page = page_of(home)
    assert page.attribution.empty
    assert page.shares.empty
    assert page.pools.empty


def test_a_session_before_that_cannot_be_told_is_missing_and_not_zero(home: Home) -> None:
    made = issue(home.store.history("WALK"), DAY, ("bayesian_linear",), home.settings)
    (one,) = made
    first = {kind: replace(part, width_before=None) for kind, part in (one.diagnostics.attribution or {}).items()}
    home.ledger.record([replace(one, diagnostics=replace(one.diagnostics, attribution=first))], NOW)
    assert page_of(home).attribution["width_before"].isna().all()


def test_a_day_of_an_ensemble_tells_its_weights(home: Home) -> None:
    """A short track: the pages say how short, and that recalibration cannot be judged on it."""
    file = home.folder / "forecaster.toml"
    models = json.dumps(["climatology", "bayesian_linear", "ensemble", "recalibrated"])
    text = file.read_text("utf-8").replace('models = ["climatology", "bayesian_linear"]', f"models = {models}")
    file.write_text(text, "utf-8")
    home = open_home(home.folder)
    summary = daily.run(home, DAY)
    page = page_of(home)
    for pool in ("ensemble", "recalibrated"):
        weights = page.shares[page.shares["model"] == pool].set_index("member")["weight"]
        assert dict(weights) == diagnostics(home, pool)["pool"]
        assert weights.sum() == pytest.approx(1)
    assert page.pools.set_index("model")["days"].to_dict() == {"ensemble": 8.0, "recalibrated": 8.0}
    assert page.pools.set_index("model")["recalibrated"].fillna(-1).to_dict() == {"ensemble": -1, "recalibrated": 0}
    shown = summary.report.with_suffix(".html").read_text("utf-8")
    assert PARTS in shown
    assert "its weights are based on 8 past sessions, too few to rank its members" in shown
    assert "recalibration is off: there are not enough past sessions to judge it" in shown
