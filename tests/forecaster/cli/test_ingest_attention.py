"""`forecaster ingest attention` from the command line: every adapter against a real server in its provider's format."""

from __future__ import annotations

import gzip
import re
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from ingest.database import open_engine
from ingest.history import vintage_sha256
from ingest.store import Store
from tests.ingest.loopback import Answer, Asked, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.history import History

TOKEN = "canary-7f3a91"  # noqa: S105  # it opens nothing
CONTACT = "canary-contact@example.org"
TODAY = pd.Timestamp(datetime.now(UTC).date())
SESSIONS = 120
PRICES = pd.date_range(end=TODAY - timedelta(days=1), periods=SESSIONS)
DAY = timedelta(days=1)


def count(day: pd.Timestamp) -> int:
    """What every provider here counts on a day."""
    return 1000 + int(day.toordinal() * 37 % 400)


def wikimedia(asked: Asked) -> Answer:
    first, last = (pd.Timestamp(text[:8]) for text in asked.path.split("/")[-2:])
    items = [
        {
            "project": "en.wikipedia",
            "article": "Ethereum",
            "granularity": "daily",
            "timestamp": f"{day:%Y%m%d}00",
            "access": "all-access",
            "agent": "user",
            "views": count(day),
        }
        for day in pd.date_range(first, min(last, TODAY - DAY))
    ]
    return Answer({"items": items})


def x(asked: Asked) -> Answer:
    if asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return Answer({"title": "Unauthorized", "detail": asked.headers.get("authorization", "")}, status=401)
    first, last = (pd.Timestamp(asked.query[name]).tz_localize(None) for name in ("start_time", "end_time"))
    buckets = [
        {
            "start": f"{day:%Y-%m-%dT00:00:00.000Z}",
            "end": f"{day + DAY:%Y-%m-%dT00:00:00.000Z}",
            "tweet_count": count(day),
        }
        for day in pd.date_range(first, last - DAY)
    ]
    half = len(buckets) // 2
    if asked.query.get("next_token") == "older":
        return Answer({"data": buckets[:half], "meta": {"total_tweet_count": 1}})
    return Answer({"data": buckets[half:], "meta": {"total_tweet_count": 1, "next_token": "older"}})


def bitinfocharts(_asked: Asked) -> Answer:
    rows = ",".join(f'[new Date("{day:%Y/%m/%d}"),null,{count(day)}]' for day in pd.date_range("2015-08-10", TODAY))
    script = f'd = new Dygraph(document.getElementById("container"),[{rows}],'
    return Answer(
        f'<html><script>{script}{{labels: ["Date","Bitcoin - Tweets","Ethereum - Tweets"]}});</script></html>'
    )


