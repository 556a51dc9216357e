"""Journal, leases and ledger: the first schema.

It repeats the tables on purpose instead of importing them: a revision describes its own day and never changes again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything."""
    _make_journal()
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tickets",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("guest", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("costs", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("skips", sa.Integer, nullable=False),
    )
    op.create_table(
        "ledger_version",
        sa.Column("only", sa.Integer, sa.CheckConstraint('"only" = 1', name="one_row"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _make_journal() -> None:
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
    )
    op.create_table(
        "entries",
        sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("guest", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("entries_by_kind", "entries", ["kind", "run"])
    op.create_table(
        "samples",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("guest", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("samples_by_move", "samples", ["run", "guest"])
