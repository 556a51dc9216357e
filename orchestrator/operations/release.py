"""A person declares an end of a slot free whose host is dead: nobody else can say that the migration there is gone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from orchestrator.engine.runner import LEASE_LASTS
from orchestrator.errors import OrchestratorError
from orchestrator.limits.abandoned import left
from orchestrator.model.entry import Released
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence, Held
from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.released import Freed
from orchestrator.model.run import Who
from orchestrator.model.sighting import Sighting
from orchestrator.operations.doors import Doors
from orchestrator.operations.liveness import lives
from orchestrator.ports import Store

WITHIN = 10.0  # seconds that the host may take to prove that it lives
_NOT_ASKED = Unknown(why="it was not asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A slot and the end of it that is meant."""

    ticket: Ticket
    host: HostName

    @property
    def name(self) -> str:
        """As an operator writes it."""
        return f"{self.ticket.name}@{self.host}"


def claim(doors: Doors, slot: str) -> Claim:
    """Find GUEST@HOST, the guest by name or UUID. Raises limits.no-slot."""
    guest, _, host = slot.rpartition("@")
    found = [
        Claim(ticket=ticket, host=HostName(host))
        for ticket in doors.store().ledger().tickets
        if ticket.standing is Standing.HOLDING
        and guest in (ticket.name, ticket.guest)
        and host in (ticket.source, ticket.destination)
        and host not in ticket.released
    ]
    if not found:
        raise OrchestratorError.of("limits.no-slot", _known(slot, doors.store()))
    if len(found) > 1:
        ids = ", ".join(f"{one.ticket.guest}@{host} of run {one.ticket.run}" for one in found)
        raise OrchestratorError.of(
            "limits.no-slot", f"{slot} may be {ids}", fix="Name the guest by its UUID: ferry status --slots -o json"
        )
    return found[0]


def foresee(doors: Doors, wanted: Claim, because: str) -> Freed:
    """What a release comes to. The host is asked first: while it shows the migration, nobody declares it gone.

    Raises limits.slot-held, also where the run is driven: then its process frees the slot by itself.
    """
    _demand_left(doors, wanted, doors.store().lease(wanted.ticket.run))
    said = _asked(doors, wanted)
    ticket, here = wanted.ticket, wanted.host == wanted.ticket.source
    seen = left(ticket, said if here else _NOT_ASKED, _NOT_ASKED if here else said)
    if isinstance(said, Sighting) and seen == dict(left(ticket, _NOT_ASKED, _NOT_ASKED)):
        saw = f"{wanted.host} answers, and shows that {ticket.name} still moves there"
        raise OrchestratorError.of("limits.slot-held", saw, fix=f"ferry resume {ticket.run}")
    after = left(_released(wanted, because), _NOT_ASKED, _NOT_ASKED)
    return Freed(
        run=ticket.run,
        guest=ticket.guest,
        name=ticket.name,
        host=wanted.host,
        because=because,
        says=f"{wanted.host} does not answer: {said.why}" if isinstance(said, Unknown) else "the migration is gone",
        frees={name: cost for name, cost in ticket.costs.items() if name not in after},
        keeps=after,
    )


def release(doors: Doors, wanted: Claim, because: str, who: Who) -> Freed:
    """Free that end, on record in the journal of the run first. Raises limits.slot-held, limits.no-slot."""
    freed = foresee(doors, wanted, because)
    store, run = doors.store(), wanted.ticket.run
    before = store.lease(run)
    taken = store.take(run, doors.holder, lasts=LEASE_LASTS, instead_of=before)
    if isinstance(taken, Held):
        _demand_left(doors, wanted, taken)
        raise OrchestratorError.of("limits.slot-held", f"run {run} has just been taken over by another process")
    entry = Released(
        guest=wanted.ticket.guest, host=wanted.host, because=because, by=f"{who.login} on {who.controller}"
    )
    store.append(run, entry, at=doors.clock.now(), fence=taken)
    _book(doors, store, wanted, because, taken)
    # A run that was left in the middle stays one that every changing command takes over: its lease ends with this
    # process, as it had ended with the one before.
    if before is None:
        store.release(taken)
    return replace(freed, done=True)


def _book(doors: Doors, store: Store, wanted: Claim, because: str, fence: Fence) -> None:
    while True:
        ledger = store.ledger()
        mine = [t for t in ledger.tickets if (t.run, t.guest) == (wanted.ticket.run, wanted.ticket.guest)]
        if not mine:  # another process has seen meanwhile that all of it is gone
            return
        marked = _released(Claim(ticket=mine[0], host=wanted.host), because)
        rest = left(marked, _NOT_ASKED, _NOT_ASKED)
        put, drop = ((replace(marked, costs=rest),), ()) if rest else ((), tuple(mine))
        if store.book(put=put, drop=drop, if_version=ledger.version, fence=fence):
            return


def _released(wanted: Claim, because: str) -> Ticket:
    return replace(wanted.ticket, released={**wanted.ticket.released, wanted.host: because})


def _asked(doors: Doors, wanted: Claim) -> Sighting | Unknown:
    if wanted.host not in doors.settings.hosts:
        return Unknown(why="it is not in the configuration any more")
    return doors.hypervisor(wanted.host).observe(wanted.ticket.guest, within=WITHIN)


def _demand_left(doors: Doors, wanted: Claim, held: Held | None) -> None:
    """Let nobody free what a living process will free by itself."""
    if held is None or not lives(doors, held):
        return
    until = f"{held.until:%Y-%m-%d %H:%M:%S} UTC"
    saw = f"run {wanted.ticket.run} is driven by {held.holder}, its lease lasts until {until}"
    raise OrchestratorError.of("limits.slot-held", saw, fix=f"ferry abort {wanted.ticket.guest}; ferry status --slots")


def _known(slot: str, store: Store) -> str:
    names = sorted(set(_slots(store)))
    return f"no slot is called {slot}; there are {', '.join(names)}" if names else "no slot is taken at all"


def _slots(store: Store) -> Iterator[str]:
    for ticket in store.ledger().tickets:
        if ticket.standing is Standing.HOLDING:
            for end in (ticket.source, ticket.destination):
                if end and end not in ticket.released:
                    yield f"{ticket.name}@{end}"
