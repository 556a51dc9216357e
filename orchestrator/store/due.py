"""When each entry of the schedule last ran, as rows."""

from datetime import datetime

from sqlalchemy import Connection, select

from orchestrator.store.tables import due


def keep(connection: Connection, name: str, *, at: datetime) -> None:
    """Write it in place of the earlier time."""
    connection.execute(due.delete().where(due.c.name == name))
    connection.execute(due.insert().values(name=name, ran_at=at))


def last(connection: Connection, name: str) -> datetime | None:
    """The last time, or None: never."""
    return connection.execute(select(due.c.ran_at).where(due.c.name == name)).scalar()
