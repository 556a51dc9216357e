"""Slots that a dead run holds, given back once the hosts say that its migrations are gone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from orchestrator.engine.lookout import Lookout
from orchestrator.engine.tools import Outside, Works
from orchestrator.limits.abandoned import left
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.lease import Held
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.run import RunId

# A call that was issued just before its process died may still become a migration: the hosts must agree for so long.
SETTLES = 2.0
# So long nobody else takes the slots of a run whose lease was taken for their sake; then it is one that was left again.
_TAKEN_FOR = 3 * SETTLES


@dataclass(frozen=True, slots=True)
class _Said:
    """What the hosts leave of a ticket's costs, under that number of its run's lease, since when."""

    remains: Mapping[str, int]
    number: int | None
    since: float


class Abandoned:
    """A process that dies frees nothing: what its run holds is free when the hosts say so, or a person does.

    One whose lease has only run out may wake up at any moment, and begin what it holds a slot for. So the lease is
    taken from it first: from then on the store refuses its intents, as after every takeover. The run itself is nobody's
    then, and whoever adopts dead runs takes it over.
    """

    def __init__(self, lookout: Lookout, works: Works, outside: Outside) -> None:
        self._lookout = lookout
        self._store = works.store
        self._clock = works.clock
        self._dead = outside.dead
        self._holder = outside.holder
        self._known: dict[tuple[RunId, GuestId], _Said] = {}
        self._taken: dict[RunId, int] = {}

    def gone(self, ledger: Ledger, me: RunId) -> frozenset[RunId]:
        """Runs with a ticket that nobody drives any more: given back, run out, or their process is proven dead."""
        others = {t.run for t in ledger.tickets} - {me}
        return frozenset(run for run in others if self._left(run, ledger.holders.get(run)))

    def ends(self, ledger: Ledger, gone: frozenset[RunId]) -> frozenset[tuple[HostName, GuestId]]:
        """Whom to look for, and where, to learn more."""
        held = _held(ledger, gone)
        return frozenset((end, t.guest) for t in held for end in (t.source, t.destination) if end not in t.released)

    def freed(self, ledger: Ledger, gone: frozenset[RunId]) -> tuple[Ticket, ...]:
        """Tickets of runs that are gone, with what is left of their costs by now, where that is less and stays so."""
        before, self._known = self._known, {}
        found = []
        for ticket in _held(ledger, gone):
            held = ledger.holders.get(ticket.run)
            said = self._said(ticket, held, before.get((ticket.run, ticket.guest)))
            self._known[ticket.run, ticket.guest] = said
            settled = said.since + SETTLES
            if said.remains == ticket.costs or self._clock.ticks() < settled:
                continue
            if not self._fenced(ticket.run, held):
                self._take(ticket.run)
            elif self._remains(ticket, settled) == said.remains:
                found.append(replace(ticket, costs=said.remains))
        return tuple(found)

    def _said(self, ticket: Ticket, held: Held | None, before: _Said | None) -> _Said:
        """Counted anew from the moment at which the hosts say something else, or the lease has passed on."""
        number, remains = held.number if held is not None else None, self._remains(ticket)
        if before is not None and (before.remains, before.number) == (remains, number):
            return before
        return _Said(remains, number, self._clock.ticks())

    def _remains(self, ticket: Ticket, asked_from: float = 0.0) -> Mapping[str, int]:
        source = self._lookout.sighting(ticket.source, ticket.guest, asked_from)
        return left(ticket, source, self._lookout.sighting(ticket.destination, ticket.guest, asked_from))

    def _left(self, run: RunId, held: Held | None) -> bool:
        return held is None or held.expired or self._fenced(run, held)

    def _fenced(self, run: RunId, held: Held | None) -> bool:
        """Whether no process can write for the run any more."""
        return held is None or held.number == self._taken.get(run) or self._dead(held)

    def _take(self, run: RunId) -> None:
        """Take a lease that has run out. Who prolonged or took it meanwhile keeps it, and drives the run."""
        taken = self._store.take(run, self._holder, lasts=_TAKEN_FOR)
        if not isinstance(taken, Held):
            self._taken[run] = taken.number


def _held(ledger: Ledger, gone: frozenset[RunId]) -> tuple[Ticket, ...]:
    return tuple(t for t in ledger.tickets if t.run in gone and t.standing is Standing.HOLDING)
