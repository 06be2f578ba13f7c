"""Yahoo, reached by yfinance itself, against a real server that speaks its chart interface."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from hashlib import sha256

import pandas as pd
import pytest

from ingest.assets import Asset
from ingest.changes import simple_changes
from ingest.checks import findings
from ingest.database import open_engine
from ingest.errors import BadSymbolError, UnknownCalendarError, UnknownSymbolError
from ingest.sessions import calendar
from ingest.sources import yahoo
from ingest.store import Appended, Store
from tests.ingest.loopback import Answer, Asked, Server
from tests.ingest.yahoo_asked import NOW, Ask, listing, rows
from tests.ingest.yahoo_server import Listing
from tests.ingest.yahoo_server import yahoo as speaks

pytestmark = pytest.mark.usefixtures("forgetful_yfinance")


def test_a_plain_history_comes_as_it_traded() -> None:
    share = listing()
    ask = Ask(speaks(share))
    panel = ask.rows(share.symbol)
    assert panel["session"].tolist() == list(share.days)
    assert panel["close"].tolist() == list(share.close)
    assert (panel["adjustment"] == 1).all()
    assert (panel["volume"] == 1000).all()
    assert set(panel["source"]) == {"yahoo"}
    assert findings(panel, calendar("XNYS")) == ()
    assert len(ask.charts) == 2  # one for the time zone, one for the rows


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


def test_thirty_years_take_less_than_two_seconds() -> None:
    share = listing("1994-01-03", "2024-06-28")
    start = time.perf_counter()
    panel = rows(share, first="1990-01-01")
    assert len(panel) == len(share.days)
    assert time.perf_counter() - start < 4
    assert re.fullmatch(r"T\d+", panel["symbol"].iloc[0])


@pytest.mark.parametrize(
    ("share", "code"),
    [
        (listing(), "XNYS"),
        (listing(exchange="LSE"), "XLON"),
        (listing(code="24/7", zone="UTC", opens="00:00", exchange="CCC", kind="CRYPTOCURRENCY"), "24/7"),
    ],
)
def test_a_symbol_is_described_by_its_exchange_and_its_history_is_not_asked_for(
    share: Listing, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(speaks(share)) as server:
        monkeypatch.setenv("FORECASTER_YAHOO_URL", server.url)
        asset = yahoo.describe(share.symbol)
        charts = [asked for asked in server.asked if "/chart/" in asked.path]
    assert asset == Asset(share.symbol, code, "yahoo", lag_minutes=yahoo.LAG_MINUTES)
    assert charts
    assert not [asked for asked in charts if "period1" in asked.query]


def test_a_symbol_whose_calendar_is_known_is_described_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(speaks()) as server:
        monkeypatch.setenv("FORECASTER_YAHOO_URL", server.url)
        asset = yahoo.describe("FB", "XNYS", "META")
        with pytest.raises(UnknownSymbolError, match=r"^yahoo: META: Yahoo does not know it"):
            yahoo.describe("FB", name="META")
        with pytest.raises(BadSymbolError):
            yahoo.describe("../x")
    assert asset == Asset("FB", "XNYS", "yahoo", lag_minutes=yahoo.LAG_MINUTES)
    assert {asked.path.rpartition("/")[2] for asked in server.asked if "/chart/" in asked.path} == {"META"}
    assert len([asked for asked in server.asked if "/chart/" in asked.path]) == 1


def test_an_exchange_without_a_known_calendar_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    share = listing(exchange="XYZ")
    with Server(speaks(share)) as server:
        monkeypatch.setenv("FORECASTER_YAHOO_URL", server.url)
        with pytest.raises(UnknownCalendarError, match=rf"^yahoo: {share.symbol}: the calendar of An Exchange \(XYZ, "):
            yahoo.describe(share.symbol)
