"""The one seam to HTTP: bounded in time, bytes, attempts and places; faults in our own family.

Everything that leaves the machine goes through `Transport`, except what yfinance sends, which obeys
the same `Limits`, the same `patiently` and the same words (`ingest.sources.yahoo`). A test passes a
``sender`` (any httpx transport) or the address of a real server on loopback; it never patches.

- time: a wait for the connection, a wait for each byte, and a total deadline for an attempt;
- bytes: at most ``max_bytes`` after decompression, of which never more is held in memory;
- attempts: two, and only where another one may help; the wait between them is the one that the
  provider asks for (``Retry-After``, ``x-rate-limit-reset``), else long and random;
- places: redirects to the same host alone, and never from https to http;
- words: one plain line with provider, symbol and remedy, made of our own words alone. No text of a
  foreign fault enters it and none is chained to it: either could quote a token.
"""

import json
import random
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from typing import Any, TypeVar

import httpcore
import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from ingest.deadline import DeadlineSender
from ingest.errors import (
    AccessRefusedError,
    BadPayloadError,
    CredentialError,
    NoDataError,
    ProviderDownError,
    RateLimitedError,
    RedirectRefusedError,
    TimedOutError,
    TooLargeError,
)

Result = TypeVar("Result")
Sleep = Callable[[float], None]

_FOREIGN = (httpx.HTTPError, httpx.StreamError, httpcore.NetworkError, httpcore.ProtocolError)
_TIMEOUTS = (httpx.TimeoutException, httpcore.TimeoutException)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TOO_MANY = 429
_SERVER = 500


@dataclass(frozen=True)
class Limits:
    """What a request may cost.

    Attributes:
        connect: seconds until the connection stands.
        read: seconds of silence.
        deadline: seconds for one attempt, from the first byte sent to the last received.
        max_bytes: of an answer's body, decompressed.
        attempts: in all.
        redirects: followed in one attempt.
        wait: shortest and longest wait before another attempt, seconds, where the provider does not
            ask for one.
        patience: longest wait that a provider may ask for, seconds; beyond it the attempt is not repeated.
    """

    connect: float = 10.0
    read: float = 20.0
    deadline: float = 60.0
    max_bytes: int = 32 * 2**20
    attempts: int = 2
    redirects: int = 3
    wait: tuple[float, float] = (15.0, 45.0)
    patience: float = 900.0


@dataclass(frozen=True)
class Reply:
    """An answer: its status, its headers, its body decompressed."""

    status: int
    headers: httpx.Headers
    body: bytes


