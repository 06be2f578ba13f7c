"""Tweets a day that match a query, from the X API v2; needs a bearer token in X_BEARER_TOKEN.

`GET /2/tweets/counts/recent` (the last seven days) or `/2/tweets/counts/all` (since March 2006,
for accounts with full-archive access), with `query`, `granularity=day`, `start_time`, `end_time` and
`next_token`, answers `{"data": [{"start": "2024-01-01T00:00:00.000Z", "end":
"2024-01-02T00:00:00.000Z", "tweet_count": 1234}, ...], "meta": {"total_tweet_count": 1234,
"next_token": "..."}}`, the newest page first. A bucket that is not a whole UTC day is left out. A rate limit
is status 429 with `x-rate-limit-reset`, an instant.

The subject is the query, such as `#ethereum -is:retweet`. Days of the last week come from `recent`, older
ones from `all`; the adapter takes `recent` where every day that is wanted is within it.

FORECASTER_X_URL sends all requests to another address, for a proxy of one's own and for tests.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Unpack

import pandas as pd

from ingest.answers import as_json, format_of
from ingest.daily_counts import Counts, final_days, series_of, utc_day
from ingest.errors import AccessRefusedError, BadPayloadError, CredentialError
from ingest.sessions import Day
from ingest.transport import Options, Transport, address

KIND = "tweets a day"
LAG = timedelta(minutes=15)
"""Counts may still rise for some minutes after a tweet."""

BASE = "https://api.x.com"
URL = "FORECASTER_X_URL"
TOKEN = "X_BEARER_TOKEN"  # noqa: S105  # the variable's name, not its value
_RECENT = timedelta(days=7)
_MARGIN = timedelta(minutes=5)
"""The window of `recent` moves on while the request travels."""
_PAGES = 1000
_STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"
_DAY = pd.Timedelta(1, unit="D")


def attention(subject: str, first: Day, last: Day, now: datetime, transport: Transport | None = None) -> Counts:
    """Tweets that match the query, by UTC day.

    Args:
        subject: The query, in X's own words.
        first: First day wanted.
        last: Last day wanted.
        now: With a time zone; days whose end plus `LAG` is later are left out.
        transport: Another way to the provider; see `client`.

    Returns:
        See `ingest.attention`.

    Raises:
        CredentialError: No token is set.
        AccessRefusedError: The token is refused, or does not reach that far back.
        ProviderError: Another of its kinds.
    """
    where = f"x_counts: {subject}"
    start, end = final_days(first, last, now, LAG, where)
    oldest = pd.Timestamp(now).tz_convert("UTC").tz_localize(None) - _RECENT + _MARGIN
    place = "recent" if start >= oldest else "all"
    counts: dict[pd.Timestamp, float] = {}
    payload = sha256()
    try:
        for body, page in _pages(transport or client(), place, subject, start, end):
            payload.update(body)
            with format_of(where):
                _read(page, counts, where)
    except AccessRefusedError as refused:
        if place == "recent":
            raise
        raise AccessRefusedError(
            f"{refused}; days before {oldest.ceil('D'):%Y-%m-%d} need full-archive access: ask for later ones"
        ) from None
    return Counts(KIND, LAG, series_of(counts, start, end, where), payload.hexdigest())


def client(environment: Mapping[str, str] = os.environ, **options: Unpack[Options]) -> Transport:
    """The way to X, with the bearer token of the environment.

    Raises:
        CredentialError: X_BEARER_TOKEN is not set, or FORECASTER_X_URL is no address that is taken.
    """
    token = environment.get(TOKEN, "").strip()
    if not token:
        raise CredentialError(f"x_counts: no token: set {TOKEN} to the bearer token of your X developer account")
    headers = {"Authorization": f"Bearer {token}"}
    return Transport("x_counts", address("x_counts", BASE, URL, environment), headers=headers, **options)


def _pages(
    transport: Transport, place: str, subject: str, start: pd.Timestamp, end: pd.Timestamp
) -> Iterator[tuple[bytes, Any]]:
    """Each page as bytes and as a document."""
    params = {
        "query": subject,
        "granularity": "day",
        "start_time": f"{start:%Y-%m-%d}T00:00:00Z",
        "end_time": f"{end + _DAY:%Y-%m-%d}T00:00:00Z",
    }
    seen: set[str] = set()
    while len(seen) < _PAGES:
        body = transport.get(f"/2/tweets/counts/{place}", params, symbol=subject).body
        page = as_json(body, f"x_counts: {subject}")
        yield body, page
        token = str(page["meta"].get("next_token") or "")
        if not token:
            return
        if token in seen:
            break
        seen.add(token)
        params = {**params, "next_token": token}
    raise BadPayloadError(f"x_counts: {subject}: its pages never end: ask for fewer days")


def _read(page: Any, counts: dict[pd.Timestamp, float], where: str) -> None:  # noqa: ANN401  # JSON is any
    """Adds the whole UTC days of one page."""
    _ = page["meta"].get("next_token")
    for bucket in page.get("data", ()) if page["meta"].get("total_tweet_count") == 0 else page["data"]:
        start, end = (datetime.strptime(bucket[name], _STAMP) for name in ("start", "end"))  # noqa: DTZ007  # it says Z
        count = float(bucket["tweet_count"])
        if end - start != timedelta(days=1) or start != datetime.combine(start, datetime.min.time()):
            continue
        day = utc_day(bucket["start"], _STAMP)
        if counts.setdefault(day, count) != count:
            raise BadPayloadError(f"{where}: two counts of {day:%Y-%m-%d}: try again later")
