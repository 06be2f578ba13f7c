"""Asking an authority on loopback: honest, down, slow, lying; each fault is one plain line, and no login is printed."""

from __future__ import annotations

import base64
import gzip
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from forecaster.errors import WitnessError
from forecaster.witness import authority as asking
from forecaster.witness import token
from tests.authority import NAME, Authority, imprint_of, integer, nonce_of, stamp_time, tlv
from tests.ingest.loopback import Answer

if TYPE_CHECKING:
    from pathlib import Path

SEALED = b"forecaster record 1\n"


def told(authority: Authority, url: str, **more) -> str:
    with pytest.raises(WitnessError) as fault:
        asking.ask(url, SEALED, authority.roots, **more)
    line = str(fault.value)
    assert "\n" not in line
    assert "secret" not in line
    assert line.startswith("http://127.0.0.1")
    return line


def test_an_honest_authority_answers_and_is_believed(authority: Authority) -> None:
    with authority.serving() as server:
        der, stamped = asking.ask(f"{server.url}/stamp", SEALED, authority.roots)
        (asked,) = server.asked
    assert token.verify(der, SEALED, authority.roots) == stamped
    assert stamped.authority == NAME
    assert stamped.nonce == nonce_of(asked.body)
    assert asked.headers["content-type"] == "application/timestamp-query"
    assert SEALED not in asked.body, "what is sealed does not leave the machine, its hash does"


def test_every_question_is_another(authority: Authority) -> None:
    with authority.serving() as server:
        for _ in range(2):
            asking.ask(server.url, SEALED, authority.roots)
        assert len({nonce_of(asked.body) for asked in server.asked}) == 2


def test_a_login_is_sent_and_never_printed(authority: Authority) -> None:
    with authority.serving() as server:
        url = server.url.replace("http://", "http://me:secret@") + "/stamp?secret=1"
        asking.ask(url, SEALED, authority.roots)
        assert server.asked[0].headers["authorization"] == "Basic " + base64.b64encode(b"me:secret").decode()
        server.script = lambda asked: Answer(status=401)
        assert "check the login" in told(authority, url)
        server.script = lambda asked: Answer(b"<html>secret</html>")
        assert "web page" in told(authority, url)
        server.script = lambda asked: Answer(b"secret")
        assert "cannot be read" in told(authority, url)
    assert "cannot be reached" in told(authority, url)


@pytest.mark.parametrize(
    "url", ["", "tsa", "ftp://me:secret@host", "http://", "http://me:secret@host:port", "http://a\u0000:secret@b"]
)
def test_an_address_that_is_none_is_refused_without_being_shown(authority: Authority, url: str) -> None:
    with pytest.raises(WitnessError, match=r"setting witness\.authority") as fault:
        asking.ask(url, SEALED, authority.roots)
    assert "secret" not in str(fault.value)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Answer(status=500), "in trouble (status 500)"),
        (Answer(status=503), "in trouble (status 503)"),
        (Answer(status=404), "rejected (status 404)"),
        (Answer(status=204), "rejected (status 204)"),
        (Answer(status=403), "access refused"),
        (Answer(status=302, headers={"Location": "http://me:secret@elsewhere/"}), "redirects (status 302)"),
        (Answer(b"\n <!doctype html>"), "web page"),
        (Answer(b""), "cannot be read"),
        (Answer(b"x", announced=900), "cannot be reached"),
        (Answer(gzip.compress(b"x"), headers={"Content-Encoding": "gzip"}), "cannot be read"),
        (Answer(b"\x30" * (2**18 + 1)), "no time stamp: it goes on beyond"),
        (Answer(b"\x30" * 2**18), "cannot be read"),
        (Answer(tlv(0x30, tlv(0x30, integer(2)))), "refused a time stamp"),
    ],
    ids=["500", "503", "404", "204", "403", "moved", "page", "empty", "cut", "zipped", "endless", "long", "refused"],
)
def test_an_answer_that_is_no_stamp_is_one_plain_line(authority: Authority, answer: Answer, line: str) -> None:
    with authority.serving(lambda _: answer) as server:
        assert line in told(authority, server.url)


def test_a_slow_authority_is_given_up(authority: Authority) -> None:
    """Byte by byte no wait is long, so that only an end of the whole answer ends it."""
    for slow in (Answer(b"\x30" * 5000, drip=0.01), Answer(drip_headers=0.01)):
        with authority.serving(lambda _, slow=slow: slow) as server:
            assert "no whole answer within 0.3 seconds" in told(authority, server.url, seconds=0.3)


def test_a_silent_authority_is_given_up(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "no whole answer within 0.2 seconds" in told(authority, url, seconds=0.2)


def lies(authority: Authority, tmp_path: Path):
    """What a lying authority may answer to a question, each a genuine signature."""
    now = datetime.now(UTC)
    other, old = Authority(tmp_path), authority.stamp(SEALED)
    expired = authority.certified((datetime(2016, 1, 1, tzinfo=UTC), datetime(2017, 1, 1, tzinfo=UTC)))

    def forged(question: bytes, when: datetime = now, **more) -> bytes:
        settings = {"nonce": nonce_of(question), "imprint": imprint_of(question), **more}
        return authority.forged(SEALED, stamp_time(when), **settings)

    return forged, {
        "another imprint": (lambda q: forged(q, imprint=b"\x07" * 32), "of something else"),
        "another nonce": (lambda q: forged(q, nonce=nonce_of(q) + 1), "another question"),
        "no nonce": (lambda q: forged(q, nonce=None), "another question"),
        "an old answer": (lambda _: old, "another question"),
        "another authority": (other.reply, "does not hold"),
        "an expired certificate": (lambda q: forged(q, signer=expired), "was valid from 2016"),
        "the past": (lambda q: forged(q, now - timedelta(days=400)), "one of the two clocks is wrong"),
        "the future": (lambda q: forged(q, now + timedelta(days=400)), "one of the two clocks is wrong"),
    }


def test_a_lying_authority_is_not_believed(authority: Authority, tmp_path: Path) -> None:
    forged, all_lies = lies(authority, tmp_path)
    with authority.serving(forged) as server:
        asking.ask(server.url, SEALED, authority.roots)  # the control: made the same way, and true
    for lie, line in all_lies.values():
        with authority.serving(lie) as server:
            said = told(authority, server.url)
        assert line in said
        assert "nothing of it is kept" in said


@pytest.mark.parametrize(("off", "taken"), [(-310, False), (-290, True), (290, True), (310, False)])
def test_clocks_may_differ_by_five_minutes(authority: Authority, off: int, taken: bool) -> None:
    here = datetime(2021, 3, 4, 21, 0, tzinfo=UTC)

    def answer(question: bytes) -> bytes:
        when = stamp_time(here + timedelta(seconds=off))
        return authority.forged(SEALED, when, nonce=nonce_of(question), imprint=imprint_of(question))

    with authority.serving(answer) as server:
        if taken:
            asking.ask(server.url, SEALED, authority.roots, now=lambda: here)
        else:
            assert "2021-03-04 21:00:00 here" in told(authority, server.url, now=lambda: here)
