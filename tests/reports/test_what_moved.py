"""What moved a forecast is told in numbers and in words, and only where it is on record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from reports import document, html, pdf
from reports.blocks import Group, Heading, Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.contents import AssetPage, DailyReport

HEADING = "Why the forecast became wider or narrower"
PARTS = pd.DataFrame(
    [
        # group, width, width_sd, width_before, shift, shift_sd
        ("bayesian_linear", "window", 0.0, 0.0, 0.0, 0.0005, 0.0002),
        ("bayesian_linear", "volatility", 0.10, 0.02, 0.20, 0.0, 0.0),
        ("bayesian_linear", "leverage", 0.05, 0.01, 0.01, 0.0, 0.0),
        ("bayesian_linear", "tweets", -0.02, 0.01, -0.03, 0.0, 0.0),
        ("bayesian_linear", "range", 0.004, 0.01, 0.001, 0.0, 0.0),
    ],
    columns=["model", "group", "width", "width_sd", "width_before", "shift", "shift_sd"],
)
BY_INPUTS = float(np.exp((PARTS["width"] - PARTS["width_before"]).sum()))


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u2212", "-").replace("\u2019", "'")


@pytest.fixture(name="told")
def told_group(asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]) -> Callable[..., Group]:
    """A maker of the group that the section shows for the planted parts."""

    def make(parts: pd.DataFrame = PARTS, *, wider: float | None = BY_INPUTS, **change: object) -> Group:
        page = asset(attribution=parts, **change)
        before = np.nan if wider is None else page.forecasts["sd"] / wider
        page.forecasts["previous_sd"] = before
        blocks = document.compose(daily(page)).parts[1].blocks
        at = blocks.index(Heading(HEADING, 2))
        table = blocks[at + 1]
        assert isinstance(table, Table)
        (group,) = table.groups
        return group

    return make


def test_each_part_stands_in_its_row(told: Callable[..., Group]) -> None:
    rows = {row[0].text: [plain(cell.text) for cell in row[2:]] for row in told().rows}
    assert list(rows) == ["Window", "Volatility", "Leverage", "Tweets", "Range"]
    assert rows["Volatility"] == ["+10.5 \u00b1 2.2 %", "+22.1 %", "-9.5 %", "none"]
    assert rows["Tweets"] == ["-2.0 \u00b1 1.0 %", "-3.0 %", "+1.0 %", "none"]
    assert rows["Window"] == ["none", "0.0 %", "0.0 %", "+0.05 \u00b1 0.02 %"]


def test_each_part_is_drawn_with_two_sds(told: Callable[..., Group]) -> None:
    drawn = {row[0].text: row[1].interval for row in told().rows}
    volatility = drawn["Volatility"]
    assert volatility is not None
    width = 0.14 + 0.04  # from two sds below tweets to two sds above volatility
    assert volatility.median - volatility.zero == pytest.approx(0.10 / width, abs=1e-4)
    assert volatility.high90 - volatility.low90 == pytest.approx(0.08 / width, abs=1e-4)
    assert {interval.zero for interval in drawn.values() if interval} == {volatility.zero}


def test_the_sentence_names_the_largest_changes_first(told: Callable[..., Group]) -> None:
    note = plain(told().note)
    said = "The forecast for 5 Mar is 5 % narrower than that for 4 Mar: volatility -10 %, leverage +4 %, tweets +1 %."
    assert note == said


def test_what_the_inputs_do_not_tell_is_all_else(told: Callable[..., Group]) -> None:
    assert plain(told(wider=BY_INPUTS * 1.2).note).endswith("tweets +1 %, all else +20 %.")
    assert plain(told(wider=BY_INPUTS * 1.2).note).startswith(
        "The forecast for 5 Mar is 14 % wider than that for 4 Mar: "
    )


def test_a_day_like_the_one_before_says_so(told: Callable[..., Group]) -> None:
    same = PARTS.assign(width_before=PARTS["width"])
    assert "as wide as that for 4 Mar; no input changed it by 1 %." in plain(told(same, wider=1.0).note)


def test_without_a_forecast_for_today_there_is_no_whole(
    told: Callable[..., Group], asset: Callable[..., AssetPage]
) -> None:
    fan = asset().fan
    for group in (told(wider=None), told(fan=fan[fan["target"] < fan["target"].max()])):
        assert plain(group.note) == "Compared with 4 Mar: volatility -10 %, leverage +4 %, tweets +1 %."


def test_without_the_session_before_there_is_no_sentence(told: Callable[..., Group]) -> None:
    group = told(PARTS.assign(width_before=np.nan))
    assert group.note == ""
    assert [row[3].text for row in group.rows] == ["\u2013"] * 5


def test_a_record_without_parts_has_no_such_section(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]
) -> None:
    old = html.markup(document.compose(daily(asset(attribution=PARTS.iloc[:0]))))
    assert HEADING not in old
    assert "Wider, narrower" not in old, "nor its explanation"
    new = html.markup(document.compose(daily(asset(attribution=PARTS))))
    assert HEADING in new
    assert "Wider, narrower" in new


def test_its_table_is_whole_on_one_page(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    """Ten models push it to where a page ends: it goes to the next one as a whole, under its heading."""
    ten = tuple(daily(models=10).models)
    pages = PdfReader(pdf.render(daily(asset(models=ten), models=10), tmp_path / "report.pdf")).pages
    (page,) = [text for page in pages if HEADING in (text := re.sub(r"\s+", " ", page.extract_text()))]
    own = page[page.index(HEADING) :]
    assert all(group in own for group in ("Window", "Volatility", "Leverage", "Calendar", "Volume", "Tweets"))
