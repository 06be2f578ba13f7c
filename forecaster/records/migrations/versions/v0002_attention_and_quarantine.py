"""0002: counts of attention, rows held back, and the hash of what the source gave; rows from before have none."""

from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, Double, ForeignKey, Integer, String, UniqueConstraint

revision = "0002"
down_revision = "0001"

VALUES = ("open", "high", "low", "close", "volume", "tweets", "market_cap", "adjustment")


def upgrade(op: Operations) -> None:
    """Add columns with a default, so that rows stay as they are, and two tables."""
    op.add_column("asset", Column("attention_source", String(64), nullable=False, server_default=""))
    op.add_column("asset", Column("attention_lag_minutes", Integer, nullable=False, server_default="0"))
    op.add_column("vintage", _payload())
    op.create_table(
        "attention",
        *_of_asset(),
        Column("day", String(10), nullable=False),
        Column("count", Double, nullable=False),
        *_provenance(),
        UniqueConstraint("symbol", "day", "known_at"),
    )
    op.create_table(
        "quarantine",
        *_of_asset(),
        Column("session", String(10), nullable=False),
        *(Column(name, Double) for name in VALUES),
        *_provenance(),
        Column("reason", String(32), nullable=False),
        Column("decision", String(10), nullable=False, server_default=""),
        Column("decided_at", String(26)),
        UniqueConstraint("symbol", "session", "known_at"),
    )


def _of_asset() -> tuple[Column[Any], ...]:
    owner = Column("symbol", String(32), ForeignKey("asset.symbol"), nullable=False)
    return Column("id", Integer, primary_key=True), owner


def _payload() -> Column[Any]:
    return Column("payload", String(64), nullable=False, server_default="")


def _provenance() -> tuple[Column[Any], ...]:
    return Column("source", String(64), nullable=False), _payload(), Column("known_at", String(26), nullable=False)
