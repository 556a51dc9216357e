"""Where guests of emptied hosts can go at all: which hosts may receive, and what they have left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from orchestrator.checks.memory import required_bytes
from orchestrator.model.cordon import Cordon
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.open_move import OpenMoves
from orchestrator.planning.appraisal import Appraisal, Outlook, Promised, blocked
from orchestrator.planning.measures import Measures
from orchestrator.planning.ties import Ties
from orchestrator.planning.wanted import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """open: hosts that may receive. closed: why the others of the configuration may not. promised: what is on its way.
    avoid: guest → hosts where it shall not go."""

    outlook: Outlook
    open: tuple[HostName, ...]
    closed: Mapping[HostName, str]
    promised: Mapping[HostName, Promised]
    avoid: Mapping[GuestId, frozenset[HostName]]

    def host(self, name: HostName) -> HostFacts:
        """A host that answered."""
        answer = self.outlook.facts.hosts[name]
        assert isinstance(answer, HostFacts)
        return answer

    def appraise(self, one: Wanted, to: HostName) -> Appraisal:
        """What the checks say of one open host, with what is on its way there now."""
        return self.outlook.appraise(one, to, self.promised.get(to, Promised()))

    def free(self, counted: Measures, name: HostName) -> tuple[int, ...]:
        """What one of the open hosts has left of each resource."""
        policy = self.outlook.settings.policy_for(host=name)
        free = counted.free(self.host(name), policy, self.promised.get(name, Promised()))
        return tuple(max(0, number) for number in free)

    def ways(self, source: HostName) -> tuple[HostName, ...]:
        """The open hosts that nothing speaks against but what a single guest needs."""
        return tuple(
            to
            for to in self.open
            if to != source and not blocked((*self.outlook.host(to), *self.outlook.link(source, to, tried=True)))
        )

    def allowed(self, one: Wanted, ways: Iterable[HostName], held: Ties) -> tuple[HostName, ...]:
        """Of these the ones that its pins, its ties and earlier failures leave it, and that a survey has looked at."""
        uuid, pairs = one.guest.uuid, self.outlook.facts.pairs
        out = self.avoid.get(uuid, frozenset()) | held.barred.get(uuid, frozenset())
        bound = held.bound.get(uuid)
        return tuple(
            to
            for to in ways
            if to not in out and (bound is None or to in bound) and (uuid, to) in pairs and self._pinned(one.guest, to)
        )

    def liked(self, guest: Guest, held: Ties) -> frozenset[HostName]:
        """Hosts that it prefers, by its policy and by guests that it is rather with; none: all alike."""
        drawn = held.drawn.get(guest.uuid, frozenset())
        prefer = self.outlook.settings.policy_for(guest=guest.name).prefer
        return drawn | {to for to in self.open if any(fnmatchcase(to, pattern) for pattern in prefer)}

    def _pinned(self, guest: Guest, to: HostName) -> bool:
        pins = self.outlook.settings.policy_for(guest=guest.name, host=to).pins
        return not pins or any(fnmatchcase(to, pattern) for pattern in pins)


def ground(
    request: EvacuationRequest, outlook: Outlook, cordons: Sequence[Cordon], held: Mapping[HostName, str]
) -> Ground:
    """Look at all hosts that are configured. held: those on hold → how that is said."""
    closed: dict[HostName, str] = {}
    cordoned = {cordon.host: str(cordon) for cordon in cordons}
    for name in outlook.settings.hosts:
        answer = outlook.facts.hosts.get(name, Unknown(why="it was not asked"))
        if name in request.hosts:
            closed[name] = f"{name} is to be emptied"
        elif name in cordoned:
            closed[name] = cordoned[name]
        elif name in held:
            closed[name] = held[name]
        elif request.to and name not in request.to:
            closed[name] = f"{name} is not among the destinations that were named"
        elif isinstance(answer, Unknown):
            closed[name] = f"{name} does not answer: {answer.why}"
    open_ = tuple(name for name in outlook.settings.hosts if name not in closed)
    promised = _promised(outlook.facts, open_, {} if isinstance(outlook.open_moves, Unknown) else outlook.open_moves)
    return Ground(outlook=outlook, open=open_, closed=closed, promised=promised, avoid=request.avoid)


def _promised(facts: Facts, hosts: Iterable[HostName], moves: OpenMoves) -> Mapping[HostName, Promised]:
    """Guests that are arriving, and those whose move towards the host is on record and has not got so far."""
    guests = {g.uuid: g for answer in facts.answering().values() for g in answer.guests if g.power is not Power.ABSENT}
    found: dict[HostName, Promised] = {}
    for name in hosts:
        answer = facts.hosts[name]
        assert isinstance(answer, HostFacts)
        coming = {g.uuid: g for g in answer.guests if g.power is Power.INCOMING}
        there = {g.uuid for g in answer.guests if g.power not in (Power.ABSENT, Power.SHUT_OFF)}
        towards = (m.guest for of in moves.values() for m in of if m.destination == name and m.guest not in there)
        coming |= {uuid: guests[uuid] for uuid in towards if uuid in guests}
        found[name] = Promised(
            memory_bytes=sum(required_bytes(g) for g in coming.values()),
            vcpus=sum(g.vcpus for g in coming.values()),
        )
    return found
