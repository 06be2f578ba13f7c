"""A home as a program of schema 0002 wrote it, when the hub's tables had no history: its tables and its rows.

The rows are that program's own: a coin with a bad tick held back and another rejected, its attention, four days of
forecasts of which one is withheld and one is settled, two backtests, and a provider that asked to wait. Its record
bears no formats.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table, func, select, text

from ingest.database import writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

SETTINGS = """\
[forecast]
models = ["climatology", "ewma", "ensemble"]
train_window = 60
track_days = 8
minimum_rows = 40
[models.bayesian_linear]
steps = 40
draws = 20
[models.ensemble]
members = ["climatology", "ewma"]
[report]
days = 3
"""
"""Its forecaster.toml."""
_SUMMARY = """
    mean {double}, sd {double}, prob_up {double}, q01 {double}, q05 {double}, q10 {double}, q25 {double},
    q50 {double}, q75 {double}, q90 {double}, q95 {double}, q99 {double},
"""
TABLES = f"""
CREATE TABLE asset (
    id {{serial}} NOT NULL,
    symbol VARCHAR(32) NOT NULL,
    calendar VARCHAR(16) NOT NULL,
    source VARCHAR(64) NOT NULL,
    simulated BOOLEAN NOT NULL,
    attention_kind VARCHAR(64) NOT NULL,
    lag_minutes INTEGER NOT NULL,
    attention_source VARCHAR(64) DEFAULT '' NOT NULL,
    attention_lag_minutes INTEGER DEFAULT '0' NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (symbol)
);
CREATE TABLE vintage (
    id {{serial}} NOT NULL,
    symbol VARCHAR(32) NOT NULL,
    session VARCHAR(10) NOT NULL,
    open {{double}}, high {{double}}, low {{double}}, close {{double}},
    volume {{double}}, tweets {{double}}, market_cap {{double}}, adjustment {{double}},
    source VARCHAR(64) NOT NULL,
    payload VARCHAR(64) DEFAULT '' NOT NULL,
    known_at VARCHAR(26) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (symbol, session, known_at),
    FOREIGN KEY(symbol) REFERENCES asset (symbol)
);
CREATE TABLE attention (
    id {{serial}} NOT NULL,
    symbol VARCHAR(32) NOT NULL,
    day VARCHAR(10) NOT NULL,
    count {{double}} NOT NULL,
    source VARCHAR(64) NOT NULL,
    payload VARCHAR(64) DEFAULT '' NOT NULL,
    known_at VARCHAR(26) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (symbol, day, known_at),
    FOREIGN KEY(symbol) REFERENCES asset (symbol)
);
CREATE TABLE quarantine (
    id {{serial}} NOT NULL,
    symbol VARCHAR(32) NOT NULL,
    session VARCHAR(10) NOT NULL,
    open {{double}}, high {{double}}, low {{double}}, close {{double}},
    volume {{double}}, tweets {{double}}, market_cap {{double}}, adjustment {{double}},
    source VARCHAR(64) NOT NULL,
    payload VARCHAR(64) DEFAULT '' NOT NULL,
    known_at VARCHAR(26) NOT NULL,
    reason VARCHAR(32) NOT NULL,
    decision VARCHAR(10) DEFAULT '' NOT NULL,
    decided_at VARCHAR(26),
    PRIMARY KEY (id),
    UNIQUE (symbol, session, known_at),
    FOREIGN KEY(symbol) REFERENCES asset (symbol)
);
CREATE TABLE ingest_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT ingest_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE forecast (
    seq {{sequence}},
    symbol VARCHAR(32) NOT NULL,
    model VARCHAR(64) NOT NULL,
    as_of VARCHAR(10) NOT NULL,
    horizon INTEGER NOT NULL,
    target VARCHAR(10) NOT NULL,
    issued_at VARCHAR(32) NOT NULL,
    status VARCHAR(16) NOT NULL,
    reason TEXT NOT NULL,
    predictive {{bytes}},
    {_SUMMARY}
    diagnostics TEXT NOT NULL,
    data_vintage VARCHAR(64) NOT NULL,
    config_sha256 VARCHAR(64) NOT NULL,
    seed VARCHAR(20) NOT NULL,
    code_version VARCHAR(32) NOT NULL,
    prev_hash VARCHAR(64) NOT NULL,
    row_hash VARCHAR(64) NOT NULL,
    UNIQUE (symbol, model, as_of, horizon),
    UNIQUE (prev_hash)
);
CREATE TABLE outcome (
    seq {{sequence}},
    symbol VARCHAR(32) NOT NULL,
    as_of VARCHAR(10) NOT NULL,
    horizon INTEGER NOT NULL,
    target VARCHAR(10) NOT NULL,
    y {{double}} NOT NULL,
    close {{double}} NOT NULL,
    settled_at VARCHAR(32) NOT NULL,
    data_vintage VARCHAR(64) NOT NULL,
    prev_hash VARCHAR(64) NOT NULL,
    row_hash VARCHAR(64) NOT NULL,
    UNIQUE (symbol, as_of, horizon),
    UNIQUE (prev_hash)
);
CREATE TABLE score (
    seq {{sequence}},
    symbol VARCHAR(32) NOT NULL,
    model VARCHAR(64) NOT NULL,
    as_of VARCHAR(10) NOT NULL,
    horizon INTEGER NOT NULL,
    crps {{double}} NOT NULL,
    log_score {{double}} NOT NULL,
    pit {{double}} NOT NULL,
    in50 BOOLEAN NOT NULL,
    in90 BOOLEAN NOT NULL,
    interval_score {{double}} NOT NULL,
    absolute_error {{double}} NOT NULL,
    squared_error {{double}} NOT NULL,
    prev_hash VARCHAR(64) NOT NULL,
    row_hash VARCHAR(64) NOT NULL,
    UNIQUE (symbol, model, as_of, horizon),
    UNIQUE (prev_hash)
);
CREATE TABLE replay (
    id {{serial}} NOT NULL,
    symbol VARCHAR(32) NOT NULL,
    model VARCHAR(64) NOT NULL,
    as_of VARCHAR(10) NOT NULL,
    target VARCHAR(10) NOT NULL,
    config_sha256 VARCHAR(64) NOT NULL,
    fitted_at VARCHAR(10) NOT NULL,
    status VARCHAR(16) NOT NULL,
    y {{double}},
    {_SUMMARY}
    crps {{double}}, log_score {{double}}, pit {{double}},
    interval_score {{double}}, absolute_error {{double}}, squared_error {{double}},
    in50 BOOLEAN, in90 BOOLEAN,
    PRIMARY KEY (id),
    UNIQUE (symbol, model, as_of)
);
CREATE TABLE track (
    id {{serial}} NOT NULL,
    symbol VARCHAR(32) NOT NULL,
    model VARCHAR(64) NOT NULL,
    as_of VARCHAR(10) NOT NULL,
    config_sha256 VARCHAR(64) NOT NULL,
    seed INTEGER NOT NULL,
    code_version VARCHAR(32) NOT NULL,
    log_score {{double}},
    pit {{double}},
    PRIMARY KEY (id),
    UNIQUE (symbol, model, as_of, config_sha256, seed, code_version)
);
CREATE TABLE trial (
    id {{serial}} NOT NULL,
    model VARCHAR(64) NOT NULL,
    config_sha256 VARCHAR(64) NOT NULL,
    refit_every INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (model, config_sha256, refit_every)
);
CREATE TABLE run (
    id {{serial}} NOT NULL,
    calendar VARCHAR(16) NOT NULL,
    session VARCHAR(10) NOT NULL,
    owner VARCHAR(128) NOT NULL,
    takeovers INTEGER NOT NULL,
    claimed_at VARCHAR(32) NOT NULL,
    renewed_at VARCHAR(32) NOT NULL,
    finished_at VARCHAR(32),
    outcome TEXT,
    PRIMARY KEY (id),
    UNIQUE (calendar, session)
);
CREATE TABLE pause (
    id {{serial}} NOT NULL,
    provider VARCHAR(64) NOT NULL,
    until VARCHAR(26) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (provider)
)
"""
_KINDS = {
    "sqlite": {
        "serial": "INTEGER",
        "sequence": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
        "double": "DOUBLE",
        "bytes": "BLOB",
    },
    "postgresql": {
        "serial": "SERIAL",
        "sequence": "SERIAL NOT NULL PRIMARY KEY",
        "double": "DOUBLE PRECISION",
        "bytes": "BYTEA",
    },
}


def rows() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Its rows, table by table."""
    table, columns, found = "", [], []
    for line in (Path(__file__).parent / "former_home.jsonl").read_text("utf-8").splitlines():
        values = json.loads(line)
        if f"CREATE TABLE {values[0]} (" in TABLES:
            if table:
                yield table, found
            table, columns, found = values[0], values[1:], []
        else:
            plain = [bytes.fromhex(v["bytes"]) if isinstance(v, dict) else v for v in values]
            found.append(dict(zip(columns, plain, strict=True)))
    yield table, found


def former(engine: Engine) -> Engine:
    """Makes these tables and rows in an empty database."""
    with writing(engine) as connection:
        for statement in TABLES.format(**_KINDS[engine.dialect.name]).split(";"):
            connection.execute(text(statement))
        for name, found in rows():
            table = Table(name, MetaData(), autoload_with=connection)
            connection.execute(table.insert(), found)
            numbered = next(iter(table.primary_key.columns))
            if engine.dialect.name == "postgresql" and name != "ingest_version":
                last = select(func.max(numbered)).scalar_subquery()
                sequence = func.pg_get_serial_sequence(name, numbered.name)
                connection.execute(select(func.setval(sequence, last)))
    return engine
