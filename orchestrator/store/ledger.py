"""Tickets of all runs as rows, changed only by whoever has seen the latest version."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from orchestrator.documents.journal import decode_costs, encode_costs
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.store.tables import ledger_version, tickets


def read(connection: Connection) -> Ledger:
    """All tickets, in the order of their waiting."""
    rows = connection.execute(select(tickets).order_by(tickets.c.since, tickets.c.run, tickets.c.position))
    found = tuple(
        Ticket(
            run=r.run,
            guest=r.guest,
            name=r.name,
            costs=decode_costs(r.costs),
            since=r.since,
            position=r.position,
            standing=Standing(r.standing),
            skips=r.skips,
        )
        for r in rows
    )
    return Ledger(version=_version(connection), tickets=found)


def book(connection: Connection, *, put: Sequence[Ticket], drop: Sequence[Ticket], if_version: int) -> bool:
    """Change tickets if the ledger is still at that version."""
    version = _version(connection)
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


def _version(connection: Connection) -> int:
    return connection.execute(select(ledger_version.c.version)).scalar() or 0


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
    }
