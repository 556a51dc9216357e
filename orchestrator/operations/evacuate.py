"""Empty hosts: move their guests under the limits, try elsewhere what failed, and ask the hosts at last."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.terms import Level
from orchestrator.model.cordon import Cordon
from orchestrator.model.emptied import Emptied
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence
from orchestrator.model.plan import Plan
from orchestrator.model.run import Purpose, Who
from orchestrator.operations.cordons import cordon
from orchestrator.operations.doors import Doors
from orchestrator.operations.emptying import first_wave, left, propose_emptying
from orchestrator.operations.errand import Errand
from orchestrator.operations.hooks import after_hosts, before_hosts
from orchestrator.operations.rounds import Rounds, code_of
from orchestrator.operations.standing_orders import AN_ORDER
from orchestrator.ports import EventSink


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """How far an evacuation may go. at_deadline None: as the policy says."""

    deadline: datetime | None = None
    at_deadline: Literal["finish", "cancel"] | None = None


def close(doors: Doors, hosts: Sequence[HostName], who: Who, because: str) -> tuple[Cordon, ...]:
    """Cordon these hosts, until a person lifts that; a cordon that stands is left as it is. Answers those put."""
    standing = {one.host for one in doors.store().cordons()}
    put = (cordon(doors, host, because, who, emptied=True).cordon for host in hosts if host not in standing)
    return tuple(one for one in put if one is not None)


def reopen(doors: Doors, put: Sequence[Cordon]) -> None:
    """Lift these again; one that somebody has put in place of them stays."""
    standing = doors.store().cordons()
    for one in put:
        if one in standing:
            doors.store().lift_cordon(one.host)


def evacuate(
    doors: Doors,
    request: EvacuationRequest,
    plan: Plan,
    who: Who,
    sinks: Sequence[EventSink],
    stop: Stop,
    *,
    bounds: Bounded,
    beside: tuple[Fence, ...],
) -> Emptied:
    """Carry the plan out. The hosts are cordoned already, and stay so: they were emptied on purpose.

    Done is what the hosts say: exit code 0 where no live guest is left but those that were asked to stay. Raises
    evacuation.hook where a script of the operator refuses a host, and as operations.apply.
    """

    def again(given_up: frozenset[GuestId], avoid: dict[GuestId, frozenset[HostName]]) -> Plan:
        asked = replace(request, exclude=(*request.exclude, *sorted(given_up)), avoid=dict(avoid))
        try:
            found = propose_emptying(doors, asked, soon=True)
        except OrchestratorError:  # a host that does not answer now: what is left is said at the end
            return Plan(moves=(), findings=())
        found = first_wave(found, request.hosts)
        return replace(found, staying=tuple(one for one in found.staying if one.guest not in given_up))

    before_hosts(doors, request.hosts, beside)
    rounds = Rounds(doors, who, _errand(doors, "evacuate", request.hosts, bounds, beside), again, onward=True)
    stopped = rounds.carry_out(first_wave(plan, request.hosts), sinks, stop)
    told = _told(doors, request.hosts, plan, rounds, stopped, by_operator=stop.level > Level.GO)
    after_hosts(doors, told)
    return told


def _told(
    doors: Doors, hosts: tuple[HostName, ...], plan: Plan, rounds: Rounds, stopped: str, *, by_operator: bool
) -> Emptied:
    """What came of it, as the hosts say."""
    staying, silent = left(doors, hosts, rounds.why)
    asked = {one.guest for one in plan.staying if one.asked}
    staying = [replace(one, asked=one.guest in asked) for one in staying]
    missing = bool(silent) or any(one.live and not one.asked for one in staying)
    return Emptied(
        hosts=hosts,
        runs=tuple(rounds.reports),
        staying=tuple(staying),
        silent=tuple(silent),
        cordoned=tuple(sorted(one.host for one in doors.store().cordons() if one.host in hosts)),
        stopped=stopped,
        exit_code=code_of(rounds.reports, missing=missing, by_operator=by_operator or stopped == AN_ORDER),
    )


def _errand(
    doors: Doors, purpose: Purpose, hosts: tuple[HostName, ...], bounds: Bounded, beside: tuple[Fence, ...]
) -> Errand:
    return Errand(
        purpose=purpose,
        emptied=hosts,
        deadline=bounds.deadline,
        at_deadline=bounds.at_deadline or doors.settings.policy.evacuation.at_deadline,
        beside=beside,
    )
