"""Guests to hosts: laid out by numbers, each place judged by the checks, and laid out again without what they refuse.

What the numbers allow is never less than what the checks allow. So whoever is left by a layout that the checks pass is
left by every one, where the search says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from orchestrator.checks.memory import required_bytes
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostName
from orchestrator.planning.appraisal import Appraisal
from orchestrator.planning.ground import Ground
from orchestrator.planning.layout import Layout, Trip, lay_out
from orchestrator.planning.measures import Measures
from orchestrator.planning.pace import Pace
from orchestrator.planning.packing import Piece, Room
from orchestrator.planning.ties import Ties
from orchestrator.planning.wanted import Wanted

_RANKS = {"high": 0, "medium": 1, "low": 2}
_ROUNDS = 8  # layouts that are judged, after which every place that is left is judged first, and as many again


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Guests that leave one host as one, to one host. fits: hosts that nothing known so far speaks against."""

    members: tuple[Wanted, ...]
    fits: tuple[HostName, ...]

    @property
    def name(self) -> str:
        """It is called by its first guest."""
        return self.members[0].guest.uuid


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """places: guest → what was found of the host where it goes. left: parties without a place. proven: that no way
    leaves fewer. judged: guest and host → what the checks say of it, as far as they were asked. parties: all of them,
    each with the hosts that are left to it. layout: the last one.
    """

    places: Mapping[GuestId, Appraisal]
    left: tuple[Party, ...]
    proven: bool
    judged: Mapping[tuple[GuestId, HostName], Appraisal]
    parties: tuple[Party, ...]
    layout: Layout

    def placed(self, hosts: Iterable[HostName]) -> dict[HostName, list[Guest]]:
        """The guests that each of these hosts receives."""
        found: dict[HostName, list[Guest]] = {name: [] for name in hosts}
        for party in self.parties:
            for one in party.members:
                if one.guest.uuid in self.places:
                    found[self.places[one.guest.uuid].host].append(one.guest)
        return found


@dataclass(kw_only=True)
class Settling:
    """One search for places."""

    ground: Ground
    ties: Ties
    counted: Measures
    pace: Pace
    parties: Mapping[str, Party]
    fits: dict[str, tuple[HostName, ...]] = field(init=False)
    judged: dict[tuple[GuestId, HostName], Appraisal] = field(init=False, default_factory=dict)
    exact: bool = field(init=False, default=True)

    def __post_init__(self) -> None:
        self.fits = {name: party.fits for name, party in self.parties.items()}

    def settle(self) -> Settled:
        """Lay out and judge, until the checks pass every place."""
        for number in range(2 * _ROUNDS):
            if number == _ROUNDS:
                for name in self.parties:
                    self._judge_all(name)
            layout = lay_out(self._trips(), self._rooms(), self.pace.slots)
            places, refused = self._pass(layout)
            if not refused:
                return self._settled(layout, places, proven=layout.packing.proven and self.exact)
            for name, to in refused:
                self.fits[name] = tuple(host for host in self.fits[name] if host != to)
                self._judge_all(name)
        return self._settled(layout, places, proven=False)

    def _settled(self, layout: Layout, places: Mapping[GuestId, Appraisal], *, proven: bool) -> Settled:
        parties = tuple(replace(party, fits=self.fits[name]) for name, party in self.parties.items())
        left = tuple(party for party in parties if party.name not in places)
        return Settled(places=places, left=left, proven=proven, judged=self.judged, parties=parties, layout=layout)

    def _pass(self, layout: Layout) -> tuple[dict[GuestId, Appraisal], list[tuple[str, HostName]]]:
        """What the checks say of each place, with all that is on its way there by then; and places that they refuse."""
        promised, places, refused = dict(self.ground.promised), dict[GuestId, Appraisal](), []
        for job in layout.timetable.jobs:
            to, found = HostName(job.destination), dict[GuestId, Appraisal]()
            coming = promised[to]
            for one in self.parties[job.name].members:
                found[one.guest.uuid] = self.ground.outlook.appraise(one, to, coming)
                coming = coming.plus(required_bytes(one.guest), one.guest.vcpus)
            if all(appraisal.passes for appraisal in found.values()):
                places |= found
                promised[to] = coming
            else:
                refused.append((job.name, to))
                # Refused only beside the others: another order, or other places of theirs, might let it in.
                self.exact = self.exact and not self._passes_alone(job.name, to)
        return places, refused

    def _passes_alone(self, name: str, to: HostName) -> bool:
        return all(self._alone(one, to).passes for one in self.parties[name].members)

    def _judge_all(self, name: str) -> None:
        self.fits[name] = tuple(to for to in self.fits[name] if self._passes_alone(name, to))

    def _alone(self, one: Wanted, to: HostName) -> Appraisal:
        key = (one.guest.uuid, to)
        if key not in self.judged:
            self.judged[key] = self.ground.appraise(one, to)
        return self.judged[key]

    def _rooms(self) -> list[Room]:
        return [
            Room(name=to, free=self.ground.free(self.counted, to), speed=self.pace.budgets.get(to, 1.0))
            for to in self.ground.open
        ]

    def _trips(self) -> list[Trip]:
        party_of = {one.guest.uuid: name for name, party in self.parties.items() for one in party.members}
        return [self._trip(name, party, party_of) for name, party in self.parties.items()]

    def _trip(self, name: str, party: Party, party_of: Mapping[GuestId, str]) -> Trip:
        guests, ties = [one.guest for one in party.members], self.ties
        needs = tuple(map(sum, zip(*(self.counted.needs(guest) for guest in guests), strict=True)))
        work, source = sum(guest.memory_bytes for guest in guests), party.members[0].source
        policies = [self.ground.outlook.settings.policy_for(guest=guest.name) for guest in guests]

        def others(of: Mapping[GuestId, frozenset[GuestId]]) -> frozenset[str]:
            return frozenset(
                party_of[uuid] for guest in guests for uuid in of.get(guest.uuid, ()) if uuid in party_of
            ) - {name}

        def seconds(room: str) -> float:
            return sum(self.pace.seconds(guest.memory_bytes, source, HostName(room)) for guest in guests)

        piece = Piece(
            name=name,
            needs=needs,
            fits=self.fits[name],
            work=float(work),
            clashes=others(ties.apart),
            avoids=others(ties.rather_apart),
            draws=others(ties.rather_together),
            likes=frozenset[str]().union(*(self.ground.liked(guest, ties) for guest in guests)),
            shuns=frozenset[str]().union(*(self.ground.shunned(guest, ties) for guest in guests)),
        )
        rank = min(_RANKS[policy.priority] for policy in policies)
        return Trip(piece=piece, source=source, seconds=seconds, rank=rank)


def parties(
    ground: Ground, ties: Ties, going: Sequence[Wanted], ways: Callable[[Wanted], Iterable[HostName]]
) -> Sequence[Party]:
    """Those that leave together, each with the hosts that are left to all. ways: hosts that each may go to."""
    by_uuid, found = {one.guest.uuid: one for one in going}, []
    for group in ties.groups:
        members = tuple(by_uuid[uuid] for uuid in group)
        allowed = [ground.allowed(one, ways(one), ties) for one in members]
        found.append(Party(members=members, fits=tuple(to for to in allowed[0] if all(to in of for of in allowed))))
    return found
