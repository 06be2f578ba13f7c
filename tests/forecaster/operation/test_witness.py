"""The daily run beside an authority on loopback: it has every state sealed, and goes on where the authority fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from forecaster.errors import ForecasterError, WitnessError
from forecaster.operation import daily, witness
from forecaster.records import tokens, witnesses
from forecaster.records.home import Home, open_home
from tests.authority import Authority, authority, imprint_of, nonce_of, stamp_time
from tests.ingest.loopback import Answer

if TYPE_CHECKING:
    pass

__all__ = ["authority"]
FIRST, SECOND = pd.Timestamp("2018-01-19"), pd.Timestamp("2018-01-20")


def watched(home: Home, url: str, certificate: object, **more: object) -> Home:
    """The home with an authority in its settings, and the quickest model alone."""
    settings = {"authority": url, "certificate": str(certificate), **more}
    return open_home(home.folder, {"forecast": {"models": ("climatology",)}, "witness": settings})


def covers(home: Home, authority: Authority) -> list[int]:
    found = tokens.checked(home.ledger.engine, authority.roots)
    assert [one.fault for one in found] == [""] * len(found)
    return [one.rows["forecast"] for one in found]


def test_every_run_that_adds_something_is_witnessed_once(home: Home, authority: Authority) -> None:
    with authority.serving() as server:
        own = watched(home, server.url, authority.pem)
        for day, tokens_then in ((FIRST, [1]), (FIRST, [1]), (SECOND, [1, 2]), (SECOND, [1, 2])):
            assert daily.run(own, day).faults == []
            assert covers(own, authority) == tokens_then
        assert len(server.asked) == 2
        assert witnesses.covered(own.ledger.engine)


def test_without_an_authority_nobody_is_asked(home: Home, authority: Authority) -> None:
    own = open_home(home.folder, {"forecast": {"models": ("climatology",)}})
    assert daily.run(own, FIRST).faults == []
    assert covers(own, authority) == []


def lying(authority: Authority, question: bytes) -> bytes:
    """A genuine stamp of two days ago."""
    then = stamp_time(datetime.now(UTC) - timedelta(days=2))
    return authority.forged(b"", then, nonce=nonce_of(question), imprint=imprint_of(question))


@pytest.mark.parametrize("fault", ["down", "in trouble", "slow", "lying", "a page"])
def test_a_run_whose_authority_fails_goes_on_and_the_next_makes_up_for_it(
    home: Home, authority: Authority, fault: str
) -> None:
    answers = {
        "in trouble": lambda asked: Answer(status=503),
        "slow": lambda asked: Answer(b"\x30" * 9000, drip=0.01),
        "lying": lambda asked: Answer(lying(authority, asked.body)),
        "a page": lambda asked: Answer("<html>"),
    }
    with authority.serving() as server:
        honest = server.script
        url = server.url if fault != "down" else "http://127.0.0.1:9"
        server.script = answers.get(fault, honest)
        done = daily.run(watched(home, url, authority.pem, timeout_seconds=0.5), FIRST)
        assert done.recorded == 1
        assert done.report is not None
        (line,) = done.faults
        assert line.startswith(f"{witness.LATER}: http://127.0.0.1")
        assert covers(home, authority) == []
        server.script = honest
        again = daily.run(watched(home, server.url, authority.pem), FIRST)
        assert (again.recorded, again.faults) == (0, [])
        assert covers(home, authority) == [1]


@pytest.mark.parametrize(
    ("certificate", "line"),
    [("absent.pem", "absent.pem cannot be read"), ("forecaster.toml", "holds no certificate"), ("", "no certificate")],
)
def test_a_certificate_that_is_none_is_told_and_the_run_goes_on(home: Home, certificate: str, line: str) -> None:
    done = daily.run(watched(home, "http://127.0.0.1:9", certificate), FIRST)
    assert done.recorded == 1
    assert line in done.faults[0]


def test_an_authority_that_is_not_the_trusted_one_is_refused(home: Home, authority: Authority, tmp_path) -> None:
    other = Authority(tmp_path)
    with other.serving() as server:
        done = daily.run(watched(home, server.url, authority.pem), FIRST)
    assert "does not hold" in done.faults[0]
    assert covers(home, authority) == []


def test_a_person_who_asks_without_settings_is_told_what_to_set(home: Home) -> None:
    with pytest.raises(WitnessError, match=r"setting witness\.authority.*ledger head"):
        witness.seal(home)
    with pytest.raises(WitnessError, match=r"setting witness\.certificate"):
        witness.seal(watched(home, "http://127.0.0.1:9", ""))
    with pytest.raises(ForecasterError):
        witness.seal(watched(home, "http://127.0.0.1:9", "absent.pem"))
