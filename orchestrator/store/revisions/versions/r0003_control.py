"""Orders to runs that go on, and what finished moves have taught about the way between two hosts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "orders",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("orders_by_run", "orders", ["run", "number"])
    op.create_table(
        "crossings",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("handover_ms", sa.Integer),
        sa.Column("bytes_per_second", sa.BigInteger),
    )
    op.create_index("crossings_by_way", "crossings", ["source", "destination", "number"])
