"""Splits and dividends of Yahoo's on the days they name: without a row, announced, divided by or not."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from ingest.assets import Asset
from ingest.changes import simple_changes
from ingest.database import open_engine
from ingest.errors import BadPayloadError, NoDataError
from ingest.sessions import calendar
from ingest.sources import yahoo
from ingest.store import Store
from ingest.yahoo_bars import bars_of
from ingest.yahoo_chart import Chart
from tests.ingest.loopback import Asked, Server
from tests.ingest.yahoo_asked import NOW, Ask, listing, rows
from tests.ingest.yahoo_server import yahoo as speaks

if TYPE_CHECKING:
    from tests.ingest.yahoo_server import Listing

pytestmark = pytest.mark.usefixtures("forgetful_yfinance")


def text(day: pd.Timestamp) -> str:
    return f"{day:%Y-%m-%d}"


def without(share: Listing, at: int, way: str) -> Listing:
    """The listing with one day's row absent, or null throughout."""
    if way == "null":
        return replace(share, nulls=(text(share.days[at]),))
    return replace(share, days=share.days.delete(at), close=np.delete(share.close, at))


def split_at(at: int, ratio: float, **facts: Any) -> Listing:
    """A listing that trades at one ratio-th of its price from a day on, and pays a dividend the day after."""
    share = listing(**facts)
    close = np.where(np.arange(len(share.days)) >= at, np.round(np.asarray(share.close) / ratio, 2), share.close)
    paid = {text(share.days[at + 1]): 0.31} if at + 1 < len(share.days) else {}
    return replace(share, close=list(close), splits={text(share.days[at]): ratio}, dividends=paid)


@functools.cache
def stored() -> Store:
    return Store(open_engine("sqlite://"))


def appended(share: Listing, panel: pd.DataFrame, now: datetime = NOW) -> tuple[int, int, int]:
    counts = stored().append(Asset(share.symbol, "XNYS", "yahoo", lag_minutes=20), panel, now)
    return counts.new, counts.corrected + counts.late + counts.quarantined + counts.held, counts.unchanged


@pytest.mark.parametrize("way", ["absent", "null"])
@pytest.mark.parametrize("at", [1, 60, -2])
def test_an_event_of_a_day_without_a_row_counts_on_the_next(at: int, way: str) -> None:
    at %= len(listing().days)
    share = replace(split_at(at, 2.0), dividends={text(listing().days[at]): 0.5})
    panel = rows(without(share, at, way))
    close = np.delete(np.asarray(share.close), at)
    assert panel["close"].tolist() == list(close)
    expected = np.ones(len(close))
    expected[at] = 2.0 * (1 + 0.5 / close[at])
    assert panel["adjustment"].tolist() == list(expected)
    change = close[at] * expected[at] / close[at - 1] - 1
    assert abs(change) < 0.2, "a false move of a half"
    assert appended(share, panel) == (len(close), 0, 0)
    assert appended(share, rows(without(share, at, way))) == (0, 0, len(close))


@pytest.mark.parametrize("way", ["absent", "null"])
@pytest.mark.parametrize("at", [0, -1])
def test_an_event_of_the_first_or_last_day_that_has_no_row(at: int, way: str) -> None:
    share = split_at(at % len(listing().days), 2.0)
    panel = rows(without(replace(share, dividends={}), at, way))
    assert panel["close"].tolist() == list(np.delete(np.asarray(share.close), at))
    assert panel["adjustment"].iloc[0] == (2.0 if at == 0 else 1.0)  # no change reaches the first row
    assert (panel["adjustment"].iloc[1:] == 1).all()


def test_an_event_of_a_day_that_is_no_session() -> None:
    share = replace(split_at(60, 4.0), dividends={"2024-02-17": 0.8})  # a Saturday before a holiday
    friday, tuesday = share.days.get_loc("2024-02-16"), share.days.get_loc("2024-02-20")
    panel = rows(share)
    assert panel["adjustment"].iloc[friday] == 1
    assert panel["adjustment"].iloc[tuesday] == 1 + 0.8 / panel["close"].iloc[tuesday]


def test_two_events_of_one_kind_before_one_price_count_together() -> None:
    share = split_at(60, 6.0)
    day, before = text(share.days[60]), text(share.days[59])
    twice = replace(share, splits={before: 3.0, day: 2.0}, dividends={before: 0.6, day: 0.1}, nulls=(before,))
    panel = rows(twice)
    close = panel["close"].iloc[59]
    assert panel["session"].iloc[59] == share.days[60]
    # 0.6 for each share after the first split is 0.3 for each after the second
    assert panel["adjustment"].iloc[59] == pytest.approx(6 * (1 + (0.6 / 2 + 0.1) / close), abs=1e-12)