def script(asked: Asked) -> Answer:
    """All three providers on one port; what is asked about `slow` is refused for a day."""
    if "slow" in asked.path.lower():
        return Answer("Too Many Requests", status=429, headers={"Retry-After": "86400"})
    if asked.path.startswith("/api/rest_v1/metrics/pageviews/"):
        return wikimedia(asked)
    if asked.path.startswith("/2/tweets/counts/"):
        return x(asked)
    return bitinfocharts(asked)


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server, to which the environment points."""
    with Server(script) as running:
        for name in ("WIKIMEDIA", "X", "BITINFOCHARTS"):
            monkeypatch.setenv(f"FORECASTER_{name}_URL", running.url)
        monkeypatch.setenv("X_BEARER_TOKEN", TOKEN)
        monkeypatch.setenv("FORECASTER_CONTACT", CONTACT)
        yield running


@pytest.fixture
def coin(new_home: Path, tmp_path: Path, command: Callable[..., Any]) -> Path:
    """A home with a price a day up to yesterday, and no attention."""
    path = tmp_path / "prices.csv"
    closes = [100 + (day.toordinal() * 7919 % 997) / 100 for day in PRICES]
    pd.DataFrame({"Date": PRICES.strftime("%Y-%m-%d"), "Close": closes}).to_csv(path, index=False)
    assert command("ingest", "csv", path, "--symbol", "COIN", "--calendar", "24/7", "--home", new_home).code == 0
    return new_home


def history(home: Path) -> History:
    return Store(open_engine(f"sqlite:///{home / 'forecaster.db'}")).history("COIN")


WEB = [
    ("wikimedia", "Ethereum", "page views a day"),
    ("x_counts", "#ethereum -is:retweet", "tweets a day"),
    ("bitinfocharts", "eth", "tweets a day"),
]


@pytest.mark.parametrize(("source", "subject", "kind"), WEB, ids=[case[0] for case in WEB])
def test_each_provider_end_to_end(
    coin: Path, command: Callable[..., Any], source: str, subject: str, kind: str
) -> None:
    words = ("ingest", "attention", "COIN", "--source", source, "--subject", subject, "--home", coin)
    said = command(*words)
    assert said.code == 0, said
    assert said.out.startswith(f"COIN: {kind} from {source}, now ")
    assert " new." in said.out
    known = history(coin)
    assert known.asset.attention_kind == kind
    rows = known.read(known.last).set_index("session")["tweets"]
    assert rows[PRICES[50]] == count(PRICES[49]), "the last day whose count was out at the close"
    assert set(known.counts["source"]) == {source}
    assert known.counts["payload"].str.fullmatch("[0-9a-f]{64}").all()
    again = command(*words)
    assert again.code == 0
    assert re.search(r": \d+ unchanged\.", again.out)


def test_a_file_of_counts(coin: Path, command: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    pd.DataFrame({"Date": PRICES.strftime("%Y-%m-%d"), "Tweets": [count(day) for day in PRICES]}).to_csv(
        path, index=False
    )
    said = command("ingest", "attention", "COIN", "--source", "csv_file", "--subject", path, "--home", coin)
    assert said.code == 0, said
    rows = history(coin).read(PRICES[-1]).set_index("session")["tweets"]
    assert rows[PRICES[50]] == count(PRICES[50])


def counts_file(folder: Path, header: str) -> Path:
    """A file with two columns of counts, by day."""
    path = folder / "counts.csv"
    days = {"Date": PRICES.strftime("%Y-%m-%d"), "a": [count(day) for day in PRICES], "b": [1] * SESSIONS}
    pd.DataFrame(days).to_csv(path, index=False, header=header.split(","))
    return path


def test_the_user_names_column_and_kind_of_a_file(coin: Path, command: Callable[..., Any], tmp_path: Path) -> None:
    path = counts_file(tmp_path, "Date,Coin,Other")
    words = ("ingest", "attention", "COIN", "--source", "csv_file", "--subject", path, "--home", coin)
    assert "(Coin, Other): say --column and the name of one" in command(*words).complaint(1)
    said = command(*words, "--column", "Coin", "--kind", "page views")
    assert said.out.startswith("COIN: page views a day from csv_file, now "), said
    assert history(coin).read(PRICES[-1]).set_index("session")["tweets"][PRICES[50]] == count(PRICES[50])
    other = command(*words, "--column", "Coin", "--kind", "searches a day").complaint(1)
    assert "COIN has page views a day from csv_file; searches a day from csv_file would be another series" in other


def test_the_settings_name_them_for_every_day(coin: Path, command: Callable[..., Any], tmp_path: Path) -> None:
    path = counts_file(tmp_path, "Date,Coin,Other")
    said = f'[data.attention.COIN]\nsource = "csv_file"\nsubject = "{path}"\ncolumn = "Other"\nkind = "stars a day"\n'
    with (coin / "forecaster.toml").open("a") as file:
        file.write(said)
    assert command("ingest", "attention", "COIN", "--home", coin).out.startswith("COIN: stars a day from csv_file")
    assert set(history(coin).counts["count"]) == {1.0}
    other = tmp_path / "tweets.csv"
    other.write_text(f"Date,Tweets\n{PRICES[-1]:%Y-%m-%d},5\n")
    told = command("ingest", "attention", "COIN", "--subject", other, "--home", coin).complaint(1)
    assert "tweets a day from csv_file would be another series" in told, "column and kind are of the settings' file"


def test_a_series_keeps_the_name_that_an_earlier_version_gave_it(
    coin: Path, command: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(f"Date,Coin\n{PRICES[-2]:%Y-%m-%d},5\n")
    words = ("ingest", "attention", "COIN", "--source", "csv_file", "--subject", path, "--home", coin)
    assert command(*words, "--kind", "coin a day").code == 0
    path.write_text(f"Date,Coin\n{PRICES[-2]:%Y-%m-%d},5\n{PRICES[-1]:%Y-%m-%d},<1\n")
    said = command(*words)
    assert said.out.startswith("COIN: coin a day from csv_file, now "), said
    assert said.out.splitlines()[0].endswith('; 1 day written as "<1", taken as 0.5.')


def test_column_and_kind_are_of_files(coin: Path, command: Callable[..., Any], server: Server) -> None:
    words = ("ingest", "attention", "COIN", "--source", "wikimedia", "--subject", "E", "--home", coin)
    said = command(*words, "--kind", "stars a day").complaint(1)
    assert said.startswith("wikimedia counts page views a day: leave out --column and --kind")
    assert server.asked == []


def test_the_daily_run_fetches_what_the_settings_name(coin: Path, command: Callable[..., Any], server: Server) -> None:
    with (coin / "forecaster.toml").open("a") as file:
        file.write('[data.attention.COIN]\nsource = "wikimedia"\nsubject = "Ethereum"\n')
    said = command("run", "--home", coin)
    assert said.code == 0, said
    first = len(server.asked)
    assert first == 1
    assert history(coin).read(PRICES[-1])["tweets"].notna().sum() == SESSIONS
    report = next((coin / "reports").glob("*.html")).read_text()
    assert "page views a day" in report
    out = f"published by the close of {PRICES[-1]:%Y-%m-%d} are for {PRICES[-2]:%Y-%m-%d}"
    assert f"Page views a day come from wikimedia; the newest {out}." in report
    assert command("run", "--home", coin).code == 0
    asked = server.asked[-1].path.split("/")
    assert (pd.Timestamp(asked[-1][:8]) - pd.Timestamp(asked[-2][:8])).days <= 4, "only the newest days"


def test_without_its_attention_an_asset_is_forecast_and_the_fault_is_named(
    coin: Path, command: Callable[..., Any], server: Server
) -> None:
    with (coin / "forecaster.toml").open("a") as file:
        file.write('[data.attention.COIN]\nsource = "wikimedia"\nsubject = "Slow"\n')
    said = command("run", "--home", coin)
    assert said.code == 3, said
    assert "2 forecasts recorded" in said.out
    assert (
        "note: COIN: forecast without its newest attention: wikimedia: Slow: too many requests: wait 86400 seconds"
        in said.out
    )
    asked = len(server.asked)
    paused = command("ingest", "attention", "COIN", "--home", coin).complaint(1)
    assert paused.startswith("wikimedia: COIN: not requested: the provider asked to wait until ")
    assert len(server.asked) == asked


def test_a_record_reads_the_same_after_its_first_attention(coin: Path, command: Callable[..., Any]) -> None:
    assert command("run", "--home", coin).code == 0
    before = {day: vintage_sha256(history(coin).read(day)) for day in PRICES[-5:]}
    said = command("ingest", "attention", "COIN", "--source", "wikimedia", "--subject", "Ethereum", "--home", coin)
    assert "late (known from now on)" in said.out
    assert {day: vintage_sha256(history(coin).read(day)) for day in PRICES[-5:]} == before


def test_what_is_wrong_is_one_line(coin: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    attention = ("ingest", "attention")
    asset = (*attention, "COIN", "--home", coin)
    assert "name the source of its attention" in command(*asset).complaint(1)
    assert "attention 'wikimeda' is not known: nearest: wikimedia" in command(
        *asset, "--source", "wikimeda", "--subject", "E"
    ).complaint(1)
    assert "symbol 'CON' is not known here: nearest: COIN" in command(
        *attention, "CON", "--source", "wikimedia", "--subject", "E", "--home", coin
    ).complaint(1)
    days = ("--from", "2024-02-01", "--to", "2024-01-01")
    assert "is after --to" in command(*asset, "--source", "wikimedia", "--subject", "E", *days).complaint(2)
    monkeypatch.delenv("FORECASTER_CONTACT")
    assert "set FORECASTER_CONTACT" in command(*asset, "--source", "wikimedia", "--subject", "E").complaint(1)
    assert command(*asset, "--source", "wikimedia", "--subject", "E", "--to", "soon").complaint(2)
    (coin / "forecaster.toml").write_text('[data.attention.COIN]\nsource = "wikimedia"\nsubjet = "E"\n')
    assert "setting data.attention.COIN.subject" in command(*asset).complaint(1)


def test_a_token_is_nowhere(coin: Path, shell: Callable[..., Any], tmp_path: Path) -> None:
    """Refused or accepted, in any command: not in what is said, the database, the pages, or any file of the home."""
    with (coin / "forecaster.toml").open("a") as file:
        file.write('[data.attention.COIN]\nsource = "x_counts"\nsubject = "#ethereum"\n')
    wrong = {"X_BEARER_TOKEN": f"{TOKEN}-wrong"}
    said = [
        shell("ingest", "attention", "COIN", "--home", coin, "--debug", **wrong),
        shell("run", "--home", coin, "--debug", **wrong),
        shell("ingest", "attention", "COIN", "--home", coin, "--debug", X_BEARER_TOKEN=f"{TOKEN}\nbroken"),
        shell("ingest", "attention", "COIN", "--home", coin),
        shell("run", "--home", coin),
        shell("doctor", "--home", coin),
        shell("data", "check", "--json", "--home", coin),
        shell("ledger", "show", "--json", "--home", coin),
    ]
    assert [one.code for one in said] == [1, 3, 1, 0, 0, 0, 0, 0], said
    assert not [one for one in said if "canary" in one.out + one.err]
    files = [path for path in coin.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".db", ".pdf", ".html", ".toml"}
    assert not [path for path in files if b"canary" in everything(path.read_bytes())]


def everything(raw: bytes) -> bytes:
    """A file's bytes, and those of the compressed streams within it."""
    parts = [raw]
    for start in re.finditer(rb"stream\r?\n", raw):
        try:
            parts.append(zlib.decompressobj().decompress(raw[start.end() :]))
        except zlib.error:
            continue
    if raw[:2] == b"\x1f\x8b":
        parts.append(gzip.decompress(raw))
    return b"".join(parts)
