"""What a daily run asks a provider for: Yahoo against a real server, and a source that has everything at hand."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from forecaster.operation.fetch import first_wanted
from ingest.assets import Asset
from ingest.sources import sample, yahoo
from tests.ingest.loopback import Server
from tests.ingest.yahoo_asked import NOW, listing
from tests.ingest.yahoo_server import yahoo as speaks

pytestmark = pytest.mark.usefixtures("forgetful_yfinance")


def test_the_window_of_a_daily_run_comes_through_the_documented_address(monkeypatch: pytest.MonkeyPatch) -> None:
    share = listing("2022-01-03", "2024-06-28")
    with Server(speaks(share)) as server:
        monkeypatch.setenv("FORECASTER_YAHOO_URL", server.url)
        asset = Asset(share.symbol, "XNYS", "yahoo", lag_minutes=yahoo.LAG_MINUTES)
        panel = yahoo.fetch(asset, NOW, first_wanted(yahoo, NOW, None))
    assert panel["session"].iloc[0] == pd.Timestamp("2023-05-25")
    assert panel["session"].iloc[-1] == pd.Timestamp("2024-06-28")


@pytest.mark.parametrize(
    ("since", "first"),
    [
        (None, "2023-05-25"),
        (pd.Timestamp("2024-06-27"), "2023-05-25"),
        (pd.Timestamp("2023-06-26"), "2023-05-25"),
        (pd.Timestamp("2023-05-25"), "2023-04-25"),
        (pd.Timestamp("2022-03-31"), "2022-03-01"),
    ],
)
def test_no_hole_opens_after_a_long_pause(
    since: pd.Timestamp | None, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = listing("2022-01-03", "2024-06-28")
    asset = Asset(share.symbol, "XNYS", "yahoo", lag_minutes=yahoo.LAG_MINUTES)
    with Server(speaks(share)) as server:
        monkeypatch.setenv("FORECASTER_YAHOO_URL", server.url)
        panel = yahoo.fetch(asset, NOW, first_wanted(yahoo, NOW, since))
    assert panel["session"].iloc[0] == pd.Timestamp(first)
    assert panel["session"].tolist() == [day for day in share.days if day >= pd.Timestamp(first)]
    if since is not None:
        assert panel["session"].iloc[0] <= since - timedelta(days=25)


def test_what_costs_nothing_to_ask_is_asked_for_whole() -> None:
    assert first_wanted(sample, NOW, pd.Timestamp("2018-12-31")) is None
    assert len(sample.fetch(sample.ASSETS[0], NOW, first_wanted(sample, NOW, None))) == 5031
