"""Another address for a provider, named in the environment: what is taken, and what is refused without showing it."""

from __future__ import annotations

import traceback

import pytest

from ingest.errors import CredentialError
from ingest.transport import address

CANARY = "canary-7f3a9c"


@pytest.mark.parametrize(
    "named",
    [
        "nonsense",
        "example.org",
        "//example.org",
        "ftp://example.org",
        "https://",
        "https://exam ple.org",
        "https://example.org:port",
        "https://example.org:99999",
        "https://example.org:0",
        "https://example.org/path",
        "https://example.org?a=b",
        "https://example.org#a",
        f"https://user:{CANARY}@example.org",
        "https://xn--.org",
        "https://[::1",
        "https://example.org\n.evil.example",
    ],
)
def test_an_address_that_is_none_is_one_line_without_its_value(named: str) -> None:
    for encrypted in (True, False):
        with pytest.raises(CredentialError, match=r"^example: HERE is not a host address: write it as") as caught:
            address("example", "https://example.org", "HERE", {"HERE": named}, encrypted=encrypted)
        assert "\n" not in str(caught.value)
        assert named == "https://" or named not in str(caught.value)
        assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_another_address_is_taken_over_https_or_on_loopback() -> None:
    def taken(named: str, *, encrypted: bool = True) -> str:
        return address("example", "https://own.example", "HERE", {"HERE": named}, encrypted=encrypted)

    assert [taken(named) for named in ("", "  ")] == ["https://own.example"] * 2
    assert address("example", "https://own.example", "HERE", {}) == "https://own.example"
    loopback = ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:9"]
    assert [taken(f" {named}/ ") for named in loopback] == loopback
    assert taken("https://proxy.example:8443/") == "https://proxy.example:8443"
    for named in ("http://10.0.0.1", "http://proxy.example:80", "http://localhost.example", "http://127.0.0.1.example"):
        with pytest.raises(CredentialError, match="HERE is an http:// address beyond loopback") as caught:
            taken(named)
        assert named.removeprefix("http://") not in str(caught.value)
        assert taken(named, encrypted=False) in {named, named.removesuffix(":80")}
