"""A plan that empties hosts: who leaves and where to, and loudly who stays and why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from orchestrator.checks.case import LIVE
from orchestrator.model.evacuation import EvacuationRequest, Staying
from orchestrator.model.facts import Ask, Facts, Unknown
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.plan import Plan
from orchestrator.operations.doors import Doors
from orchestrator.operations.inventory import PATIENCE
from orchestrator.operations.leaving import plan_leaving
from orchestrator.planning.resolve import unknown_host
from orchestrator.planning.selecting import means, unmatched
from orchestrator.planning.silence import silent

Place = tuple[HostName, Guest]


def look(doors: Doors, hosts: tuple[HostName, ...]) -> Facts:
    """Ask these hosts what guests they have."""
    return doors.survey().facts(Ask(hosts=hosts, shell=False), within=PATIENCE)


def propose_emptying(doors: Doors, request: EvacuationRequest, *, soon: bool = False, begun: bool = False) -> Plan:
    """Plan the request under what each guest's policy says of evacuations: what one guest is refused for does not
    hinder the others. soon: the plan will be carried out at once. begun: it is what is left of an evacuation, so that
    those chosen with --only may all be gone.

    Raises usage.unknown-host, guest.unknown, host.unreachable where a host that is to be emptied is silent.
    """
    demand_known(doors, (*request.hosts, *request.to))
    doors.open_soon(tuple(doors.settings.hosts), request.hosts)
    places = _guests(doors, look(doors, request.hosts), request.hosts)
    kept_back = [one for host, guest in places if (one := _asked_to_stay(doors, request, host, guest)) is not None]
    if begun and request.only and len(kept_back) == len(places):
        return Plan(moves=(), findings=(), staying=tuple(kept_back))
    by_policy = {one.guest: one for one in kept_back if not one.asked}
    moving = any(guest.power not in LIVE and guest.uuid not in by_policy for _, guest in places)
    asked = replace(
        request,
        exclude=(*request.exclude, *sorted(by_policy)),
        offline="move" if moving else request.offline,
    )
    plan = plan_leaving(doors, asked, soon=soon)
    return replace(
        plan,
        staying=tuple(by_policy.get(one.guest, one) for one in plan.staying),
        unmatched=unmatched((*request.only, *request.exclude), places),
    )


def first_wave(plan: Plan, hosts: Sequence[HostName]) -> Plan:
    """The moves that need no other one to be over first: where guests elsewhere move aside to make room, those that
    are to get it wait for the next run."""
    making_room = {move.source for move in plan.moves if move.source not in hosts}
    later = [move for move in plan.moves if move.source in hosts and move.destination in making_room]
    if not later:
        return plan
    waiting = tuple(kept(move, f"it waits until there is room on {move.destination}") for move in later)
    moves = tuple(move for move in plan.moves if move not in later)
    return replace(plan, moves=moves, staying=(*plan.staying, *waiting))


def demand_known(doors: Doors, hosts: Sequence[HostName]) -> None:
    """Raises usage.unknown-host for the first one that is not configured."""
    for host in hosts:
        if host not in doors.settings.hosts:
            raise unknown_host(host, doors.settings.hosts)


def _guests(doors: Doors, facts: Facts, hosts: Sequence[HostName]) -> list[Place]:
    found: list[Place] = []
    for host in hosts:
        answer = facts.hosts.get(host, Unknown(why="it was not asked"))
        if isinstance(answer, Unknown):
            raise silent(host, answer, doors.settings.hosts)
        found += ((host, guest) for guest in answer.guests if guest.power in LIVE or guest.power is Power.SHUT_OFF)
    return found


def _asked_to_stay(doors: Doors, request: EvacuationRequest, host: HostName, guest: Guest) -> Staying | None:
    live = guest.power in LIVE
    policy = doors.settings.policy_for(guest=guest.name, host=host).evacuation
    if means(request.exclude, host, guest):
        why, fix, asked = "left out with --exclude", "", True
    elif request.only and not means(request.only, host, guest):
        why, fix, asked = "not chosen with --only", "", True
    elif policy.guests == "leave":
        why, fix, asked = "its policy leaves it alone (evacuation.guests: leave)", f"ferry migrate {guest.uuid}", False
    elif not live and policy.shut_off == "stay" and request.offline == "stay":
        why, fix, asked = "it is shut off (evacuation.shut_off: stay)", f"ferry migrate {guest.uuid} --offline", False
    else:
        return None
    return Staying(guest=guest.uuid, name=guest.name, host=host, why=why, fix=fix, live=live, asked=asked)


def left(
    doors: Doors, hosts: tuple[HostName, ...], why: Mapping[GuestId, Staying]
) -> tuple[list[Staying], list[HostName]]:
    """Who is still on these hosts, as they say themselves, and which of them do not say. why: what is known of it."""
    facts = look(doors, hosts)
    silent = [host for host in hosts if isinstance(facts.hosts.get(host, Unknown(why="")), Unknown)]
    answering = facts.answering()
    there = ((host, guest) for host in hosts if host in answering for guest in answering[host].guests)
    left_there = [(host, guest) for host, guest in there if guest.power is not Power.ABSENT]
    return [_still(host, guest, why.get(guest.uuid)) for host, guest in left_there], silent


def _still(host: HostName, guest: Guest, known: Staying | None) -> Staying:
    live = guest.power is not Power.SHUT_OFF  # one that is arriving keeps the host from being empty as well
    here = known if known is not None and known.host == host else None
    if here is not None and (here.live or not live):
        return replace(here, live=live)
    if guest.power is Power.INCOMING:
        why = "it is just arriving"
    elif here is not None:
        why = "it was started meanwhile"
    else:
        why = "it has come here meanwhile" if live else "only its definition is left, shut off"
    return Staying(guest=guest.uuid, name=guest.name, host=host, why=why, fix=f"ferry check {guest.uuid}", live=live)


def kept(move: Move, because: str) -> Staying:
    """A guest whose move did not bring it away."""
    fix = f"ferry check {move.source}/{move.guest}"
    return Staying(guest=move.guest, name=move.name, host=move.source, why=because, fix=fix)
