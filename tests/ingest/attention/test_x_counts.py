"""X's tweet counts against a real server that speaks the API v2: paging, limits, windows and the token."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from ingest.attention import x_counts
from ingest.errors import (
    AccessRefusedError,
    BadPayloadError,
    CredentialError,
    NoDataError,
    ProviderError,
    RateLimitedError,
)
from tests.ingest.loopback import Answer, Asked, Server

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2024, 3, 10, 12, tzinfo=UTC)
CANARY = "AAAAcanary51d2"
DAY = pd.Timedelta(1, unit="D")


def bucket(start: pd.Timestamp, end: pd.Timestamp, count: Any) -> dict[str, Any]:
    """A bucket as the API writes it."""
    return {"end": f"{end:%Y-%m-%dT%H:%M:%S}.000Z", "start": f"{start:%Y-%m-%dT%H:%M:%S}.000Z", "tweet_count": count}


def x(asked: Asked) -> Answer:
    """31 days a page, the newest page first, as `/2/tweets/counts/all` gives them."""
    if asked.headers.get("authorization") != f"Bearer {CANARY}":
        return Answer({"title": "Unauthorized", "type": "about:blank", "status": 401}, status=401)
    start, end = (pd.Timestamp(asked.query[name]).tz_localize(None) for name in ("start_time", "end_time"))
    page_end = end - 31 * DAY * int(asked.query.get("next_token", "page0").removeprefix("page"))
    page_start = max(start, page_end - 31 * DAY)
    days = pd.date_range(page_start, page_end - DAY)
    data = [bucket(day, day + DAY, int(f"{day:%m%d}")) for day in days]
    meta: dict[str, Any] = {"total_tweet_count": sum(b["tweet_count"] for b in data)}
    if page_start > start:
        meta["next_token"] = f"page{int(asked.query.get('next_token', 'page0').removeprefix('page')) + 1}"
    return Answer({"data": data, "meta": meta})


def ask(
    script: Callable[[Asked], Answer], first: str = "2024-03-05", last: str = "2024-03-31", token: str = CANARY
) -> tuple[Server, pd.Series]:
    with Server(script) as server:
        named = {"X_BEARER_TOKEN": token, "FORECASTER_X_URL": server.url}
        way = x_counts.client(named, sleep=lambda _: None, wall=lambda: 1_000.0)
        return server, x_counts.attention("#ethereum -is:retweet", first, last, NOW, way).days


def test_the_last_week_comes_from_recent_up_to_the_last_whole_day() -> None:
    server, counts = ask(x)
    (asked,) = server.asked
    assert asked.path == "/2/tweets/counts/recent"
    assert asked.query == {
        "query": "#ethereum -is:retweet",
        "granularity": "day",
        "start_time": "2024-03-05T00:00:00Z",
        "end_time": "2024-03-10T00:00:00Z",
    }
    assert counts.tolist() == [305.0, 306.0, 307.0, 308.0, 309.0]
    assert counts.index.dtype == "datetime64[us]"


def test_older_days_come_from_all_page_by_page() -> None:
    server, counts = ask(x, first="2023-12-01")
    assert {asked.path for asked in server.asked} == {"/2/tweets/counts/all"}
    assert [asked.query.get("next_token") for asked in server.asked] == [None, "page1", "page2", "page3"]
    assert len(counts) == 100
    assert counts.notna().all()
    assert counts["2024-02-29"] == 229


def test_the_border_between_recent_and_all_leaves_a_margin() -> None:
    assert ask(x, first="2024-03-04")[0].asked[0].path.endswith("recent")
    assert ask(x, first="2024-03-03")[0].asked[0].path.endswith("all")


def test_a_partial_bucket_is_left_out() -> None:
    def partial(asked: Asked) -> Answer:
        start = pd.Timestamp(asked.query["start_time"]).tz_localize(None)
        whole = bucket(start, start + DAY, 7)
        first = bucket(start - DAY / 2, start, 3)
        last = bucket(start + DAY, start + DAY * 1.5, 3)
        return Answer({"data": [first, whole, last], "meta": {"total_tweet_count": 13}})

    counts = ask(partial)[1]
    assert (counts.index.tolist(), counts.tolist()) == ([pd.Timestamp("2024-03-05")], [7.0])


def test_a_rate_limit_with_its_instant_of_reset() -> None:
    limited = Answer({"title": "Too Many Requests"}, status=429, headers={"x-rate-limit-reset": "1600"})
    with pytest.raises(RateLimitedError, match="wait 600 seconds and run again") as caught:
        ask(lambda _: limited)
    assert caught.value.retry_after == 600
    answers = iter([limited])
    server, counts = ask(lambda asked: next(answers, None) or x(asked))
    assert (len(server.asked), len(counts)) == (2, 5)


def test_no_access_to_the_archive_is_said_with_what_can_be_had() -> None:
    refused = Answer({"reason": "client-not-enrolled"}, status=403)
    with pytest.raises(AccessRefusedError, match="days before 2024-03-04 need full-archive access"):
        ask(lambda _: refused, first="2024-01-01")
    with pytest.raises(AccessRefusedError, match="check the token"):
        ask(x, token="wrong")  # noqa: S106  # it opens nothing


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ({"data": [], "meta": {"total_tweet_count": 0}}, NoDataError),
        ({"meta": {"total_tweet_count": 0}}, NoDataError),
        ({"data": [{"start": "yesterday"}], "meta": {"total_tweet_count": 1}}, BadPayloadError),
        ({"buckets": [], "meta": {"total_tweet_count": 1}}, BadPayloadError),
        ({"data": []}, BadPayloadError),
        ([], BadPayloadError),
    ],
)
def test_answers_that_are_not_what_they_should_be(page: Any, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        ask(lambda _: Answer(page))


def test_pages_that_never_end_and_days_counted_twice() -> None:
    day = pd.Timestamp("2024-03-05")
    for count, said in ((5, "pages never end"), (None, "two counts of 2024-03-05")):
        pages = iter(range(10))

        def page(_: Asked, count: int | None = count, pages: Any = pages) -> Answer:
            n = next(pages)
            data = [bucket(day, day + DAY, count or n)]
            return Answer({"data": data, "meta": {"total_tweet_count": 5, "next_token": "same"}})

        with pytest.raises(BadPayloadError, match=said):
            ask(page)


def test_no_token_no_request() -> None:
    with pytest.raises(CredentialError, match="set X_BEARER_TOKEN to the bearer token"):
        x_counts.client({})


def test_the_token_is_never_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    echo = json.dumps({"detail": f"Bearer {CANARY}"})
    answers = [Answer(echo, status=status) for status in (400, 401, 403, 404, 429, 503)] + [Answer(echo), Answer("<p>")]
    for answer in answers:
        for first in ("2024-03-05", "2023-03-05"):
            with pytest.raises(ProviderError) as caught:
                ask(lambda _, answer=answer: answer, first=first)
            assert CANARY not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(CredentialError) as caught:
        ask(x, token=f"{CANARY}\u200b")
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert CANARY not in caplog.text
