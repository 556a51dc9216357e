"""Migrations that the hosts show and that hold no slot: somebody else began them, and they count all the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from orchestrator.limits.costs import Kind, bill
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.policy import Limits
from orchestrator.model.traffic import Migrating, Traffic
from orchestrator.model.unknown import Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A migration that ferry did not start. source, destination: None for an end that no host has shown."""

    guest: GuestId
    name: str
    source: HostName | None
    destination: HostName | None
    costs: Mapping[str, int] = field(default_factory=dict)


def foreign(
    ledger: Ledger, traffic: Mapping[HostName, Traffic | Unknown], limits: Limits, network: str = ""
) -> tuple[Foreign, ...]:
    """Every migration at a host where no ticket holds anything for that guest, by name of the guest.

    network: the one that it is counted on, because nobody can ask which one it takes. An end that a person released
    and that still shows its migration is found here again. A host that does not answer shows nothing; what is known of
    the other end counts.
    """
    covered = {(t.guest, end) for t in ledger.tickets if t.standing is Standing.HOLDING for end in _ends(t)}
    seen: dict[GuestId, list[tuple[HostName, Migrating]]] = {}
    for host, answer in sorted(traffic.items()):
        if isinstance(answer, Unknown):
            continue
        for one in answer.migrations:
            if (one.guest, host) not in covered:
                seen.setdefault(one.guest, []).append((host, one))
    found = [each for guest, ends in seen.items() for each in _of(guest, ends, limits, network)]
    return tuple(sorted(found, key=lambda f: (f.name, f.guest)))


def _ends(ticket: Ticket) -> set[HostName]:
    return {ticket.source, ticket.destination} - set(ticket.released)


def _of(guest: GuestId, ends: list[tuple[HostName, Migrating]], limits: Limits, network: str) -> list[Foreign]:
    leaving = [host for host, one in ends if one.direction == "out"]
    arriving = [host for host, one in ends if one.direction == "in"]
    kind = Kind.LIVE_WITH_STORAGE if any(one.storage for _, one in ends) else Kind.LIVE
    return [
        Foreign(
            guest=guest,
            name=ends[0][1].name,
            source=source,
            destination=destination,
            costs=bill(kind, limits, source=source, destination=destination, network=network),
        )
        for source, destination in zip_longest(leaving, arriving)
    ]
