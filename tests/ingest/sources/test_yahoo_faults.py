"""What Yahoo may answer instead of rows: each fault is one plain line, and no more is asked than helps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from yfinance.exceptions import YFTzMissingError

from ingest import yahoo_chart
from ingest.errors import (
    AccessRefusedError,
    BadPayloadError,
    BadSymbolError,
    CredentialError,
    IngestError,
    NoDataError,
    ProviderDownError,
    RateLimitedError,
    RedirectRefusedError,
    TimedOutError,
    TooLargeError,
    UnknownSymbolError,
)
from tests.ingest.loopback import Answer, Asked
from tests.ingest.yahoo_asked import LIMITS, QUICK, Ask, listing
from tests.ingest.yahoo_server import yahoo as speaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ingest.yahoo_server import Listing

REMEDY = 'map it with [data.renamed] OLD = "NEW", or stop it with data.stopped, in forecaster.toml'
pytestmark = pytest.mark.usefixtures("forgetful_yfinance")


def test_a_malformed_address_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECASTER_YAHOO_URL", "https://user:canary@proxy")
    with pytest.raises(CredentialError, match=r"^yahoo: FORECASTER_YAHOO_URL is no address of a host") as caught:
        yahoo_chart.download("AAPL", "2024-01-01")
    assert "canary" not in str(caught.value)


def test_an_unknown_and_a_renamed_symbol() -> None:
    ask = Ask(speaks())
    unknown = ask.fault("NOPE", UnknownSymbolError)
    assert "Yahoo does not know it (No data found, symbol may be delisted)" in unknown
    assert unknown.endswith(REMEDY)
    assert len(ask.charts) == 1
    share = listing()
    old = Ask(lambda asked: Answer(replace(share, symbol="META").chart(asked)))
    renamed = old.fault("FB", UnknownSymbolError)
    assert "answers with META: the symbol was renamed" in renamed
    assert renamed.endswith(REMEDY)
    loud = Ask(lambda asked: Answer(replace(share, symbol="ME\nTA\x1b[2J").chart(asked)))
    assert "answers with ME TA [2J: the symbol" in loud.fault("FB", UnknownSymbolError)
    timeless = YFTzMissingError("ODD")
    assert str(yahoo_chart._ours(timeless, "yahoo: ODD")).endswith(REMEDY)
    with pytest.raises(BadSymbolError):
        yahoo_chart.download("../x", "2024-01-01")
    quiet = Ask(lambda asked: Answer({"chart": {"result": None, "error": {"code": "Bad Request", "description": "x"}}}))
    assert "Yahoo has nothing for these days (x)" in quiet.fault("OLD", NoDataError)


def broken(share: Listing, answer: Answer | Callable[[dict[str, Any]], Any]) -> Callable[[Asked], Answer]:
    """The listing's server, whose history is another answer, or what a function makes of it."""

    def script(asked: Asked) -> Answer:
        if "period1" not in asked.query:
            return speaks(share)(asked)
        if isinstance(answer, Answer):
            return answer
        document = share.chart(asked)
        return Answer(answer(document["chart"]["result"][0]) or document)

    return script


def rename(result: dict[str, Any]) -> None:
    """As if Yahoo renamed a column."""
    quote = result["indicators"]["quote"][0]
    quote["last"] = quote.pop("close")


