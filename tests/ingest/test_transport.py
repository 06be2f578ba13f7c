"""The seam to HTTP against a real server on loopback: each fault of the weather, and what is said of it."""

from __future__ import annotations

import logging
import socket
import time
import traceback
import tracemalloc
from itertools import cycle
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ingest import errors
from ingest.answers import refuse_elsewhere, told
from ingest.errors import (
    AccessRefusedError,
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
from ingest.transport import Transport
from tests.ingest.loopback import Answer, Asked, Server

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = "canary-7f3a9c"
HALF = Answer('{"a": 1}', zipped=True).bytes()[:-9]
QUICK = Limits(connect=1.0, read=0.5, deadline=1.0, max_bytes=100_000)


class Ask:
    """One transport against one script; remembers how long it was told to wait."""

    def __init__(self, script: Callable[[Asked], Answer] | list[Answer], **options: Any) -> None:
        """A list is answered from the first to the last, and again."""
        answers = cycle(script) if isinstance(script, list) else None
        self.waits: list[float] = []
        self.server = Server((lambda _: next(answers)) if answers else script)
        self.transport = Transport(
            "example",
            options.pop("base", self.server.url),
            **{"limits": QUICK, "sleep": self.waits.append, "wall": lambda: 1000.0, **options},
        )

    def json(self, path: str = "/counts", **params: str) -> Any:
        with self.server:
            return self.transport.json(path, params, symbol="ETH-USD")

    def fault(self, kind: type[ProviderError]) -> ProviderError:
        with pytest.raises(kind) as caught:
            self.json()
        line = str(caught.value)
        assert type(caught.value) is kind
        assert line.startswith("example: ETH-USD: ")
        assert "\n" not in line
        return caught.value


def test_an_answer_with_its_query_and_a_descriptive_agent() -> None:
    ask = Ask([Answer({"a": [1, None]}, zipped=True)])
    assert ask.json("/counts", day="2024-01-01", q="#a b&c") == {"a": [1, None]}
    (asked,) = ask.server.asked
    assert asked.query == {"day": "2024-01-01", "q": "#a b&c"}
    assert asked.headers["user-agent"].startswith("forecaster/")
    assert asked.headers["accept-encoding"] == "gzip"


def test_429_is_waited_for_as_long_as_it_asks_and_asked_once_more() -> None:
    ask = Ask([Answer(status=429, headers={"Retry-After": "120"}), Answer({"ok": 1})])
    assert ask.json() == {"ok": 1}
    assert 120 <= ask.waits[0] <= 123
    assert len(ask.server.asked) == 2


def test_429_without_retry_after_waits_long_at_random_and_then_says_so() -> None:
    ask = Ask([Answer(status=429)])
    fault = ask.fault(RateLimitedError)
    assert isinstance(fault, RateLimitedError)
    assert fault.retry_after is None
    assert "too many requests: wait some minutes and run again" in str(fault)
    assert len(ask.server.asked) == 2
    assert [15 <= wait <= 45 for wait in ask.waits] == [True]


def test_429_with_an_instant_of_reset() -> None:
    ask = Ask([Answer(status=429, headers={"x-rate-limit-reset": "1300"})])
    fault = ask.fault(RateLimitedError)
    assert isinstance(fault, RateLimitedError)
    assert fault.retry_after == 300
    assert "wait 300 seconds" in str(fault)


def test_a_wait_beyond_patience_is_not_waited_for() -> None:
    ask = Ask([Answer(status=429, headers={"Retry-After": "86400"})])
    assert "wait 86400 seconds" in str(ask.fault(RateLimitedError))
    assert (len(ask.server.asked), ask.waits) == (1, [])


def test_500_is_asked_twice_and_then_left() -> None:
    ask = Ask([Answer("boom", status=500)])
    assert "(status 500): check your connection, or try again later" in str(ask.fault(ProviderDownError))
    assert len(ask.server.asked) == 2
    assert Ask([Answer(status=503), Answer({"ok": 1})]).json() == {"ok": 1}


@pytest.mark.parametrize(("status", "kind"), [(401, AccessRefusedError), (403, AccessRefusedError), (404, NoDataError)])
def test_what_no_second_attempt_can_help_is_asked_once(status: int, kind: type[ProviderError]) -> None:
    ask = Ask([Answer(status=status)])
    ask.fault(kind)
    assert len(ask.server.asked) == 1
    assert Ask([Answer(status=418)]).fault(BadPayloadError)


@pytest.mark.parametrize("slow", [Answer("x" * 1000, drip=0.05), Answer(drip_headers=0.05)], ids=["body", "headers"])
def test_a_slow_drip_ends_at_the_total_deadline(slow: Answer) -> None:
    ask = Ask([slow], limits=Limits(connect=1, read=0.5, deadline=0.6, attempts=1))
    start = time.perf_counter()
    assert "no complete answer in time (0.5 s of silence or 0.6 s in all)" in str(ask.fault(TimedOutError))
    assert time.perf_counter() - start < 1.5


def test_silence_and_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        quick = Limits(connect=0.2, read=0.2, deadline=1, attempts=1)
        Ask([], base=f"http://127.0.0.1:{port}", limits=quick).fault(TimedOutError)
    assert "ConnectError" in str(Ask([], base=f"http://127.0.0.1:{port}").fault(ProviderDownError))


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (Answer('{"data": [1, 2'), BadPayloadError, "not JSON, or is cut off"),
        (Answer("<!DOCTYPE html><html>consent</html>"), BadPayloadError, "received a web page"),
        (Answer(""), BadPayloadError, "an empty answer"),
        (Answer("  \n"), BadPayloadError, "not JSON"),
        (Answer("[" * 90_000), BadPayloadError, "not JSON"),
        (Answer('{"a": 1}', announced=500), ProviderDownError, "is failing (RemoteProtocolError)"),
        (Answer("{}", headers={"Content-Encoding": "br"}), BadPayloadError, "not asked for"),
        (Answer("plain", headers={"Content-Encoding": "gzip"}), BadPayloadError, "cannot be decompressed"),
        (Answer(HALF, headers={"Content-Encoding": "gzip"}), ProviderDownError, "cut off"),
        (Answer("x" * 100_001), TooLargeError, "larger than 0.0953674 MiB"),
    ],
    ids=["cut-off", "html", "nothing", "blank", "deep", "broken-off", "brotli", "no-gzip", "half-gzip", "oversize"],
)  # fmt: skip
def test_bodies_that_are_not_what_they_should_be(answer: Answer, kind: type[ProviderError], said: str) -> None:
    assert said in str(Ask([answer]).fault(kind))


