"""Emptying hosts: every guest with its place, its turn and the reason, or why it stays and what would help."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from orchestrator.checks.case import LIVE
from orchestrator.checks.memory import required_bytes
from orchestrator.model.cordon import Cordon
from orchestrator.model.evacuation import EvacuationRequest, Spare, Staying
from orchestrator.model.facts import Asked, Facts, Unknown
from orchestrator.model.finding import Severity
from orchestrator.model.guest import Guest
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.open_move import OpenMoves
from orchestrator.model.plan import Plan, Rejected
from orchestrator.model.settings import Settings
from orchestrator.model.transport import Mode
from orchestrator.planning.appraisal import Outlook, blocked
from orchestrator.planning.aside import Aside, Swap, aside_pairs
from orchestrator.planning.ground import Ground, ground
from orchestrator.planning.labelled import with_labels
from orchestrator.planning.leaving import Leaving, leaving, live_places
from orchestrator.planning.measures import Measures, measures
from orchestrator.planning.network_score import Known
from orchestrator.planning.pace import Pace, pace
from orchestrator.planning.settling import Settled, Settling, parties
from orchestrator.planning.shortage import proof
from orchestrator.planning.spare import spare
from orchestrator.planning.staying import cannot_leave, staying, without_place
from orchestrator.planning.ties import ties
from orchestrator.planning.timetable import bound, together_as_one
from orchestrator.planning.turns import Going, because, findings_of, job_of, line, lines, take_turns
from orchestrator.planning.wanted import Wanted

_NONE: OpenMoves = MappingProxyType({})
_NOTHING = Known()
_NOBODY: Mapping[HostName, str] = MappingProxyType({})


def evacuation_pairs(
    request: EvacuationRequest,
    settings: Settings,
    facts: Facts,
    today: date,
    cordons: Sequence[Cordon] = (),
    held: Mapping[HostName, str] = _NOBODY,
    *,
    aside: bool = False,
) -> tuple[Asked, ...]:
    """The pairs that a survey must look at before plan_evacuation() can decide. aside: also those of guests that might
    move aside, which is worth asking once the plan has left somebody without a place."""
    settings = with_labels(settings, facts)
    outlook = _outlook(request, settings, facts, today, _NONE, _NOTHING)
    where, gone = ground(request, outlook, cordons, held), leaving(request, settings, facts)
    asked = [
        Asked(guest=one.guest.uuid, source=one.source, destination=to)
        for one in (*gone.going, *gone.off)
        if one.movable
        for to in where.open
        if not blocked((*outlook.host(to), *outlook.link(one.source, to)))
    ]
    if aside:
        asked.extend(aside_pairs(where, where.open))
    return tuple(asked)


def plan_evacuation(
    request: EvacuationRequest,
    settings: Settings,
    facts: Facts,
    today: date,
    open_moves: OpenMoves | Unknown = _NONE,
    known: Known = _NOTHING,
    cordons: Sequence[Cordon] = (),
    held: Mapping[HostName, str] = _NOBODY,
) -> Plan:
    """Decide for every guest of these hosts. Raises usage.unknown-host, host.unreachable and guest.unknown.

    held: hosts on hold → how that is said. Nobody is sent to these, or to a host that is cordoned. Guests that find no
    place are in `staying`, with why.
    """
    settings = with_labels(settings, facts)
    outlook = _outlook(request, settings, facts, today, open_moves, known)
    return _Evacuating(
        request=request,
        outlook=outlook,
        ground=ground(request, outlook, cordons, held),
        leaving=leaving(request, settings, facts),
    ).plan()


def _outlook(
    request: EvacuationRequest,
    settings: Settings,
    facts: Facts,
    today: date,
    open_moves: OpenMoves | Unknown,
    known: Known,
) -> Outlook:
    return Outlook(
        settings=settings, facts=facts, today=today, chosen=bool(request.to), open_moves=open_moves, known=known
    )


@dataclass(frozen=True, kw_only=True)
class _Evacuating:
    request: EvacuationRequest
    outlook: Outlook
    ground: Ground
    leaving: Leaving

    def plan(self) -> Plan:
        """All of it, one step after the other."""
        about = {one.guest.uuid: self.outlook.guest(one) for one in self.leaving.going}
        stuck = cannot_leave(self.leaving, about, self.outlook.settings.policy.affinity)
        going = [one for one in self.leaving.going if one.guest.uuid not in stuck]
        counted, timing = measures(one.guest for one in going), self._pace(going)
        settled = self._settled(going, counted, timing)
        placed = settled.placed(self.ground.open)
        free = self.ground.beside(counted, placed)
        swaps = self._swaps(settled, counted, free, placed) if self.request.swaps else ()
        eased = {swap.party.name for swap in swaps}
        settled = replace(settled, left=tuple(party for party in settled.left if party.name not in eased))
        moving = [*_because_of(settled, free), *_swapped(swaps)]
        timing = self._pace([one.one for one in moving]) if swaps else timing
        turns = take_turns(moving, self.outlook, timing)
        moves = (*lines(moving, turns, self.outlook, timing), *self._definitions())
        roomless = [party for party in settled.left if party.fits]
        left = without_place(settled, self.ground, free, counted)
        return Plan(
            moves=moves,
            findings=findings_of(self.outlook, moves, about, moving),
            rejected=tuple(_rejected(settled, self.leaving.going)),
            staying=(*self.leaving.staying, *stuck.values(), *left, *self._undefined(moves)),
            forecast_seconds=turns.makespan,
            bound_seconds=self._bound(moving, settled, timing),
            proof=proof(roomless, free, self.ground, counted, proven=settled.proven) if roomless else None,
            spare=self._spare(free, placed),
        )

    def _settled(self, going: Sequence[Wanted], counted: Measures, timing: Pace) -> Settled:
        """Everybody with a place, as far as there is one."""
        ways = {
            source: [to for to in self.ground.ways(source) if (source, to) in timing.rates]
            for source in _sources(going)
        }
        others = [self.ground.host(name) for name in self.ground.open]
        held = ties([one.guest for one in going], self.outlook.settings.policy.affinity, others)
        found = {party.name: party for party in parties(self.ground, held, going, lambda one: ways[one.source])}
        return Settling(ground=self.ground, ties=held, counted=counted, pace=timing, parties=found).settle()

    def _pace(self, going: Sequence[Wanted]) -> Pace:
        return pace(self.outlook, _sources(going), self.ground.open)

    def _swaps(
        self,
        settled: Settled,
        counted: Measures,
        free: dict[HostName, tuple[int, ...]],
        placed: dict[HostName, list[Guest]],
    ) -> tuple[Swap, ...]:
        lives = live_places(self.outlook.facts) if settled.left else {}
        search = Aside(ground=self.ground, counted=counted, free=free, placed=placed, lives=lives)
        found = (search.swap(party) for party in settled.left)
        return tuple(swap for swap in found if swap is not None)

    def _definitions(self) -> tuple[Move, ...]:
        """Guests that are shut off, each to the first host that the checks pass."""
        offline = replace(self.outlook, mode=Mode.OFFLINE)
        found = []
        for one in self.leaving.off:
            tried = (offline.appraise(one, to, self.ground.promised[to]) for to in self._allowed(one))
            place = next((appraisal for appraisal in tried if appraisal.passes), None)
            if place is not None and not blocked(offline.guest(one)):
                said = "its definition moves along, as asked for"
                found.append(line(Going(one=one, place=place, because=said), offline, Mode.OFFLINE))
        return tuple(found)

    def _allowed(self, one: Wanted) -> tuple[HostName, ...]:
        nothing = ties([], (), ())
        allowed = self.ground.allowed(one, self.ground.ways(one.source), nothing)
        return tuple(sorted(allowed, key=lambda to: to in self.ground.shunned(one.guest, nothing)))

    def _undefined(self, moves: Sequence[Move]) -> Iterator[Staying]:
        moved = {move.guest for move in moves}
        for one in self.leaving.off:
            if one.guest.uuid not in moved:
                said = "it is shut off, and no host that may receive can take its definition"
                fix = f"See why: ferry check {one.source}/{one.guest.uuid} --offline"
                yield replace(staying(one, said, fix), live=False)

    def _bound(self, moving: Sequence[Going], settled: Settled, timing: Pace) -> float:
        """No plan is over sooner that moves as many guests out of these hosts, wherever they go."""
        fits = {one.guest.uuid: party.fits for party in settled.parties for one in party.members}
        jobs = []
        for one in moving:
            guest, source = one.one.guest, one.one.source
            to_any = [timing.seconds(guest.memory_bytes, source, to) for to in fits.get(guest.uuid, (one.place.host,))]
            jobs.append(replace(job_of(one, self.outlook, timing), destination="", seconds=min(to_any)))
        return bound(jobs, together_as_one(timing.slots, self.ground.open))

    def _spare(self, free: Mapping[HostName, tuple[int, ...]], placed: Mapping[HostName, Sequence[Guest]]) -> Spare:
        """Of the hosts that receive: whether the others could take over from any of them."""
        arrived = {guest.uuid: name for name, guests in placed.items() for guest in guests}
        takes = {}
        for name in self.ground.open:
            here = [g for g in self.ground.host(name).guests if g.power in LIVE and arrived.get(g.uuid, name) == name]
            there = {guest.uuid: required_bytes(guest) for guest in (*here, *placed[name])}
            takes[name] = list(there.values())
        return spare({name: max(0, free[name][0]) for name in self.ground.open}, takes)


def _sources(going: Sequence[Wanted]) -> dict[HostName, int]:
    return dict(Counter(one.source for one in going))


def _because_of(settled: Settled, free: Mapping[HostName, tuple[int, ...]]) -> Iterator[Going]:
    for party in settled.parties:
        names = [one.guest.name for one in party.members]
        for one in party.members:
            place = settled.places.get(one.guest.uuid)
            if place is not None:
                others = [name for name in names if name != one.guest.name]
                said = because(place.host, party.fits, free[place.host][0], others)
                yield Going(one=one, place=place, because=said)


def _swapped(swaps: Sequence[Swap]) -> Iterator[Going]:
    for swap in swaps:
        who = " and ".join(one.guest.name for one in swap.party.members)
        aside = tuple(one.guest.uuid for one, _ in swap.first)
        for one, place in swap.first:
            yield Going(one=one, place=place, because=f"it makes room on {swap.at} for {who}", urgent=True)
        names = " and ".join(one.guest.name for one, _ in swap.first)
        for one in swap.party.members:
            said = f"no host has room as things are; {names} moves aside first"
            yield Going(one=one, place=swap.then[one.guest.uuid], because=said, after=aside)


def _rejected(settled: Settled, going: Sequence[Wanted]) -> Iterator[Rejected]:
    names = {one.guest.uuid: one.guest.name for one in going}
    for (guest, to), judged in settled.judged.items():
        against = next((f for f in judged.findings if f.severity is Severity.BLOCKER), None)
        if against is not None:
            yield Rejected(guest=names[guest], destination=to, why=f"{against.check}: {against.saw}")
