"""Yahoo, reached by yfinance itself, against a real server that speaks its chart interface."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import exchange_calendars
import numpy as np
import pandas as pd
import pytest
from yfinance.exceptions import YFTzMissingError

from ingest.assets import Asset
from ingest.changes import simple_changes
from ingest.checks import findings
from ingest.database import open_engine
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
    UnknownCalendarError,
    UnknownSymbolError,
)
from ingest.exchanges import CALENDARS, KINDS
from ingest.limits import Limits
from ingest.sessions import calendar
from ingest.sources import yahoo
from ingest.store import Appended, Store
from ingest.yahoo_session import YahooSession
from tests.ingest.loopback import Answer, Asked, Server
from tests.ingest.yahoo_server import Listing
from tests.ingest.yahoo_server import yahoo as speaks

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2024, 6, 28, 22, tzinfo=UTC)
LIMITS = Limits(connect=1.0, deadline=2.5, max_bytes=1_000_000, wait=(20, 60))
REMEDY = 'map it with [data.renamed] OLD = "NEW", or stop it with data.stopped, in forecaster.toml'
_NUMBER = itertools.count(1)
pytestmark = pytest.mark.usefixtures("forgetful_yfinance")


def listing(first: str = "2024-01-02", last: str = "2024-06-28", code: str = "XNYS", **facts: Any) -> Listing:
    """A new symbol with a price in cents on every session of a calendar."""
    days = calendar(code).sessions(first, last)
    rng = np.random.default_rng(3)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.02, len(days)))), 2)
    return Listing(f"T{next(_NUMBER):03d}", days, close, **facts)


class Ask:
    """A session against a script; remembers how long it was told to wait."""

    def __init__(self, script: Callable[[Asked], Answer], limits: Limits = LIMITS) -> None:
        """Nothing is asked yet."""
        self.waits: list[float] = []
        self.server = Server(script)
        self.session = YahooSession(self.server.url, limits, lambda: 1000.0)

    def chart(self, symbol: str, first: str = "2024-01-01") -> yahoo.Chart:
        return yahoo.download(symbol, first, self.session, self.waits.append)

    def rows(self, symbol: str, now: datetime = NOW, code: str | None = None, **days: str) -> pd.DataFrame:
        with self.server:
            chart = self.chart(symbol, days.pop("first", "2024-01-01"))
            return yahoo.rows_of(chart, yahoo.asset_of(chart, code), now, **days)

    def fault(self, symbol: str, kind: type[IngestError]) -> str:
        with self.server, pytest.raises(IngestError) as caught:
            self.chart(symbol)
        line = str(caught.value)
        assert type(caught.value) is kind, line
        assert line.startswith(f"yahoo: {symbol}: ")
        assert "\n" not in line
        return line

    @property
    def charts(self) -> list[Asked]:
        return [asked for asked in self.server.asked if "/chart/" in asked.path]


def rows(share: Listing, now: datetime = NOW, **options: Any) -> pd.DataFrame:
    """The panel of one listing."""
    return Ask(speaks(share)).rows(share.symbol, now, **options)


def test_a_plain_history_comes_as_it_traded() -> None:
    share = listing()
    ask = Ask(speaks(share))
    panel = ask.rows(share.symbol)
    assert panel["session"].tolist() == list(share.days)
    assert panel["close"].tolist() == list(share.close)
    assert (panel["adjustment"] == 1).all()
    assert (panel["volume"] == 1000).all()
    assert set(panel["source"]) == {"yahoo"}
    assert findings(panel, calendar("XNYS")).empty
    assert len(ask.charts) == 2  # one for the time zone, one for the rows


def test_the_window_of_a_daily_run_comes_through_the_documented_address(monkeypatch: pytest.MonkeyPatch) -> None:
    share = listing("2022-01-03", "2024-06-28")
    with Server(speaks(share)) as server:
        monkeypatch.setenv("FORECASTER_YAHOO_URL", server.url)
        asset = Asset(share.symbol, "XNYS", "yahoo", lag_minutes=yahoo.LAG_MINUTES)
        panel = yahoo.fetch(asset, NOW)
    assert panel["session"].iloc[0] == pd.Timestamp("2023-05-25")
    assert panel["session"].iloc[-1] == pd.Timestamp("2024-06-28")


@pytest.mark.parametrize(
    ("since", "first"),
    [
        (None, "2023-05-25"),
        (pd.Timestamp("2024-06-27"), "2023-05-25"),
        (pd.Timestamp("2023-06-26"), "2023-05-25"),
        (pd.Timestamp("2023-05-25"), "2023-04-25"),
        (pd.Timestamp("2022-03-31"), "2022-03-01"),
    ],
)
def test_no_hole_opens_after_a_long_pause(
    since: pd.Timestamp | None, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = listing("2022-01-03", "2024-06-28")
    with Server(speaks(share)) as server:
        monkeypatch.setenv("FORECASTER_YAHOO_URL", server.url)
        panel = yahoo.fetch(Asset(share.symbol, "XNYS", "yahoo", lag_minutes=yahoo.LAG_MINUTES), NOW, since)
    assert panel["session"].iloc[0] == pd.Timestamp(first)
    assert panel["session"].tolist() == [day for day in share.days if day >= pd.Timestamp(first)]
    if since is not None:
        assert panel["session"].iloc[0] <= since - timedelta(days=25)


def test_a_renamed_symbol_is_asked_by_its_new_name_and_kept_under_the_old(monkeypatch: pytest.MonkeyPatch) -> None:
    share = listing()
    with Server(speaks(share)) as server:
        monkeypatch.setenv("FORECASTER_YAHOO_URL", server.url)
        panel = yahoo.fetch(Asset("FB", "XNYS", "yahoo", lag_minutes=yahoo.LAG_MINUTES), NOW, name=share.symbol)
    assert set(panel["symbol"]) == {"FB"}
    assert panel["close"].tolist() == list(share.close)
    assert {asked.path.rpartition("/")[2] for asked in server.asked if "/chart/" in asked.path} == {share.symbol}
    with pytest.raises(BadSymbolError):
        yahoo.fetch(Asset("FB", "XNYS", "yahoo"), NOW, name="../x")


def test_a_malformed_address_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECASTER_YAHOO_URL", "https://user:canary@proxy")
    with pytest.raises(CredentialError, match=r"^yahoo: FORECASTER_YAHOO_URL is no address of a host") as caught:
        yahoo.download("AAPL", "2024-01-01")
    assert "canary" not in str(caught.value)


def test_the_payload_is_the_hash_of_the_document_as_it_came() -> None:
    share = listing()
    ask = Ask(lambda asked: replace(speaks(share)(asked), zipped=True))
    with ask.server:
        first = ask.chart(share.symbol).payload
        again = ask.chart(share.symbol).payload
        shorter = ask.chart(share.symbol, "2024-03-01").payload
    histories = [asked for asked in ask.charts if "period1" in asked.query]
    sent = [sha256(Answer(share.chart(asked)).bytes()).hexdigest() for asked in histories]
    assert [first, again, shorter] == sent
    assert first == again != shorter
    ask.session.begin("yahoo")
    assert ask.session.payload == ""


def assert_same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """The same rows, whichever answer they came in."""
    pd.testing.assert_frame_equal(one.drop(columns="payload"), other.drop(columns="payload"))


def test_a_split_leaves_every_row_as_it_was() -> None:
    """Closes, factors and the store before and after a 4-for-1 and a 1-for-10 split."""
    share = listing()
    before = replace(share, days=share.days[:60], close=share.close[:60])
    divided = list(share.close[:60]) + [round(price / 4, 2) for price in share.close[60:]]
    split = replace(share, close=divided, splits={f"{share.days[60]:%Y-%m-%d}": 4.0})
    early, late = (rows(kind, first="2024-01-01") for kind in (before, split))
    assert_same(early, late.iloc[:60])
    assert late["close"].tolist() == divided
    assert late["adjustment"].iloc[60] == 4.0
    assert (late["adjustment"].drop(60) == 1).all()
    changes = simple_changes(late, calendar("XNYS"))["price"]
    assert changes.iloc[60] == pytest.approx(4 * divided[60] / divided[59] - 1, abs=1e-15)
    store = Store(open_engine("sqlite://"))
    asset = Asset(share.symbol, "XNYS", "yahoo", lag_minutes=20)
    store.append(asset, early, NOW)
    assert store.append(asset, late, NOW) == Appended(new=len(share.days) - 60, unchanged=60)
    reverse = replace(share, splits={f"{share.days[60]:%Y-%m-%d}": 0.1})
    assert rows(reverse)["close"].tolist() == list(share.close)


def test_a_dividend_is_the_total_return_of_its_day_exactly() -> None:
    share = listing()
    days = [f"{day:%Y-%m-%d}" for day in share.days[[30, 70]]]
    paid = replace(share, dividends={days[0]: 0.37, days[1]: 1.25}, splits={f"{share.days[50]:%Y-%m-%d}": 3.0})
    panel = rows(paid)
    close = panel["close"].to_numpy()
    total = simple_changes(panel, calendar("XNYS"))["price"].to_numpy()
    for t, dividend in ((30, 0.37), (70, 1.25)):
        assert total[t] == pytest.approx((close[t] + dividend) / close[t - 1] - 1, abs=1e-15)
    assert total[50] == pytest.approx(3 * close[50] / close[49] - 1, abs=1e-15)
    restated = rows(replace(paid, dividends={**paid.dividends, f"{share.days[90]:%Y-%m-%d}": 2.0}))
    assert_same(panel.drop(90), restated.drop(90))


def test_a_split_and_a_dividend_on_one_day_and_on_a_day_without_a_price() -> None:
    share = listing()
    day = f"{share.days[40]:%Y-%m-%d}"
    both = replace(share, splits={day: 2.0}, dividends={day: 1.0})
    panel = rows(both)
    assert panel["adjustment"].iloc[40] == 2 * (1 + 1.0 / panel["close"].iloc[40])
    missing = rows(replace(both, nulls=(day,)))
    assert len(missing) == len(panel) - 1
    assert missing["adjustment"].iloc[40] == 2 * (1 + 1.0 / missing["close"].iloc[40])


@pytest.mark.parametrize("symbol", ["^GSPC", "EURUSD=X", "BRK-B", "7203.T"])
def test_symbols_with_signs_are_asked_for_as_they_are(symbol: str) -> None:
    share = replace(listing(), symbol=symbol)
    panel = Ask(speaks(share)).rows(symbol)
    assert set(panel["symbol"]) == {symbol}


def test_yahoo_without_its_cookies_still_gives_rows() -> None:
    """Hosts of the cookies are on many block lists; the chart does not need them."""
    share = listing()

    def blocked(asked: Asked) -> Answer:
        return speaks(share)(asked) if "/chart/" in asked.path else Answer("{", announced=99)

    assert len(Ask(blocked).rows(share.symbol)) == len(share.days)


@pytest.mark.parametrize("within", [False, True])
def test_capital_gains_of_a_fund_count_once(within: bool) -> None:
    share = listing(kind="ETF", exchange="PCX")
    day = f"{share.days[20]:%Y-%m-%d}"
    fund = replace(share, dividends={day: 0.5}, gains={day: 2.0})
    if within:  # Yahoo's dividend holds the gain already, and its adjusted close knows
        fund.dividends[day] = 2.5
        fund.adjusted = Listing.adjusted.__get__(replace(fund, gains={}))  # type: ignore[method-assign]
    else:
        fund.adjusted = Listing.adjusted.__get__(replace(fund, gains={}, dividends={day: 2.5}))  # type: ignore[method-assign]
    panel = rows(fund)
    assert panel["adjustment"].iloc[20] == pytest.approx(1 + 2.5 / panel["close"].iloc[20], abs=1e-12)


def test_the_unfinished_session_is_never_given() -> None:
    share = listing()
    for now, last in (
        (datetime(2024, 6, 28, 15, 0, tzinfo=UTC), "2024-06-27"),
        (datetime(2024, 6, 28, 20, 19, tzinfo=UTC), "2024-06-27"),
        (datetime(2024, 6, 28, 20, 20, tzinfo=UTC), "2024-06-28"),
    ):
        assert rows(share, now)["session"].iloc[-1] == pd.Timestamp(last)


def test_a_half_day_is_final_early() -> None:
    share = listing("2023-06-01", "2023-11-24")
    noon = datetime(2023, 11, 24, 18, 20, tzinfo=UTC)  # XNYS closes at 18:00 UTC on the day after Thanksgiving
    assert rows(share, noon, first="2023-06-01")["session"].iloc[-1] == pd.Timestamp("2023-11-24")
    before = datetime(2023, 11, 24, 18, 19, tzinfo=UTC)
    assert rows(share, before, first="2023-06-01")["session"].iloc[-1] == pd.Timestamp("2023-11-22")


def test_duplicated_live_and_empty_last_rows() -> None:
    share = listing()
    after_close = replace(share, live=[("2024-06-28 20:00:01", 321.0)])
    panel = rows(after_close)
    assert not panel["session"].duplicated().any()
    assert (panel["session"].iloc[-1], panel["close"].iloc[-1]) == (pd.Timestamp("2024-06-28"), 321.0)
    live = replace(share, days=share.days[:-1], close=share.close[:-1], live=[("2024-06-28 15:31:07", 321.0)])
    morning = datetime(2024, 6, 28, 15, 40, tzinfo=UTC)
    assert rows(live, morning)["close"].tolist() == list(share.close[:-1])
    nothing = replace(share, nulls=("2024-06-26", "2024-06-27", "2024-06-28"))
    assert rows(nothing)["session"].iloc[-1] == pd.Timestamp("2024-06-25")
    empty = replace(share, nulls=tuple(share.days.strftime("%Y-%m-%d")))
    with pytest.raises(NoDataError, match="no row has a close"):
        rows(empty)


def test_a_gap_stays_a_gap() -> None:
    share = listing()
    holes = replace(share, days=share.days.delete([30, 31]), close=np.delete(share.close, [30, 31]))
    panel = rows(replace(holes, nulls=(f"{share.days[50]:%Y-%m-%d}",)))
    assert len(panel) == len(share.days) - 3
    (gap,) = findings(panel, calendar("XNYS")).to_dict("records")
    assert (gap["check"], gap["count"]) == ("missing session", 3)


def test_days_are_the_exchanges_own_through_the_change_of_clocks() -> None:
    new_york = rows(listing())  # the clocks change on 2024-03-10
    assert {"2024-03-08", "2024-03-11"} <= set(new_york["session"].dt.strftime("%Y-%m-%d"))
    sydney = listing(code="XASX", zone="Australia/Sydney", opens="10:00", exchange="ASX")
    assert pd.Timestamp(sydney.stamp("2024-01-02"), unit="s") == pd.Timestamp("2024-01-01 23:00")  # the day before
    assert rows(sydney)["session"].tolist() == list(sydney.days)
    tokyo = listing(code="XTKS", zone="Asia/Tokyo", opens="09:00", exchange="JPX")
    assert rows(tokyo)["session"].tolist() == list(tokyo.days)
    london = listing(code="24/5", zone="Europe/London", opens="00:00", exchange="CCY", kind="CURRENCY")
    panel = rows(london)  # in summer its midnight is 23:00 UTC of the day before
    assert panel["session"].tolist() == list(london.days[:-1])
    assert panel["volume"].isna().all()


def test_crypto_closes_at_midnight_utc() -> None:
    coin = listing(code="24/7", zone="UTC", opens="00:00", exchange="CCC", kind="CRYPTOCURRENCY")
    live = replace(coin, live=[("2024-06-28 21:59:00", 321.0)])
    panel = rows(live)
    assert panel["session"].tolist() == list(coin.days[:-1])
    late = rows(live, datetime(2024, 6, 29, 0, 20, tzinfo=UTC))
    assert (late["session"].iloc[-1], late["close"].iloc[-1]) == (pd.Timestamp("2024-06-28"), 321.0)


def test_the_calendar_is_guessed_or_asked_for() -> None:
    known = set(exchange_calendars.get_calendar_names())
    assert {*CALENDARS.values(), *KINDS.values()} <= known
    share = listing(exchange="XYZ")
    with pytest.raises(UnknownCalendarError, match=r"of An Exchange \(XYZ, America/New_York\) is not known"):
        rows(share)
    assert len(rows(share, code="XNYS")) == len(share.days)
    with pytest.raises(UnknownCalendarError, match="nearest"):
        rows(share, code="XNYZ")


def test_days_asked_for() -> None:
    share = listing()
    panel = rows(share, first="2024-03-01", last="2024-03-31")
    assert (panel["session"].min(), panel["session"].max()) == (pd.Timestamp("2024-03-01"), pd.Timestamp("2024-03-28"))
    split = replace(share, splits={"2024-06-10": 2.0})
    assert rows(split, last="2024-03-31")["close"].tolist() == list(share.close[: len(rows(share, last="2024-03-31"))])


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
    assert str(yahoo._ours(timeless, "yahoo: ODD")).endswith(REMEDY)
    with pytest.raises(BadSymbolError):
        yahoo.download("../x", "2024-01-01")
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


LOOP = Answer(status=301, headers={"Location": "/v8/finance/chart/X?period1=1"})
FAULTS: list[tuple[str, Any, type[IngestError], str]] = [
    ("html", Answer("<!doctype html>Will be right back"), BadPayloadError, "a web page came"),
    ("cut off", Answer('{"chart": {"result": [{"meta"'), BadPayloadError, "no JSON, or is cut off"),
    ("nothing", Answer(""), BadPayloadError, "an empty answer"),
    ("no rows", Answer(listing().chart(Asked("", {}, {}))), UnknownSymbolError, "renamed"),
    ("another", Answer({"finance": {}}), BadPayloadError, "KeyError: 'chart'"),
    ("a list", Answer([]), BadPayloadError, "not in the known format"),
    ("renamed column", rename, BadPayloadError, "not in the known format (KeyError)"),
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
    ask = Ask(broken(share, answer))
    start = time.perf_counter()
    assert said in ask.fault(share.symbol, kind)
    assert time.perf_counter() - start < 15
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


def test_thirty_years_take_less_than_two_seconds() -> None:
    share = listing("1994-01-03", "2024-06-28")
    start = time.perf_counter()
    panel = rows(share, first="1990-01-01")
    assert len(panel) == len(share.days)
    assert time.perf_counter() - start < 4
    assert re.fullmatch(r"T\d+", panel["symbol"].iloc[0])
