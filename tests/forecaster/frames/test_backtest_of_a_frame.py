"""`backtest` of a frame is the backtest of a home with the same rows, and counts nowhere."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import matplotlib as mpl
import pandas as pd
import pytest

from forecaster import backtest, leaderboard
from forecaster.cli import main
from forecaster.errors import ForecasterError, UnknownNameError
from forecaster.evaluation.scoreboard import scoreboard
from forecaster.records.home import open_home
from ingest.errors import FrameFaultError, UnknownSymbolError
from tests.ingest.frames.own import bars

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.frames.backtest import Replayed

mpl.use("Agg")

FRAME = bars(400)
MODELS = ("climatology", "ewma", "garch")


@pytest.fixture(scope="module")
def of_frame() -> Replayed:
    return backtest(FRAME, last=64, models=MODELS, symbol="SPX")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the same rows, from a file."""
    place = tmp_path_factory.mktemp("home")
    FRAME.to_csv(place / "prices.csv")
    with pytest.raises(SystemExit) as done:
        main(["ingest", "csv", str(place / "prices.csv"), "--symbol", "SPX", "--home", str(place)])
    assert not done.value.code
    return place


@pytest.fixture(scope="module")
def of_home(home: Path) -> Replayed:
    return backtest(["SPX"], last=64, models=MODELS, home=home)


def test_it_is_the_backtest_of_a_home_with_the_same_rows(of_frame: Replayed, of_home: Replayed) -> None:
    pd.testing.assert_frame_equal(of_frame.forecasts, of_home.forecasts, check_exact=True)
    pd.testing.assert_frame_equal(of_frame.scores, of_home.scores, check_exact=True)
    own, kept = of_frame.verdicts["SPX"], of_home.verdicts["SPX"]
    assert own.comparisons == kept.comparisons
    assert own.standings == kept.standings
    told = set(kept.sentences) - set(own.sentences)
    assert [line[:47] for line in told] == ["3 configurations have been backtested in this h"]
    assert "It is not known what else was tried; 3 models are judged here" in " ".join(own.sentences)
    assert "configurations ever backtested in this home" not in of_frame.design


def test_it_counts_no_trial_and_leaves_nothing(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_home(home).trials.count()
    monkeypatch.setenv("FORECASTER_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    backtest(FRAME, last=3, models=["climatology"], train_window=100)
    assert open_home(home).trials.count() == before
    assert list(tmp_path.iterdir()) == []


def test_results_are_written_where_the_user_says(tmp_path: Path) -> None:
    found = backtest(FRAME, last=5, models="ewma", folder=tmp_path / "out")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "decisions.csv",
        "forecasts.parquet",
        "report.html",
        "report.pdf",
        "scores.csv",
        "verdicts.json",
    ]
    written = pd.read_parquet(tmp_path / "out" / "forecasts.parquet").drop(columns="predictive")
    pd.testing.assert_frame_equal(found.forecasts, written)


def test_the_leaderboard_ranks_by_crps_with_the_verdicts_words(of_frame: Replayed) -> None:
    board = leaderboard(of_frame)
    assert set(board.index) == {("SPX", model) for model in MODELS}
    assert board["crps"].is_monotonic_increasing
    for comparison in of_frame.verdicts["SPX"].comparisons:
        if comparison.reference == "climatology":
            said = board.loc[("SPX", comparison.model), "verdict"]
            assert f"{comparison.model}: {said}" == comparison.sentence
    assert board.loc[("SPX", "climatology"), "verdict"] == ""
    rows = of_frame.forecasts.assign(target=of_frame.forecasts["target_date"], origin="replayed")
    means = scoreboard(rows).set_index("model")
    for _, model in board.index:
        assert board.loc[("SPX", model), "crps"] == means.loc[model, "crps"]
    with pytest.raises(ForecasterError, match="leaderboard takes what backtest"):
        leaderboard(FRAME)  # type: ignore[arg-type]  # a slip


def test_the_table_and_the_page(of_frame: Replayed) -> None:
    table = of_frame.table()
    assert list(table.index) == [("SPX", name) for name in (*MODELS, "predict zero")]
    page = of_frame._repr_html_()
    assert page.count('scope="row"') == len(MODELS)
    assert "It is not known what else was tried" in page
    text = repr(of_frame)
    assert "skill" in text.splitlines()[1]
    assert "SPX garch" in text
    assert "It is not known what else was tried" in text


def test_the_drawing_is_of_one_model_over_dates(of_frame: Replayed) -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415  # after the backend is chosen

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        axes = of_frame.plot("garch")
        axes.figure.canvas.draw()  # type: ignore[union-attr]  # it has one
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("session", "change, %")
    assert "GARCH" in axes.get_title()
    dots = [line for line in axes.get_lines() if line.get_label() in {"what happened", "outside 90 %"}]
    assert sum(len(line.get_xdata()) for line in dots) == 64  # type: ignore[arg-type]  # arrays
    assert of_frame.plot(ax=axes) is axes
    for given in ({"model": "gacrh"}, {"symbol": "SPY"}):
        with pytest.raises(UnknownNameError, match=r"of this backtest is called .*nearest: (garch|SPX)"):
            of_frame.plot(**given)
    plt.close("all")


def test_what_is_wrong_is_one_line(home: Path) -> None:
    with pytest.raises(FrameFaultError, match=r"give pd.read_csv\('prices.csv'\)"):
        backtest("prices.csv", last=2)
    with pytest.raises(ForecasterError, match="choose the days: either the last N"):
        backtest(FRAME)
    with pytest.raises(FrameFaultError, match="calendar says nothing of symbols of a home"):
        backtest(["SPX"], last=3, home=home, calendar="XNYS")
    with pytest.raises(FrameFaultError, match="home says nothing of a frame"):
        backtest(FRAME, last=3, home=home)
    with pytest.raises(UnknownSymbolError, match="nearest: SPX"):
        backtest("SPXX", last=3, home=home)
    with pytest.raises(FrameFaultError, match="not as list"):
        backtest([1.0, 2.0], last=3)
    with pytest.raises(ForecasterError, match="88 rows without a gap would do"):
        backtest(FRAME.tail(30), last=3)