def test_a_gzip_bomb_is_refused_before_it_unfolds() -> None:
    bomb = Answer(b"\0" * 100_000_000, zipped=True)
    wire = bomb.bytes()
    assert len(wire) < 100_000
    ask = Ask([Answer(wire, headers={"Content-Encoding": "gzip"})])
    tracemalloc.start()
    ask.fault(TooLargeError)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
    assert len(ask.server.asked) == 1


def test_redirects_stay_on_the_host() -> None:
    ask = Ask(lambda asked: Answer({"ok": 1}) if asked.path == "/b" else Answer(status=302, headers={"Location": "/b"}))
    assert ask.json() == {"ok": 1}
    loop = Ask([Answer(status=301, headers={"Location": "/again"})])
    assert "redirects more than 3 times" in str(loop.fault(RedirectRefusedError))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("https://evil.example/x", "another host (evil.example)"),
        ("http://10.0.0.1/latest", "a private address (10.0.0.1)"),
        ("http://169.254.169.254/latest/meta-data", "a private address (169.254.169.254)"),
        ("http://[::1]/", "a private address (::1)"),
        ("http://localhost/", "a private address (localhost)"),
        ("http://127.0.0.1:1/", "a private address (127.0.0.1)"),
        ("file:///etc/passwd", "another host (none)"),
    ],
)
def test_redirects_elsewhere_are_refused(target: str, said: str) -> None:
    ask = Ask([Answer(status=302, headers={"Location": target})])
    assert said in str(ask.fault(RedirectRefusedError))
    assert len(ask.server.asked) == 1


