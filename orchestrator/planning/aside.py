"""Guests of other hosts that move aside, so that one finds a place for which there is none as things are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations

from orchestrator.checks.case import LIVE
from orchestrator.checks.memory import required_bytes
from orchestrator.model.facts import Asked
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostName
from orchestrator.planning.appraisal import Appraisal, Promised, blocked
from orchestrator.planning.ground import Ground
from orchestrator.planning.measures import Measures
from orchestrator.planning.settling import Party
from orchestrator.planning.wanted import Wanted

_MOST_ASIDE = 2  # guests that make room for one party
_TRIALS = 400  # sets of them that are tried for one host
_NO_ONE_THERE = Promised(memory_bytes=-(2**60), vcpus=-(2**20))

Free = dict[HostName, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """First these go elsewhere, then the party goes where they were. first: each with what was found of its place."""

    party: Party
    at: HostName
    first: tuple[tuple[Wanted, Appraisal], ...]
    then: Mapping[GuestId, Appraisal]


@dataclass(kw_only=True)
class Aside:
    """The search. free: what each host has left beside all that is placed; it is kept up to date. placed: guests that
    the plan sends to each host. lives: live guests and the hosts that have them."""

    ground: Ground
    counted: Measures
    free: Free
    placed: dict[HostName, list[Guest]]
    lives: Mapping[GuestId, tuple[HostName, ...]]
    moved: set[GuestId] = field(default_factory=set)

    def swap(self, party: Party) -> Swap | None:
        """Make room for a party, with as few moves and as little memory as is found; None: there is no such way."""
        needs = tuple(map(sum, zip(*(self.counted.needs(one.guest) for one in party.members), strict=True)))
        for at in party.fits:
            if any(self._meets(one.guest, at) for one in party.members):
                continue
            if not all(self.ground.outlook.appraise(one, at, _NO_ONE_THERE).passes for one in party.members):
                continue
            lacking = tuple(max(0, need - free) for need, free in zip(needs, self.free[at], strict=True))
            for residents in self._enough(at, lacking):
                found = self._found(party, at, residents)
                if found is not None:
                    self._take(found, needs)
                    return found
        return None

    def _enough(self, at: HostName, lacking: Sequence[int]) -> Iterator[tuple[Guest, ...]]:
        """Sets of residents that take as much as is lacking, the smallest sets first, of these the lightest."""
        movable = [g for g in self.ground.host(at).guests if self._may_move(g, at)]
        movable.sort(key=lambda g: (g.memory_bytes, g.name))
        sets = chain.from_iterable(combinations(movable, size) for size in range(1, _MOST_ASIDE + 1))
        for number, some in enumerate(sets):
            if number == _TRIALS:
                return
            given = map(sum, zip(*(self.counted.needs(guest) for guest in some), strict=True))
            if all(have >= lack for have, lack in zip(given, lacking, strict=True)):
                yield some

    def _may_move(self, guest: Guest, at: HostName) -> bool:
        rules = self.ground.outlook.settings.policy.affinity
        tied = any(rule.together and rule.concerns(guest.name) for rule in rules)
        return guest.power in LIVE and not tied and guest.uuid not in self.moved and self.lives[guest.uuid] == (at,)

    def _found(self, party: Party, at: HostName, residents: Sequence[Guest]) -> Swap | None:
        free, first = dict(self.free), []
        for guest in residents:
            one = Wanted(guest=guest, source=at, lives_on=(at,))
            place = self._place(one, at, free)
            if place is None:
                return None
            first.append((one, place))
            needs = self.counted.needs(guest)
            free[place.host] = tuple(f - n for f, n in zip(free[place.host], needs, strict=True))
        then, coming = {}, self._promised(at, less=residents)
        for one in party.members:
            then[one.guest.uuid] = self.ground.outlook.appraise(one, at, coming)
            coming = coming.plus(required_bytes(one.guest), one.guest.vcpus)
        if not all(appraisal.passes for appraisal in then.values()):
            return None
        return Swap(party=party, at=at, first=tuple(first), then=then)

    def _place(self, one: Wanted, at: HostName, free: Free) -> Appraisal | None:
        """Another host for a resident: the one with most left."""
        needs, outlook = self.counted.needs(one.guest), self.ground.outlook
        if blocked(outlook.guest(one)):
            return None
        for to in sorted(self.ground.open, key=lambda host: (-free[host][0], host)):
            room = all(n <= f for n, f in zip(needs, free[to], strict=True))
            if to == at or not room or (one.guest.uuid, to) not in outlook.facts.pairs or self._meets(one.guest, to):
                continue
            found = outlook.appraise(one, to, self._promised(to))
            if found.passes:
                return found
        return None

    def _meets(self, guest: Guest, to: HostName) -> bool:
        """Whether somebody goes there whom it must be apart from; the check knows only who is there."""
        rules = [
            r for r in self.ground.outlook.settings.policy.affinity if r.apart and r.hard and r.concerns(guest.name)
        ]
        return any(rule.concerns(other.name) for rule in rules for other in self.placed.get(to, ()))

    def _promised(self, to: HostName, *, less: Sequence[Guest] = ()) -> Promised:
        found = self.ground.promised.get(to, Promised())
        for guest in self.placed.get(to, ()):
            found = found.plus(required_bytes(guest), guest.vcpus)
        for guest in less:
            found = found.plus(-required_bytes(guest), -guest.vcpus)
        return found

    def _take(self, swap: Swap, needs: Sequence[int]) -> None:
        before = gained = self.free[swap.at]
        for one, place in swap.first:
            takes = self.counted.needs(one.guest)
            self.free[place.host] = tuple(f - n for f, n in zip(self.free[place.host], takes, strict=True))
            gained = tuple(g + n for g, n in zip(gained, takes, strict=True))
            self.placed.setdefault(place.host, []).append(one.guest)
            self.moved.add(one.guest.uuid)
        # What a guest that left leaves over is there only once it has left: nobody else may count on it.
        rest = (g - n for g, n in zip(gained, needs, strict=True))
        self.free[swap.at] = tuple(min(was, has) for was, has in zip(before, rest, strict=True))
        self.placed.setdefault(swap.at, []).extend(one.guest for one in swap.party.members)
        self.placed[swap.at] = [g for g in self.placed[swap.at] if g.uuid not in self.moved]


def aside_pairs(ground: Ground, hosts: Sequence[HostName]) -> tuple[Asked, ...]:
    """What a survey must look at before guests of these hosts can move aside."""
    return tuple(
        Asked(guest=guest.uuid, source=at, destination=to)
        for at in hosts
        for guest in ground.host(at).guests
        if guest.power in LIVE
        for to in ground.ways(at)
    )
