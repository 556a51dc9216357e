"""Tickets of all runs as rows, changed only by whoever has seen the latest version."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from orchestrator.documents.journal import decode_costs, decode_released, encode_costs, encode_released
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.run import RunId
from orchestrator.store import leases
from orchestrator.store.tables import ledger_version, tickets


def read(connection: Connection) -> Ledger:
    """All tickets in the order of their waiting, and who holds the leases of their runs."""
    # Sorted here: a server may have an order of letters of its own.
    found = [
        Ticket(
            run=r.run,
            guest=r.guest,
            name=r.name,
            costs=decode_costs(r.costs),
            since=r.since,
            position=r.position,
            standing=Standing(r.standing),
            skips=r.skips,
            priority=r.priority,
            source=HostName(r.source),
            destination=HostName(r.destination),
            network=r.network,
            released=decode_released(r.released),
            waits=r.waits,
        )
        for r in connection.execute(select(tickets))
    ]
    found.sort(key=lambda ticket: (ticket.since, ticket.run, ticket.position))
    holders = leases.look_all(connection, {ticket.run for ticket in found})
    version = connection.execute(select(ledger_version.c.version)).scalar() or 0
    return Ledger(version=version, tickets=tuple(found), holders={RunId(name): held for name, held in holders.items()})


def book(connection: Connection, *, put: Sequence[Ticket], drop: Sequence[Ticket], if_version: int) -> bool:
    """Change tickets if the ledger is still at that version."""
    # The row stays locked until this transaction is over, so that of two bookings the second one sees the first.
    version = connection.execute(select(ledger_version.c.version).with_for_update()).scalar() or 0
    if version != if_version:
        return False
    for ticket in (*drop, *put):
        same = (tickets.c.run == ticket.run) & (tickets.c.guest == ticket.guest)
        connection.execute(tickets.delete().where(same))
    for ticket in put:
        connection.execute(tickets.insert().values(**_row(ticket)))
    # No row means version 0: the first booking writes it.
    if connection.execute(ledger_version.update().values(version=version + 1)).rowcount == 0:
        connection.execute(ledger_version.insert().values(only=1, version=version + 1))
    return True


def _row(ticket: Ticket) -> dict[str, object]:
    return {
        "run": ticket.run,
        "guest": ticket.guest,
        "name": ticket.name,
        "costs": encode_costs(ticket.costs),
        "since": ticket.since,
        "position": ticket.position,
        "standing": ticket.standing.value,
        "skips": ticket.skips,
        "priority": ticket.priority,
        "source": ticket.source,
        "destination": ticket.destination,
        "network": ticket.network,
        "released": encode_released(ticket.released),
        "waits": ticket.waits,
    }
