"""`forecaster judge` of points: one verdict an asset, on their errors, and nothing that only distributions have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from ingest.sources import sample
from tests.forecaster.cli.conftest import in_process

if TYPE_CHECKING:
    from pathlib import Path

ASSETS = ("^GSPC", "^IXIC")
DAYS = 80
KNOWING = 0.5
"""What part of the outcome points of a seer are."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("points")
    (folder / "forecaster.toml").write_text("[forecast]\ntrain_window = 1000\n")
    assert in_process("ingest", "sample", *ASSETS, "--home", folder).code == 0
    return folder


def outcomes(symbol: str) -> pd.DataFrame:
    asset = next(one for one in sample.ASSETS if one.symbol == symbol)
    close = sample.fetch(asset, pd.Timestamp("2026-01-01", tz="UTC")).set_index("session")["close"]
    last = close.pct_change().tail(DAYS)
    return pd.DataFrame({"symbol": symbol, "target_date": last.index.strftime("%Y-%m-%d"), "y": last.to_numpy()})


def points(knowing: dict[str, float], times: float = 1.0) -> pd.DataFrame:
    """Days of the assets in turn, each point a constant beside a part of the outcome."""
    both = pd.concat([outcomes(symbol) for symbol in ASSETS])
    yhat = times * (0.0004 + both["symbol"].map(knowing) * both["y"])
    return both.drop(columns="y").assign(yhat=yhat).sort_values("target_date", kind="stable")


def judged(home: Path, file: pd.DataFrame, folder: Path, *words: object, models: str) -> dict:
    file.to_csv(folder / "mine.csv", index=False)
    said = in_process("judge", folder / "mine.csv", "--models", models, "--json", *words, "--home", home)
    assert said.code == 0, said.err
    return json.loads(said.out)


@pytest.fixture(scope="module")
def seen(home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    """Points that know half of each outcome of one asset and nothing of the other."""
    folder = tmp_path_factory.mktemp("seen")
    file = points({"^GSPC": KNOWING, "^IXIC": 0.0})
    return judged(home, file, folder, "--export", folder / "out", models="climatology"), folder / "out"


def test_the_verdict_of_an_asset_is_that_of_its_points(seen: tuple[dict, Path]) -> None:
    """First on the printout, in `verdicts.json` and on the report's front; nothing of one asset beside another's."""
    found, out = seen
    over = f"over {DAYS} days"
    better = f"Evidence of skill {over}: mine is better than climatology in absolute error and squared error."
    none = f"No evidence of skill against climatology in absolute error and squared error {over}."
    stored = json.loads((out / "verdicts.json").read_text())["verdicts"]
    page = (out / "report.html").read_text("utf-8")
    for symbol, verdict, claims in (("^GSPC", better, True), ("^IXIC", none, False)):
        assert found["sentences"][symbol][0] == verdict
        assert stored[symbol]["sentences"] == found["sentences"][symbol]
        assert (stored[symbol]["verdict"]["sentence"], stored[symbol]["verdict"]["found"]) == (verdict, claims)
        assert f"{symbol}: {verdict}" in page
        told = "better than" if claims else "no evidence of skill against"
        assert f"mine: {told} climatology in absolute error (" in " ".join(found["sentences"][symbol])
    assert "has a reference" not in str(found) + page
    assert not any(symbol in line for symbol in ASSETS for line in found["shown"])


def test_rows_stand_by_asset(seen: tuple[dict, Path]) -> None:
    found, out = seen
    rows = [(row["symbol"], row["model"]) for row in found["scores"]]
    assert rows == [(symbol, name) for symbol in ASSETS for name in ("mine", "climatology", "predict zero")]
    stored = pd.read_csv(out / "scores.csv")
    assert list(zip(stored["symbol"], stored["model"], strict=True)) == rows


def test_no_position_is_taken_from_points(seen: tuple[dict, Path]) -> None:
    _, out = seen
    decided = pd.read_csv(out / "decisions.csv")
    assert set(decided["model"]) == {"buy and hold", "climatology"}


def test_its_report_is_called_what_it_is(seen: tuple[dict, Path]) -> None:
    page = (seen[1] / "report.html").read_text("utf-8")
    assert "<title>Judged forecasts" in page


def test_without_references_points_are_held_to_zero(home: Path, tmp_path: Path) -> None:
    file = points({"^GSPC": KNOWING, "^IXIC": 0.0})
    found = judged(home, file, tmp_path, "--export", tmp_path / "out", models="none")
    zero = {row["symbol"]: row for row in found["scores"] if row["model"] == "predict zero"}
    for symbol in ASSETS:
        y = outcomes(symbol)["y"].to_numpy()
        assert zero[symbol]["days"] == DAYS
        assert zero[symbol]["mae"] == pytest.approx(np.abs(y).mean())
        assert zero[symbol]["mse"] == pytest.approx((y**2).mean())
    assert found["sentences"]["^GSPC"][0].startswith(f"Evidence of skill over {DAYS} days: mine is better than predict")
    assert found["sentences"]["^IXIC"][0].startswith("No evidence of skill against predict zero in absolute error")
    assert pd.read_csv(tmp_path / "out" / "decisions.csv").empty


@pytest.mark.parametrize("knowing", [0.0, 0.1], ids=["a drift alone", "a tenth of what comes"])
def test_points_in_per_cent_are_found_out(home: Path, tmp_path: Path, knowing: float) -> None:
    """Whether they hardly move or do; the same points as fractions are not warned of, and prices are called prices."""
    said = {}
    for times in (1.0, 100.0):
        file = points(dict.fromkeys(ASSETS, knowing), times)
        said[times] = " ".join(judged(home, file, tmp_path, models="none")["notes"])
    assert "look like percentages; say --unit percent" in said[100.0]
    assert "look like" not in said[1.0]
    prices = points(dict.fromkeys(ASSETS, knowing)).assign(yhat=lambda rows: 2500 * (1 + rows["yhat"]))
    assert "they look like prices" in " ".join(judged(home, prices, tmp_path, models="none")["notes"])
