"""Which rows of Yahoo's are sessions, and of which day: half days, live rows, gaps, clocks, calendars."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import exchange_calendars
import numpy as np
import pandas as pd
import pytest

from ingest.checks import as_table, findings
from ingest.errors import NoDataError, UnknownCalendarError
from ingest.exchanges import CALENDARS, KINDS
from ingest.sessions import calendar
from tests.ingest.loopback import Answer, Asked
from tests.ingest.yahoo_asked import Ask, listing, rows
from tests.ingest.yahoo_server import yahoo as speaks

pytestmark = pytest.mark.usefixtures("forgetful_yfinance")


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
    (gap,) = as_table(findings(panel, calendar("XNYS"))).to_dict("records")
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


def test_a_coin_stamped_just_before_midnight_is_its_own_days() -> None:
    coin = listing(code="24/7", zone="UTC", opens="00:00", exchange="CCC", kind="CRYPTOCURRENCY")
    for at in ("23:00:15", "23:00:00", "22:00:00", "23:59:59"):
        live = replace(coin, days=coin.days[:-1], close=coin.close[:-1], live=[(f"2024-06-28 {at}", 321.0)])
        panel = rows(live, datetime(2024, 6, 29, 0, 20, tzinfo=UTC))
        assert (panel["session"].iloc[-1], panel["close"].iloc[-1]) == (pd.Timestamp("2024-06-28"), 321.0), at
        assert panel["close"].iloc[:-1].tolist() == list(coin.close[:-1])


def test_a_midnight_by_the_other_clock_is_the_day_after_and_a_live_row_is_not() -> None:
    """São Paulo gave up its summer time; Yahoo stamped some of its midnights an hour early."""
    share = listing(code="BVMF", zone="America/Sao_Paulo", opens="00:00", exchange="SAO")
    early = replace(share, days=share.days[:0], close=[])
    early.live = [
        (f"{day - pd.Timedelta(1, unit='D'):%Y-%m-%d} 23:00:00", 10.0 + t) for t, day in enumerate(share.days)
    ]
    midnights = [(day - pd.Timedelta(1, unit="D")).strftime("%Y-%m-%d 23:00:00") for day in share.days]
    stamps = [pd.Timestamp(at, tz="America/Sao_Paulo").tz_convert("UTC") for at in midnights]
    early.live = [(f"{at:%Y-%m-%d %H:%M:%S}", 10.0 + t) for t, at in enumerate(stamps)]
    panel = rows(early, code="BVMF")
    assert panel["session"].tolist() == list(share.days)
    pound = listing(code="24/5", zone="Europe/London", opens="00:00", exchange="CCY", kind="CURRENCY")
    at = pd.Timestamp("2024-06-27 22:00:00", tz="UTC")  # 23:00:00 in London
    live = replace(
        pound,
        days=pound.days[:-2],
        close=pound.close[:-2],
        live=[(f"{at:%Y-%m-%d %H:%M:%S}", 321.0)],
        words={"regularMarketTime": int(at.timestamp())},
    )
    panel = rows(live)
    assert (panel["session"].iloc[-1], panel["close"].iloc[-1]) == (pd.Timestamp("2024-06-27"), 321.0)


def test_of_two_rows_of_one_day_the_later_with_a_close_counts() -> None:
    share = listing()
    middle, day = len(share.days) // 2, f"{share.days[len(share.days) // 2]:%Y-%m-%d}"
    twice = replace(share, live=[(f"{day} 20:00:01", 321.0)])
    panel = rows(twice)
    close = list(share.close)
    close[middle] = 321.0
    assert panel["session"].tolist() == list(share.days)
    assert panel["close"].tolist() == close
    empty = replace(share, live=[(f"{day} 20:00:01", None)])  # type: ignore[list-item]  # as Yahoo sends it
    assert rows(empty)["close"].tolist() == list(share.close)


def test_a_null_volume_is_missing_and_a_zero_is_zero() -> None:
    share = listing()

    def hollow(asked: Asked) -> Answer:
        answer = speaks(share)(asked)
        if "period1" in asked.query:
            volume = answer.body["chart"]["result"][0]["indicators"]["quote"][0]["volume"]
            volume[30], volume[31] = None, 0
        return answer

    panel = Ask(hollow).rows(share.symbol)
    assert np.isnan(panel["volume"].iloc[30])
    assert panel["volume"].iloc[31] == 0
    assert panel["volume"].drop([30, 31]).eq(1000).all()


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
