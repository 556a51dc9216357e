"""What is taken of every resource, by whom, and who waits: as the store and the hosts tell it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.limits.costs import Capacities, capacities
from orchestrator.limits.foreign import Foreign, foreign
from orchestrator.model.host import HostName
from orchestrator.model.lease import Held
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.run import RunId
from orchestrator.model.settings import Settings
from orchestrator.model.slots import Mute, Queued, Resource, Slots, Taker
from orchestrator.model.traffic import Traffic
from orchestrator.model.unknown import Unknown
from orchestrator.operations.doors import Doors
from orchestrator.operations.liveness import dead

WITHIN = 10.0  # seconds that a host may take to say what moves there
_NOWHERE = HostName("")


def slots(doors: Doors) -> Slots:
    """Everything that is taken or waited for. All hosts are asked what moves there, at the same time."""
    settings, ledger = doors.settings, doors.store().ledger()
    left = _left(doors, ledger)
    traffic = _traffic(doors)
    others = foreign(ledger, traffic, settings.policy.limits, settings.usual_network)
    taken = [*_ours(ledger, left), *_theirs(others)]
    names = sorted({resource for _, costs in taken for resource in costs})
    capacity = allowed(settings)
    return Slots(
        resources=tuple(_resource(name, taken, capacity) for name in names),
        waiting=tuple(_queued(ledger, left)),
        silent=tuple(Mute(host=host, why=said.why) for host, said in traffic.items() if isinstance(said, Unknown)),
    )


def allowed(settings: Settings) -> Capacities:
    """How much there is of each resource, by the policies of the site and of its hosts."""

    def carries(network: str, _host: HostName) -> int | None:
        known = settings.networks.get(network)
        return None if known is None or known.capacity is None else int(known.capacity) * 8

    return capacities(settings.policy.limits, lambda host: settings.policy_for(host=host).limits, carries)


def _left(doors: Doors, ledger: Ledger) -> Mapping[RunId, str]:
    """Runs with tickets that nobody drives, and why."""
    said = {run: _why_left(doors, ledger.holders.get(run)) for run in {ticket.run for ticket in ledger.tickets}}
    return {run: why for run, why in said.items() if why}


def _why_left(doors: Doors, held: Held | None) -> str:
    if held is None:
        return "nobody drives it"
    if dead(doors, held):
        return f"{held.holder} is gone"
    return f"{held.holder} has let its lease run out" if held.expired else ""


@dataclass
class _Asking:
    """One host, asked in a step of its own, so that one that hangs holds up no other."""

    doors: Doors
    host: HostName
    said: dict[HostName, Traffic | Unknown]

    def step(self) -> None:
        """Ask once."""
        self.said[self.host] = self.doors.hypervisor(self.host).traffic(within=WITHIN)


def _traffic(doors: Doors) -> Mapping[HostName, Traffic | Unknown]:
    said: dict[HostName, Traffic | Unknown] = {}
    loop = doors.loop()
    for host in doors.settings.hosts:
        loop.add(f"what moves on {host}", _Asking(doors, host, said).step)
    loop.run()
    return {host: said[host] for host in doors.settings.hosts}


_Taken = tuple[Taker, Mapping[str, int]]


def _ours(ledger: Ledger, left: Mapping[RunId, str]) -> Iterator[_Taken]:
    for ticket in sorted(ledger.tickets, key=_order):
        if ticket.standing is Standing.HOLDING:
            taker = Taker(
                guest=ticket.guest,
                name=ticket.name,
                cost=0,
                source=ticket.source,
                destination=ticket.destination,
                run=ticket.run,
                left=left.get(ticket.run, ""),
                released=ticket.released,
            )
            yield taker, ticket.costs


def _theirs(others: Sequence[Foreign]) -> Iterator[_Taken]:
    for one in others:
        source, destination = one.source or _NOWHERE, one.destination or _NOWHERE
        yield Taker(guest=one.guest, name=one.name, cost=0, source=source, destination=destination), one.costs


def _resource(name: str, taken: Sequence[_Taken], capacity: Capacities) -> Resource:
    takers = tuple(replace(taker, cost=costs[name]) for taker, costs in taken if costs.get(name))
    return Resource(name=name, used=sum(taker.cost for taker in takers), capacity=capacity(name), takers=takers)


def _queued(ledger: Ledger, left: Mapping[RunId, str]) -> Iterator[Queued]:
    for ticket in sorted(ledger.tickets, key=_order):
        if ticket.standing is Standing.WAITING:
            yield Queued(
                run=ticket.run,
                guest=ticket.guest,
                name=ticket.name,
                source=ticket.source,
                destination=ticket.destination,
                since=ticket.since,
                priority=ticket.priority,
                because=ticket.waits,
                left=left.get(ticket.run, ""),
            )


def _order(ticket: Ticket) -> tuple[object, ...]:
    return -ticket.priority, ticket.since, ticket.run, ticket.position
