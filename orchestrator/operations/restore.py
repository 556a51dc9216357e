"""Bring guests home that were moved off a host for its sake: where home is stands in the journal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation.homeward import NEVER, Away, away, comes_at
from orchestrator.migration.terms import Level
from orchestrator.model.evacuation import Staying
from orchestrator.model.facts import Facts
from orchestrator.model.finding import Severity
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence
from orchestrator.model.move import Move, State
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.model.restored import Homecoming, Restored, WayHome
from orchestrator.model.run import Run, RunId, Who
from orchestrator.model.transport import Mode
from orchestrator.operations.cordons import relied_on, uncordon
from orchestrator.operations.doors import Doors
from orchestrator.operations.emptying import look
from orchestrator.operations.errand import Errand
from orchestrator.operations.history import find
from orchestrator.operations.holds import on_hold
from orchestrator.operations.propose import propose
from orchestrator.operations.resume import verdicts
from orchestrator.operations.rounds import Rounds, code_of
from orchestrator.operations.standing_orders import AN_ORDER
from orchestrator.planning.resolve import lives_on
from orchestrator.ports import EventSink, Store


def who_is_away(doors: Doors, names: Sequence[str]) -> tuple[Away, ...]:
    """The guests that left these hosts and are not back, or moved aside for them, or that these runs have moved.

    Raises usage.unknown-run.
    """
    store = doors.store()
    runs = {find(store, RunId(name)).id for name in names if name not in doors.settings.hosts}
    found = away(_history(store)).values()
    return tuple(
        one for one in found if one.home in names or not {*names}.isdisjoint(one.sake) or not runs.isdisjoint(one.runs)
    )


def _history(store: Store) -> Iterator[tuple[Run, tuple[Move, ...]]]:
    concerned: set[GuestId] = set()
    for run in reversed(store.runs()):
        mine = {move.guest for move in run.moves}
        if run.purpose == "move" and concerned.isdisjoint(mine):
            continue  # most runs: their journals need not be read
        concerned |= mine
        arrived = {r.move.guest for r in verdicts(store, run) if r.outcome and r.outcome.state is State.MIGRATED}
        yield run, tuple(move for move in run.moves if move.guest in arrived)


def who_may_come(
    doors: Doors, guests: Sequence[Away], policy: str | None
) -> tuple[tuple[Away, ...], tuple[Staying, ...], bool]:
    """Those that come home now, and those that their policies keep away. policy: instead of theirs. Answers also
    whether any of them only waits for its time."""
    going, kept, later = [], [], False
    now = doors.clock.now()
    zone = now.astimezone().tzinfo or UTC
    for one in guests:
        says = policy or doors.settings.policy_for(guest=one.name, host=one.home).evacuation.restore
        at = comes_at(one, says, zone)
        if at is not None and at <= now:
            going.append(one)
            continue
        later = later or at is not None
        when = "it stays where it is" if at is None else f"it comes home from {at:%Y-%m-%d %H:%M} UTC on"
        kept.append((one, f"{when} (evacuation.restore: {says})"))
    facts = look(doors, tuple(doors.settings.hosts)) if kept else None
    return tuple(going), tuple(_kept(one, why, facts) for one, why in kept if facts is not None), later


def _kept(one: Away, why: str, facts: Facts) -> Staying:
    place = _place(one, facts)
    host, mode = place if place is not None else (one.home, Mode.LIVE)
    fix = f"ferry restore {one.home} --policy immediate"
    return Staying(guest=one.guest, name=one.name, host=host, why=why, fix=fix, live=mode is Mode.LIVE, asked=True)


def homes_of(doors: Doors, names: Sequence[str], guests: Sequence[Away]) -> tuple[HostName, ...]:
    """The hosts that are named, and those that the guests left: they take guests again."""
    return tuple(sorted({one.home for one in guests} | {host for host in doors.settings.hosts if host in names}))


def opened(
    homes: Sequence[HostName], away: Sequence[Away], going: Sequence[Away], policy: str | None
) -> tuple[HostName, ...]:
    """Those of the homes that take guests again: not one of which all who are away wait for their time, or never come,
    unless that is what somebody asks for now. policy: instead of that of each guest."""
    if policy == NEVER:
        return tuple(homes)
    waiting = {one.home for one in away} - {one.home for one in going}
    return tuple(host for host in homes if host not in waiting)


def way_home(doors: Doors, guests: Sequence[Away], homes: tuple[HostName, ...], *, soon: bool = False) -> WayHome:
    """Plan the return of these guests. Raises usage.unknown-host where a home is configured no longer."""
    for host in homes:
        if host not in doors.settings.hosts:
            raise OrchestratorError.of("usage.unknown-host", f"{host}, which guests left, is configured no longer")
    closed = {one.host for one in doors.store().cordons()} - _only_aside(guests) - _rolled(doors, homes).keys()
    plan, places = _plan(doors, guests, set(), soon=soon) if guests else (Plan(moves=(), findings=()), ())
    return WayHome(homes=homes, guests=places, uncordoned=tuple(h for h in homes if h in closed), plan=plan)


def restore(
    doors: Doors,
    guests: Sequence[Away],
    way: WayHome,
    who: Who,
    sinks: Sequence[EventSink],
    stop: Stop,
    *,
    beside: tuple[Fence, ...],
) -> Restored:
    """Let the homes take guests again, and carry the way out; who finds no room is tried again as long as others make
    some. Raises host.cordon-held where a run relies on a cordon, and as operations.apply."""
    for host in way.uncordoned:
        uncordon(doors, host, by_name=False)
    aside: set[GuestId] = set()

    def again(given_up: frozenset[GuestId], _avoid: Mapping[GuestId, frozenset[HostName]]) -> Plan:
        try:
            return _plan(doors, [one for one in guests if one.guest not in given_up], aside, soon=True)[0]
        except OrchestratorError:  # a host that does not answer now: who is not home is said at the end
            return Plan(moves=(), findings=())

    rounds = Rounds(doors, who, Errand(purpose="restore", beside=beside), again, onward=True)
    plan = way.plan if way.plan.moves else again(frozenset(), {})
    stopped = rounds.carry_out(plan, sinks, stop)
    facts = look(doors, tuple(doors.settings.hosts))
    missing = [_missing(one, facts, rounds.why) for one in guests if not _is_home(one, facts)]
    by_operator = stop.level > Level.GO or stopped == AN_ORDER
    return Restored(
        homes=way.homes,
        runs=tuple(rounds.reports),
        guests=len(guests),
        home=len(guests) - len(missing),
        staying=tuple(missing),
        uncordoned=way.uncordoned,
        stopped=stopped,
        exit_code=code_of(rounds.reports, missing=bool(missing), by_operator=by_operator),
    )


def _plan(
    doors: Doors, guests: Sequence[Away], aside: set[GuestId], *, soon: bool
) -> tuple[Plan, tuple[Homecoming, ...]]:
    facts = look(doors, tuple(doors.settings.hosts))
    places = {one.guest: _place(one, facts) for one in guests}
    away_ = [(one, *place) for one in guests if (place := places[one.guest]) is not None and place[0] != one.home]
    rolled = _rolled(doors, {one.home for one in guests})
    ways = [(one, now, mode) for one, now, mode in away_ if one.home not in rolled]
    opened = frozenset(one.home for one in guests) - _only_aside(guests)
    plans = [
        propose(doors, _request([(o, now) for o, now, m in ways if (o.home, m) == kind], *kind, opened), soon=soon)
        for kind in dict.fromkeys((one.home, mode) for one, _, mode in ways)
    ]
    plan = _together(plans)
    going = {move.guest for move in plan.moves}
    staying = [_refused(one, now, mode, plan) for one, now, mode in ways if one.guest not in going]
    if staying and not going:
        plan = _aside(doors, [(one, now) for one, now, mode in ways if mode is Mode.LIVE], aside, soon=soon) or plan
    staying += [_shut(one, now, mode, rolled[one.home]) for one, now, mode in away_ if one.home in rolled]
    seen = tuple(
        Homecoming(guest=one.guest, name=one.name, home=one.home, now=place[0] if place is not None else None)
        for one in guests
        for place in (places[one.guest],)
    )
    return replace(plan, staying=tuple(staying)), seen


def _only_aside(guests: Sequence[Away]) -> frozenset[HostName]:
    """Hosts that guests only moved aside from: nobody has emptied them, and a cordon of theirs is none of ours."""
    return frozenset(one.home for one in guests if one.sake) - {one.home for one in guests if not one.sake}


def _request(
    ways: Sequence[tuple[Away, HostName]], home: HostName, mode: Mode, opened: frozenset[HostName]
) -> MoveRequest:
    named = tuple(f"{now}/{one.guest}" for one, now in ways)
    return MoveRequest(guests=named, to=home, mode=mode, uncordoned=opened & {home})


def _aside(doors: Doors, ways: Sequence[tuple[Away, HostName]], aside: set[GuestId], *, soon: bool) -> Plan | None:
    """Nobody finds room at home: one of them that stands in the way of another one goes elsewhere first, each once."""
    wanted = {one.home for one, _ in ways}
    shut = frozenset(wanted) | on_hold(doors)
    for one, now in ways:
        if now not in wanted or one.guest in aside:
            continue
        aside.add(one.guest)
        avoid = {one.guest: shut}
        found = propose(doors, MoveRequest(guests=(f"{now}/{one.guest}",), avoid=avoid), soon=soon)
        if found.moves:
            return found
    return None


def _together(plans: Sequence[Plan]) -> Plan:
    return Plan(
        moves=tuple(move for plan in plans for move in plan.moves),
        findings=tuple(dict.fromkeys(finding for plan in plans for finding in plan.findings)),
        rejected=tuple(one for plan in plans for one in plan.rejected),
    )


def _place(one: Away, facts: Facts) -> tuple[HostName, Mode] | None:
    """Where it is now, and how it would leave; None where that is not certain."""
    live = lives_on(one.guest, facts)
    if len(live) == 1:
        return live[0], Mode.LIVE
    off = [h for h, said in facts.answering().items() for g in said.guests if _off(g.uuid, g.power, one.guest)]
    return (off[0], Mode.OFFLINE) if not live and len(off) == 1 else None


def _off(uuid: GuestId, power: Power, guest: GuestId) -> bool:
    return uuid == guest and power is Power.SHUT_OFF


def _is_home(one: Away, facts: Facts) -> bool:
    place = _place(one, facts)
    return place is not None and place[0] == one.home


def _refused(one: Away, now: HostName, mode: Mode, plan: Plan) -> Staying:
    mine = [f for f in plan.findings if f.severity is Severity.BLOCKER and f.guest in (one.name, "")]
    why = "; ".join(dict.fromkeys(f"{f.check}: {f.saw}" for f in mine)) or f"{one.home} does not take it"
    fix = next((f.fix for f in mine if f.fix), f"ferry check {now}/{one.guest} --to {one.home}")
    return Staying(guest=one.guest, name=one.name, host=now, why=why, fix=fix, live=mode is Mode.LIVE)


def _rolled(doors: Doors, homes: Iterable[HostName]) -> dict[HostName, RunId]:
    """Those of the hosts that a roll relies on to be cordoned, each with its roll."""
    closed = {one.host for one in doors.store().cordons()}
    found = {host: relied_on(doors, host) for host in homes if host in closed}
    return {host: roll.id for host, roll in found.items() if roll is not None}


def _shut(one: Away, now: HostName, mode: Mode, roll: RunId) -> Staying:
    why = f"roll {roll} works on {one.home}, or has not seen it well since its command"
    return Staying(
        guest=one.guest, name=one.name, host=now, why=why, fix=f"ferry resume {roll}", live=mode is Mode.LIVE
    )


def _missing(one: Away, facts: Facts, why: Mapping[GuestId, Staying]) -> Staying:
    """A guest that is not home at last: where the hosts say it is, and what is known of the reason."""
    place, known = _place(one, facts), why.get(one.guest)
    if place is None:
        there = lives_on(one.guest, facts)
        silent = ", ".join(sorted(facts.hosts.keys() - facts.answering().keys()))
        because = f"it runs on {' and '.join(there)}" if there else "no host that answers has it"
        because += f"; {silent} does not answer" if silent and not there else ""
        return Staying(guest=one.guest, name=one.name, host=one.home, why=because, fix="ferry guests", live=bool(there))
    now, mode = place
    fix = f"ferry check {now}/{one.guest} --to {one.home}"
    because = known.why if known is not None else f"{one.home} does not take it"
    fix = known.fix if known is not None and known.host == now and known.fix else fix
    return Staying(guest=one.guest, name=one.name, host=now, why=because, fix=fix, live=mode is Mode.LIVE)
