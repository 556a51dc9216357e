"""Where guests of emptied hosts can go at all: which hosts may receive, and what they have left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from orchestrator.model.cordon import Cordon
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.facts import HostFacts, Unknown
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostName
from orchestrator.model.open_move import Coming, OpenMoves
from orchestrator.planning.appraisal import Appraisal, Outlook, Promised, blocked
from orchestrator.planning.measures import Measures
from orchestrator.planning.promised import promised
from orchestrator.planning.ties import Ties
from orchestrator.planning.wanted import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """open: hosts that may receive. closed: why the others of the configuration may not. promised: what is on its way.
    avoid: guest → hosts that it has failed to get to."""

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

    def beside(self, counted: Measures, placed: Mapping[HostName, Sequence[Guest]]) -> dict[HostName, tuple[int, ...]]:
        """What each open host has left beside the guests that it receives."""
        left = {}
        for name in self.open:
            free = self.free(counted, name)
            for guest in placed[name]:
                free = tuple(f - n for f, n in zip(free, counted.needs(guest), strict=True))
            left[name] = free
        return left

    def ways(self, source: HostName) -> tuple[HostName, ...]:
        """The open hosts that nothing speaks against but what a single guest needs."""
        return tuple(
            to
            for to in self.open
            if to != source and not blocked((*self.outlook.host(to), *self.outlook.link(source, to, tried=True)))
        )

    def allowed(self, one: Wanted, ways: Iterable[HostName], held: Ties) -> tuple[HostName, ...]:
        """Of these the ones that its pins and its ties leave it, and that a survey has looked at."""
        uuid, pairs = one.guest.uuid, self.outlook.facts.pairs
        out = held.barred.get(uuid, frozenset())
        bound = held.bound.get(uuid)
        return tuple(
            to
            for to in ways
            if to not in out and (bound is None or to in bound) and (uuid, to) in pairs and self._pinned(one.guest, to)
        )

    def liked(self, guest: Guest, held: Ties) -> frozenset[HostName]:
        """Hosts that it prefers, by its policy and by guests that it is rather with; none: all alike. It has not
        failed to get there."""
        drawn = held.drawn.get(guest.uuid, frozenset())
        prefer = self.outlook.settings.policy_for(guest=guest.name).prefer
        liked = drawn | {to for to in self.open if any(fnmatchcase(to, pattern) for pattern in prefer)}
        return liked - self.avoid.get(guest.uuid, frozenset())

    def shunned(self, guest: Guest, held: Ties) -> frozenset[HostName]:
        """Hosts where it goes only if there is no other: earlier failures, and guests that it is rather apart from."""
        return held.shunned.get(guest.uuid, frozenset()) | self.avoid.get(guest.uuid, frozenset())

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
    # A move towards a host that is on record counts, however far it has got.
    moves: OpenMoves = {} if isinstance(outlook.open_moves, Unknown) else outlook.open_moves
    coming = [Coming(guest=one.guest, destination=one.destination) for of in moves.values() for one in of]
    promised_ = promised(outlook.facts, coming)
    return Ground(outlook=outlook, open=open_, closed=closed, promised=promised_, avoid=request.avoid)
