"""The one seam to HTTP: bounded in time, bytes, attempts and places; faults in our own family.

Everything that leaves the machine goes through `Transport`, except what yfinance sends, which obeys
the same limits and speaks the same words (`ingest.yahoo_session`). A test passes a
`sender` (any httpx transport) or the address of a real server on loopback; it never patches.

- time: a wait for the connection, a wait for each byte, and a total deadline for an attempt;
- bytes: at most `max_bytes` after decompression, of which never more is held in memory;
- attempts: two, and only where another one may help; the wait between them is the one that the
  provider asks for (`Retry-After`, `x-rate-limit-reset`), else long and random;
- places: redirects to the same host alone, and never from https to http; another address of the
  user's (`address`) is taken over https or on loopback, so that no token travels in the clear;
- words: one plain line with provider, symbol and remedy; see `ingest.answers`.
"""

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from typing import Any, TypedDict

import httpcore
import httpx

from ingest.answers import REDIRECTS, as_json, down, refuse_elsewhere, refuse_status, timed_out, too_large
from ingest.deadline import DeadlineSender
from ingest.errors import BadPayloadError, CredentialError, RedirectRefusedError
from ingest.limits import Limits, Sleep, patiently

_FOREIGN = (httpx.HTTPError, httpx.StreamError, httpcore.NetworkError, httpcore.ProtocolError)
_TIMEOUTS = (httpx.TimeoutException, httpcore.TimeoutException)
_PORTS = 65535


@dataclass(frozen=True)
class Reply:
    """An answer: its status, its headers, its body decompressed."""

    status: int
    headers: httpx.Headers
    body: bytes


class Options(TypedDict, total=False):
    """What an adapter passes on to its `Transport`, which says what each means."""

    limits: Limits
    sender: httpx.BaseTransport
    sleep: Sleep
    wall: Callable[[], float]


class Transport:
    """Asks one provider.

    Args:
        provider: Its name in every message.
        base: Its address, `https://host` or, for a test, `http://127.0.0.1:port`.
        headers: Sent with every request; a token belongs here and nowhere else.
        limits: What a request may cost.
        sender: Any httpx transport; the network where None.
        sleep: Waits so many seconds.
        wall: The present time, seconds since 1970, for instants that a provider names.

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
        """Remembers whom to ask, and how; nothing is sent yet."""
        self.provider = provider
        self._base = httpx.URL(base)
        self._headers = {"User-Agent": user_agent(), "Accept-Encoding": "gzip", **(headers or {})}
        self._limits = limits or Limits()
        self._sender, self._sleep, self._wall = sender, sleep, wall

    def get(self, path: str, params: Mapping[str, str] | None = None, *, symbol: str) -> Reply:
        """The answer to a GET, of status 200 and not empty.

        Args:
            path: Below the base, percent-encoded.
            params: Of the query.
            symbol: What is asked about, for the messages.

        Raises:
            ProviderError: One of its kinds; see `ingest.errors`.
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

    def json(self, path: str, params: Mapping[str, str] | None = None, *, symbol: str) -> Any:  # noqa: ANN401  # JSON is any
        """The same as a JSON document.

        Raises:
            BadPayloadError: It is none.
            ProviderError: As `get`.
        """
        return as_json(self.get(path, params, symbol=symbol).body, f"{self.provider}: {symbol}")

    def _attempt(self, url: httpx.URL, where: str) -> Reply:
        limits = self._limits
        try:
            with self._client(url) as client:
                for _ in range(limits.redirects + 1):
                    reply = self._exchange(client, url, where)
                    if reply.status not in REDIRECTS:
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
            body = b"" if answer.status_code in REDIRECTS else _drained(answer, self._limits.max_bytes, where)
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


def address(provider: str, own: str, variable: str, environment: Mapping[str, str], *, encrypted: bool = True) -> str:
    """Where a provider is asked: at its own address, or at another one that the environment names.

    Args:
        provider: Its name, for the message.
        own: Its own address.
        variable: The environment's, for a proxy of the user's and for tests; empty counts as absent.
        environment: Such as `os.environ`.
        encrypted: Whether http:// is taken on loopback alone, since a token or contact is sent along.

    Raises:
        CredentialError: It is not a host address, or would send in the clear; its value is not shown, since it may
            hold a password.

    >>> address("x_counts", "https://api.x.com", "FORECASTER_X_URL", {"FORECASTER_X_URL": "http://127.0.0.1:8080/"})
    'http://127.0.0.1:8080'
    >>> address("x_counts", "https://api.x.com", "FORECASTER_X_URL", {"FORECASTER_X_URL": "http://example.org"})
    Traceback (most recent call last):
    ingest.errors.CredentialError: x_counts: FORECASTER_X_URL is an http:// address beyond loopback, ...
    """
    named = environment.get(variable, "").strip()
    if not named:
        return own
    url = _host_alone(named)
    if url is None:
        raise CredentialError(
            f"{provider}: {variable} is not a host address: write it as https://HOST or https://HOST:PORT, without "
            "path, user and password"
        )
    if encrypted and url.scheme == "http" and not _is_loopback(url.host):
        raise CredentialError(
            f"{provider}: {variable} is an http:// address beyond loopback, where a token would travel in the clear: "
            "write it with https://"
        )
    return str(url).rstrip("/")


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


def _host_alone(text: str) -> httpx.URL | None:
    """The address, where it is scheme, host and perhaps port, and nothing else."""
    try:
        url = httpx.URL(text)
        host = url.host and url.raw_host  # the one fails on a name that the other passes on
    except (httpx.InvalidURL, UnicodeError):
        return None
    extra = url.userinfo or url.query or url.fragment or url.path != "/" or "?" in text or "#" in text
    whole = url.scheme in {"http", "https"} and host and b"%" not in host
    return url if whole and not extra and url.port != 0 and (url.port or 0) <= _PORTS else None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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


def _plain(raw: bytes, unzip: Any, room: int, where: str) -> bytes:  # noqa: ANN401  # zlib's type has no name
    if unzip is None:
        return raw
    try:
        plain: bytes = unzip.decompress(raw, room)
    except zlib.error:
        raise BadPayloadError(f"{where}: the answer cannot be decompressed: try again later") from None
    return plain
