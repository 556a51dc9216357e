"""Stored plans as rows, one for each name: the text is whoever's it is, and comes back as it was."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from orchestrator.store.tables import plans


def keep(connection: Connection, name: str, text: str, *, at: datetime) -> None:
    """Write it in place of the one of that name."""
    connection.execute(plans.delete().where(plans.c.name == name))
    connection.execute(plans.insert().values(name=name, at=at, body=text))


def one(connection: Connection, name: str) -> str | None:
    """The text of one, or None."""
    return connection.execute(select(plans.c.body).where(plans.c.name == name)).scalar()


def read(connection: Connection) -> Mapping[str, datetime]:
    """When each was kept, the newest first."""
    rows = connection.execute(select(plans.c.name, plans.c.at).order_by(plans.c.at.desc(), plans.c.name))
    return {row.name: row.at for row in rows}
