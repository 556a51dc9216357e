"""Bring guests home that were moved off a host for its sake: where home is stands in the journal."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation.homeward import NEVER, Away, away, comes_at
from orchestrator.migration.terms import Level
from orchestrator.model.evacuation import Staying
from orchestrator.model.facts import Facts
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence
from orchestrator.model.move import Move, State
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.model.restored import Homecoming, HomeRequest, Restored, WayHome
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
from orchestrator.operations.returning import plan_returning
from orchestrator.operations.rounds import Rounds, code_of
from orchestrator.operations.standing_orders import AN_ORDER
from orchestrator.planning.homecoming import is_gone, place_of
from orchestrator.planning.resolve import lives_on, silent
from orchestrator.ports import EventSink, Store

_INCOMPLETE, _UNREACHABLE = 1, 6


def who_is_away(doors: Doors, names: Sequence[str]) -> tuple[Away, ...]:
    """The guests that left these hosts and are not back, or moved aside for them, or that these runs have moved.

    Raises usage.unknown-run.
    """
    store = doors.store()
    found = away(_history(store)).values()
    # One that guests have left is a host, and no run, also when it is configured no longer.
    hosts = doors.settings.hosts.keys() | {one.home for one in found}
    runs = {find(store, RunId(name)).id for name in names if name not in hosts}
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
    for one in guests:
        says = policy or doors.settings.policy_for(guest=one.name, host=one.home).evacuation.restore
        at = comes_at(one, says, None)
        if at is not None and at <= now:
            going.append(one)
            continue
        later = later or at is not None
        when = "it stays where it is" if at is None else f"it comes home from {at:%Y-%m-%d %H:%M} UTC on"
        kept.append((one, f"{when} (evacuation.restore: {says})"))
    if not kept:
        return tuple(going), (), later
    facts = look(doors, tuple(doors.settings.hosts))
    staying = (_kept(one, why, facts) for one, why in kept if not _is_gone(doors, one, facts))
    return tuple(going), tuple(staying), later


def _kept(one: Away, why: str, facts: Facts) -> Staying:
    place = place_of(one.guest, facts)
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
    """Plan the return of these guests. Those of a home that does not answer, or is configured no longer, stay."""
    known = tuple(doors.settings.hosts)
    closed = {one.host for one in doors.store().cordons()}
    facts = look(doors, known) if guests else Facts(hosts={})
    quiet = tuple(host for host in homes if host in silent(facts))
    shut = _only_aside(guests) | _shut(doors, homes).keys() | frozenset(quiet)
    open_ = tuple(host for host in homes if host not in shut)
    return WayHome(
        homes=homes,
        guests=tuple(_homecoming(doors, one, facts) for one in guests),
        uncordoned=tuple(host for host in open_ if host in closed and host in known),
        plan=_plan(doors, guests, facts, set(), soon=soon),
        open=open_,
        silent=quiet,
    )


def _homecoming(doors: Doors, one: Away, facts: Facts) -> Homecoming:
    place = place_of(one.guest, facts)
    now = place[0] if place is not None else None
    return Homecoming(guest=one.guest, name=one.name, home=one.home, now=now, gone=_is_gone(doors, one, facts))


def _is_gone(doors: Doors, one: Away, facts: Facts) -> bool:
    """Whether it is nowhere any more; a host that is not asked any more may still have it."""
    return {one.home, one.last} <= doors.settings.hosts.keys() and is_gone(one.guest, facts)


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
    rolls = [roll for host in way.uncordoned for roll in uncordon(doors, host, by_name=False).stopped]
    home = {one.guest: one.home for one in guests}
    aside = {move.guest for move in way.plan.moves if move.destination != home[move.guest]}

    def again(given_up: frozenset[GuestId], _avoid: Mapping[GuestId, frozenset[HostName]]) -> Plan:
        left = [one for one in guests if one.guest not in given_up]
        try:
            return _plan(doors, left, look(doors, tuple(doors.settings.hosts)), aside, soon=True)
        except OrchestratorError:  # a store that does not answer now: who is not home is said at the end
            return Plan(moves=(), findings=())

    rounds = Rounds(doors, who, Errand(purpose="restore", beside=beside), again, onward=True)
    plan = way.plan if way.plan.moves else again(frozenset(), {})
    stopped = rounds.carry_out(plan, sinks, stop)
    told = _told(doors, guests, way, rounds, stopped, by_operator=stop.level > Level.GO or stopped == AN_ORDER)
    return replace(told, rolls=tuple(dict.fromkeys(rolls)))


def _told(
    doors: Doors, guests: Sequence[Away], way: WayHome, rounds: Rounds, stopped: str, *, by_operator: bool
) -> Restored:
    """What came of it, as the hosts say."""
    facts = look(doors, tuple(doors.settings.hosts))
    gone = [one for one in guests if _is_gone(doors, one, facts)]
    missing = [one for one in guests if one not in gone and not _is_home(one, facts)]
    code = code_of(rounds.reports, missing=bool(missing), by_operator=by_operator)
    if code == _INCOMPLETE and not rounds.reports and all(_unreached(one, facts) for one in missing):
        code = _UNREACHABLE
    return Restored(
        homes=way.homes,
        runs=tuple(rounds.reports),
        guests=len(guests) - len(gone),
        home=len(guests) - len(gone) - len(missing),
        staying=tuple(_missing(one, facts, rounds.why) for one in missing),
        uncordoned=way.uncordoned,
        stopped=stopped,
        exit_code=code,
        gone=tuple(one.name for one in gone),
    )


def _unreached(one: Away, facts: Facts) -> bool:
    """Whether nothing but hosts that do not answer keeps it away."""
    nowhere = place_of(one.guest, facts) is None and not lives_on(one.guest, facts)
    return one.home in silent(facts) or (nowhere and bool(silent(facts)))


def _plan(doors: Doors, guests: Sequence[Away], facts: Facts, aside: set[GuestId], *, soon: bool) -> Plan:
    places = ((one, place_of(one.guest, facts)) for one in guests)
    left = [(one, *place) for one, place in places if place is not None and place[0] != one.home]
    shut = _shut(doors, {one.home for one in guests})
    plan = _open_plan(doors, guests, [way for way in left if way[0].home not in shut], facts, aside, soon=soon)
    kept = (_stays(one, now, mode, *shut[one.home]) for one, now, mode in left if one.home in shut)
    return replace(plan, staying=(*plan.staying, *kept))


def _open_plan(
    doors: Doors,
    guests: Sequence[Away],
    ways: Sequence[tuple[Away, HostName, Mode]],
    facts: Facts,
    aside: set[GuestId],
    *,
    soon: bool,
) -> Plan:
    """Of those whose homes may take them."""
    if not ways:
        return Plan(moves=(), findings=())
    opened = frozenset(one.home for one, _, _ in ways) - _only_aside(guests)
    request = HomeRequest(homes={one.guest: one.home for one, _, _ in ways}, opened=opened)
    plan = plan_returning(doors, request, {one.guest: now for one, now, _ in ways}, soon=soon)
    if plan.moves or not plan.staying:
        return plan
    answering = facts.answering()
    live = [(one, now) for one, now, mode in ways if mode is Mode.LIVE]
    wanted = frozenset(one.home for one, _ in live if one.home in answering)
    first = _aside(doors, live, wanted, aside, soon=soon)
    return plan if first is None else replace(first, staying=plan.staying)


def _only_aside(guests: Sequence[Away]) -> frozenset[HostName]:
    """Hosts that guests only moved aside from: nobody has emptied them, and a cordon of theirs is none of ours."""
    return frozenset(one.home for one in guests if one.sake) - {one.home for one in guests if not one.sake}


def _aside(
    doors: Doors,
    ways: Sequence[tuple[Away, HostName]],
    wanted: frozenset[HostName],
    aside: set[GuestId],
    *,
    soon: bool,
) -> Plan | None:
    """Nobody finds room at home: one of them that stands in the way of another one goes elsewhere first, each once.
    wanted: homes that others could come to."""
    shut = wanted | on_hold(doors)
    for one, now in ways:
        if now not in wanted or one.guest in aside:
            continue
        aside.add(one.guest)
        avoid = {one.guest: shut}
        found = propose(doors, MoveRequest(guests=(f"{now}/{one.guest}",), avoid=avoid), soon=soon)
        if found.moves:
            return found
    return None


def _is_home(one: Away, facts: Facts) -> bool:
    place = place_of(one.guest, facts)
    return place is not None and place[0] == one.home


def _shut(doors: Doors, homes: Collection[HostName]) -> dict[HostName, tuple[str, str]]:
    """Those of the hosts whose cordon is not lifted, each with the reason and what would help: a roll relies on it, or
    a person has put it for a reason of their own."""
    found = {}
    for cordon in doors.store().cordons():
        if cordon.host in homes:
            roll = relied_on(doors, cordon.host)
            if roll is not None:
                why = f"roll {roll.id} works on {cordon.host}, or has not seen it well since its command"
                found[cordon.host] = why, f"ferry resume {roll.id}"
            elif cordon.run is None and not cordon.emptied:
                found[cordon.host] = str(cordon), f"ferry uncordon {cordon.host}"
    return found


def _stays(one: Away, now: HostName, mode: Mode, why: str, fix: str) -> Staying:
    return Staying(guest=one.guest, name=one.name, host=now, why=why, fix=fix, live=mode is Mode.LIVE)


def _missing(one: Away, facts: Facts, why: Mapping[GuestId, Staying]) -> Staying:
    """A guest that is not home at last: where the hosts say it is, and what is known of the reason."""
    place, known = place_of(one.guest, facts), why.get(one.guest)
    if place is None:
        there = lives_on(one.guest, facts)
        quiet = ", ".join(silent(facts))
        because = f"it runs on {' and '.join(there)}" if there else "no host that answers has it"
        because += f"; {quiet} does not answer" if quiet and not there else ""
        return Staying(guest=one.guest, name=one.name, host=one.home, why=because, fix="ferry guests", live=bool(there))
    now, mode = place
    fix = f"ferry check {now}/{one.guest} --to {one.home}"
    because = known.why if known is not None else f"{one.home} does not take it"
    fix = known.fix if known is not None and known.host == now and known.fix else fix
    return Staying(guest=one.guest, name=one.name, host=now, why=because, fix=fix, live=mode is Mode.LIVE)
