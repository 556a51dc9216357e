"""Rolls as rows: one for each, with all that has happened in it so far."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from orchestrator.documents.rolls import decode_roll, encode_roll
from orchestrator.model.roll import Roll
from orchestrator.store.tables import rolls


def keep(connection: Connection, roll: Roll) -> None:
    """Write it in place of what was known of it."""
    connection.execute(rolls.delete().where(rolls.c.id == roll.id))
    connection.execute(rolls.insert().values(id=roll.id, started_at=roll.started_at, body=encode_roll(roll)))


def read(connection: Connection) -> Sequence[Roll]:
    """All of them, the newest first."""
    rows = connection.execute(select(rolls.c.body).order_by(rolls.c.started_at.desc(), rolls.c.id))
    return tuple(decode_roll(body) for body in rows.scalars())
