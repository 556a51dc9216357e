"""Slots that a dead run holds, given back once the hosts say that its migrations are gone."""

from collections.abc import Mapping
from dataclasses import replace

from orchestrator.engine.lookout import Lookout
from orchestrator.limits.abandoned import left
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.run import RunId
from orchestrator.ports import Clock

# A call that was issued just before its process died may still become a migration: the hosts must agree for so long.
SETTLES = 2.0


class Abandoned:
    """A process that dies frees nothing: what its run holds is free when the hosts say so, or a person does."""

    def __init__(self, lookout: Lookout, clock: Clock) -> None:
        self._lookout = lookout
        self._clock = clock
        self._since: dict[tuple[RunId, GuestId], tuple[Mapping[str, int], float]] = {}

    def ends(self, ledger: Ledger, gone: frozenset[RunId]) -> frozenset[tuple[HostName, GuestId]]:
        """Whom to look for, and where, to learn more."""
        held = _held(ledger, gone)
        return frozenset((end, t.guest) for t in held for end in (t.source, t.destination) if end not in t.released)

    def freed(self, ledger: Ledger, gone: frozenset[RunId]) -> tuple[Ticket, ...]:
        """Tickets of runs that are gone, with what is left of their costs by now, where that is less and stays so."""
        known, self._since = self._since, {}
        found = []
        for ticket in _held(ledger, gone):
            source = self._lookout.sighting(ticket.source, ticket.guest)
            remains = left(ticket, source, self._lookout.sighting(ticket.destination, ticket.guest))
            before = known.get((ticket.run, ticket.guest))
            since = self._clock.ticks() if before is None or before[0] != remains else before[1]
            self._since[ticket.run, ticket.guest] = (remains, since)
            if remains != ticket.costs and self._clock.ticks() - since >= SETTLES:
                found.append(replace(ticket, costs=remains))
        return tuple(found)


def _held(ledger: Ledger, gone: frozenset[RunId]) -> tuple[Ticket, ...]:
    return tuple(t for t in ledger.tickets if t.run in gone and t.standing is Standing.HOLDING)
