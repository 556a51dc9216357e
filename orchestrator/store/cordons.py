"""Cordons as rows, one for each host."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from orchestrator.documents.cordons import decode_cordon, encode_cordon
from orchestrator.model.cordon import Cordon
from orchestrator.model.host import HostName
from orchestrator.model.run import RunId
from orchestrator.store.tables import cordons


def read(connection: Connection) -> Sequence[Cordon]:
    """All of them, the oldest first."""
    rows = connection.execute(select(cordons.c.body).order_by(cordons.c.at, cordons.c.host))
    return tuple(decode_cordon(body) for body in rows.scalars())


def keep(connection: Connection, cordon: Cordon) -> Cordon:
    """Write it, unless it is one of a run and somebody else's is there; answer the one that stands."""
    here = cordons.c.host == cordon.host
    stands = connection.execute(select(cordons.c.body).where(here).with_for_update()).scalar()
    if stands is not None and cordon.run is not None:
        earlier = decode_cordon(stands)
        if earlier.run != cordon.run:
            return earlier
    connection.execute(cordons.delete().where(here))
    values = {"host": cordon.host, "at": cordon.at, "run": cordon.run, "body": encode_cordon(cordon)}
    connection.execute(cordons.insert().values(**values))
    return cordon


def lift(connection: Connection, host: HostName, *, of: RunId | None) -> bool:
    """Remove it, with `of` only if it is that run's; answer whether there was one to remove."""
    mine = cordons.c.host == host
    if of is not None:
        mine &= cordons.c.run == of
    return connection.execute(cordons.delete().where(mine)).rowcount > 0
