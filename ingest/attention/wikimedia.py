"""Page views of a Wikipedia article a day, from Wikimedia's REST API; no key.

`GET /api/rest_v1/metrics/pageviews/per-article/{project}/all-access/user/{article}/daily/{first}/{last}`
answers `{"items": [{"project": "en.wikipedia", "article": "Ethereum", "granularity": "daily",
"timestamp": "2015080100", "access": "all-access", "agent": "user", "views": 427}, ...]}`: people's
views, robots left out, since 2015-07-01. A day without an item has no views or is not loaded yet; the
API does not tell which, so that it is a gap here. A moved article keeps its views under the old name.

Wikimedia's rules ask every program to name a contact, an e-mail or web address, in its User-Agent,
and block those that do not: set FORECASTER_CONTACT.

The subject is the article's title, after its project where that is not the English Wikipedia:
`Ethereum`, `de.wikipedia:Bitcoin`.

FORECASTER_WIKIMEDIA_URL sends all requests to another address, for a proxy of one's own and for tests.
"""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Unpack
from urllib.parse import quote

import pandas as pd

from ingest.answers import as_json, format_of
from ingest.daily_counts import Counts, final_days, series_of, utc_day
from ingest.errors import BadPayloadError, CredentialError
from ingest.sessions import Day
from ingest.transport import Options, Transport, address, user_agent

KIND = "page views a day"
LAG = timedelta(hours=24)
"""A day is usually loaded within some hours of its end, and within a day nearly always."""

BASE = "https://wikimedia.org"
URL = "FORECASTER_WIKIMEDIA_URL"
CONTACT = "FORECASTER_CONTACT"
_FIRST = pd.Timestamp("2015-07-01")
_PATH = "/api/rest_v1/metrics/pageviews/per-article/{}/all-access/user/{}/daily/{:%Y%m%d}00/{:%Y%m%d}00"


def attention(subject: str, first: Day, last: Day, now: datetime, transport: Transport | None = None) -> Counts:
    """Page views by UTC day.

    Args:
        subject: Title, or project and title; see the module.
        first: First day wanted; none is before 2015-07-01.
        last: Last day wanted.
        now: With a time zone; days whose end plus `LAG` is later are left out.
        transport: Another way to the provider; see `client`.

    Returns:
        See `ingest.attention`.

    Raises:
        CredentialError: No contact is set.
        ProviderError: One of its kinds.
    """
    where = f"wikimedia: {subject}"
    start, end = final_days(first, last, now, LAG, where)
    project, title = _article(subject)
    path = _PATH.format(quote(project, safe=""), quote(title, safe=""), max(start, _FIRST), end)
    body = (transport or client()).get(path, symbol=subject).body
    answer = as_json(body, where)
    counts: dict[pd.Timestamp, float] = {}
    with format_of(where):
        for item in answer["items"]:
            if (item["article"], item["granularity"]) != (title, "daily"):
                raise BadPayloadError(f"{where}: it answers about another article: check the title's spelling")
            counts[utc_day(item["timestamp"], "%Y%m%d%H")] = float(item["views"])
    return Counts(KIND, LAG, series_of(counts, start, end, where), sha256(body).hexdigest())


def client(environment: Mapping[str, str] = os.environ, **options: Unpack[Options]) -> Transport:
    """The way to Wikimedia, with the contact that its rules ask for.

    Raises:
        CredentialError: FORECASTER_CONTACT is not set, or FORECASTER_WIKIMEDIA_URL is no address that is taken.
    """
    contact = environment.get(CONTACT, "").strip()
    if not contact:
        raise CredentialError(
            f"wikimedia: its rules ask for a contact: set {CONTACT} to your e-mail or web address; it is sent to "
            "Wikimedia and nowhere else"
        )
    headers = {"User-Agent": user_agent(contact), "Accept": "application/json"}
    return Transport("wikimedia", address("wikimedia", BASE, URL, environment), headers=headers, **options)


def _article(subject: str) -> tuple[str, str]:
    """Project and title of a subject, the title as the API writes it.

    >>> _article("Bitcoin Cash"), _article("de.wikipedia:Bitcoin"), _article("Star Trek: Picard")
    (('en.wikipedia', 'Bitcoin_Cash'), ('de.wikipedia', 'Bitcoin'), ('en.wikipedia', 'Star_Trek:_Picard'))
    """
    project, colon, title = subject.partition(":")
    if not colon or ".wiki" not in project:
        project, title = "en.wikipedia", subject
    title = title.strip().replace(" ", "_")
    return project, title[:1].upper() + title[1:]
