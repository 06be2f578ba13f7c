"""Ten models: every table holds all, the drawings a few that are chosen by rule, and each has a name for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from reports import document, html
from reports.blocks import Beside, Callout, Facts, Figure, Table
from reports.choice import drawn
from reports.names import in_words
from tests.reports.made_up import FIVE, MODELS, spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport

TEN = tuple(MODELS)
SKILL = {model: 0.01 * i for i, model in enumerate(TEN)}
BEST = ["climatology", *TEN[5:]]


def board(skill: dict[str, float], days: int = 250, origin: str = "replayed") -> pd.DataFrame:
    rows = [{"model": m, "origin": origin, "days": days, "skill_climatology": s} for m, s in skill.items()]
    return pd.DataFrame(rows)


def present(models: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({"model": models})


def test_climatology_and_those_of_the_highest_skill_are_drawn() -> None:
    names, how = drawn(present(TEN), TEN, board(SKILL))
    assert names == BEST
    assert how == "Of 10 models, climatology and the 5 with the highest skill on the scoreboard are drawn."
    worst = {model: -value for model, value in SKILL.items()}
    assert drawn(present(TEN), TEN, board(worst))[0] == list(TEN[:6])


def test_the_record_with_the_most_days_decides() -> None:
    few = board({model: -value for model, value in SKILL.items()}, 9, "claimed")
    assert drawn(present(TEN), TEN, pd.concat([board(SKILL), few]))[0] == BEST


def test_without_scores_the_first_are_drawn_and_six_need_no_choice() -> None:
    names, how = drawn(present(TEN), TEN, pd.DataFrame())
    assert names == list(TEN[:6])
    assert "that come first in this report are drawn" in how
    assert drawn(present(TEN[:6]), TEN, board(SKILL)) == (list(TEN[:6]), "")


def figures(part: document.Part) -> list[Figure]:
    found = [block for block in part.blocks if isinstance(block, Figure)]
    return found + [figure for block in part.blocks if isinstance(block, Beside) for figure in block.figures]


@pytest.mark.parametrize("kind", ["daily", "backtest"])
def test_drawings_hold_the_chosen_and_tables_all(kind: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue("asset" if kind == "daily" else "backtest_asset")(models=TEN)
    scored = page.scoreboard.assign(skill_climatology=page.scoreboard["model"].map(SKILL))
    own = {field: getattr(page, field) for field in page.__dataclass_fields__} | {"scoreboard": scored}
    part = document.compose(request.getfixturevalue(kind)(type(page)(**own), models=10)).parts[1]
    left_out = {spoken(model) for model in TEN if model not in BEST}
    chosen = [figure for figure in figures(part) if "highest skill on the scoreboard" in figure.caption]
    assert len(chosen) == (2 if kind == "daily" else 1)
    for figure in chosen:
        shown = set(re.findall(r">([^<>]+)</text>", figure.svg))
        assert {spoken(model) for model in BEST} <= shown
        assert not left_out & shown
    front = document.compose(request.getfixturevalue(kind)(page, models=10)).parts[0]
    tables = [block for block in (*part.blocks, *front.blocks) if isinstance(block, Table)]
    full = [table for table in tables if {spoken(m) for m in TEN} <= {r[0].text for g in table.groups for r in g.rows}]
    assert len(full) >= (3 if kind == "daily" else 1)


def test_no_id_is_left_on_the_pages_but_in_the_list_of_models(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]
) -> None:
    composed = document.compose(daily(asset(models=FIVE, rows={"row1": {"status": "unreliable", "reason": "r"}})))
    listed = next(block for block in composed.parts[-1].blocks if isinstance(block, Facts) and block.colours)
    assert [name for name, _ in listed.items] == [spoken(model) for model in FIVE]
    ids = [model for model in FIVE if spoken(model) != model]
    text = html.markup(composed)
    assert all(text.count(model) == 1 for model in ids), "one place, which tells what commands call it"
    assert all(f"(id: {model})" in line for model, (_, line) in zip(FIVE, listed.items, strict=True) if model in ids)


def test_sentences_are_told_with_names_and_commands_with_ids(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]
) -> None:
    reason = "bayesian_mlp, unlike egarch, failed; see models.bayesian_mlp.steps and `--models garch,bayesian_mlp`"
    page = asset(models=TEN, verdicts=("garch: worse than baseline_mlp.",), notes=("my_garch is another word",))
    report = in_words(daily(page, models=10, withheld={"X": reason}))
    assert report.assets[0].verdicts == ("GARCH: worse than baseline MLP.",)
    assert report.assets[0].notes == ("my_garch is another word",)
    said = document.compose(daily(page, models=10, withheld={"X": reason})).parts[0].blocks
    (warning,) = next(block for block in said if isinstance(block, Callout)).items
    assert (
        "Bayesian MLP, unlike EGARCH, failed; see models.bayesian_mlp.steps and `--models garch,bayesian_mlp`"
        in warning
    )


def test_a_backtest_is_told_with_names_too(
    backtest_asset: Callable[..., BacktestAsset], backtest: Callable[..., BacktestReport]
) -> None:
    text = html.markup(document.compose(backtest(backtest_asset(days=5))))
    assert "Bayesian linear" in text
    assert text.count("bayesian_linear") == 1
