"""Cordons, holds, stored plans, rolls, and when schedules last ran."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "cordons",
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("run", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "holds",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "plans",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "rolls",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "due",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("ran_at", sa.Text, nullable=False),
    )
