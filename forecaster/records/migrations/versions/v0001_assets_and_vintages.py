"""0001: assets and their vintages, as they were before there were migrations."""

from alembic.operations import Operations
from sqlalchemy import Boolean, Column, Double, ForeignKey, Integer, String, UniqueConstraint

revision = "0001"
down_revision = None

VALUES = ("open", "high", "low", "close", "volume", "tweets", "market_cap", "adjustment")


def upgrade(op: Operations) -> None:
    """Create both tables."""
    op.create_table(
        "asset",
        Column("id", Integer, primary_key=True),
        Column("symbol", String(32), nullable=False, unique=True),
        Column("calendar", String(16), nullable=False),
        Column("source", String(64), nullable=False),
        Column("simulated", Boolean, nullable=False),
        Column("attention_kind", String(64), nullable=False),
        Column("lag_minutes", Integer, nullable=False),
    )
    op.create_table(
        "vintage",
        Column("id", Integer, primary_key=True),
        Column("symbol", String(32), ForeignKey("asset.symbol"), nullable=False),
        Column("session", String(10), nullable=False),
        *(Column(name, Double) for name in VALUES),
        Column("source", String(64), nullable=False),
        Column("known_at", String(26), nullable=False),
        UniqueConstraint("symbol", "session", "known_at"),
    )
