"""0004: chained rows bear the number of their format, 1 for all from before; replays bear their horizon, 1 as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, Double, Integer, String, UniqueConstraint, inspect

if TYPE_CHECKING:
    from alembic.operations import Operations

revision = "0004"
down_revision = "0003"

KEY = ("symbol", "model", "as_of", "horizon")
NUMBERS = (
    "y", "mean", "sd", "prob_up", "q01", "q05", "q10", "q25", "q50", "q75", "q90", "q95", "q99",
    "crps", "log_score", "pit", "interval_score", "absolute_error", "squared_error",
)  # fmt: skip


def upgrade(op: Operations) -> None:
    """Adds columns with a default, so that rows stay as they are, and the horizon to the key of replays."""
    for table in ("forecast", "outcome", "score"):
        op.add_column(table, Column("format", Integer, nullable=False, server_default="1"))
    if op.get_bind().dialect.name == "sqlite":
        _made_again(op)
    else:
        op.add_column("replay", _horizon())
        (former,) = inspect(op.get_bind()).get_unique_constraints("replay")
        op.drop_constraint(str(former["name"]), "replay", type_="unique")
        op.execute(f"ALTER TABLE replay ADD UNIQUE ({', '.join(KEY)})")


def _made_again(op: Operations) -> None:
    """SQLite cannot change what is unique: the rows move to a new table."""
    op.rename_table("replay", "former_replay")
    columns = [
        Column("symbol", String(32), nullable=False),
        Column("model", String(64), nullable=False),
        Column("as_of", String(10), nullable=False),
        Column("target", String(10), nullable=False),
        Column("config_sha256", String(64), nullable=False),
        Column("fitted_at", String(10), nullable=False),
        Column("status", String(16), nullable=False),
        *(Column(name, Double) for name in NUMBERS),
        *(Column(name, Boolean) for name in ("in50", "in90")),
    ]
    number = Column("id", Integer, primary_key=True)
    op.create_table("replay", number, *columns, _horizon(), UniqueConstraint(*KEY))
    names = ", ".join(["id", *(column.name for column in columns)])
    op.execute(f"INSERT INTO replay ({names}) SELECT {names} FROM former_replay ORDER BY id")  # noqa: S608  # our own names
    op.drop_table("former_replay")


def _horizon() -> Column[Any]:
    return Column("horizon", Integer, nullable=False, server_default="1")
