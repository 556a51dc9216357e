"""A plan that empties hosts: who leaves and where to, and loudly who stays and why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from orchestrator.checks.case import LIVE
from orchestrator.errors import OrchestratorError
from orchestrator.model.evacuation import EvacuationRequest, Staying
from orchestrator.model.facts import Ask, Facts, Unknown
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.model.transport import Mode
from orchestrator.operations.doors import Doors
from orchestrator.operations.holds import held_hosts
from orchestrator.operations.inventory import PATIENCE
from orchestrator.operations.propose import propose
from orchestrator.planning.resolve import unknown_host

Place = tuple[HostName, Guest]


def look(doors: Doors, hosts: tuple[HostName, ...]) -> Facts:
    """Ask these hosts what guests they have."""
    return doors.survey().facts(Ask(hosts=hosts, shell=False), within=PATIENCE)


def propose_emptying(doors: Doors, request: EvacuationRequest, *, soon: bool = False) -> Plan:
    """Plan the request: what one guest is refused for does not hinder the others. Findings that block a guest say why
    it stays. soon: the plan will be carried out at once.

    Raises usage.unknown-host, and host.unreachable where a host that is to be emptied is silent, or no host is left.
    """
    demand_known(doors, (*request.hosts, *request.to))
    doors.open_soon(tuple(doors.settings.hosts), request.hosts)
    staying: list[Staying] = []
    live: list[Place] = []
    still: list[Place] = []
    for host, guest in _guests(look(doors, request.hosts), request.hosts):
        why = _asked_to_stay(doors, request, host, guest)
        if why is not None:
            staying.append(why)
        else:
            (live if guest.power in LIVE else still).append((host, guest))
    plans = [
        _plan(doors, request, places, mode, soon=soon) for places, mode in ((live, Mode.LIVE), (still, Mode.OFFLINE))
    ]
    moves = tuple(move for plan in plans for move in plan.moves)
    findings = tuple(dict.fromkeys(finding for plan in plans for finding in plan.findings))
    going = {move.guest for move in moves}
    staying += (_refused(host, guest, findings) for host, guest in (*live, *still) if guest.uuid not in going)
    rejected = tuple(one for plan in plans for one in plan.rejected)
    return Plan(moves=moves, findings=findings, rejected=rejected, staying=tuple(staying))


def demand_known(doors: Doors, hosts: Sequence[HostName]) -> None:
    """Raises usage.unknown-host for the first one that is not configured."""
    for host in hosts:
        if host not in doors.settings.hosts:
            raise unknown_host(host, doors.settings.hosts)


def _guests(facts: Facts, hosts: Sequence[HostName]) -> list[Place]:
    found: list[Place] = []
    for host in hosts:
        answer = facts.hosts.get(host, Unknown(why="it was not asked"))
        if isinstance(answer, Unknown):
            raise OrchestratorError.of(
                answer.code, f"{host} does not answer, so its guests are not known: {answer.why}"
            )
        found += ((host, guest) for guest in answer.guests if guest.power in LIVE or guest.power is Power.SHUT_OFF)
    return found


def matches(patterns: Sequence[str], host: HostName, guest: Guest) -> bool:
    """Whether one of them means the guest: NAME, glob, HOST/NAME or UUID."""
    names = (guest.name, f"{host}/{guest.name}", guest.uuid)
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def _asked_to_stay(doors: Doors, request: EvacuationRequest, host: HostName, guest: Guest) -> Staying | None:
    live = guest.power in LIVE
    policy = doors.settings.policy_for(guest=guest.name, host=host).evacuation
    if matches(request.exclude, host, guest):
        why, fix, asked = "left out with --exclude", "", True
    elif request.only and not matches(request.only, host, guest):
        why, fix, asked = "not chosen with --only", "", True
    elif policy.guests == "leave":
        why, fix, asked = "its policy leaves it alone (evacuation.guests: leave)", f"ferry migrate {guest.uuid}", False
    elif not live and policy.shut_off == "stay" and request.offline == "stay":
        why, fix, asked = "it is shut off (evacuation.shut_off: stay)", f"ferry migrate {guest.uuid} --offline", False
    else:
        return None
    return Staying(guest=guest.uuid, name=guest.name, host=host, why=why, fix=fix, live=live, asked=asked)


def _plan(doors: Doors, request: EvacuationRequest, places: Sequence[Place], mode: Mode, *, soon: bool) -> Plan:
    if not places:
        return Plan(moves=(), findings=())
    named = tuple(f"{host}/{guest.uuid}" for host, guest in places)
    if len(request.to) == 1:
        return propose(doors, MoveRequest(guests=named, to=request.to[0], mode=mode), soon=soon)
    avoid = {guest.uuid: _not_to(doors, request, guest.uuid) for _, guest in places}
    return propose(doors, MoveRequest(guests=named, mode=mode, avoid=avoid), soon=soon)


def _not_to(doors: Doors, request: EvacuationRequest, guest: GuestId) -> frozenset[HostName]:
    """Neither where it failed to get, nor to another host that is being emptied or on hold, nor beside those asked
    for."""
    beside = frozenset(doors.settings.hosts) - frozenset(request.to or doors.settings.hosts)
    out = beside | frozenset(request.hosts) | (frozenset() if request.despite_hold else held_hosts(doors))
    tried = request.avoid.get(guest, frozenset())
    # Where it has failed everywhere, it may try the same ones again: what was wrong may be over.
    return out | tried if frozenset(doors.settings.hosts) - out - tried else out


def _refused(host: HostName, guest: Guest, findings: Sequence[Finding]) -> Staying:
    mine = [f for f in findings if f.severity is Severity.BLOCKER and f.guest in (guest.name, None, "")]
    mine = [f for f in mine if f.guest == guest.name] or mine
    why = "; ".join(dict.fromkeys(f"{f.check}: {f.saw}" for f in mine)) or "no host takes it"
    fix = next((f.fix for f in mine if f.fix), f"ferry check {guest.uuid}")
    return Staying(guest=guest.uuid, name=guest.name, host=host, why=why, fix=fix, live=guest.power in LIVE)


def left(
    doors: Doors, hosts: tuple[HostName, ...], why: Mapping[GuestId, Staying]
) -> tuple[list[Staying], list[HostName]]:
    """Who is still on these hosts, as they say themselves, and which of them do not say. why: what is known of it."""
    facts = look(doors, hosts)
    silent = [host for host in hosts if isinstance(facts.hosts.get(host, Unknown(why="")), Unknown)]
    there = _guests(facts, [host for host in hosts if host not in silent])
    return [_still(host, guest, why.get(guest.uuid)) for host, guest in there], silent


def _still(host: HostName, guest: Guest, known: Staying | None) -> Staying:
    live = guest.power in LIVE
    if known is not None and known.host == host:
        return replace(known, live=live)
    why = "it has come here meanwhile" if live else "only its definition is left, shut off"
    return Staying(guest=guest.uuid, name=guest.name, host=host, why=why, fix=f"ferry check {guest.uuid}", live=live)


def kept(move: Move, because: str) -> Staying:
    """A guest whose move did not bring it away."""
    fix = f"ferry check {move.source}/{move.guest}"
    return Staying(guest=move.guest, name=move.name, host=move.source, why=because, fix=fix)
