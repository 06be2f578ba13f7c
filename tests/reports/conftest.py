"""What the tests of reports share: makers of made-up contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reports.made_up import make_asset, make_backtest, make_backtest_asset, make_daily

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport


@pytest.fixture(name="asset", scope="session")
def asset_factory() -> Callable[..., AssetPage]:
    """The maker of asset pages."""
    return make_asset


@pytest.fixture(name="daily", scope="session")
def daily_factory() -> Callable[..., DailyReport]:
    """The maker of daily reports."""
    return make_daily


@pytest.fixture(name="backtest_asset", scope="session")
def backtest_asset_factory() -> Callable[..., BacktestAsset]:
    """The maker of replayed assets."""
    return make_backtest_asset


@pytest.fixture(name="backtest", scope="session")
def backtest_factory() -> Callable[..., BacktestReport]:
    """The maker of backtest reports."""
    return make_backtest
