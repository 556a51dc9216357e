"""What the slot of a dead run still costs: a process that dies frees nothing, its migration goes on without it."""

from collections.abc import Mapping

from orchestrator.limits.resources import host_of
from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Ticket
from orchestrator.model.sighting import Sighting
from orchestrator.model.unknown import Unknown

_HALVES = frozenset({"post-copy", "post-copy failed"})  # reasons of a guest whose memory lies on both hosts


def left(ticket: Ticket, source: Sighting | Unknown, destination: Sighting | Unknown) -> Mapping[str, int]:
    """What stays taken of the ticket's resources; nothing: the slot is free, and the ticket can be dropped.

    Those of one end come free when that end says that the migration is gone, or a person released it; those that
    belong to no single host when both ends have. A host that does not answer keeps what it has.
    """
    gone = set(ticket.released)
    if not isinstance(source, Unknown) and not _sends(source):
        gone.add(ticket.source)
    if not isinstance(destination, Unknown) and not _receives(destination):
        gone.add(ticket.destination)
    over = {ticket.source, ticket.destination} <= gone
    return {resource: cost for resource, cost in ticket.costs.items() if not _free(resource, gone, over)}


def _sends(seen: Sighting) -> bool:
    return seen.moving or seen.job is not None or seen.reason in _HALVES


def _receives(seen: Sighting) -> bool:
    return seen.power is Power.INCOMING or seen.reason in _HALVES


def _free(resource: str, gone: set[HostName], over: bool) -> bool:
    host = host_of(resource)
    return over if host is None else host in gone
