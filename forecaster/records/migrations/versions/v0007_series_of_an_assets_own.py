"""0007: series of an asset's own, such as its implied volatility, and every value that they were known to have."""

from alembic.operations import Operations
from sqlalchemy import Column, Double, ForeignKey, Integer, String, UniqueConstraint

revision = "0007"
down_revision = "0006"


def upgrade(op: Operations) -> None:
    """Adds two tables; nothing that is there changes."""
    op.create_table(
        "series",
        Column("id", Integer, primary_key=True),
        Column("symbol", String(32), ForeignKey("asset.symbol"), nullable=False),
        Column("name", String(32), nullable=False),
        Column("transform", String(32), nullable=False),
        Column("lag_minutes", Integer, nullable=False),
        UniqueConstraint("symbol", "name"),
    )
    op.create_table(
        "series_vintage",
        Column("id", Integer, primary_key=True),
        Column("symbol", String(32), ForeignKey("asset.symbol"), nullable=False),
        Column("name", String(32), nullable=False),
        Column("session", String(10), nullable=False),
        Column("value", Double, nullable=False),
        Column("source", String(64), nullable=False),
        Column("payload", String(64), nullable=False, server_default=""),
        Column("known_at", String(26), nullable=False),
        UniqueConstraint("symbol", "name", "session", "known_at"),
    )
