"""The way home: each guest has one place, and none goes there against the others, a rule or the checks."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from orchestrator.checks.case import LIVE
from orchestrator.checks.quantity import mib
from orchestrator.model.cordon import Cordon
from orchestrator.model.evacuation import EvacuationRequest, Staying
from orchestrator.model.facts import Asked, Facts, HostFacts
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.open_move import OpenMoves
from orchestrator.model.plan import Plan
from orchestrator.model.restored import HomeRequest
from orchestrator.model.settings import Settings
from orchestrator.model.transport import Mode
from orchestrator.planning.appraisal import Outlook, blocked
from orchestrator.planning.ground import Ground, ground
from orchestrator.planning.labelled import with_labels
from orchestrator.planning.leaving import Leaving
from orchestrator.planning.measures import Measures, measures
from orchestrator.planning.network_score import Known
from orchestrator.planning.pace import Pace, pace
from orchestrator.planning.resolve import lives_on
from orchestrator.planning.settling import Party, Settled, Settling, parties
from orchestrator.planning.shortage import lacks
from orchestrator.planning.staying import cannot_leave, staying
from orchestrator.planning.ties import Ties, ties
from orchestrator.planning.turns import Going, findings_of, line, lines, take_turns
from orchestrator.planning.wanted import Wanted

_NONE: OpenMoves = MappingProxyType({})
_NOTHING = Known()


def place_of(guest: GuestId, facts: Facts) -> tuple[HostName, Mode] | None:
    """Where it is now, and how it would leave; None where that is not certain."""
    live = lives_on(guest, facts)
    if len(live) == 1:
        return live[0], Mode.LIVE
    off = [host for host, found in _copies(guest, facts) if found.power is Power.SHUT_OFF]
    return (off[0], Mode.OFFLINE) if not live and len(off) == 1 else None


def is_gone(guest: GuestId, facts: Facts) -> bool:
    """Whether every host that was asked says that it has neither the guest nor a definition of it."""
    return facts.answering().keys() == facts.hosts.keys() and not any(_copies(guest, facts))


def _copies(guest: GuestId, facts: Facts) -> Iterator[tuple[HostName, Guest]]:
    for host, said in facts.answering().items():
        for found in said.guests:
            if found.uuid == guest and found.power is not Power.ABSENT:
                yield host, found


def homecoming_pairs(
    request: HomeRequest, settings: Settings, facts: Facts, today: date, cordons: Sequence[Cordon] = ()
) -> tuple[Asked, ...]:
    """The pairs that a survey must look at before plan_homecoming() can decide."""
    settings = with_labels(settings, facts)
    outlook = Outlook(settings=settings, facts=facts, today=today, chosen=True)
    returning = _who_goes(request, facts, _ground(request, outlook, cordons), settings)
    return tuple(
        Asked(guest=one.guest.uuid, source=one.source, destination=home)
        for one in (*returning.going, *returning.off)
        if one.movable
        for home in (request.homes[one.guest.uuid],)
        if not blocked((*outlook.host(home), *outlook.link(one.source, home)))
    )


def plan_homecoming(
    request: HomeRequest,
    settings: Settings,
    facts: Facts,
    today: date,
    open_moves: OpenMoves = _NONE,
    known: Known = _NOTHING,
    cordons: Sequence[Cordon] = (),
) -> Plan:
    """Decide for every guest that is not at home. Who cannot go there now is in `staying`, with why: also whose home
    does not answer, takes no guests, or is configured no longer. Guests of which no host is known are left out.
    """
    settings = with_labels(settings, facts)
    outlook = Outlook(settings=settings, facts=facts, today=today, chosen=True, open_moves=open_moves, known=known)
    where = _ground(request, outlook, cordons)
    returning = _who_goes(request, facts, where, settings)
    return _Way(homes=request.homes, outlook=outlook, ground=where, returning=returning).plan()


def _ground(request: HomeRequest, outlook: Outlook, cordons: Sequence[Cordon]) -> Ground:
    """Only homes receive."""
    homes = tuple(dict.fromkeys(request.homes.values()))
    shut = [cordon for cordon in cordons if cordon.host not in request.opened]
    return ground(EvacuationRequest(hosts=(), to=homes), outlook, shut, {})


def _who_goes(request: HomeRequest, facts: Facts, where: Ground, settings: Settings) -> Leaving:
    """Sort the guests that are not at home: who may go as a whole, as a definition, and whose home takes nobody."""
    going, off, shut = list[Wanted](), list[Wanted](), list[Staying]()
    for uuid, home in request.homes.items():
        place = place_of(uuid, facts)
        if place is None or place[0] == home:
            continue
        now, mode = place
        guest = next(found for host, found in _copies(uuid, facts) if host == now)
        one = Wanted(guest=guest, source=now, lives_on=lives_on(uuid, facts), offline=mode is Mode.OFFLINE)
        if home not in where.open:
            shut.append(_shut(one, home, where, settings))
        else:
            (off if one.offline else going).append(one)
    return Leaving(going=tuple(going), off=tuple(off), staying=tuple(shut))


def _shut(one: Wanted, home: HostName, where: Ground, settings: Settings) -> Staying:
    if home not in settings.hosts:
        why = f"{home}, its home, is configured no longer"
        fix = f"Name {home} in {settings.file} again"
    elif isinstance(where.outlook.facts.hosts.get(home), HostFacts):
        why, fix = where.closed[home], f"ferry uncordon {home}"
    else:
        why, fix = where.closed[home], f"Once {home} answers: ferry restore {home}"
    return replace(staying(one, why, fix), live=not one.offline)


@dataclass(frozen=True, kw_only=True)
class _Way:
    homes: Mapping[GuestId, HostName]
    outlook: Outlook
    ground: Ground
    returning: Leaving

    def plan(self) -> Plan:
        """All of it, one step after the other."""
        about = {one.guest.uuid: self.outlook.guest(one) for one in self.returning.going}
        stuck = cannot_leave(self._beside(), about, self.outlook.settings.policy.affinity)
        going = [one for one in self.returning.going if one.guest.uuid not in stuck]
        counted = measures(one.guest for one in going)
        timing = pace(self.outlook, Counter(one.source for one in going), self.ground.open)
        held = self._ties(going)
        settled = self._settled(going, held, counted, timing)
        free = self.ground.beside(counted, settled.placed(self.ground.open))
        moving = list(self._moving(settled, free))
        turns = take_turns(moving, self.outlook, timing)
        definitions, kept = self._definitions()
        moves = (*lines(moving, turns, self.outlook, timing), *definitions)
        left = (self._left(one, party, settled, free, counted) for party in settled.left for one in party.members)
        return Plan(
            moves=moves,
            findings=findings_of(self.outlook, moves, about, moving),
            staying=(*self.returning.staying, *stuck.values(), *left, *kept),
            forecast_seconds=turns.makespan,
        )

    def _beside(self) -> Leaving:
        """Who goes and who stays, also of those that are at home where the others are now."""
        going, sources = {one.guest.uuid for one in self.returning.going}, {one.source for one in self.returning.going}
        residents = (
            Staying(guest=guest.uuid, name=guest.name, host=name, why="", fix="")
            for name in sorted(sources)
            for guest in self.ground.host(name).guests
            if guest.power in LIVE and guest.uuid not in going
        )
        return replace(self.returning, staying=(*self.returning.staying, *residents))

    def _ties(self, going: Sequence[Wanted]) -> Ties:
        """Who goes leaves nobody behind where it was: all others stay where they are."""
        leaving = {one.guest.uuid for one in going}
        others = [
            replace(host, guests=tuple(guest for guest in host.guests if guest.uuid not in leaving))
            for host in self.outlook.facts.answering().values()
        ]
        return ties([one.guest for one in going], self.outlook.settings.policy.affinity, others)

    def _settled(self, going: Sequence[Wanted], held: Ties, counted: Measures, timing: Pace) -> Settled:
        ways = {source: self.ground.ways(source) for source in {one.source for one in going}}

        def way(one: Wanted) -> tuple[HostName, ...]:
            home = self.homes[one.guest.uuid]
            return (home,) if home in ways[one.source] and (one.source, home) in timing.rates else ()

        found = {party.name: party for party in parties(self.ground, held, going, way)}
        return Settling(ground=self.ground, ties=held, counted=counted, pace=timing, parties=found).settle()

    def _moving(self, settled: Settled, free: Mapping[HostName, tuple[int, ...]]) -> Iterator[Going]:
        for one in (one for party in settled.parties for one in party.members):
            place = settled.places.get(one.guest.uuid)
            if place is not None:
                said = f"{place.host} is its home; {mib(max(free[place.host][0], 0))} of it stay free"
                yield Going(one=one, place=place, because=said)

    def _definitions(self) -> tuple[list[Move], list[Staying]]:
        """Guests that are shut off: moves, and who stays."""
        offline = replace(self.outlook, mode=Mode.OFFLINE)
        moves, kept = [], []
        for one in self.returning.off:
            home = self.homes[one.guest.uuid]
            place = offline.appraise(one, home, self.ground.promised[home])
            against = _against((*offline.guest(one), *place.findings))
            if against is None and place.passes:
                said = f"{home} is its home; its definition moves along"
                moves.append(line(Going(one=one, place=place, because=said), offline, Mode.OFFLINE))
            else:
                kept.append(replace(self._refused(one, against), live=False))
        return moves, kept

    def _left(
        self,
        one: Wanted,
        party: Party,
        settled: Settled,
        free: Mapping[HostName, tuple[int, ...]],
        counted: Measures,
    ) -> Staying:
        """A guest without a place: what speaks against it, or else against those that it must be with."""
        home = self.homes[one.guest.uuid]
        if party.fits:
            short = lacks(party, free, counted)
            said = short or f"{home} receives a guest that it must be apart from"
            return staying(one, f"no room at home: {said}", self._check(one))
        judged = settled.judged.get((one.guest.uuid, home)) or self.ground.appraise(one, home)
        against = _against(judged.findings)
        if against is None and len(party.members) > 1:
            others = " and ".join(other.guest.name for other in party.members if other is not one)
            said = f"it must be together with {others}, and {home} does not take all of them"
            return staying(one, said, self._check(one))
        return self._refused(one, against)

    def _refused(self, one: Wanted, against: Finding | None) -> Staying:
        if against is None:
            home = self.homes[one.guest.uuid]
            return staying(one, f"it must be with a guest that is not on {home}", self._check(one))
        return staying(one, f"{against.check}: {against.saw}", against.fix or self._check(one))

    def _check(self, one: Wanted) -> str:
        return f"ferry check {one.source}/{one.guest.uuid} --to {self.homes[one.guest.uuid]}"


def _against(findings: Sequence[Finding]) -> Finding | None:
    return next((finding for finding in findings if finding.severity is Severity.BLOCKER), None)
