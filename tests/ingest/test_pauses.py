"""A provider's wish to be left alone, kept across restarts; the rate limits come from a real server."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from subprocess import run

import pytest
from sqlalchemy import text

from ingest.database import open_engine, reading, writing
from ingest.errors import ProviderDownError, RateLimitedError, StoreError
from ingest.limits import Limits
from ingest.pauses import Pauses
from ingest.transport import Transport
from tests.ingest.loopback import Answer, Server

NOW = datetime(2024, 1, 5, 14, tzinfo=UTC)
TINY = Limits(connect=1.0, read=0.5, deadline=1.0, wait=(0.0, 0.01), patience=0.0)

SCRIPT = """
import sys
from datetime import datetime
from ingest.database import open_engine
from ingest.pauses import Pauses
now = datetime.fromisoformat(sys.argv[2])
with Pauses(open_engine(sys.argv[1])).respected("yahoo", "MSFT", lambda: now):
    print("asked")
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'market.db'}"


def again(url: str) -> Pauses:
    """The pauses after a restart."""
    return Pauses(open_engine(url))


def limited(pauses: Pauses, seconds: float | None, provider: str = "yahoo", now: datetime = NOW) -> None:
    """A rate limit, as the provider says it."""
    with suppress(RateLimitedError), pauses.respected(provider, "AAPL", lambda: now):
        raise RateLimitedError(f"{provider}: AAPL: too many requests", seconds)


def left(pauses: Pauses, now: datetime = NOW, provider: str = "yahoo") -> float | None:
    """Seconds of the pause at now; None where the provider may be asked."""
    try:
        with pauses.respected(provider, "MSFT", lambda: now):
            return None
    except RateLimitedError as refused:
        return refused.retry_after


def test_a_pause_survives_a_restart_and_ends_on_time(url: str) -> None:
    limited(again(url), 300)
    with pytest.raises(RateLimitedError) as caught, again(url).respected("yahoo", "MSFT", lambda: NOW):
        pytest.fail("it was asked")
    line = "yahoo: MSFT: not requested: the provider asked to wait until 2024-01-05 14:05 UTC; run again then"
    assert (str(caught.value), caught.value.retry_after) == (line, 300)
    assert left(again(url), NOW + timedelta(seconds=299.5)) == 0.5
    assert left(again(url), NOW + timedelta(seconds=300)) is None
    assert left(again(url), NOW) == 300  # what is over for one clock is not forgotten


def test_the_minute_that_is_named_is_not_too_early(url: str) -> None:
    limited(again(url), 301)
    with pytest.raises(RateLimitedError, match=r"until 2024-01-05 14:06 UTC"):
        again(url).respected("yahoo", "MSFT", lambda: NOW).__enter__()


def test_another_process_respects_it(url: str) -> None:
    limited(again(url), 300)
    done = run([sys.executable, "-c", SCRIPT, url, NOW.isoformat()], capture_output=True, text=True, check=False)
    assert "MSFT: not requested: the provider asked to wait until 2024-01-05 14:05 UTC" in done.stderr
    assert done.stdout == ""


def test_a_longer_pause_is_not_shortened_and_a_shorter_one_grows(url: str) -> None:
    pauses = again(url)
    later = NOW + timedelta(seconds=60)

    def busy(seconds: float) -> None:
        """Two programs were let in before either met the limit."""
        with suppress(RateLimitedError), pauses.respected("yahoo", "AAPL", lambda: next(instants)):
            raise RateLimitedError("too many", seconds)

    limited(pauses, 600)
    instants = iter([NOW + timedelta(hours=1), later])
    busy(10)
    assert left(pauses) == 600
    instants = iter([NOW + timedelta(hours=1), later])
    busy(900)
    assert left(pauses) == 960


@pytest.mark.parametrize(
    ("asked", "held"), [(None, 900.0), (0.0, 900.0), (30.0, 30.0), (1e9, 86400.0), (float("inf"), 86400.0)]
)
def test_how_long_it_holds(url: str, asked: float | None, held: float) -> None:
    limited(again(url), asked)
    assert left(again(url)) == held


def test_other_providers_and_other_faults_pause_nothing(url: str) -> None:
    pauses = again(url)
    limited(pauses, 300)
    assert left(pauses, provider="x_counts") is None
    with pytest.raises(ProviderDownError), pauses.respected("x_counts", "#eth", lambda: NOW):
        raise ProviderDownError("x_counts: #eth: down")
    assert left(pauses, provider="x_counts") is None
    limited(pauses, 30, provider="x_counts")
    assert (left(pauses), left(pauses, provider="x_counts")) == (300, 30)


def test_clocks_of_other_zones_and_clocks_that_were_wrong(url: str) -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    limited(again(url), 300, now=tokyo)
    assert left(again(url)) == 300
    limited(again(url), 300, now=NOW + timedelta(days=4000))
    assert left(again(url)) is None  # no pause is that long
    limited(again(url), 60)
    assert left(again(url)) == 60


def test_a_database_that_cannot_be_written_does_not_hide_the_limit(url: str) -> None:
    engine = open_engine(url)
    pauses = Pauses(engine)
    with writing(engine) as connection:
        connection.execute(text("CREATE TRIGGER full BEFORE INSERT ON pause BEGIN SELECT RAISE(ABORT, 'full'); END"))
    with pytest.raises(RateLimitedError, match="the provider's own"), pauses.respected("yahoo", "AAPL", lambda: NOW):
        raise RateLimitedError("the provider's own", 60)
    assert left(pauses) is None
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE pause"))
    with pytest.raises(StoreError), pauses.respected("yahoo", "AAPL", lambda: NOW):
        pytest.fail("it was asked")


@pytest.mark.parametrize(("headers", "held"), [({"Retry-After": "77"}, 77.0), ({}, 900.0)])
def test_a_real_rate_limit_lets_no_second_request_through(url: str, headers: dict[str, str], held: float) -> None:
    with Server(lambda _: Answer("slow down", status=429, headers=headers)) as server:
        for symbol in ("ETH-USD", "BTC-USD", "ETH-USD"):  # each a fresh start of the program
            way = Transport("example", server.url, limits=TINY, sleep=lambda _: None)
            with pytest.raises(RateLimitedError) as caught, again(url).respected("example", symbol, lambda: NOW):
                way.json("/counts", symbol=symbol)
            assert symbol in str(caught.value)
        first = len(server.asked)
        assert first == (1 if headers else 2)  # without a wait, one more attempt belongs to the first
        with (
            pytest.raises(RateLimitedError),
            again(url).respected("example", "X", lambda: NOW + timedelta(seconds=held)),
        ):
            way.json("/counts", symbol="X")
        assert len(server.asked) > first  # the pause is over
    with reading(open_engine(url)) as connection:
        assert connection.execute(text("SELECT count(*) FROM pause")).scalar() == 1
