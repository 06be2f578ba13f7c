"""Forecasts of one day for two horizons are two rows: recorded, settled and scored apart, on both kinds of database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from forecaster.evaluation.scoring import score
from forecaster.issuing.diagnostics import Diagnostics
from forecaster.issuing.forecast import Forecast
from forecaster.operation.settle import settle
from forecaster.records.home import Home, open_home
from forecaster.replay.backtest import Replayed
from tests.walk import NOW, WALK, walk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from forecaster.distribution.predictive import Predictive

AS_OF = pd.Timestamp("2017-08-01")
DAYS = {horizon: AS_OF + pd.Timedelta(days=horizon) for horizon in (1, 2)}
"""Horizon -> target of a coin that trades every day."""
SCORES = ["crps", "log_score", "pit", "interval_score", "absolute_error", "squared_error"]


@pytest.fixture
def home(tmp_path: Path, url: str) -> Home:
    """A home that knows 60 days of a random walk."""
    opened = open_home(tmp_path, {"data": {"database": url}})
    opened.store.append(WALK, walk(60), NOW)
    return opened


@pytest.fixture
def issued(mixture: Callable[[int], Predictive]) -> list[Forecast]:
    """One model's forecasts from one day, one and two sessions ahead."""
    return [
        Forecast(
            symbol="WALK",
            model="climatology",
            as_of=AS_OF,
            horizon=horizon,
            target=target,
            status="ok",
            reason="",
            predictive=mixture(horizon),
            diagnostics=Diagnostics(),
            data_vintage="a" * 64,
            config_sha256="b" * 64,
            seed=horizon,
            code_version="test",
        )
        for horizon, target in DAYS.items()
    ]


def changes(home: Home) -> dict[int, float]:
    """Horizon -> the total return from the origin's close to the target's."""
    close = walk(60).set_index("session")["close"]
    return {horizon: close[target] / close[AS_OF] - 1 for horizon, target in DAYS.items()}


def test_both_are_recorded_and_read_back_as_two_rows(home: Home, issued: list[Forecast]) -> None:
    assert home.ledger.record(issued[:1], NOW) == 1
    assert home.ledger.recorded("WALK", AS_OF, 1) == {"climatology"}
    assert home.ledger.recorded("WALK", AS_OF, 2) == set()
    assert home.ledger.record(issued, NOW) == 1
    assert home.ledger.recorded("WALK", AS_OF, 2) == {"climatology"}
    record = home.ledger.forecasts()
    assert record[["horizon", "target"]].to_numpy().tolist() == [[1, "2017-08-02"], [2, "2017-08-03"]]
    assert record["y"].isna().all()


def test_each_is_settled_by_its_own_outcome_and_scored_apart(home: Home, issued: list[Forecast]) -> None:
    home.ledger.record(issued, NOW)
    history, y = home.store.history("WALK"), changes(home)
    assert settle(home.ledger, history, DAYS[1], NOW) == 1
    (waiting,) = home.ledger.unscored("WALK")
    assert (waiting.horizon, waiting.target) == (2, "2017-08-03")
    record = home.ledger.forecasts()
    assert len(record) == 2
    assert record["y"].isna().tolist() == [False, True]

    assert settle(home.ledger, history, DAYS[2], NOW) == 1
    assert home.ledger.unscored("WALK") == []
    record = home.ledger.forecasts()
    assert record["horizon"].tolist() == [1, 2]
    assert record["y"].tolist() == pytest.approx([y[1], y[2]], rel=1e-12)
    for row, forecast in zip(record.to_dict("records"), issued, strict=True):
        assert forecast.predictive is not None
        own = score(forecast.predictive, row["y"])
        assert [row[name] for name in SCORES] == [own[name] for name in SCORES]
    assert settle(home.ledger, history, DAYS[2], NOW) == 0
    assert home.ledger.verify() is None


def test_both_at_once_are_two_outcomes(home: Home, issued: list[Forecast]) -> None:
    home.ledger.record(issued, NOW)
    assert settle(home.ledger, home.store.history("WALK"), DAYS[2], NOW) == 2
    assert home.ledger.forecasts()["y"].tolist() == pytest.approx(list(changes(home).values()), rel=1e-12)


def test_over_a_missing_close_there_is_no_outcome(tmp_path: Path, issued: list[Forecast]) -> None:
    """Neither of the day itself nor of the two sessions across it."""
    home = open_home(tmp_path / "gap")
    rows = walk(60)
    home.store.append(WALK, rows[rows["session"] != DAYS[1]], NOW)
    home.ledger.record(issued, NOW)
    assert settle(home.ledger, home.store.history("WALK"), DAYS[2], NOW) == 0
    assert [row.horizon for row in home.ledger.unscored("WALK")] == [1, 2]


def test_replays_of_both_are_kept_side_by_side(home: Home, issued: list[Forecast]) -> None:
    y = changes(home)
    replayed = [Replayed(forecast, f"{AS_OF:%Y-%m-%d}", y[forecast.horizon]) for forecast in issued]
    home.replays.add(replayed)
    home.replays.add(replayed[1:])  # again, in its own place
    kept = home.replays.of("WALK")
    assert kept["horizon"].tolist() == [1, 2]
    assert kept["y"].tolist() == list(y.values())
