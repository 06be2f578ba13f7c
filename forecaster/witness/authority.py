"""Asks a time stamp authority (RFC 3161) over HTTP: what it answers is verified before anybody keeps it.

The question is the sha256 of what is to be sealed and a fresh number; no more of it leaves the machine. An authority
may be down, slow, or lie: its answer is cut off in time and in bytes, redirects are not followed, and what is of
another text, of another question, by another signer or of another time is refused. A login in the address is sent, and
never printed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpcore
import httpx
from rfc3161_client import TimestampRequestBuilder
from rfc3161_client.base import HashAlgorithm

from forecaster.errors import WitnessError
from forecaster.witness import token
from ingest.deadline import DeadlineSender

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryptography.x509 import Certificate

    from forecaster.witness.token import Stamped

TOLERANCE = timedelta(minutes=5)
"""How far the authority's time may lie from this machine's before one of the two must be wrong."""
SECONDS = 20.0
_QUERY = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
    "Accept-Encoding": "identity",
    "User-Agent": "forecaster",
}
_TIMEOUTS = (httpx.TimeoutException, httpcore.TimeoutException)
_FOREIGN = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    httpcore.ProxyError,
    OSError,
    UnicodeError,
)
_REDIRECTS = range(300, 400)
_UNAUTHORISED = (401, 403, 407)
_SERVER = 500


def ask(
    url: str,
    sealed: bytes,
    roots: Sequence[Certificate],
    *,
    seconds: float = SECONDS,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[bytes, Stamped]:
    """A time stamp of some bytes, verified, and what it says.

    Args:
        url: Of the authority, http:// or https://; it may hold a login.
        sealed: What is to be sealed.
        roots: Certificates that are trusted.
        seconds: Until the whole answer must be there.
        now: The real time, in UTC.

    Raises:
        WitnessError: The authority cannot be asked, or its answer does not hold; one line without login.
    """
    where, address = _address(url)
    question = TimestampRequestBuilder().data(sealed).hash_algorithm(HashAlgorithm.SHA256).build()
    asked = now()
    der = _answer(address, question.as_bytes(), seconds, where)
    try:
        stamped = token.verify(der, sealed, roots, question.nonce)
    except WitnessError as fault:
        raise WitnessError(f"{where}: {fault}; nothing of it is kept") from fault
    if not asked - TOLERANCE <= stamped.at <= now() + TOLERANCE:
        raise WitnessError(
            f"{where}: its time stamp is of {stamped.at:%Y-%m-%d %H:%M:%S} UTC, and it is {now():%Y-%m-%d %H:%M:%S} "
            "here: one of the two clocks is wrong; nothing of it is kept"
        )
    return der, stamped


def shown(url: str) -> str:
    """An address as it may be printed: host, port and path, without login and query.

    >>> shown("https://me:secret@tsa.example.org/stamp?key=1")
    'https://tsa.example.org/stamp'
    """
    return _address(url)[0]


def _address(url: str) -> tuple[str, httpx.URL]:
    try:
        address: httpx.URL | None = httpx.URL(url.strip())
    except (httpx.InvalidURL, UnicodeError):
        address = None
    if address is None or address.scheme not in {"http", "https"} or not address.host:
        raise WitnessError(
            "the address of the time stamp authority (setting witness.authority) is not one: write it as "
            "https://HOST/PATH or http://HOST/PATH"
        )
    return str(address.copy_with(userinfo=b"", query=None, fragment=None)), address


def _answer(address: httpx.URL, question: bytes, seconds: float, where: str) -> bytes:
    """The body of an answer of status 200."""
    try:
        with (
            httpx.Client(
                transport=DeadlineSender(seconds, address),
                timeout=httpx.Timeout(seconds),
                headers=_QUERY,
                follow_redirects=False,
                trust_env=False,
            ) as client,
            client.stream("POST", address, content=question) as answer,
        ):
            _refuse_status(answer, where)
            return _drained(answer, where)
    except _TIMEOUTS:
        raise WitnessError(
            f"{where}: no whole answer within {seconds:g} seconds (setting witness.timeout_seconds)"
        ) from None
    except _FOREIGN as broken:  # none is chained: it could quote a login
        raise WitnessError(
            f"{where}: the authority cannot be reached ({type(broken).__name__}): check the address and the network, "
            "or try again later"
        ) from None


def _refuse_status(answer: httpx.Response, where: str) -> None:
    status = answer.status_code
    if status == httpx.codes.OK:
        return
    if status in _REDIRECTS:
        raise WitnessError(
            f"{where}: it redirects (status {status}), which is not followed: name the address that it leads to, if "
            "you trust it"
        )
    if status in _UNAUTHORISED:
        raise WitnessError(f"{where}: access refused (status {status}): check the login in the address")
    if status >= _SERVER:
        raise WitnessError(f"{where}: the authority is in trouble (status {status}): try again later")
    raise WitnessError(f"{where}: the question was rejected (status {status}): check the address")


def _drained(answer: httpx.Response, where: str) -> bytes:
    """A body, of which never more is held than a time stamp may have."""
    body = bytearray()
    for piece in answer.iter_raw():
        body += piece
        if len(body) > token.MAX_BYTES:
            raise WitnessError(f"{where}: its answer is no time stamp: it goes on beyond {token.MAX_BYTES} bytes")
    if bytes(body.lstrip()[:1]) == b"<":
        raise WitnessError(
            f"{where}: received a web page instead of a time stamp (a login page, a block or maintenance): check the "
            "address and the network"
        )
    return bytes(body)
