"""The weights of an ensemble are told with what they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from reports import document, html
from reports.blocks import Bullets, Heading, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.contents import AssetPage, DailyReport

HEADING = Heading("Members of the ensemble", 2)
SHARES = pd.DataFrame(
    [
        ("ensemble", "climatology", 0.02),
        ("ensemble", "garch", 0.61),
        ("ensemble", "bayesian_linear", 0.37),
        ("recalibrated", "climatology", 0.05),
        ("recalibrated", "garch", 0.95),
    ],
    columns=["model", "member", "weight"],
)


def pools(days: float, recalibrated: float, gain: float) -> pd.DataFrame:
    names = ["ensemble", "recalibrated"]
    return pd.DataFrame({"model": names, "days": days, "recalibrated": [np.nan, recalibrated], "gain": [np.nan, gain]})


@pytest.fixture(name="told")
def told_blocks(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]
) -> Callable[..., tuple[tuple[str, ...], Table]]:
    """A maker of the section's sentences and table for a track record."""

    def make(*record: float) -> tuple[tuple[str, ...], Table]:
        blocks = document.compose(daily(asset(shares=SHARES, pools=pools(*record)), models=10)).parts[1].blocks
        bullets, table = blocks[blocks.index(HEADING) + 1 :][:2]
        assert isinstance(bullets, Bullets)
        assert isinstance(table, Table)
        return bullets.items, table

    return make


def test_members_stand_with_their_weights_the_heaviest_first(
    told: Callable[..., tuple[tuple[str, ...], Table]],
) -> None:
    _, table = told(250, 1, 3.14159)
    assert [column.heading for column in table.columns] == ["Member", "ensemble", "recalibrated"]
    rows = [[cell.text.replace("\u202f", " ") for cell in row] for row in table.groups[0].rows]
    assert rows == [
        ["GARCH", "61.0 %", "95.0 %"],
        ["Bayesian linear", "37.0 %", "\u2013"],
        ["climatology", "2.0 %", "5.0 %"],
    ]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            (250, 1, 3.14159),
            "are based on 250 past sessions; recalibration is on: over the past sessions it would have",
        ),
        ((250, 1, 3.14159), "it would have gained 3.14 nats in total."),
        ((250, 0, -0.5), "recalibration is off: over the past sessions it would have lost 0.50 nats in total."),
        ((80, 0, 0.13), "gained 0.13 nats in total, but over too few sessions, or too long ago, to rely on."),
        ((12, 0, 0), "are based on 12 past sessions, too few to rank its members; recalibration is off"),
        ((12, 0, 0), "recalibration is off: there are not enough past sessions to judge it."),
        ((1, 0, 0), "are based on 1 past session, too few"),
        (
            (0, 0, 0),
            "no past sessions to weigh its members by yet, so that all have equal weight; recalibration is off",
        ),
        ((np.nan, 1, np.nan), "the record does not say how many past sessions its weights are based on"),
    ],
)
def test_what_the_weights_rest_on_is_said(
    told: Callable[..., tuple[tuple[str, ...], Table]], record: tuple[float, ...], said: str
) -> None:
    plain, recalibrated = told(*record)[0]
    assert recalibrated.startswith("recalibrated: ")
    assert said in recalibrated
    assert plain.startswith("ensemble: ")
    assert "recalibration" not in plain, "the ensemble itself never is"


def test_a_record_without_an_ensemble_has_no_such_section(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]
) -> None:
    composed = document.compose(daily(asset(shares=SHARES.iloc[:0], pools=pools(1, 0, 0).iloc[:0])))
    assert HEADING not in composed.parts[1].blocks
    assert "Recalibration" not in html.markup(composed)
