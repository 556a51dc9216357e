"""Open errands as rows, one for each."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from orchestrator.documents.errands import decode_errand, encode_errand
from orchestrator.model.errand import OpenErrand
from orchestrator.store.tables import errands


def read(connection: Connection) -> Sequence[OpenErrand]:
    """All of them, the oldest first."""
    rows = connection.execute(select(errands.c.body).order_by(errands.c.started_at, errands.c.name))
    return tuple(decode_errand(body) for body in rows.scalars())


def change(connection: Connection, before: Sequence[OpenErrand], after: Sequence[OpenErrand]) -> bool:
    """Write `after` in place of `before`; False, and nothing is written, where one of those is no longer there so."""
    for one in before:
        mine = select(errands.c.body).where(errands.c.name == one.name).with_for_update()
        stands = connection.execute(mine).scalar()
        if stands is None or decode_errand(stands) != one:
            return False
    for one in before:
        connection.execute(errands.delete().where(errands.c.name == one.name))
    for one in after:
        values = {"name": one.name, "started_at": one.started_at, "body": encode_errand(one)}
        connection.execute(errands.insert().values(**values))
    return True
