"""A day is claimed once, whoever asks at once; a silent holder is followed by one other, a finished day by none."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from forecaster.records.claims import Claims
from forecaster.records.preparation import prepare
from ingest.database import open_engine

if TYPE_CHECKING:
    from pathlib import Path

DAY, HOUR, NOTHING = pd.Timestamp("2018-01-21"), timedelta(hours=1), timedelta(0)

RACE = """
import json, multiprocessing, sys
from datetime import timedelta
import pandas as pd
from forecaster.records.claims import Claims
from forecaster.records.preparation import prepare
from ingest.database import open_engine

url, lease, days = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
prepare(open_engine(url))

def claim(barrier, number, won):
    claims = Claims(open_engine(url))
    for day in pd.date_range("2018-01-01", periods=days):
        barrier.wait()
        if claims.claim("24/7", day, f"process {number}", timedelta(seconds=lease)):
            won.put(f"{day:%Y-%m-%d}")

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    barrier, won = context.Barrier(8, timeout=60), context.Queue()
    racers = [context.Process(target=claim, args=(barrier, n, won)) for n in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    print(json.dumps([won.get(timeout=5) for _ in range(days)] + [won.qsize()]))
"""


def race(database: Path, lease: float, days: int) -> list[str]:
    words = [sys.executable, "-c", RACE, f"sqlite:///{database}", str(lease), str(days)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    *won, more = json.loads(done.stdout)
    assert more == 0, "a day was claimed twice"
    return sorted(won)


def test_of_eight_processes_racing_for_a_claim_exactly_one_wins(tmp_path: Path) -> None:
    assert race(tmp_path / "a.db", 3600, 10) == [f"2018-01-{day:02}" for day in range(1, 11)]


def claims_at(database: Path) -> Claims:
    engine = open_engine(f"sqlite:///{database}")
    prepare(engine)
    return Claims(engine)


def test_of_eight_processes_racing_for_a_dead_holders_day_exactly_one_takes_over(tmp_path: Path) -> None:
    claims = claims_at(tmp_path / "a.db")
    for day in pd.date_range("2018-01-01", periods=5):
        assert claims.claim("24/7", day, "dead", HOUR)
    with_renewal_an_hour_ago = "UPDATE run SET renewed_at = '2018-01-01T00:00:00.000000+00:00'"
    with open_engine(f"sqlite:///{tmp_path / 'a.db'}").begin() as connection:
        connection.exec_driver_sql(with_renewal_an_hour_ago)
    assert race(tmp_path / "a.db", 3600, 5) == [f"2018-01-{day:02}" for day in range(1, 6)]
    table = claims.table()
    assert table["takeovers"].tolist() == [1] * 5
    assert not (table["owner"] == "dead").any()


def test_a_living_holder_keeps_its_day_and_a_silent_one_loses_it(tmp_path: Path) -> None:
    claims = claims_at(tmp_path / "a.db")
    assert claims.claim("24/7", DAY, "first", HOUR)
    assert claims.renew("24/7", DAY, "first")
    assert not claims.claim("24/7", DAY, "second", HOUR)
    assert claims.claim("XNYS", DAY, "second", HOUR)
    assert claims.claim("24/7", DAY, "second", NOTHING)
    assert not claims.renew("24/7", DAY, "first")
    assert not claims.finish("24/7", DAY, "first", "done")
    assert claims.finish("24/7", DAY, "second", "done")
    assert not claims.claim("24/7", DAY, "third", NOTHING)
    row = claims.table("24/7").iloc[0]
    assert (row["owner"], row["takeovers"], row["outcome"]) == ("second", 1, "done")
