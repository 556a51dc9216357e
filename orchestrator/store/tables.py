"""The tables of the store; the revisions beside them make exactly these.

Values that nobody searches by are kept as one JSON text (`head`, `body`, `holder`, `costs`, `released`); what is asked
for stands in a column of its own. A time is UTC in ISO form with microseconds: it sorts as text, and can be read.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)


class Instant(TypeDecorator[datetime]):
    """A moment; one without a time zone is a mistake of the caller."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        """Write it as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone is not recorded")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        """Read it back."""
        return None if value is None else datetime.fromisoformat(value)


metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),  # in order of opening: two runs may begin in the same microsecond
    Column("id", Text, nullable=False, unique=True),
    Column("started_at", Instant, nullable=False),
    Column("head", Text, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("run", Text, ForeignKey("runs.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("guest", Text),
    Column("body", Text, nullable=False),
    Index("entries_by_kind", "kind", "run"),
)

samples = Table(
    "samples",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Column("guest", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Index("samples_by_move", "run", "guest"),
)

# A lease is never deleted: its number must go on growing. No holder means that it was given back.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("holder", Text),
    Column("until_ms", BigInteger, nullable=False),  # milliseconds since 1970 by the clock of the store
)

tickets = Table(
    "tickets",
    metadata,
    Column("run", Text, primary_key=True),
    Column("guest", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("costs", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("position", Integer, nullable=False),
    Column("standing", Text, nullable=False),
    Column("skips", Integer, nullable=False),
    Column("priority", Integer, nullable=False, server_default="2000"),
    Column("source", Text, nullable=False, server_default=""),
    Column("destination", Text, nullable=False, server_default=""),
    Column("network", Text, nullable=False, server_default=""),
    Column("released", Text, nullable=False, server_default="{}"),
    Column("waits", Text, nullable=False, server_default=""),
)

ledger_version = Table(
    "ledger_version",
    metadata,
    Column("only", Integer, CheckConstraint('"only" = 1', name="one_row"), primary_key=True),
    Column("version", Integer, nullable=False),
)

# Never deleted either: an order is found again by its number in the journal of its run.
orders = Table(
    "orders",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Index("orders_by_run", "run", "number"),
)

crossings = Table(
    "crossings",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("handover_ms", Integer),
    Column("bytes_per_second", BigInteger),
    Index("crossings_by_way", "source", "destination", "number"),
)

baselines = Table(
    "baselines",
    metadata,
    Column("name", Text, primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

# One row for each way: what it replaces is of no more use.
network_tests = Table(
    "network_tests",
    metadata,
    Column("source", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("network", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

cordons = Table(
    "cordons",
    metadata,
    Column("host", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("run", Text),  # who may lift it; NULL: a person put it
    Column("body", Text, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

plans = Table(
    "plans",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

rolls = Table(
    "rolls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

# Evacuations that have not concluded; what has is gone from here, its runs tell of it.
errands = Table(
    "errands",
    metadata,
    Column("name", Text, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

# When each entry of the schedule last ran.
due = Table(
    "due",
    metadata,
    Column("name", Text, primary_key=True),
    Column("ran_at", Instant, nullable=False),
)

# The number of the last write of each process that a server has committed: what a process asks for whose connection was
# cut while it committed. SQLite has no such doubt and leaves it empty.
writers = Table(
    "writers",
    metadata,
    Column("process", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
