"""The day's verdict rests on the sessions by which pools weigh their members, says that they are replayed, and knows
nothing of later ones.
"""  # noqa: D205

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from forecaster.combination.weights import past_weights, pooled
from forecaster.issuing.pools import Pools
from forecaster.operation import daily
from forecaster.operation.track_verdict import MIXTURE, track_rows, track_verdict
from forecaster.records.home import open_home
from ingest.panel import panel_rows
from tests.cheap_settings import write_cheap
from tests.walk import NOW, WALK

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.records.home import Home

AS_OF = pd.Timestamp("2018-01-20")
MEMBERS = ("climatology", "ewma")


@pytest.fixture
def kept(tmp_path: Path) -> Home:
    """A home that keeps 200 sessions of two members, of which `ewma` gains a fifth of a nat; 120 are judged."""
    write_cheap(tmp_path, models=(*MEMBERS, "ensemble", "recalibrated"))
    home = open_home(tmp_path, {"forecast": {"track_days": 120}})
    rng = np.random.default_rng(0)
    days = pd.date_range(end=AS_OF, periods=200, unit="us")
    common = rng.normal(-3, 0.5, 200)
    scores = {
        day: {"climatology": (common[i], rng.uniform()), "ewma": (common[i] - 0.2 + 0.1 * rng.normal(), rng.uniform())}
        for i, day in enumerate(days)
    }
    home.tracks.keep("WALK", scores, home.settings)
    return home


def said(home: Home, as_of: pd.Timestamp = AS_OF, trials: int = 0) -> tuple[str, ...]:
    return track_verdict((home.tracks, home.store), home.settings, trials, "WALK", as_of)


def test_the_verdict_is_first_and_says_that_its_sessions_are_replayed(kept: Home) -> None:
    first, label, *rest = said(kept)
    assert first == (
        "Evidence of skill over 120 replayed sessions: ensemble and ewma are better than climatology in log score."
    )
    assert label.startswith("Judged by log score on replays of the last 120 sessions, each from what was known then")
    assert "not judged by it: recalibrated" in label
    assert any(line.startswith("No evidence of miscalibration over all days") for line in rest)
    assert not any("CRPS" in line for line in rest)


def test_no_session_that_was_settled_after_the_day_is_looked_at(kept: Home) -> None:
    """The origin of the day itself has no outcome yet; what is changed of it and later changes no word."""
    before = said(kept, AS_OF - pd.Timedelta(days=30))
    home = open_home(kept.folder, {"forecast": {"track_days": 120}})
    later = {AS_OF - pd.Timedelta(days=30) + pd.Timedelta(days=i): dict.fromkeys(MEMBERS, (9.0, 0.5)) for i in range(2)}
    assert before == said(home, AS_OF - pd.Timedelta(days=30))
    known = kept.tracks.of("WALK", MEMBERS, kept.settings)
    assert set(later) <= set(known)
    early = {day: own for day, own in known.items() if day < AS_OF - pd.Timedelta(days=30)}
    fresh = replace_tracks(kept, {**early, **later})
    assert said(fresh, AS_OF - pd.Timedelta(days=30)) == before


def replace_tracks(home: Home, scores: dict[pd.Timestamp, dict[str, tuple[float, float]]]) -> Home:
    """A home like another with other scores."""
    folder = home.folder / "other"
    folder.mkdir()
    (folder / "forecaster.toml").write_bytes((home.folder / "forecaster.toml").read_bytes())
    fresh = open_home(folder, {"forecast": {"track_days": 120}})
    fresh.tracks.keep("WALK", scores, fresh.settings)
    return fresh


@pytest.mark.parametrize("stands", [True, False])
def test_a_gain_on_days_without_a_change_alone_is_no_skill(kept: Home, *, stands: bool) -> None:
    """The market of the home stands still on every third session, and `ewma` gains on these alone; or on others."""
    days = pd.date_range(end=AS_OF + pd.Timedelta(days=1), periods=200, unit="us")
    still = np.arange(200) % 3 == 0
    close = 100 * np.cumprod(1 + np.where(still, 0.0, 0.01 * np.random.default_rng(1).choice([-1, 1], 200)))
    kept.store.append(WALK, panel_rows("WALK", days, {"close": close}, "csv_file"), NOW)
    rng, common = np.random.default_rng(2), np.random.default_rng(3).normal(-3, 0.5, 200)
    gain, pit = np.where(still == stands, 0.6, 0.0) + 0.1 * rng.normal(size=200), rng.uniform(size=200)
    scores = {
        day - pd.Timedelta(days=1): {"climatology": (common[i], pit[i]), "ewma": (common[i] - gain[i], pit[i])}
        for i, day in enumerate(days)
    }
    fresh = replace_tracks(kept, scores)
    said_of = track_verdict((fresh.tracks, kept.store), fresh.settings, 0, "WALK", AS_OF)
    assert said_of[0].startswith("No evidence of skill" if stands else "Evidence of skill"), said_of[0]
    assert ("would gain rests on days without a change" in said_of[0]) is stands


def test_more_trials_ask_for_more(kept: Home) -> None:
    assert said(kept, trials=10**12)[0].startswith("No evidence of skill against climatology in log score over 120")


def test_the_ensemble_of_the_past_is_its_members_weighed_by_the_days_before(kept: Home) -> None:
    pools = Pools(kept.settings.model_names(), kept.settings)
    known = kept.tracks.of("WALK", pools.members, kept.settings)
    rows = track_rows(known, pools, kept.settings)
    wide = rows.pivot_table(index="target", columns="model", values="log_score")
    members = list(kept.settings.members(MIXTURE))
    own = kept.settings.model(MIXTURE)
    expected = pooled(wide[members], past_weights(wide[members], own.floor, own.half_life)[:-1])
    np.testing.assert_array_equal(wide[MIXTURE], expected)


def test_a_home_without_a_record_of_past_sessions_says_nothing_of_it(kept: Home) -> None:
    assert track_verdict((kept.tracks, kept.store), kept.settings, 0, "OTHER", AS_OF) == ()


def test_the_page_of_a_day_has_the_verdict_on_replayed_sessions(home: Home) -> None:
    """Eight sessions of record in these settings: too few to judge, and said so; with more of them they are judged."""
    made = daily.run(replace_models(home), AS_OF)
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(made.report).pages).split())
    assert "8 days are too few to judge any model" in text
    assert "on replays of the last 8 sessions" in text


def replace_models(home: Home) -> Home:
    """The same with a pool among its forecasters."""
    forecast = home.settings.forecast.model_copy(update={"models": ("climatology", "ewma", "ensemble")})
    return replace(home, settings=home.settings.model_copy(update={"forecast": forecast}))
