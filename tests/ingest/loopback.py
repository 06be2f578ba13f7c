"""A real HTTP server on loopback that follows a script: what each path answers is a function."""

from __future__ import annotations

import gzip
import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Asked:
    """A request as the server saw it."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What the server sends.

    Attributes:
        body: text, bytes, or anything that JSON can write.
        status: of the answer.
        headers: beside Content-Length.
        drip: seconds between two bytes of the body; in a rush where zero.
        drip_headers: seconds between two bytes of the headers.
        zipped: sends the body compressed by gzip.
        announced: a Content-Length that is not the body's.
    """

    body: Any = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0
    drip_headers: float = 0.0
    zipped: bool = False
    announced: int | None = None

    def bytes(self) -> bytes:
        """The body as it goes over the wire."""
        body = self.body if isinstance(self.body, (bytes, str)) else json.dumps(self.body)
        raw = body.encode() if isinstance(body, str) else body
        return gzip.compress(raw) if self.zipped else raw


class Server:
    """Answers on a port of its own until it is closed; `asked` remembers every request."""

    def __init__(self, script: Callable[[Asked], Answer]) -> None:
        """Starts at once."""
        self.asked: list[Asked] = []
        self.script = script
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", "0")))
                asked = Asked(parts.path, query, headers, body)
                outer.asked.append(asked)
                with suppress(BrokenPipeError, ConnectionResetError):  # the client hung up, as it should
                    _send(self, outer.script(asked))
                self.close_connection = True

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                """Nothing is logged."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Server:
        """The server, which runs already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the port."""
        self._server.shutdown()
        self._server.server_close()


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    body = answer.bytes()
    if answer.drip_headers:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
            handler.wfile.write(bytes([byte]))
            time.sleep(answer.drip_headers)
        return
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    if answer.zipped:
        handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(body) if answer.announced is None else answer.announced))
    handler.end_headers()
    if not answer.drip:
        handler.wfile.write(body)
        return
    for byte in body:
        handler.wfile.write(bytes([byte]))
        time.sleep(answer.drip)
