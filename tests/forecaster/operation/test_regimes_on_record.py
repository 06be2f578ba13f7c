"""The band of regimes in a report is what was recorded with each day's own forecast, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pypdf import PdfReader

from forecaster.families.regimes import NAMES
from forecaster.issuing import diagnostics
from forecaster.operation import daily
from forecaster.operation.daily_contents import REGIME_NAMES, daily_report
from forecaster.records.home import open_home
from reports.figures.fan import draw
from reports.palette import REGIMES, looks
from tests.cheap_settings import write_cheap

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.records.home import Home
    from reports.contents import AssetPage

DAYS = pd.date_range("2018-01-19", "2018-01-20")


def test_filtered_regimes_are_recorded_with_each_forecast_and_shown_below_the_fan(home: Home) -> None:
    folder = home.folder
    write_cheap(folder, models=("climatology", "regimes"))
    home = open_home(folder)
    summaries = [daily.run(home, day) for day in DAYS]
    (page,) = daily_report(home.ledger, home.replays, DAYS[-1], home.settings, ("WALK",), {}).assets
    assert list(page.regimes["target"]) == list(DAYS[1:]), "of replayed days nothing is on record"
    for target, regime in page.regimes.itertuples(index=False):
        rows = home.ledger.forecasts(["WALK"], target - pd.Timedelta(days=1), horizon=1).set_index("model")
        told = diagnostics.read(str(rows.loc["regimes", "diagnostics"])).figures
        assert told is not None
        values = [told[name] for name in NAMES]
        assert abs(sum(value or 0 for value in values) - 1) < 1e-5
        assert regime == NAMES[int(np.argmax(np.array(values, float)))]
        assert "calm" not in (diagnostics.read(str(rows.loc["climatology", "diagnostics"])).figures or {})
    text = " ".join(page.extract_text() for page in PdfReader(summaries[-1].report).pages)
    assert "regime, filtered" in " ".join(text.split())


def test_without_the_forecaster_there_is_no_band(home: Home) -> None:
    summary = daily.run(home, DAYS[-1])
    (page,) = daily_report(home.ledger, home.replays, DAYS[-1], home.settings, ("WALK",), {}).assets
    assert page.regimes.empty
    assert "regime" not in "".join(page.extract_text() for page in PdfReader(summary.report).pages)


def test_names_are_those_of_the_model() -> None:
    assert NAMES == REGIME_NAMES == tuple(REGIMES)


def test_the_band_lies_under_the_days_that_have_a_regime() -> None:
    from tests.reports.made_up import make_asset  # noqa: PLC0415  # a long file of made-up numbers

    page: AssetPage = make_asset("ABC")
    names, days = list(dict.fromkeys(page.fan["model"])), sorted(set(page.fan["target"]))
    told = pd.DataFrame({"target": days[-4:], "regime": ["nervous", "panic", "panic", "nervous"]})
    drawn: Callable[..., str] = draw
    plain = drawn(page.fan, looks(names), names, "ABC", simulated=False)
    banded = drawn(page.fan, looks(names), names, "ABC", simulated=False, regimes=replace(page, regimes=told).regimes)
    for name, colour in REGIMES.items():
        assert colour not in plain
        assert (colour in banded) == (f"regime, filtered: {name}" in banded) == (name != "calm")
