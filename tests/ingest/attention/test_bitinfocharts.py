"""The comparison pages of bitinfocharts against a real server that serves one, as the site writes them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from ingest.attention import bitinfocharts
from ingest.errors import BadPayloadError, NoDataError, ProviderDownError, TooLargeError, UnknownSymbolError
from ingest.limits import Limits
from tests.ingest.loopback import Answer, Asked, Server

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2015, 8, 20, 12, tzinfo=UTC)
NAMES = {"btc": "Bitcoin", "eth": "Ethereum", "bch": "Bitcoin Cash"}


def comparison(coins: list[str], days: int = 15, labels: list[str] | None = None, measure: str = "Tweets") -> str:
    """A page as the site writes it; the count is 100 a day, plus the day, plus 1000 a coin; the third day is null."""
    rows = []
    for n, day in enumerate(pd.date_range("2015-08-01", periods=days)):
        counts = ["null" if n == 2 else str(1000 * (k + 1) + 100 + n) for k in range(len(coins))]
        rows.append(f'[new Date("{day:%Y/%m/%d}"),{",".join(counts)}]')
    told = json.dumps(["Date", *(labels or [f"{NAMES[coin]} - {measure}" for coin in coins])])
    return f"""<!DOCTYPE html><html><head><title>Tweets historical chart</title></head><body>
<script>var x = [[new Date("2001/01/01"),1]];</script><div id="container"></div><script>
d = new Dygraph(document.getElementById("container"),[{",".join(rows)}], {{labels: {told},
legend: "always", ylabel: "Tweets per day", colors: ["#3366CC"], }});</script></body></html>"""


def site(asked: Asked) -> Answer:
    """Knows three coins; any other silently shows Bitcoin, as the site does."""
    wanted = re.fullmatch(r"/comparison/tweets-([a-z0-9-]+)\.html", asked.path)
    assert wanted
    coins = [coin for coin in wanted.group(1).split("-") if coin in NAMES] or ["btc"]
    return Answer(comparison(coins), headers={"Content-Type": "text/html; charset=utf-8"}, zipped=True)


def ask(
    script: Callable[[Asked], Answer], subject: str = "eth", first: str = "2015-08-01", last: str = "2015-12-31"
) -> pd.Series:
    with Server(script) as server:
        named = {"FORECASTER_BITINFOCHARTS_URL": server.url}
        way = bitinfocharts.client(named, sleep=lambda _: None, limits=Limits(max_bytes=10**6))
        return bitinfocharts.attention(subject, first, last, NOW, way).days


def test_the_counts_of_a_coin_with_null_a_gap() -> None:
    counts = ask(site)
    assert (counts.index[0], counts.index[-1]) == (pd.Timestamp("2015-08-01"), pd.Timestamp("2015-08-15"))
    assert counts.tolist()[:2] == [1100.0, 1101.0]
    assert counts.isna().tolist() == [False, False, True] + [False] * 12
    assert ask(site, "ETH", "2015-08-05", "2015-08-06").tolist() == [1104.0, 1105.0]


def test_a_day_that_is_not_over_and_published_is_left_out() -> None:
    counts = ask(lambda _: Answer(comparison(["eth"], days=20)))
    assert counts.index[-1] == pd.Timestamp("2015-08-18")


def test_several_coins_in_a_row_are_told_apart_by_their_labels() -> None:
    columns = bitinfocharts.columns_of(comparison(["btc", "eth", "bch"]), "x")
    day = pd.Timestamp("2015-08-02")
    assert {label: column[day] for label, column in columns.items()} == {
        "Bitcoin - Tweets": 1101.0,
        "Ethereum - Tweets": 2101.0,
        "Bitcoin Cash - Tweets": 3101.0,
    }
    both = Answer(comparison(["bch", "btc"]))
    assert ask(lambda _: both, "btc").iloc[0] == 2100
    assert ask(lambda _: both, "bch").iloc[0] == 1100
    single = comparison(["eth"]).replace('["Date", "Ethereum - Tweets"]', "['Date','Ethereum - Tweets per day']")
    assert ask(lambda _: Answer(single)).iloc[0] == 1100


def test_a_coin_that_the_site_does_not_know_is_not_anothers_series() -> None:
    with pytest.raises(UnknownSymbolError, match="the page shows Bitcoin - Tweets, not Solana"):
        ask(site, "sol=Solana")
    with pytest.raises(UnknownSymbolError, match="coin 'ethh' is not known here: nearest: eth"):
        ask(site, "ethh")
    for bad in ("../x=Bitcoin", "=Bitcoin", ""):
        with pytest.raises(UnknownSymbolError):
            ask(site, bad)


def test_another_measure_is_not_tweets() -> None:
    with pytest.raises(UnknownSymbolError, match="the page shows Ethereum - Price in USD, not Ethereum"):
        ask(lambda _: Answer(comparison(["eth"], measure="Price in USD")))


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (Answer("<html>not found</html>", status=404), NoDataError, "the page is gone: the site has stopped"),
        (Answer("<html>Just a moment...</html>"), NoDataError, "the page has no chart"),
        (Answer(comparison(["eth"], days=0)), NoDataError, "chart is empty"),
        (Answer(comparison(["eth"], labels=["Ethereum - Tweets", "Bitcoin - Tweets"])), BadPayloadError, "2 labels"),
        (Answer(comparison(["eth"]).replace("labels", "names")), BadPayloadError, "0 labels"),
        (Answer(comparison(["eth"]).replace("1103", "NaN?")), BadPayloadError, "not in the known format"),
        (Answer(comparison(["eth"]).replace("2015/08/04", "08/04/2015")), BadPayloadError, "not in the known format"),
        (Answer(comparison(["eth"])[:500]), NoDataError, "no chart"),
        (Answer(comparison(["eth"]).replace('"2015/08/04"', "1438646400000")), BadPayloadError, "15 days, but 14"),
        (Answer(status=503), ProviderDownError, "status 503"),
        (Answer(b" " * 2_000_000, zipped=True), TooLargeError, "larger than"),
    ],
)
def test_pages_that_are_not_what_they_should_be(answer: Answer, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=re.escape(said)) as caught:
        ask(lambda _: answer)
    assert str(caught.value).startswith("bitinfocharts: eth: ")


def test_no_count_on_the_days_asked_for() -> None:
    with pytest.raises(NoDataError, match="no count from 2014-01-01 to 2014-02-01"):
        ask(site, first="2014-01-01", last="2014-02-01")


def test_a_page_of_twelve_years_is_read_in_a_second() -> None:
    page = comparison(["btc", "eth", "bch"], days=4400)
    start = datetime.now(UTC)
    columns = bitinfocharts.columns_of(page, "x")
    assert len(columns["Bitcoin - Tweets"]) == 4400
    assert (datetime.now(UTC) - start).total_seconds() < 1
