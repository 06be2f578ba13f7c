"""What tests of several packages share: databases of both kinds, the study's file, yfinance without a memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.database import open_engine
from tests.ingest import pooler
from tests.ingest.postgres import emptied, lacking, postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a throw-away PostgreSQL; skips, saying so, without one."""
    if lacks := lacking():
        pytest.skip(lacks)
    with postgresql() as address:
        yield address


@pytest.fixture(scope="session")
def pooling(server: str) -> Iterator[str]:
    """The address of the same PostgreSQL behind a transaction pooler; skips, saying so, without one."""
    if lacks := pooler.lacking():
        pytest.skip(lacks)
    with pooler.pooler(server) as address:
        yield address


@pytest.fixture
def pooled(server: str, pooling: str) -> str:
    """The address of an empty database behind a transaction pooler."""
    emptied(open_engine(server))
    return pooling


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'market.db'}"
    address: str = request.getfixturevalue("server")
    emptied(open_engine(address))
    return address


@pytest.fixture(scope="session")
def ethereum() -> Path:
    """The study's file, where it is at hand."""
    path = Path(__file__).parents[2] / "shared" / "data" / "ethusd_tweets.csv"
    if not path.exists():
        pytest.skip(f"the study's data are not here: {path}")
    return path


@pytest.fixture
def forgetful_yfinance(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Yfinance remembers answers in memory and time zones in a file; both begin empty."""
    import yfinance  # noqa: PLC0415  # it takes a second to import
    from yfinance.data import YfData  # noqa: PLC0415

    yfinance.set_tz_cache_location(str(tmp_path_factory.mktemp("yfinance")))
    YfData.cache_get.cache_clear()
