"""Wikimedia's page views against a real server that speaks its REST API."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pandas as pd
import pytest

from ingest import attention
from ingest.attention import wikimedia
from ingest.errors import (
    BadPayloadError,
    CredentialError,
    NoDataError,
    ProviderDownError,
    RateLimitedError,
    UnknownSourceError,
)
from ingest.limits import Limits
from ingest.transport import Transport
from tests.ingest.loopback import Answer, Asked, Server

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2024, 1, 10, 12, tzinfo=UTC)
CONTACT = {"FORECASTER_CONTACT": "ops@example.org"}
_PATH = re.compile(
    r"/api/rest_v1/metrics/pageviews/per-article/([^/]+)/all-access/user/([^/]+)/daily/(\d{8})00/(\d{8})00"
)


def item(day: str, views: Any, project: str = "en.wikipedia", article: str = "Ethereum") -> dict[str, Any]:
    """An item as the API writes it."""
    return {
        "project": project,
        "article": article,
        "granularity": "daily",
        "timestamp": f"{day}00",
        "access": "all-access",
        "agent": "user",
        "views": views,
    }


def wikipedia(asked: Asked) -> Answer:
    """Every day of any article but one has as many views as its date's last four digits; two days are missing."""
    found = _PATH.fullmatch(asked.path)
    if found is None or unquote(found.group(2)) == "Nobody":
        return Answer({"type": "https://mediawiki.org/wiki/HyperSwitch/errors/not_found"}, status=404)
    project, article, first, last = map(unquote, found.groups())
    days = pd.date_range(first, last).strftime("%Y%m%d")
    kept = [day for day in days if day not in {"20240103", "20240104"}]
    return Answer({"items": [item(day, int(day[4:]), project, article) for day in kept]})


def ask(
    script: Callable[[Asked], Answer],
    subject: str = "Ethereum",
    first: str = "2024-01-01",
    last: str = "2024-01-31",
) -> tuple[Server, pd.Series]:
    with Server(script) as server:
        way = wikimedia.client({**CONTACT, "FORECASTER_WIKIMEDIA_URL": server.url}, sleep=lambda _: None)
        return server, wikimedia.attention(subject, first, last, NOW, way).days


def test_the_folder_is_the_registry_and_every_adapter_says_what_it_counts() -> None:
    assert attention.names() == ("bitinfocharts", "csv_file", "wikimedia", "x_counts")
    for name in attention.names():
        adapter = attention.load(name)
        assert adapter.KIND in {"tweets a day", "page views a day"}
        assert timedelta(0) <= adapter.LAG <= timedelta(days=1)
        assert bool(adapter.LAG) == (name != "csv_file")
        assert adapter.__doc__
        assert callable(adapter.attention)
    with pytest.raises(UnknownSourceError, match="nearest: wikimedia"):
        attention.load("wikipedia")
    with pytest.raises(UnknownSourceError):
        attention.load("days")


def test_counts_by_utc_day_with_gaps_left_gaps_up_to_the_last_published_day() -> None:
    server, views = ask(wikipedia)
    assert views.index[0] == pd.Timestamp("2024-01-01")
    assert views.index[-1] == pd.Timestamp("2024-01-08")  # the 9th ended 12 hours ago, the lag is 24
    assert views.index.dtype == "datetime64[us]"
    assert views.index.name == "session"
    assert views.tolist()[:2] == [101.0, 102.0]
    assert views.isna().tolist() == [False, False, True, True, False, False, False, False]
    assert _PATH.fullmatch(server.asked[0].path).groups()[2:] == ("20240101", "20240108")


def test_the_agent_names_a_contact_as_the_rules_ask() -> None:
    server, _ = ask(wikipedia)
    assert re.fullmatch(r"forecaster/\S+ \(ops@example\.org\) httpx/\S+", server.asked[0].headers["user-agent"])
    with pytest.raises(CredentialError, match="set FORECASTER_CONTACT to your e-mail or web address"):
        wikimedia.client({"FORECASTER_CONTACT": " "})


@pytest.mark.parametrize(
    ("subject", "project", "article"),
    [
        ("bitcoin cash", "en.wikipedia", "Bitcoin_cash"),
        ("de.wikipedia:Börse", "de.wikipedia", "Börse"),
        ("AC/DC", "en.wikipedia", "AC/DC"),
        ("../../x", "en.wikipedia", "../../x"),
        ("What? #1", "en.wikipedia", "What?_#1"),
    ],
)
def test_titles_are_written_as_the_api_writes_them(subject: str, project: str, article: str) -> None:
    server, views = ask(wikipedia, subject)
    found = _PATH.fullmatch(server.asked[0].path)
    assert [unquote(part) for part in found.groups()[:2]] == [project, article]
    assert views.notna().sum() == 6


def test_nothing_before_the_series_began_is_asked_for() -> None:
    server, views = ask(wikipedia, first="2001-01-01")
    assert _PATH.fullmatch(server.asked[0].path).group(3) == "20150701"
    assert views.index[0] == pd.Timestamp("2015-07-01")
    with pytest.raises(NoDataError, match="no day from 2024-01-09 to 2024-01-31 is over and published yet"):
        ask(wikipedia, first="2024-01-09")


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (wikipedia(Asked("/api", {}, {})), NoDataError, "nothing was found there"),
        (Answer({"items": []}), NoDataError, "no count from 2024-01-01 to 2024-01-08"),
        (Answer({"rows": []}), BadPayloadError, "KeyError: 'items'"),
        (Answer({"items": [item("20240101", 5, article="Other")]}), BadPayloadError, "about another article"),
        (Answer({"items": [item("20240101", "many")]}), BadPayloadError, "not in the known format"),
        (Answer({"items": [item("20240101", -5)]}), BadPayloadError, "which none can be"),
        (Answer({"items": [item("2024-01-01", 5)]}), BadPayloadError, "not in the known format"),
        (Answer({"items": None}), BadPayloadError, "not in the known format"),
        (Answer("<html>maintenance</html>"), BadPayloadError, "received a web page"),
        (Answer(status=429, headers={"Retry-After": "60"}), RateLimitedError, "wait 60 seconds"),
        (Answer(status=500), ProviderDownError, "status 500"),
    ],
)
def test_answers_that_are_not_what_they_should_be(answer: Answer, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=re.escape(said)) as caught:
        ask(lambda _: answer)
    assert str(caught.value).startswith("wikimedia: Ethereum: ")


def test_a_slow_drip_ends() -> None:
    with Server(lambda asked: replace(wikipedia(asked), drip=0.01)) as server:
        way = Transport("wikimedia", server.url, limits=Limits(deadline=0.3, attempts=1))
        with pytest.raises(Exception, match="no complete answer in time"):
            wikimedia.attention("Ethereum", "2024-01-01", "2024-01-08", NOW, way)
