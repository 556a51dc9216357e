"""What a ticket says of its move, tests of networks, and the last write of each process."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tickets are kept: a move of an older ferry may hold its slots while this runs."""
    with op.batch_alter_table("tickets") as tickets:
        tickets.add_column(sa.Column("priority", sa.Integer, nullable=False, server_default="2000"))
        tickets.add_column(sa.Column("source", sa.Text, nullable=False, server_default=""))
        tickets.add_column(sa.Column("destination", sa.Text, nullable=False, server_default=""))
        tickets.add_column(sa.Column("network", sa.Text, nullable=False, server_default=""))
        tickets.add_column(sa.Column("released", sa.Text, nullable=False, server_default="{}"))
        tickets.add_column(sa.Column("waits", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "network_tests",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("destination", sa.Text, primary_key=True),
        sa.Column("network", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "writers",
        sa.Column("process", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
