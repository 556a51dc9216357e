"""Facts for an evacuation, and the plan made of them: all hosts first, then what lies between those that are left."""

from collections.abc import Mapping

from orchestrator.checks.registry import TOPICS
from orchestrator.evacuation.due import sentence
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.facts import Ask, Facts
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.operations.doors import Doors
from orchestrator.operations.gather import hosts_first, then_between
from orchestrator.operations.holds import in_force
from orchestrator.operations.networks import known
from orchestrator.operations.open_moves import open_moves
from orchestrator.planning.evacuate import evacuation_pairs, plan_evacuation


def plan_leaving(doors: Doors, request: EvacuationRequest, *, soon: bool = False) -> Plan:
    """Plan the evacuation from what the hosts and the store say now. soon: it will be carried out at once.

    Guests elsewhere are looked at only once somebody has found no place. Raises as plan_evacuation, config.same-machine
    and store.unavailable.
    """
    with doors.turn():
        return _asked(doors, request, soon=soon)


def _asked(doors: Doors, request: EvacuationRequest, *, soon: bool) -> Plan:
    settings = doors.settings
    ask = Ask(
        hosts=tuple(settings.hosts),
        topics=TOPICS,
        networks=settings.networks_in_question,
        ask_qemu=tuple(f"{host}/*" for host in request.hosts) if settings.policy.ask_qemu else (),
    )
    facts = hosts_first(doors, ask)
    for source in request.hosts if soon else ():
        doors.hypervisor(source).expect()
    plan = _planned(doors, request, _looked_at(doors, request, ask, facts, aside=False))
    if plan.proof is None or not request.swaps:
        return plan
    return _planned(doors, request, _looked_at(doors, request, ask, facts, aside=True))


def _looked_at(doors: Doors, request: EvacuationRequest, ask: Ask, facts: Facts, *, aside: bool) -> Facts:
    today, cordons, held = doors.clock.now().date(), doors.store().cordons(), _held(doors, request)
    pairs = evacuation_pairs(request, doors.settings, facts, today, cordons, held, aside=aside)
    return then_between(doors, ask, facts, pairs)


def _planned(doors: Doors, request: EvacuationRequest, facts: Facts) -> Plan:
    store, today = doors.store(), doors.clock.now().date()
    moving = open_moves(store, doors.holder, None)
    held = _held(doors, request)
    return plan_evacuation(request, doors.settings, facts, today, moving, known(doors), store.cordons(), held)


def _held(doors: Doors, request: EvacuationRequest) -> Mapping[HostName, str]:
    return {} if request.despite_hold else {HostName(hold.name): sentence(hold) for hold in in_force(doors)}
