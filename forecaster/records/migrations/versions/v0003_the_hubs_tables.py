"""0003: the tables of the hub and of pauses, as they were before their history began.

Created where absent, taken as they are where they are whole. A column that may be null is added; one that may not
cannot be made up, and the home is left as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, Double, Integer, LargeBinary, String, Text, UniqueConstraint, inspect

from ingest.database import place
from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import Operations

revision = "0003"
down_revision = "0002"

SUMMARY = ("mean", "sd", "prob_up", "q01", "q05", "q10", "q25", "q50", "q75", "q90", "q95", "q99")
MEASURED = ("crps", "log_score", "pit")
INSIDE = ("in50", "in90")
ERRORS = ("interval_score", "absolute_error", "squared_error")


def upgrade(op: Operations) -> None:
    """Sees to each table."""
    for name, (columns, key) in _chained().items():
        chain = (_text("prev_hash", 64, unique=True), _text("row_hash", 64))
        seq = Column("seq", Integer, primary_key=True, autoincrement=True)
        _table(op, name, [seq, *columns, *chain], key, sqlite_autoincrement=True)
    for name, (columns, key) in _plain().items():
        _table(op, name, [Column("id", Integer, primary_key=True), *columns], key)


def _table(
    op: Operations,
    name: str,
    columns: Sequence[Column[Any]],
    key: Sequence[str],
    **options: bool,
) -> None:
    found = inspect(op.get_bind())
    if not found.has_table(name):
        op.create_table(name, *columns, UniqueConstraint(*key), **options)
        return
    there = {column["name"] for column in found.get_columns(name)}
    missing = [column for column in columns if column.name not in there]
    needed = [column.name for column in missing if not column.nullable]
    if needed:
        raise StoreError(
            f"{place(op.get_bind().engine)}: its table {name} lacks {', '.join(needed)}, which cannot be "
            "reconstructed: restore a copy that has it; nothing was changed"
        )
    for column in missing:
        op.add_column(name, column)


def _chained() -> dict[str, tuple[list[Column[Any]], tuple[str, ...]]]:
    forecast = [
        *_of("symbol", "model", "as_of"),
        Column("horizon", Integer, nullable=False),
        _text("target", 10),
        _text("issued_at", 32),
        _text("status", 16),
        Column("reason", Text, nullable=False),
        Column("predictive", LargeBinary),
        *_numbers(SUMMARY),
        Column("diagnostics", Text, nullable=False),
        _text("data_vintage", 64),
        _text("config_sha256", 64),
        _text("seed", 20),
        _text("code_version", 32),
    ]
    outcome = [
        *_of("symbol", "as_of"),
        Column("horizon", Integer, nullable=False),
        _text("target", 10),
        *_numbers(("y", "close"), nullable=False),
        _text("settled_at", 32),
        _text("data_vintage", 64),
    ]
    score = [
        *_of("symbol", "model", "as_of"),
        Column("horizon", Integer, nullable=False),
        *_numbers(MEASURED, nullable=False),
        *(Column(name, Boolean, nullable=False) for name in INSIDE),
        *_numbers(ERRORS, nullable=False),
    ]
    whole = ("symbol", "model", "as_of", "horizon")
    return {
        "forecast": (forecast, whole),
        "outcome": (outcome, ("symbol", "as_of", "horizon")),
        "score": (score, whole),
    }


def _plain() -> dict[str, tuple[list[Column[Any]], tuple[str, ...]]]:
    replay = [
        *_of("symbol", "model", "as_of"),
        _text("target", 10),
        _text("config_sha256", 64),
        _text("fitted_at", 10),
        _text("status", 16),
        *_numbers(("y", *SUMMARY, *MEASURED, *ERRORS)),
        *(Column(name, Boolean) for name in INSIDE),
    ]
    track = [
        *_of("symbol", "model", "as_of"),
        _text("config_sha256", 64),
        Column("seed", Integer, nullable=False),
        _text("code_version", 32),
        *_numbers(("log_score", "pit")),
    ]
    trial = [*_of("model"), _text("config_sha256", 64), Column("refit_every", Integer, nullable=False)]
    run = [
        _text("calendar", 16),
        _text("session", 10),
        _text("owner", 128),
        Column("takeovers", Integer, nullable=False),
        _text("claimed_at", 32),
        _text("renewed_at", 32),
        Column("finished_at", String(32)),
        Column("outcome", Text),
    ]
    pause = [_text("provider", 64), _text("until", 26)]
    return {
        "replay": (replay, ("symbol", "model", "as_of")),
        "track": (track, ("symbol", "model", "as_of", "config_sha256", "seed", "code_version")),
        "trial": (trial, ("model", "config_sha256", "refit_every")),
        "run": (run, ("calendar", "session")),
        "pause": (pause, ("provider",)),
    }


def _of(*names: str) -> list[Column[Any]]:
    lengths = {"symbol": 32, "model": 64, "as_of": 10}
    return [_text(name, lengths[name]) for name in names]


def _text(name: str, length: int, *, unique: bool | None = None) -> Column[Any]:
    return Column(name, String(length), nullable=False, unique=unique)


def _numbers(names: Sequence[str], *, nullable: bool = True) -> list[Column[Any]]:
    return [Column(name, Double, nullable=nullable) for name in names]
