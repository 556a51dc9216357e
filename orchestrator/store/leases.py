"""Leases and their fences: who may write, judged by the clock of the store and by nobody else's."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from orchestrator.documents.journal import decode_holder, encode_holder
from orchestrator.errors import OrchestratorError
from orchestrator.model.lease import Fence, Held
from orchestrator.model.run import Holder
from orchestrator.store.dialects import NowMs
from orchestrator.store.tables import leases

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOW_MS = NowMs()


def take(
    connection: Connection, name: str, holder: Holder, *, lasts: float, instead_of: Held | None = None
) -> Fence | Held:
    """Take a lease that is free, expired, or still exactly as `instead_of` says."""
    row = _locked(connection, name)
    held = _held(row)
    if held is not None and not held.expired and held != instead_of:
        return held
    number = 1 if row is None else row.number + 1
    values = {"number": number, "holder": encode_holder(holder), "until_ms": _NOW_MS + round(lasts * 1000)}
    if row is None:
        connection.execute(leases.insert().values(name=name, **values))
    else:
        connection.execute(leases.update().where(leases.c.name == name).values(**values))
    return Fence(name=name, number=number)


def look(connection: Connection, name: str) -> Held | None:
    """Who holds a lease, expired or not."""
    return _held(connection.execute(_all().where(leases.c.name == name)).first())


def look_all(connection: Connection, names: Collection[str]) -> dict[str, Held]:
    """Who holds those leases; one that was given back is left out."""
    found = (_held(row) for row in connection.execute(_all().where(leases.c.name.in_(names))))
    return {held.name: held for held in found if held is not None}


def demand(connection: Connection, fence: Fence) -> None:
    """Let a write go on only while its lease has not passed on. Raises store.fence-lost."""
    row = _locked(connection, fence.name)
    held = _held(row)
    if held is not None and held.number == fence.number:
        return
    raise OrchestratorError.of("store.fence-lost", _lost(fence, row, held))


def renew(connection: Connection, fence: Fence, *, lasts: float) -> None:
    """Prolong a lease. An expired one that nobody took is still good: the number has not changed."""
    demand(connection, fence)
    until = _NOW_MS + round(lasts * 1000)
    connection.execute(leases.update().where(leases.c.name == fence.name).values(until_ms=until))


def release(connection: Connection, fence: Fence) -> None:
    """Give a lease back, unless it has already gone."""
    mine = (leases.c.name == fence.name) & (leases.c.number == fence.number)
    connection.execute(leases.update().where(mine).values(holder=None))


def _all() -> Select[Any]:
    return select(leases, (leases.c.until_ms <= _NOW_MS).label("expired"))


def _locked(connection: Connection, name: str) -> Row[Any] | None:
    """The row, which nobody else changes before this transaction is over."""
    return connection.execute(_all().where(leases.c.name == name).with_for_update()).first()


def _held(row: Row[Any] | None) -> Held | None:
    if row is None or row.holder is None:
        return None
    return Held(
        name=row.name,
        number=row.number,
        holder=decode_holder(row.holder),
        until=_EPOCH + timedelta(milliseconds=row.until_ms),
        expired=bool(row.expired),
    )


def _lost(fence: Fence, row: Row[Any] | None, held: Held | None) -> str:
    if held is not None:
        by = f"{held.holder} holds it under number {held.number}"
    elif row is not None:
        by = f"it was given back; the last number was {row.number}"
    else:
        by = "the store has no such lease"
    return f"lease {fence.name} number {fence.number} is no longer good: {by}"