FAULTS: list[tuple[str, Any, type[IngestError], str]] = [
    ("html", Answer("<!doctype html>Will be right back"), BadPayloadError, "a web page came"),
    ("cut off", Answer('{"chart": {"result": [{"meta"'), BadPayloadError, "no JSON, or is cut off"),
    ("nothing", Answer(""), BadPayloadError, "an empty answer"),
    ("no rows", Answer(listing().chart(Asked("", {}, {}))), UnknownSymbolError, "renamed"),
    ("another", Answer({"finance": {}}), BadPayloadError, "KeyError: 'chart'"),
    ("a list", Answer([]), BadPayloadError, "not in the known format"),
    ("renamed column", rename, BadPayloadError, "not in the known format (KeyError: 'close')"),
    ("renamed quote", lambda r: r["indicators"].pop("quote") and None, BadPayloadError, "not in the known format"),
    ("renamed stamps", lambda r: r.pop("timestamp") and None, NoDataError, "no row for these days"),
    ("short column", lambda r: r["indicators"]["quote"][0]["open"].pop() and None, BadPayloadError, "(ValueError)"),
    (
        "words",
        lambda r: r["indicators"]["quote"][0].update(close=["x"] * len(r["timestamp"])),
        BadPayloadError,
        "known",
    ),
    ("broken off", Answer('{"chart": 1}', announced=900), ProviderDownError, "cannot be reached or fails"),
    ("500", Answer("boom", status=500), ProviderDownError, "(status 500)"),
    ("502", Answer("<html>bad gateway</html>", status=502), ProviderDownError, "(status 502)"),
    ("403", Answer("no", status=403), AccessRefusedError, "refuses access (status 403)"),
    ("oversize", Answer("x" * 1_000_001), TooLargeError, "larger than 0.953674 MiB"),
    ("bomb", Answer(b"\0" * 200_000_000, zipped=True), TooLargeError, "larger than"),
    ("drip", Answer("x" * 1000, drip=0.05), TimedOutError, "no complete answer in time"),
    ("drip of headers", Answer(drip_headers=0.05), TimedOutError, "no complete answer in time"),
    ("elsewhere", Answer(status=302, headers={"Location": "https://evil.example/"}), RedirectRefusedError, "another"),
    (
        "private",
        Answer(status=302, headers={"Location": "http://10.0.0.1/"}),
        RedirectRefusedError,
        "a private address",
    ),
    (
        "loop",
        Answer(status=301, headers={"Location": "/v8/finance/chart/X?period1=1"}),
        RedirectRefusedError,
        "more than 3 times",
    ),
]


@pytest.mark.parametrize(("answer", "kind", "said"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_the_fault_list(answer: Any, kind: type[IngestError], said: str) -> None:
    share = listing()
    ask = Ask(broken(share, answer), QUICK if kind is TimedOutError else LIMITS)
    assert said in ask.fault(share.symbol, kind)
    assert len(ask.waits) == (1 if kind in {ProviderDownError, TimedOutError} else 0)


def test_a_rate_limit_is_asked_twice_and_no_more() -> None:
    share = listing()
    limited = Ask(broken(share, Answer("Too Many Requests", status=429)))
    assert "too many requests: wait some minutes" in limited.fault(share.symbol, RateLimitedError)
    assert [asked.query.get("period1") is None for asked in limited.charts] == [True, False, False]
    assert [20 <= wait <= 60 for wait in limited.waits] == [True]
    told = Ask(broken(share, Answer("Too Many Requests", status=429, headers={"Retry-After": "77"})))
    assert "wait 77 seconds" in told.fault(share.symbol, RateLimitedError)
    assert 77 <= told.waits[0] <= 81
    crumbless = Ask(lambda asked: Answer("Too Many Requests", status=429))
    crumbless.fault("CRUMB", RateLimitedError)
    answers = iter([Answer(status=429), Answer(status=503)])
    mended = Ask(
        lambda asked: next(answers, None) or speaks(share)(asked) if "period1" in asked.query else speaks(share)(asked)
    )
    with pytest.raises(ProviderDownError):
        mended.rows(share.symbol)
    once = iter([Answer(status=429)])
    again = Ask(lambda asked: (next(once, None) if "period1" in asked.query else None) or speaks(share)(asked))
    assert len(again.rows(share.symbol)) == len(share.days)


def test_dividends_in_another_currency_are_refused() -> None:
    share = listing(dividends={"2024-03-01": 100.0})

    def dong(result: dict[str, Any]) -> None:
        for payment in result["events"]["dividends"].values():
            payment["currency"] = "VND"

    assert "pays dividends in VND and is priced in USD" in Ask(broken(share, dong)).fault(share.symbol, BadPayloadError)


def test_what_yfinance_makes_of_a_whole_chart_is_not_asked() -> None:
    """It fails over its own table where the chart lacks a word that we do not need."""
    share = listing()
    panel = Ask(broken(share, lambda result: result["meta"].pop("currency") and None)).rows(share.symbol)
    assert panel["close"].tolist() == list(share.close)