def test_a_window_keeps_what_its_first_row_has_from_days_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event lies before the first day asked for, and counts on the first row."""
    share = replace(split_at(60, 4.0), dividends={"2024-02-17": 0.8})
    asset = Asset(share.symbol, "XNYS", "yahoo", lag_minutes=yahoo.LAG_MINUTES)
    young = replace(share, symbol="YOUNG", days=share.days[33:], close=share.close[33:])
    with Server(speaks(share, young)) as server:
        monkeypatch.setenv("FORECASTER_YAHOO_URL", server.url)
        whole = yahoo.fetch(asset, NOW)
        part = yahoo.fetch(asset, NOW, "2024-02-18")
        newborn = yahoo.fetch(replace(asset, symbol="YOUNG"), NOW, "2024-02-18")
    assert part["session"].iloc[0] == pd.Timestamp("2024-02-20")
    assert part["adjustment"].iloc[0] > 1
    same = whole[whole["session"] >= "2024-02-18"].reset_index(drop=True)
    pd.testing.assert_frame_equal(part.drop(columns="payload"), same.drop(columns="payload"))
    assert newborn["adjustment"].tolist() == part["adjustment"].tolist()
    asked = [a.query["period1"] for a in server.asked if "period1" in a.query and a.path.endswith("/YOUNG")]
    assert len(asked) == 2
    assert int(asked[1]) < 0, "all history, since no price lies before the window"


@pytest.mark.parametrize("ratio", [4.0, 0.1, 1.1, 1.02])
@pytest.mark.parametrize("is_divided", [True, False])
def test_a_split_announced_today_changes_no_row(ratio: float, is_divided: bool) -> None:
    share = split_at(100, ratio)
    day = text(share.days[100])
    before = replace(share, splits={}, dividends={}, days=share.days[:100], close=share.close[:100])
    close = calendar("XNYS").close(share.days[99]).to_pydatetime()
    evening, noon = close.replace(hour=22), calendar("XNYS").close(day).to_pydatetime().replace(hour=16)
    panel = rows(before, evening)
    assert appended(share, panel, evening) == (100, 0, 0)
    # the day's own row trades
    live = replace(before, splits=share.splits, undivided=() if is_divided else (day,))
    trading = replace(live, live=[(f"{day} 16:00:00", share.close[100])])
    assert appended(share, rows(trading, noon), noon) == (0, 0, 100)
    # its row is over, and Yahoo divides now, or is late by a day
    after = replace(share, days=share.days[:102], close=share.close[:102], undivided=live.undivided)
    late = calendar("XNYS").close(share.days[101]).to_pydatetime().replace(hour=22)
    assert appended(share, rows(after, late), late) == (2, 0, 100)
    panel = rows(share)
    assert appended(share, panel) == (len(share.days) - 102, 0, 102)
    assert panel["close"].tolist() == list(share.close)
    assert panel["adjustment"].iloc[100] == ratio
    assert simple_changes(panel, calendar("XNYS"))["price"].abs().max() < 0.12


@pytest.mark.parametrize(
    ("ratio", "is_divided", "is_told"),
    [(4.0, True, True), (4.0, False, False), (0.1, True, False), (0.1, False, True), (1.1, True, True)],
)
def test_a_split_of_today_before_any_price_is_read_from_decimals_or_refused(
    ratio: float, is_divided: bool, is_told: bool
) -> None:
    share = split_at(100, ratio)
    day = text(share.days[100])
    state = () if is_divided else (day,)
    early = replace(share, dividends={}, days=share.days[:100], close=share.close[:100], undivided=state)
    morning = calendar("XNYS").close(day).to_pydatetime().replace(hour=12)
    if is_told:
        panel = rows(early, morning)
        assert panel["close"].tolist() == list(share.close[:100])
        assert (panel["adjustment"] == 1).all()
        return
    with pytest.raises(NoDataError) as refused:
        rows(early, morning)
    line = str(refused.value)
    assert line.startswith(f"yahoo: {share.symbol}: a split of {ratio:g} for 1 is announced for {day}")
    assert "that session's close" in line
    # where trading is halted since, Yahoo has divided long ago
    halted = rows(replace(early, undivided=()), datetime(2024, 6, 28, 22, tzinfo=UTC))
    assert halted["close"].tolist() == list(share.close[:100])


def test_a_split_of_tomorrow_is_not_divided_by_yet() -> None:
    share = split_at(100, 4.0)
    day = text(share.days[100])
    ahead = replace(share, dividends={}, days=share.days[:100], close=share.close[:100], undivided=(day,))
    evening = calendar("XNYS").close(share.days[99]).to_pydatetime().replace(hour=22)
    panel = rows(ahead, evening)
    assert panel["close"].tolist() == list(share.close[:100])
    assert rows(replace(ahead, undivided=()), evening)["close"].tolist() == list(share.close[:100])


def test_a_split_that_is_no_ratio_is_refused() -> None:
    share = split_at(60, 2.0)
    result = share.chart(Asked("", {"period1": "0", "period2": "2000000000"}, {}))["chart"]["result"][0]
    next(iter(result["events"]["splits"].values()))["denominator"] = 0.0
    with pytest.raises(BadPayloadError, match=rf"^yahoo: X: its split of {text(share.days[60])} is 2.0 for 0.0, which"):
        bars_of(result, "yahoo: X")


def world(seed: int) -> tuple[Listing, pd.DataFrame, datetime, bool]:
    """A history as it was traded, as Yahoo shows it at a random instant; its true rows; may it be refused?"""
    rng = np.random.default_rng(seed)
    days = calendar("XNYS").sessions("2023-11-01", "2024-04-30")
    count = len(days)
    value = 300 * np.exp(np.cumsum(rng.normal(0, 0.02, count)))
    every = pd.date_range(days[3], days[-1], freq="D")
    at = int(rng.integers(60, count))
    near = [days[min(at + k, count - 1)] for k in (0, 1) if rng.random() < 0.3]
    when = {pd.Timestamp(day) for day in (*rng.choice(every, 2, replace=False), *near)}
    splits = {day: float(rng.choice([2, 3, 4, 1.5, 1.1, 0.1, 0.5])) for day in sorted(when)}
    paid_on = [pd.Timestamp(day) for day in rng.choice(every, 6, replace=False)]
    dividends = dict(zip(paid_on, np.round(rng.uniform(0.1, 2, 6), 2), strict=True))
    shares = np.array([np.prod([r for day, r in splits.items() if day <= t]) for t in days])
    close = np.round(value / shares, 2)
    holes = set(rng.choice(count, 25, replace=False)) - {0}
    now = (days[at] + pd.Timedelta(float(rng.choice([12, 16, 23])), unit="h")).tz_localize("UTC")
    is_closed, is_trading = now.hour > 21, now.hour == 16
    shown = [t for t in range(at + is_closed) if t not in holes]
    today = days[at]
    undivided = tuple(text(day) for day in splits if day > today or (day == today and rng.random() < 0.5))
    tomorrow = today + pd.Timedelta(1, unit="D")
    listed = {text(day): float(r) for day, r in splits.items() if day <= tomorrow}
    share = listing()
    share = replace(
        share,
        days=days[shown],
        close=list(close[shown]),
        splits=listed,
        dividends={text(day): float(d) for day, d in dividends.items() if day <= today},
        live=[(f"{now:%Y-%m-%d %H:%M:%S}", close[at])] if is_trading else [],
        undivided=undivided,
    )
    adjustment, previous = [], pd.Timestamp.min
    for t in shown:
        inside = {day: r for day, r in splits.items() if previous < day <= days[t]}
        paid = sum(
            amount / np.prod([r for when, r in inside.items() if when > day])
            for day, amount in dividends.items()
            if previous < day <= days[t]
        )
        adjustment.append(np.prod(list(inside.values())) * (1 + paid / close[t]))
        previous = days[t]
    truth = pd.DataFrame({"session": days[shown], "close": close[shown], "adjustment": adjustment})
    pending = [day for day in splits if previous < day <= tomorrow]
    return share, truth, now.to_pydatetime(), bool(pending)


@pytest.mark.parametrize("seeds", [range(100), pytest.param(range(100, 300), marks=pytest.mark.campaign)])
def test_random_histories_come_as_they_traded_or_are_refused(seeds: range) -> None:
    refused = 0
    for seed in seeds:
        share, truth, now, may_refuse = world(seed)
        document = share.chart(Asked("", {"period1": "0", "period2": "2000000000"}, {}))
        result = document["chart"]["result"][0]
        chart = Chart(share.symbol, bars_of(result, "yahoo: X"), result["meta"], "")
        try:
            panel = yahoo.rows_of(chart, yahoo.asset_of(share.symbol, chart.meta), now)
        except NoDataError:
            assert may_refuse, seed
            refused += 1
            continue
        assert panel["session"].tolist() == truth["session"].tolist(), seed
        np.testing.assert_allclose(panel["close"], truth["close"], rtol=2e-7, err_msg=str(seed))
        np.testing.assert_allclose(panel["adjustment"][1:], truth["adjustment"][1:], rtol=1e-6, err_msg=str(seed))
    assert 0.03 < refused / len(seeds) < 0.15


@pytest.mark.parametrize("seed", [3, 7])
def test_a_random_history_over_the_wire(seed: int) -> None:
    share, truth, now, _ = world(seed)
    panel = Ask(speaks(share)).rows(share.symbol, now, first="2023-01-01")
    assert panel["close"].tolist() == truth["close"].tolist()
