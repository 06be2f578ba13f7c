"""What the pages say is what the tables hold, also where there is little or nothing to say."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from reports import document, html, pdf
from reports.blocks import Callout, Cell, Table
from reports.numerals import DASH, money, percent, share, span
from tests.reports.made_up import spoken

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport

NOTHING = pd.DataFrame()
MISSING = dict.fromkeys(
    ("mean", "sd", "prob_up", "q05", "q25", "q50", "q75", "q95", "previous_q50", "previous_sd"), np.nan
)


def front(report: DailyReport | BacktestReport) -> tuple[Table, list[str]]:
    """The table and the warnings of a front page."""
    blocks = document.compose(report).parts[0].blocks
    warnings = [item for block in blocks if isinstance(block, Callout) for item in block.items]
    return next(block for block in blocks if isinstance(block, Table)), warnings


def check_both(report: DailyReport | BacktestReport, folder: Path) -> tuple[str, int]:
    """Renders both kinds; the PDF's text and number of pages."""
    composed = document.compose(report)
    html.render(composed, folder / "report.html")
    reader = PdfReader(pdf.render(composed, folder / "report.pdf"))
    text = " ".join(page.extract_text() for page in reader.pages)
    return re.sub(r"\s+", " ", text), len(reader.pages)


def test_the_front_page_shows_the_numbers_of_the_tables(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]
) -> None:
    page = asset()
    table, _ = front(daily(page))
    for row, (_, forecast) in zip(table.groups[0].rows, page.forecasts.iterrows(), strict=True):
        name, _, up, median, half, most, since = row
        assert name.text == spoken(forecast["model"])
        assert up.text == share(forecast["prob_up"])
        assert median == Cell(percent(forecast["q50"]), money(forecast["q50"], page.close))
        for cell, low, high in ((half, "q25", "q75"), (most, "q05", "q95")):
            assert cell.text == span(percent(forecast[low]), percent(forecast[high]))
            assert cell.sub == span(money(forecast[low], page.close), money(forecast[high], page.close))
        moved = 100 * (forecast["q50"] - forecast["previous_q50"])
        assert float(since.text.replace("\u2212", "-").split("\u202f")[0]) == pytest.approx(moved, abs=0.0051)
    assert "close 2,506.85 on Wed 4 Mar 2026" in table.groups[0].detail


def test_a_price_is_the_close_times_one_plus_the_change() -> None:
    assert money(0.1, 2500.0) == "2,750.00"


def test_a_withheld_model_shows_dashes_and_its_reason(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    broken = {"status": "withheld", "reason": "four draws were not finite", **MISSING}
    report = daily(asset(rows={"row4": broken}))
    table, warnings = front(report)
    row = table.groups[0].rows[4]
    assert [badge.text for badge in row[0].badges] == ["withheld"]
    assert [cell.text for cell in row[2:]] == [DASH] * 5
    assert row[1].interval is None
    assert any("Bayesian MLP withheld" in warning for warning in warnings)
    text, _ = check_both(report, tmp_path)
    assert "four draws were not finite" in text
    assert not re.search(r"\bnan\b", text, re.IGNORECASE)


def test_what_is_unreliable_or_late_is_said_on_the_front(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]
) -> None:
    rows = {"row0": {"status": "unreliable", "reason": "r"}, "row1": {"origin": "replayed"}}
    table, warnings = front(daily(asset(rows=rows), withheld={"GONE": "no close arrived"}))
    marks = [[badge.text for badge in row[0].badges] for row in table.groups[0].rows]
    assert marks[:3] == [["unreliable"], ["recorded after the outcome"], []]
    assert any("GONE" in warning and "no close arrived" in warning for warning in warnings)
    assert any("recorded after the outcome" in warning and "GARCH" in warning for warning in warnings)


