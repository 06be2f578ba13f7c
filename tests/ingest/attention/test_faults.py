"""Every adapter of a provider under the same weather, against a real server; and what they give back."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from ingest import attention
from ingest.errors import (
    BadPayloadError,
    CredentialError,
    NoDataError,
    ProviderDownError,
    ProviderError,
    RateLimitedError,
    RedirectRefusedError,
    TimedOutError,
    TooLargeError,
)
from ingest.limits import Limits
from tests.ingest.loopback import Answer, Asked, Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.daily_counts import Counts

NOW = datetime(2024, 1, 10, 12, tzinfo=UTC)
CANARY = "canary-51d2@example.org"
QUICK = Limits(connect=1.0, read=1.0, deadline=1.5, max_bytes=100_000)
PATIENT = Limits(max_bytes=100_000)
"""For faults that no clock must find before they are met, however busy the machine is."""
DAYS = pd.date_range("2024-01-04", "2024-01-08")

VIEWS = {
    "items": [
        {"article": "Ethereum", "granularity": "daily", "timestamp": f"{day:%Y%m%d}00", "views": day.day}
        for day in DAYS
    ]
}
TWEETS = {
    "data": [
        {"start": f"{day:%Y-%m-%dT00:00:00.000Z}", "end": f"{day + DAYS.freq:%Y-%m-%dT00:00:00.000Z}", "tweet_count": 7}
        for day in DAYS
    ],
    "meta": {"total_tweet_count": 35},
}
PAGE = (
    '<html><script>d = new Dygraph(document.getElementById("container"),['
    + ",".join(f'[new Date("{day:%Y/%m/%d}"),{day.day}]' for day in DAYS)
    + '], {labels: ["Date","Ethereum - Tweets"]});</script></html>'
)


@dataclass(frozen=True)
class Case:
    """An adapter with a whole answer of its provider.

    Attributes:
        name: of the adapter.
        subject: in its words.
        variable: where it is asked instead.
        whole: an answer.
        renamed: the same after a change of its format.
        broken: what a page that is no such answer is called.
    """

    name: str
    subject: str
    variable: str
    whole: str
    renamed: tuple[str, str]
    broken: type[ProviderError] = BadPayloadError

    def environment(self, url: str) -> dict[str, str]:
        return {"FORECASTER_CONTACT": CANARY, "X_BEARER_TOKEN": CANARY, self.variable: url}


CASES = [
    Case("wikimedia", "Ethereum", "FORECASTER_WIKIMEDIA_URL", json.dumps(VIEWS), ("views", "seen")),
    Case("x_counts", "#eth", "FORECASTER_X_URL", json.dumps(TWEETS), ("tweet_count", "post_count")),
    Case("bitinfocharts", "eth", "FORECASTER_BITINFOCHARTS_URL", PAGE, ("labels", "names"), NoDataError),
]


class Ask:
    """One adapter against one answer; remembers how long it was told to wait."""

    def __init__(self, case: Case, script: Callable[[Asked], Answer], limits: Limits = PATIENT) -> None:
        """Nothing is asked yet."""
        self.limits = limits
        self.case, self.adapter = case, attention.load(case.name)
        self.waits: list[float] = []
        self.server = Server(script)

    def counts(self) -> Counts:
        with self.server:
            way = self.adapter.client(
                self.case.environment(self.server.url), limits=self.limits, sleep=self.waits.append, wall=lambda: 1000.0
            )
            return self.adapter.attention(self.case.subject, "2024-01-04", "2024-01-08", NOW, way)

    def fault(self, kind: type[ProviderError]) -> ProviderError:
        with pytest.raises(ProviderError) as caught:
            self.counts()
        line = str(caught.value)
        assert type(caught.value) is kind, line
        assert line.startswith(f"{self.case.name}: {self.case.subject}: ")
        assert "\n" not in line
        assert CANARY not in "".join(traceback.format_exception(caught.value))
        return caught.value


@pytest.fixture(params=CASES, ids=[case.name for case in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def test_what_comes_back(case: Case) -> None:
    ask = Ask(case, lambda _: Answer(case.whole, zipped=True))
    counts = ask.counts()
    assert (counts.kind, counts.lag) == (ask.adapter.KIND, ask.adapter.LAG)
    assert counts.payload == sha256(case.whole.encode()).hexdigest()
    assert counts.days.index.equals(DAYS.as_unit("us"))
    assert (counts.days.index.name, counts.days.index.dtype, counts.days.dtype) == ("session", "datetime64[us]", float)
    with pytest.raises(AttributeError):
        counts.kind = "other"  # type: ignore[misc]


def test_the_payload_of_several_pages_is_that_of_all_in_order() -> None:
    (case,) = (case for case in CASES if case.name == "x_counts")
    pages = [
        json.dumps({"data": TWEETS["data"][3:], "meta": {"total_tweet_count": 14, "next_token": "b"}}),
        json.dumps({"data": TWEETS["data"][:3], "meta": {"total_tweet_count": 21}}),
    ]
    counts = Ask(case, lambda asked: Answer(pages["next_token" in asked.query])).counts()
    assert counts.payload == sha256("".join(pages).encode()).hexdigest()
    assert counts.days.tolist() == [7.0] * 5


@pytest.mark.parametrize(("headers", "wait"), [({"Retry-After": "120"}, 120.0), ({}, None)])
def test_a_rate_limit_with_and_without_its_wait(case: Case, headers: dict[str, str], wait: float | None) -> None:
    ask = Ask(case, lambda _: Answer(CANARY, status=429, headers=headers))
    fault = ask.fault(RateLimitedError)
    assert isinstance(fault, RateLimitedError)
    assert fault.retry_after == wait
    assert (len(ask.server.asked), len(ask.waits)) == (2, 1)


REDIRECT = {"other": f"https://evil.example/?t={CANARY}", "private": "http://169.254.169.254/latest"}
FAULTS: list[tuple[str, Callable[[Case], Answer], type[ProviderError] | None, str]] = [
    ("500", lambda _: Answer(CANARY, status=500), ProviderDownError, "(status 500)"),
    ("drip", lambda case: Answer(case.whole, drip=0.05), TimedOutError, "1.5 s in all"),
    ("drip of headers", lambda _: Answer(drip_headers=0.05), TimedOutError, "1.5 s in all"),
    ("cut off", lambda case: Answer(case.whole[: len(case.whole) // 2]), None, ""),
    ("broken off", lambda case: Answer(case.whole, announced=90_000), ProviderDownError, "RemoteProtocolError"),
    ("html", lambda _: Answer(f"<!DOCTYPE html><html>{CANARY}</html>"), None, ""),
    ("nothing", lambda _: Answer(""), BadPayloadError, "an empty answer"),
    ("renamed", lambda case: Answer(case.whole.replace(*case.renamed)), BadPayloadError, ""),
    ("oversize", lambda _: Answer(CANARY * 5000), TooLargeError, "larger than"),
    ("bomb", lambda _: Answer(b"\0" * 50_000_000, zipped=True), TooLargeError, "larger than"),
    ("other host", lambda _: Answer(status=302, headers={"Location": REDIRECT["other"]}), RedirectRefusedError, "evil"),
    ("private", lambda _: Answer(status=307, headers={"Location": REDIRECT["private"]}), RedirectRefusedError, "169."),
]


@pytest.mark.parametrize(("answer", "kind", "said"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_the_fault_list(case: Case, answer: Any, kind: type[ProviderError] | None, said: str) -> None:
    sent = answer(case)
    ask = Ask(case, lambda _: sent, QUICK if kind is TimedOutError else PATIENT)
    fault = ask.fault(kind or case.broken)
    assert said in str(fault)
    assert len(ask.server.asked) == (2 if isinstance(fault, (ProviderDownError, TimedOutError)) else 1)


def test_the_environments_address_is_where_it_is_asked(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(lambda _: Answer(case.whole)) as server:
        for name, value in case.environment(f"{server.url}/").items():
            monkeypatch.setenv(name, value)
        counts = attention.load(case.name).attention(case.subject, "2024-01-04", "2024-01-08", NOW)
    assert len(counts.days) == 5
    assert len(server.asked) == 1


def test_an_address_in_the_clear_is_refused_before_anything_is_sent(case: Case) -> None:
    adapter = attention.load(case.name)
    for url, said in ((f"http://{CANARY}", "is no address"), ("http://proxy.example", "is an http:// address beyond")):
        with pytest.raises(CredentialError, match=f"^{case.name}: {case.variable} {said}") as caught:
            adapter.client(case.environment(url))
        assert CANARY not in str(caught.value)
        assert "\n" not in str(caught.value)
