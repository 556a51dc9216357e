"""Orders to runs as rows: queued by anybody, read by whoever drives the run, never removed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from orchestrator.documents.journal import decode_order, encode_order
from orchestrator.model.order import Order, Queued
from orchestrator.model.run import RunId
from orchestrator.store.tables import orders


def add(connection: Connection, run: RunId, order: Order, *, at: datetime) -> int:
    """Queue it behind all others of this store, and answer its number."""
    number = (connection.execute(select(func.max(orders.c.number))).scalar() or 0) + 1
    connection.execute(orders.insert().values(number=number, run=run, at=at, body=encode_order(order)))
    return number


def read(connection: Connection, run: RunId, *, after: int) -> Sequence[Queued]:
    """Those of a run with a higher number than `after`, oldest first."""
    chosen = (orders.c.run == run) & (orders.c.number > after)
    rows = connection.execute(select(orders).where(chosen).order_by(orders.c.number))
    return tuple(Queued(number=r.number, run=run, at=r.at, order=decode_order(r.body)) for r in rows)
