"""Holds as rows, one for each name."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from orchestrator.documents.holds import decode_hold, encode_hold
from orchestrator.model.hold import Hold
from orchestrator.store.tables import holds


def read(connection: Connection) -> Sequence[Hold]:
    """All of them, the oldest first; whether one is over, its reader knows."""
    rows = connection.execute(select(holds.c.body).order_by(holds.c.at, holds.c.name))
    return tuple(decode_hold(body) for body in rows.scalars())


def keep(connection: Connection, hold: Hold) -> None:
    """Write it in place of the one of that name."""
    lift(connection, hold.name)
    connection.execute(holds.insert().values(name=hold.name, at=hold.at, body=encode_hold(hold)))


def lift(connection: Connection, name: str) -> bool:
    """Remove it; answer whether there was one."""
    return connection.execute(holds.delete().where(holds.c.name == name)).rowcount > 0
