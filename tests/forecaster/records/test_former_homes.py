"""A home of the program before: it opens, every row of its record verifies as it was, and the next day goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from forecaster import models
from forecaster.issuing.provenance import config_sha256
from forecaster.operation import daily
from forecaster.records.home import Home, open_home
from forecaster.records.migrations import HOME
from forecaster.settings import Forecast
from ingest.database import open_engine, writing
from ingest.errors import StoreError
from tests.forecaster.records.former_home import SETTINGS, former, rows
from tests.ingest.rows import everything

if TYPE_CHECKING:
    from pathlib import Path

KEPT = ("trial", "track", "replay")
MODELS = ("climatology", "ewma", "ensemble")
_TOLD = {"format": "1", "clock": "None"}
ADDED = {
    "forecast": _TOLD,
    "outcome": {**_TOLD, "forecasts": "None"},
    "score": {**_TOLD, "forecasts": "None", "version": "None", "scored_at": "None"},
    "replay": {"horizon": "1"},
}
"""What rows of the record and replays gain."""


@pytest.fixture
def engine(url: str) -> Engine:
    """Its database, of each kind."""
    return former(open_engine(url))


def opened(engine: Engine, folder: Path, more: str = "") -> Home:
    """The home on that database."""
    (folder / "forecaster.toml").write_text(SETTINGS + more)
    return open_home(folder, {"data": {"database": engine.url.render_as_string(hide_password=False)}})


def test_every_row_stays_and_every_hash_holds(engine: Engine, tmp_path: Path) -> None:
    before = everything(engine)
    home = opened(engine, tmp_path)
    after = everything(engine)
    assert home.ledger.verify() is None
    record = dict(rows())
    former = {table: record[table][-1]["row_hash"] for table in ("forecast", "outcome", "score")}
    assert former.items() <= home.ledger.heads().items()
    assert after.pop("ingest_version") == [{"version_num": repr(HOME.newest)}]
    del before["ingest_version"]
    assert (after.pop("token"), [row["kind"] for row in after.pop("event")]) == ([], ["'clock'"])
    assert (after.pop("series"), after.pop("series_vintage")) == ([], [])
    assert after.keys() == before.keys()
    for table, found in before.items():
        for old, new in zip(found, after[table], strict=True):
            added = {name: value for name, value in new.items() if name not in old}
            assert added == ADDED.get(table, {})
            apart = {"config_sha256"} if table in KEPT else set()
            assert {k: v for k, v in new.items() if k in old and k not in apart} == {
                k: v for k, v in old.items() if k not in apart
            }


def test_the_next_day_is_recorded_settled_and_reported(engine: Engine, tmp_path: Path) -> None:
    home = opened(engine, tmp_path)
    before = everything(engine)
    summary = daily.run(home, pd.Timestamp("2018-01-21"))
    assert (summary.recorded, summary.settled, summary.withheld) == (3, 1, {})
    assert summary.report is not None
    assert summary.report.stat().st_size > 10_000
    assert home.ledger.verify() is None
    assert home.ledger.forecasts()["format"].tolist() == [1] * 12 + [3] * 3
    after = everything(engine)
    # Its fans are replayed anew: they are of former defaults.
    for table in ("forecast", "outcome", "score", "trial", "run", "attention", "quarantine"):
        assert after[table][: len(before[table])] == before[table], table


def test_its_fans_and_tracks_are_found_and_no_trial_is_counted_twice(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the home's own settings; of one backtest with another training window nobody can know, and it stays.

    Found by a program whose defaults are still those that the hashes were moved to.
    """
    monkeypatch.setattr(Forecast, "VERSION", 1)
    for pool in ("ensemble", "recalibrated"):
        monkeypatch.setattr(models.load(pool), "VERSION", 1)
    before = everything(engine)
    home = opened(engine, tmp_path)
    own = {model: repr(config_sha256(home.settings, model)) for model in MODELS}
    after = everything(engine)
    assert {row["config_sha256"] for row in after["replay"]} == set(own.values())
    assert {row["config_sha256"] for row in after["track"]} == {own["climatology"], own["ewma"]}
    assert len(after["trial"]) == home.trials.count() == 6
    assert [row["config_sha256"] in own.values() for row in after["trial"]] == [True] * 3 + [False] * 3
    assert [row["config_sha256"] for row in after["trial"][3:]] == [row["config_sha256"] for row in before["trial"][3:]]
    home.trials.add({model: config_sha256(home.settings, model) for model in MODELS}, 20)
    assert home.trials.count() == 6


def test_under_other_settings_no_hash_is_taken_for_theirs(engine: Engine, tmp_path: Path) -> None:
    """The control: what the settings of today cannot have made keeps its hash."""
    before = everything(engine)
    opened(engine, tmp_path, "[models.ewma]\ndecay = 0.9\n")
    after = everything(engine)
    moved = [old["model"] for old, new in zip(before["trial"], after["trial"], strict=True) if old != new]
    assert moved == ["'climatology'"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "ALTER TABLE score DROP COLUMN crps",
            "its table score lacks crps, which cannot be reconstructed: restore a copy",
        ),
        ("ALTER TABLE run DROP COLUMN owner", "its table run lacks owner"),
    ],
)
def test_a_table_that_lacks_what_nobody_can_make_up_is_refused_by_name(
    engine: Engine, tmp_path: Path, statement: str, said: str
) -> None:
    with writing(engine) as connection:
        connection.execute(text(statement))
    before = everything(engine)
    with pytest.raises(StoreError, match=said) as fault:
        opened(engine, tmp_path)
    assert str(fault.value).endswith("nothing was changed")
    assert "\n" not in str(fault.value)
    assert everything(engine) == before


def test_what_may_be_null_or_is_absent_is_made_good(engine: Engine, tmp_path: Path) -> None:
    with writing(engine) as connection:
        for statement in ("ALTER TABLE replay DROP COLUMN pit", "DROP TABLE pause", "DROP TABLE trial"):
            connection.execute(text(statement))
    home = opened(engine, tmp_path)
    replayed = home.replays.of("RAW")
    assert replayed["pit"].isna().all()
    assert replayed["crps"].notna().any()
    assert home.trials.count() == 0
    with home.pauses.respected("yahoo", "RAW", home.clock.now):
        pass
    assert home.ledger.verify() is None


def planted(engine: Engine, table: str, **values: Any) -> None:
    """A further row, a copy of the last with other values."""
    found = everything_raw(engine, table)
    row = {**found[-1], **values}
    with writing(engine) as connection:
        names = ", ".join(row)
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES (:{', :'.join(row)})"), row)  # noqa: S608


def everything_raw(engine: Engine, table: str) -> list[dict[str, Any]]:
    """The rows of a table as they are."""
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT * FROM {table} ORDER BY seq"))  # noqa: S608
        return [dict(row) for row in found.mappings()]


def test_a_row_of_a_later_format_is_refused_by_name(engine: Engine, tmp_path: Path) -> None:
    home = opened(engine, tmp_path)
    last = everything_raw(engine, "forecast")[-1]
    planted(engine, "forecast", seq=99, as_of="2018-01-30", format=4, prev_hash=last["row_hash"], row_hash="f" * 64)
    broken = home.ledger.verify()
    assert broken is not None
    assert (broken.table, broken.seq, broken.row["as_of"]) == ("forecast", 99, "2018-01-30")
    assert broken.fault == "it was written by a newer version of this program (format 4, 3 is known here)"
    assert broken.remedy == "update the program"
