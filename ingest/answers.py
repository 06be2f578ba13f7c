"""Judging what a provider answers: each error becomes one of our own family, in one plain line.

The line is made of our own words, the provider's name, the symbol and what to do. No text of a
foreign fault enters it and none is chained to it: either could quote a token.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any

import httpx

from ingest.errors import (
    AccessRefusedError,
    BadPayloadError,
    NoDataError,
    ProviderDownError,
    RateLimitedError,
    RedirectRefusedError,
    TimedOutError,
    TooLargeError,
)
from ingest.limits import Limits

REDIRECTS = frozenset({301, 302, 303, 307, 308})
TOO_MANY = 429
_SERVER = 500


def as_json(body: bytes, where: str) -> Any:  # noqa: ANN401  # JSON is any
    """The document in an answer's body.

    Raises:
        BadPayloadError: A web page, a document cut off, or anything else that is no JSON.

    >>> as_json(b'{"a": [1', "yahoo: AAPL")
    Traceback (most recent call last):
    ingest.errors.BadPayloadError: yahoo: AAPL: the answer is not JSON, or is cut off: try again later
    """
    if body.lstrip()[:1] == b"<":
        raise BadPayloadError(
            f"{where}: received a web page instead of data (a consent page, a block or maintenance): try "
            "again later, or from another network"
        )
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadPayloadError(f"{where}: the answer is not JSON, or is cut off: try again later") from None


@contextmanager
def format_of(where: str) -> Iterator[None]:
    """What cannot be found in an answer within this block is a change of the provider's format.

    Raises:
        BadPayloadError: Names the key, and the provider.

    >>> with format_of("x_counts: $ETH"):
    ...     {"data": 1}["meta"]
    Traceback (most recent call last):
    ingest.errors.BadPayloadError: x_counts: $ETH: the answer is not in the known format (KeyError: 'meta'): ...
    """
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as fault:
        key = f": {str(fault)[:40]}" if isinstance(fault, KeyError) else ""
        raise BadPayloadError(
            f"{where}: the answer is not in the known format ({type(fault).__name__}{key}): the provider may have "
            "changed it; update the program"
        ) from None


def told(words: object, most: int) -> str:
    r"""A provider's words as they may stand within a line of ours: on that line, printable, cut.

    >>> told("No data\n found\x1b[31m", 15)
    'No data found ['
    """
    plain = "".join(sign if sign.isprintable() else " " for sign in str(words))
    return " ".join(plain.split())[:most]


def refuse_status(status: int, headers: Mapping[str, str], where: str, wall: float) -> None:
    """The fault that a status other than 200 stands for.

    Raises:
        RateLimitedError: 429; with the wait that the provider asks for.
        AccessRefusedError: 401, 402, 403 and 451.
        NoDataError: 404 and 410.
        ProviderDownError: 408 and 500 to 599.
        BadPayloadError: Any other.
    """
    if status == httpx.codes.OK:
        return
    if status == TOO_MANY:
        raise rate_limited(where, asked_wait(headers, wall))
    if status in {401, 402, 403, 451}:
        raise AccessRefusedError(
            f"{where}: access refused (status {status}): check the token or contact, and what the account may read"
        )
    if status in {404, 410}:
        raise NoDataError(f"{where}: nothing was found there (status {status}): check the name and the days")
    if status >= _SERVER or status == httpx.codes.REQUEST_TIMEOUT:
        raise down(where, f"status {status}")
    raise BadPayloadError(f"{where}: the request was rejected (status {status}): check the name and the days")


def refuse_elsewhere(url: httpx.URL, target: httpx.URL, where: str, family: str = "") -> None:
    """Redirects lead to the same host, or to one of its family, and never to a private address.

    Args:
        url: Where the redirect comes from.
        target: Where it leads.
        where: Provider and symbol, for the message.
        family: A domain whose hosts may redirect to each other over https, such as `yahoo.com`.

    Raises:
        RedirectRefusedError: Names the host.
    """
    same = (target.host, target.port or _port(target)) == (url.host, url.port or _port(url))
    upgrade = target.host == url.host and target.scheme == "https" and not url.port and not target.port
    related = bool(family) and target.scheme == "https" and f".{target.host}".endswith(f".{family}")
    if ((same and target.scheme == url.scheme) or upgrade or related) and not target.userinfo:
        return
    kind = "a private address" if _is_private(target.host) else "another host"
    raise RedirectRefusedError(
        f"{where}: it redirects to {kind} ({target.host[:60] or 'none'}), which is refused: check the address and "
        "the network (a login page of a hotel or company does this)"
    )


def asked_wait(headers: Mapping[str, str], wall: float) -> float | None:
    """Seconds that a provider asks to wait; None where it does not say.

    >>> asked_wait({"retry-after": "120"}, 0.0), asked_wait({"x-rate-limit-reset": "1060"}, 1000.0)
    (120.0, 60.0)
    >>> asked_wait({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 0.0), asked_wait({}, 0.0)
    (60.0, None)
    """
    after = headers.get("retry-after", "").strip()
    if after.isdecimal():
        return float(after[:9])
    try:
        if after:
            return max(0.0, parsedate_to_datetime(after).timestamp() - wall)
    except (TypeError, ValueError, OverflowError):
        return None
    reset = headers.get("x-rate-limit-reset", "").strip()
    return max(0.0, float(reset[:12]) - wall) if reset.isdecimal() else None


def rate_limited(where: str, retry_after: float | None) -> RateLimitedError:
    """The line of a rate limit."""
    told = f"{retry_after:.0f} seconds" if retry_after is not None else "some minutes"
    return RateLimitedError(f"{where}: too many requests: wait {told} and run again", retry_after)


def timed_out(where: str, limits: Limits) -> TimedOutError:
    """The line of a timeout."""
    return TimedOutError(
        f"{where}: no complete answer in time ({limits.read:g} s of silence or {limits.deadline:g} s in all): "
        "check the network and try again"
    )


def down(where: str, reason: str) -> ProviderDownError:
    """The line of a provider that cannot be reached or breaks off."""
    return ProviderDownError(
        f"{where}: the provider cannot be reached or is failing ({reason}): check your connection, or try again later"
    )


def too_large(where: str, max_bytes: int) -> TooLargeError:
    """The line of an answer that is too large."""
    return TooLargeError(
        f"{where}: the answer is larger than {max_bytes / 2**20:g} MiB, more than any genuine one: it was cut off and "
        "not read; ask for fewer days"
    )


def _port(url: httpx.URL) -> int:
    return 443 if url.scheme == "https" else 80


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