def test_a_redirect_to_a_private_address_from_a_public_host_is_refused() -> None:
    for target in ("http://127.0.0.1:8080/", "http://192.168.1.1/", "http://example.org/", "https://u:p@example.org/"):
        with pytest.raises(RedirectRefusedError):
            refuse_elsewhere(httpx.URL("https://example.org/a"), httpx.URL(target), "x: y")
    refuse_elsewhere(httpx.URL("http://example.org/a"), httpx.URL("https://example.org/b"), "x: y")
    family = httpx.URL("https://query2.finance.yahoo.com/a")
    refuse_elsewhere(family, httpx.URL("https://guce.yahoo.com/consent"), "x: y", "yahoo.com")
    for target in ("https://evilyahoo.com/", "http://guce.yahoo.com/", "https://yahoo.com.evil.example/"):
        with pytest.raises(RedirectRefusedError):
            refuse_elsewhere(family, httpx.URL(target), "x: y", "yahoo.com")


@pytest.mark.parametrize("token", [CANARY, f"{CANARY}\n", f"{CANARY}é", f"{CANARY}\r\nX-Evil: 1"])
def test_a_token_is_never_in_an_error_a_traceback_or_a_log(token: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    script = [Answer(f"Bearer {CANARY} was refused", status=status) for status in (401, 500, 418)]
    script += [Answer(f"<{CANARY}>"), Answer(f'{{"{CANARY}": '), Answer(CANARY, announced=999)]
    script += [Answer(status=302, headers={"Location": f"https://evil.example/?t={CANARY}"})]
    for answer in script:
        with pytest.raises(ProviderError) as caught:
            Ask([answer], headers={"Authorization": f"Bearer {token}"}).json()
        assert CANARY not in "".join(traceback.format_exception(caught.value))
        if token != CANARY:
            assert type(caught.value) is CredentialError
    assert CANARY not in "".join(r.getMessage() for r in caplog.records if not r.name.startswith("httpcore"))


def test_the_server_does_get_the_token_but_no_other_host_does() -> None:
    ask = Ask([Answer({"ok": 1})], headers={"Authorization": f"Bearer {CANARY}"})
    ask.json()
    assert ask.server.asked[0].headers["authorization"] == f"Bearer {CANARY}"
    with Server(lambda _: Answer({"stolen": 1})) as thief:
        away = Ask([Answer(status=307, headers={"Location": thief.url})], headers={"Authorization": CANARY})
        away.fault(RedirectRefusedError)
        assert thief.asked == []


def test_a_function_may_stand_for_the_network() -> None:
    sender = httpx.MockTransport(lambda request: httpx.Response(200, json=request.url.path))
    assert Ask([], sender=sender).json() == "/counts"
    large = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * 100_001))
    Ask([], sender=large).fault(TooLargeError)


def test_a_proxy_of_the_environment_is_used_except_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(lambda asked: Answer({"host": asked.headers["host"]})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert Ask([], base="http://provider.example").json() == {"host": "provider.example"}
        assert Ask([Answer({"direct": 1})]).json() == {"direct": 1}


def test_a_providers_words_stay_on_their_line() -> None:
    assert told("No\r\n data\u2028found\x1b[2J\x00 ", 99) == "No data found [2J"
    assert told(None, 3) == "Non"


def test_every_fault_of_httpx_is_mapped() -> None:
    """A function that raises each transport fault of httpx: only our own family comes out."""

    def kinds(root: type[Exception]) -> list[type[Exception]]:
        return [root, *(leaf for child in root.__subclasses__() for leaf in kinds(child))]

    request = httpx.Request("GET", "https://example.org")
    for kind in kinds(httpx.TransportError):

        def fail(_: httpx.Request, kind: type[Any] = kind) -> httpx.Response:
            raise kind(CANARY, request=request)

        with pytest.raises(errors.ProviderError) as caught:
            Ask([], sender=httpx.MockTransport(fail)).json()
        assert CANARY not in str(caught.value)
