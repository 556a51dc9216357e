"""From a request to a plan: ask the hosts, then decide without them."""

from dataclasses import replace

from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Ask
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.operations.doors import Doors
from orchestrator.planning.planner import candidates, plan
from orchestrator.planning.same_machine import same_machine

PATIENCE = 10.0


def propose(doors: Doors, request: MoveRequest) -> Plan:
    """Plan the request. Changes nothing on any host but a token file that is removed again.

    Raises usage.* for what the request names wrongly, host.unreachable where a silent host leaves it open,
    config.same-machine.
    """
    settings = doors.settings
    ask = Ask(hosts=_needed(request, tuple(settings.hosts)))
    facts = doors.survey().facts(ask, within=PATIENCE)
    problem = same_machine(facts)
    if problem is not None:
        raise OrchestratorError((problem,))
    pairs = candidates(request, settings, facts)
    for source in {pair.source for pair in pairs}:
        doors.hypervisor(source).expect()
    if pairs:
        facts = doors.survey().facts(replace(ask, pairs=pairs, known=facts), within=PATIENCE)
    return plan(request, settings, facts)


def _needed(request: MoveRequest, every: tuple[HostName, ...]) -> tuple[HostName, ...]:
    """Two hosts are enough when both ends of every move are named; otherwise all must be asked."""
    named = {HostName(g.split("/", 1)[0]) for g in request.guests if "/" in g}
    if request.to is None or any("/" not in g for g in request.guests) or not named | {request.to} <= set(every):
        return every
    return tuple(h for h in every if h in named | {request.to})
