"""A database from before there were migrations: its tables, its rows, and how its program reads them."""

from sqlalchemy import Engine, MetaData, Table, text

from ingest.database import reading, writing

FIRST_TABLES = """
CREATE TABLE asset (
    id {serial} NOT NULL,
    symbol VARCHAR(32) NOT NULL,
    calendar VARCHAR(16) NOT NULL,
    source VARCHAR(64) NOT NULL,
    simulated BOOLEAN NOT NULL,
    attention_kind VARCHAR(64) NOT NULL,
    lag_minutes INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (symbol)
);
CREATE TABLE vintage (
    id {serial} NOT NULL,
    symbol VARCHAR(32) NOT NULL,
    session VARCHAR(10) NOT NULL,
    open {double}, high {double}, low {double}, close {double},
    volume {double}, tweets {double}, market_cap {double}, adjustment {double},
    source VARCHAR(64) NOT NULL,
    known_at VARCHAR(26) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (symbol, session, known_at),
    FOREIGN KEY (symbol) REFERENCES asset (symbol)
)
"""
"""The tables as they were before there were migrations."""

ASSETS = [
    {"symbol": f"S{n}", "calendar": "24/7", "source": "x", "simulated": n == 2, "attention_kind": "", "lag_minutes": n}
    for n in range(3)
]
ROWS = [
    {
        "symbol": f"S{n % 3}",
        "session": f"2024-01-{n + 1:02d}",
        "open": None,
        "close": 0.1 + n / 3,
        "volume": -0.0 if n % 2 else 5e-324,
        "adjustment": 1.0,
        "source": "x",
        "known_at": "2024-02-01T00:00:00.000000",
    }
    for n in range(28)
]
READER = "SELECT id, symbol, session, open, high, low, close, volume, tweets, market_cap, adjustment, source, known_at"


def first(engine: Engine) -> Engine:
    """Makes these tables and rows in an empty database."""
    sqlite = engine.dialect.name == "sqlite"
    kinds = {"serial": "INTEGER" if sqlite else "SERIAL", "double": "DOUBLE" if sqlite else "DOUBLE PRECISION"}
    with writing(engine) as connection:
        for statement in FIRST_TABLES.format(**kinds).split(";"):
            connection.execute(text(statement))
        for table, rows in (("asset", ASSETS), ("vintage", ROWS)):
            connection.execute(Table(table, MetaData(), autoload_with=connection).insert(), rows)
    return engine


def as_read_before(engine: Engine) -> list[str]:
    """The rows of a reader that knows only the first tables; numbers to the last bit."""
    with reading(engine) as connection:
        rows = [
            *connection.execute(text(f"{READER} FROM vintage ORDER BY id")),
            *connection.execute(
                text(
                    "SELECT id, symbol, calendar, source, simulated, attention_kind, lag_minutes FROM asset ORDER BY id"
                )
            ),
        ]
    return [repr(tuple(row)) for row in rows]