def test_an_asset_without_any_record_says_so(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    tables = dict.fromkeys(
        ("forecasts", "densities", "fan", "window", "scoreboard", "weights", "elbo", "attribution", "shares", "pools"),
        NOTHING,
    )
    text, pages = check_both(daily(asset(**tables, verdicts=(), notes=()), asset("B", **tables)), tmp_path)
    for words in ("no forecast on record yet", "nothing to score", "page fills", "no predictive densities"):
        assert words in text
    assert pages <= 4


def test_a_day_without_assets_is_a_report_too(daily: Callable[..., DailyReport], tmp_path: Path) -> None:
    text, _ = check_both(daily(withheld={"A": "nothing arrived"}), tmp_path)
    assert "A: no forecast was issued. Reason: nothing arrived" in text


def test_a_backtest_without_scores_says_so(
    backtest_asset: Callable[..., BacktestAsset], backtest: Callable[..., BacktestReport], tmp_path: Path
) -> None:
    tables = dict.fromkeys(("scoreboard", "calibration", "standings", "contests", "calibrated", "tests"), NOTHING)
    bare = backtest_asset(days=1, verdicts=(), **tables)
    text, _ = check_both(backtest(bare), tmp_path)
    assert "There are no scores" in text
    assert "no PIT to draw" in text
    assert "Refit every 20 sessions" in text


def test_a_backtest_of_many_models_tells_one_verdict_a_line(
    backtest_asset: Callable[..., BacktestAsset], backtest: Callable[..., BacktestReport]
) -> None:
    """The front has what is said of all together, in names that read well."""
    summary = tuple(f"garch: sentence {i}." for i in range(17))
    _, said = front(backtest(backtest_asset(days=5, summary=summary)))
    assert said == [f"BTC-USD: GARCH: sentence {i}." for i in range(17)]


def table_of(report: BacktestReport, heading: str) -> dict[str, list[str]]:
    """The rows of the asset's tables with a column of that heading, by model."""
    tables = [block for block in document.compose(report).parts[1].blocks if isinstance(block, Table)]
    wanted = next(table for table in tables if heading in {column.heading for column in table.columns})
    return {row[0].text: [cell.text for cell in row[1:]] for row in wanted.groups[0].rows}


def test_a_backtest_shows_every_test_of_calibration_with_its_stars(
    backtest_asset: Callable[..., BacktestAsset], backtest: Callable[..., BacktestReport]
) -> None:
    """The third of five made-up models has two stars throughout, the first none; the band stands below the coverage."""
    asset = backtest_asset()
    widths, tail = (table_of(backtest(asset), heading) for heading in ("Uniform", "Traffic light"))
    assert set(widths) == set(tail) == {spoken(model) for model in asset.calibrated["model"]}
    first, third = (spoken(asset.calibrated["model"].iloc[i]) for i in (0, 2))
    assert all(cell.endswith("**") for cell in widths[third])
    assert not any("*" in cell for cell in widths[first] + tail[first])
    assert [tail[first][-1], tail[third][-1]] == ["green, 0", "green, 2"]
    coverage = asset.tests.set_index(["model", "test"])["observed"]
    assert widths[first][4:] == [share(coverage["climatology", f"coverage_{n}"]) for n in (50, 80, 90, 95, 99)]


def test_a_backtest_marks_who_is_left_out_of_the_best_and_which_reference_is_beaten(
    backtest_asset: Callable[..., BacktestAsset], backtest: Callable[..., BacktestReport]
) -> None:
    shown = table_of(backtest(backtest_asset()), "Best in CRPS?")
    assert [name for name, cells in shown.items() if "\u2020" in cells[0]] == ["climatology"]
    assert [name for name, cells in shown.items() if cells[2].endswith("*")] == ["baseline MLP"]
    assert shown["Bayesian MLP"][2:] == ["", ""]


def test_too_few_days_to_test_are_said_to_be(
    backtest_asset: Callable[..., BacktestAsset], backtest: Callable[..., BacktestReport], tmp_path: Path
) -> None:
    asset = backtest_asset(days=9)
    few = dataclasses.replace(asset, tests=asset.tests.iloc[:0], standings=asset.standings.iloc[:0])
    text, _ = check_both(backtest(few), tmp_path)
    assert "too few days to test calibration" in text
    assert "All models together" not in text


def test_single_points_and_missing_values_are_drawn(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    page = asset()
    last = page.fan[page.fan["target"] == page.fan["target"].max()].assign(y=np.nan)
    thin = dataclasses.replace(
        page,
        fan=last,
        elbo=page.elbo[page.elbo["step"] == 0],
        weights=page.weights[page.weights["model"] == "baseline_mlp"],
        window=page.window.assign(change=np.nan),
        scoreboard=page.scoreboard.assign(crps=np.nan, mae=np.nan, in50=np.nan),
    )
    text, _ = check_both(daily(thin), tmp_path)
    assert "One forecast session" in text


def test_many_assets_and_models_break_well(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    small = dict.fromkeys(("fan", "window", "weights", "elbo", "densities"), NOTHING)
    assets = [asset(f"S{i:02d}", models=tuple(daily(models=10).models), **small) for i in range(12)]
    composed = document.compose(daily(*assets, models=10))
    reader = PdfReader(pdf.render(composed, tmp_path / "report.pdf"))
    shown = " ".join(page.extract_text() for page in reader.pages[:5])
    assert all(shown.count(f"S{i:02d}") >= 1 for i in range(12))


def test_letters_that_the_figures_lack_do_no_harm(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    reason = "a very long reason " * 40 + "x" * 400
    row = {"status": "unreliable", "reason": reason}
    symbol = "\u682a\u5f0f \U0001f600 $a$ \x07 " + "LONG" * 12
    text, _ = check_both(daily(asset(symbol, rows={"row0": row})), tmp_path)
    assert text.replace("\u200b", "").count("x" * 60) >= 1


def test_an_asset_takes_few_pages(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    _, pages = check_both(daily(asset()), tmp_path)
    assert pages <= 5  # front, the asset's three at most, how to read


def test_every_finding_is_told_in_both_kinds(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    page = asset()
    text, _ = check_both(daily(page), tmp_path)
    markup = re.sub(r"\s+", " ", (tmp_path / "report.html").read_text("utf-8"))
    assert page.findings is not None
    told = [row[name] for _, row in page.findings.iterrows() for name in ("check", "detail", "remedy")]
    for words in (*told, "2 Apr 2025", "30 Nov 2025", "1,214"):
        assert words[1:] in text.replace("\u202f", " ").replace(" %", "%"), words
        assert words[1:] in markup, words
    assert "No problems were found" not in text


def test_rows_without_a_finding_say_so_and_an_old_record_says_nothing(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]
) -> None:
    clean = html.markup(document.compose(daily(asset(findings=asset().findings.iloc[:0]))))
    old = html.markup(document.compose(daily(asset(findings=None))))
    assert "No problems were found in the data." in clean
    assert "No problems were found" not in old
    assert "What was seen" not in clean + old


def test_every_position_is_told_with_its_numbers_and_none_where_nothing_was_decided(
    backtest_asset: Callable[..., BacktestAsset], backtest: Callable[..., BacktestReport], tmp_path: Path
) -> None:
    page = backtest_asset(days=30, decided=("garch: no evidence that it is worth its costs.",))
    cash = (page.decisions["model"] == "garch") & (page.decisions["rule"] == "kelly")
    numbers = ["sharpe", "sharpe_se", "hold_p", "random_p", "deflated"]
    page.decisions.loc[cash, numbers] = np.nan
    blocks = document.compose(backtest(page)).parts[1].blocks
    tables = [b for b in blocks if isinstance(b, Table) and b.columns[0].heading == "Position"]
    assert [[len(group.rows) for group in table.groups] for table in tables] == [[1, 5], [5], [5]]
    groups = [group for table in tables for group in table.groups]
    shown = {(group.title, row[0].text): [cell.text for cell in row[1:]] for group in groups for row in group.rows}
    assert shown["Capped Kelly", "GARCH"][4:] == [DASH, share(0.44), DASH, DASH, DASH]
    found = page.decisions[(page.decisions["model"] == "bayesian_mlp") & (page.decisions["rule"] == "direction")].iloc[
        0
    ]
    told = shown["Direction", "Bayesian MLP"]
    assert told[3] == percent(found["return"], 1)
    assert told[-1] == share(found["deflated"])
    text, _ = check_both(backtest(page), tmp_path)
    for words in ("GARCH: no evidence that it is worth its costs.", "15.0 basis points", "not advice", "buy and hold"):
        assert words in text
    bare, _ = check_both(backtest(backtest_asset(days=30, decisions=NOTHING, decided=())), tmp_path)
    assert "positions would have earned" not in bare
    assert "Deflated" not in bare


def test_where_forecasters_fail_is_a_table_of_kinds_of_days(
    backtest_asset: Callable[..., BacktestAsset], backtest: Callable[..., BacktestReport], tmp_path: Path
) -> None:
    """A row a model, a column a kind; the one that fails is marked, and where nothing was tested all is left out."""
    page = backtest_asset(days=90)
    shown = table_of(backtest(page), "Calm third")
    tests = page.conditions.set_index(["model", "days_of", "test"])
    for model in dict.fromkeys(page.conditions["model"]):
        found = tests.loc[model, "Calm third", "coverage_90"]
        assert share(found["observed"]) + ("*" if found["fails"] else "") == shown[spoken(model)][1]
    text, _ = check_both(backtest(page), tmp_path)
    assert "climatology: covers 81% at 90% (p = 0.0002) in the 20 sessions after a break (83 days)." in text
    bare, _ = check_both(backtest(backtest_asset(days=90, conditions=NOTHING, failings=())), tmp_path)
    assert "Calm third" not in bare
