"""A sender for httpx whose connections end at one fixed instant, however slowly bytes drip.

A timeout bounds the silence between two bytes, so that a server that sends one byte a second is
never late. Here every wait of a connection, that for its headers included, is cut to what is left
until the deadline. The proxies of the environment (`HTTPS_PROXY`, `NO_PROXY`) are honoured.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from ssl import SSLContext
from typing import Any, cast
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

Clock = Callable[[], float]


class DeadlineSender(httpx.BaseTransport):
    """Sends requests until the deadline, and not a moment longer.

    Args:
        seconds: From now until the deadline.
        url: Of the first request; it decides whether a proxy of the environment is used.
        clock: Monotonic, in seconds.
    """

    def __init__(self, seconds: float, url: httpx.URL, clock: Clock = time.monotonic) -> None:
        """Starts the deadline's clock; see the class."""
        backend = _Backend(_Deadline(clock() + seconds, clock))
        proxy = None if proxy_bypass(url.host) else getproxies().get(url.scheme)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            proxy=_proxy(proxy) if proxy else None,
            network_backend=backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request; faults are those of httpcore."""
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=cast("Iterable[bytes]", request.stream),
                extensions=request.extensions,
            )
        )
        body = _Body(cast("Iterable[bytes]", answer.stream))
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    def close(self) -> None:
        """Closes every connection."""
        self._pool.close()


def _proxy(address: str) -> httpcore.Proxy:
    parts = httpx.URL(address)
    login = (parts.username.encode(), parts.password.encode()) if parts.username else None
    return httpcore.Proxy(str(parts.copy_with(userinfo=b"")), auth=login)


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


class _Deadline:
    """How long a wait may be: its own timeout or what is left, whichever is shorter."""

    def __init__(self, end: float, clock: Clock) -> None:
        self._end, self._clock = end, clock

    def __call__(self, timeout: float | None) -> float:
        left = self._end - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout("the total deadline is over")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, cut: _Deadline) -> None:
        self._inner, self._cut = inner, cut

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._cut(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._cut(timeout)), self._cut)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  # httpcore's own signature
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, cut: _Deadline) -> None:
        self._inner, self._cut = httpcore.SyncBackend(), cut

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._inner.connect_tcp(host, port, self._cut(timeout), local_address, socket_options)
        return _Stream(inner, self._cut)