class Transport:
    """Asks one provider.

    Args:
        provider: its name in every message.
        base: its address, ``https://host`` or, for a test, ``http://127.0.0.1:port``.
        headers: sent with every request; a token belongs here and nowhere else.
        limits: what a request may cost.
        sender: any httpx transport; the network where None.
        sleep: waits so many seconds.
        wall: the present time, seconds since 1970, for instants that a provider names.

    >>> page = httpx.MockTransport(lambda request: httpx.Response(200, json={"path": request.url.path}))
    >>> Transport("example", "https://example.org", sender=page).json("/counts", symbol="ETH-USD")
    {'path': '/counts'}
    """

    def __init__(
        self,
        provider: str,
        base: str,
        *,
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        sender: httpx.BaseTransport | None = None,
        sleep: Sleep = time.sleep,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Remember whom to ask, and how; nothing is sent yet."""
        self.provider = provider
        self._base = httpx.URL(base)
        self._headers = {"User-Agent": user_agent(), "Accept-Encoding": "gzip", **(headers or {})}
        self._limits = limits or Limits()
        self._sender, self._sleep, self._wall = sender, sleep, wall

    def get(self, path: str, params: Mapping[str, str] | None = None, *, symbol: str) -> Reply:
        """The answer to a GET, of status 200 and not empty.

        Args:
            path: below the base, percent-encoded.
            params: of the query.
            symbol: what is asked about, for the messages.

        Raises:
            ProviderError: one of its kinds; see `ingest.errors`.
        """
        where = f"{self.provider}: {symbol}"
        try:
            url = self._base.join(path).copy_merge_params(params or {})
            return patiently(lambda: self._attempt(url, where), self._limits, self._sleep)
        except (UnicodeError, httpx.InvalidURL, httpx.LocalProtocolError, httpcore.LocalProtocolError):
            fault = CredentialError(
                f"{where}: the request has characters that HTTP does not carry; a token, contact or query with a "
                "line break or letters beyond ASCII is the usual reason: set it again"
            )
        raise fault

    def json(self, path: str, params: Mapping[str, str] | None = None, *, symbol: str) -> Any:  # noqa: ANN401 - JSON is any
        """The same as a JSON document.

        Raises:
            BadPayloadError: it is none.
            ProviderError: as `get`.
        """
        return as_json(self.get(path, params, symbol=symbol).body, f"{self.provider}: {symbol}")

    def _attempt(self, url: httpx.URL, where: str) -> Reply:
        limits = self._limits
        try:
            with self._client(url) as client:
                for _ in range(limits.redirects + 1):
                    reply = self._exchange(client, url, where)
                    if reply.status not in _REDIRECTS:
                        return self._judged(reply, where)
                    url = self._next(url, reply, where)
        except _TIMEOUTS:
            raise timed_out(where, limits) from None
        except (httpx.LocalProtocolError, httpcore.LocalProtocolError):
            raise
        except _FOREIGN as broken:
            raise down(where, type(broken).__name__) from None
        raise RedirectRefusedError(f"{where}: it redirects more than {limits.redirects} times: try again later")

    def _client(self, url: httpx.URL) -> httpx.Client:
        limits = self._limits
        return httpx.Client(
            transport=self._sender or DeadlineSender(limits.deadline, url),
            timeout=httpx.Timeout(limits.read, connect=limits.connect),
            headers=self._headers,
            follow_redirects=False,
            trust_env=False,
        )

    def _exchange(self, client: httpx.Client, url: httpx.URL, where: str) -> Reply:
        with client.stream("GET", url) as answer:
            body = b"" if answer.status_code in _REDIRECTS else _drained(answer, self._limits.max_bytes, where)
            return Reply(answer.status_code, answer.headers, body)

    def _next(self, url: httpx.URL, reply: Reply, where: str) -> httpx.URL:
        target = url.join(reply.headers.get("location", ""))
        refuse_elsewhere(url, target, where)
        return target

    def _judged(self, reply: Reply, where: str) -> Reply:
        refuse_status(reply.status, reply.headers, where, self._wall())
        if not reply.body:
            raise BadPayloadError(f"{where}: an empty answer: try again later")
        return reply


def patiently(ask: Callable[[], Result], limits: Limits, sleep: Sleep) -> Result:
    """What ``ask`` returns, asked again after a wait where that may help.

    Another attempt may help after a rate limit, a timeout and a fault of the provider. A provider
    that asks for more than ``limits.patience`` seconds is not asked again.

    >>> patiently(lambda: "rows", Limits(), sleep=print)
    'rows'
    """

    def may_help(fault: BaseException) -> bool:
        if isinstance(fault, RateLimitedError):
            return (fault.retry_after or 0.0) <= limits.patience
        return isinstance(fault, (TimedOutError, ProviderDownError))

    def wait(state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        asked = getattr(fault, "retry_after", None)
        shortest, longest = limits.wait
        if asked is not None:
            return float(asked) + random.uniform(0.0, min(shortest / 5, 0.1 + asked / 4))  # noqa: S311 - no secret depends on it
        return random.uniform(shortest, longest)  # noqa: S311 - the same

    retrying = Retrying(
        stop=stop_after_attempt(limits.attempts),
        wait=wait,
        retry=retry_if_exception(may_help),
        sleep=sleep,
        reraise=True,
    )
    return retrying(ask)


def as_json(body: bytes, where: str) -> Any:  # noqa: ANN401 - JSON is any
    """The document in an answer's body.

    Raises:
        BadPayloadError: a web page, a document cut off, or anything else that is no JSON.

    >>> as_json(b'{"a": [1', "yahoo: AAPL")
    Traceback (most recent call last):
    ingest.errors.BadPayloadError: yahoo: AAPL: the answer is no JSON, or is cut off: try again later
    """
    if body.lstrip()[:1] == b"<":
        raise BadPayloadError(
            f"{where}: a web page came where data were asked for (a consent page, a block or maintenance): try "
            "again later, or from another network"
        )
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadPayloadError(f"{where}: the answer is no JSON, or is cut off: try again later") from None


@contextmanager
def format_of(where: str) -> Iterator[None]:
    """What cannot be found in an answer within this block is a change of the provider's format.

    Raises:
        BadPayloadError: names the key, and the provider.

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


def refuse_status(status: int, headers: Mapping[str, str], where: str, wall: float) -> None:
    """The fault that a status other than 200 stands for.

    Raises:
        RateLimitedError: 429; with the wait that the provider asks for.
        AccessRefusedError: 401, 402, 403 and 451.
        NoDataError: 404 and 410.
        ProviderDownError: 408 and 500 to 599.
        BadPayloadError: any other.
    """
    if status == httpx.codes.OK:
        return
    if status == _TOO_MANY:
        raise rate_limited(where, asked_wait(headers, wall))
    if status in {401, 402, 403, 451}:
        raise AccessRefusedError(
            f"{where}: access refused (status {status}): check the token or contact, and what the account may read"
        )
    if status in {404, 410}:
        raise NoDataError(f"{where}: it has nothing there (status {status}): check the name and the days")
    if status >= _SERVER or status == httpx.codes.REQUEST_TIMEOUT:
        raise down(where, f"status {status}")
    raise BadPayloadError(f"{where}: it does not take the request (status {status}): check the name and the days")


def refuse_elsewhere(url: httpx.URL, target: httpx.URL, where: str, family: str = "") -> None:
    """Redirects lead to the same host, or to one of its family, and never to a private address.

    Args:
        url: where the redirect comes from.
        target: where it leads.
        where: provider and symbol, for the message.
        family: a domain whose hosts may redirect to each other over https, such as ``yahoo.com``.

    Raises:
        RedirectRefusedError: names the host.
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
    return ProviderDownError(f"{where}: the provider cannot be reached or fails ({reason}): try again later")


def too_large(where: str, max_bytes: int) -> TooLargeError:
    """The line of an answer that is too large."""
    return TooLargeError(
        f"{where}: the answer is larger than {max_bytes / 2**20:g} MiB, more than any true one: it was cut off and "
        "not read; ask for fewer days"
    )


def user_agent(contact: str = "") -> str:
    """Who asks: program, version, contact and library, as Wikimedia's rules want it.

    >>> user_agent("me@example.org")
    'forecaster/... (me@example.org) httpx/...'
    """
    try:
        own = version("forecaster")
    except PackageNotFoundError:
        own = "0"
    return f"forecaster/{own} ({contact or 'daily financial forecasts'}) httpx/{httpx.__version__}"


def _drained(answer: httpx.Response, max_bytes: int, where: str) -> bytes:
    """The body, decompressed piece by piece, so that a bomb never unfolds beyond the cap."""
    if answer.is_stream_consumed:  # a function stood in for the network and gave the body at once
        if len(answer.content) > max_bytes:
            raise too_large(where, max_bytes)
        return answer.content
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"identity", "", "gzip", "x-gzip"}:
        raise BadPayloadError(f"{where}: an encoding that was not asked for: try again later")
    unzip = zlib.decompressobj(wbits=31) if "gzip" in coding else None
    body = bytearray()
    for raw in answer.iter_raw():
        body += _plain(raw, unzip, max_bytes - len(body) + 1, where)
        if len(body) > max_bytes:
            raise too_large(where, max_bytes)
    if unzip is not None and not unzip.eof and body:
        raise down(where, "the answer is cut off")
    return bytes(body)


def _plain(raw: bytes, unzip: Any, room: int, where: str) -> bytes:  # noqa: ANN401 - zlib's type has no name
    if unzip is None:
        return raw
    try:
        plain: bytes = unzip.decompress(raw, room)
    except zlib.error:
        raise BadPayloadError(f"{where}: the answer cannot be decompressed: try again later") from None
    return plain


def _port(url: httpx.URL) -> int:
    return 443 if url.scheme == "https" else 80


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
