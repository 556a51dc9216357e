"""From a request to a plan: ask the hosts, then decide without them."""

from dataclasses import replace

from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Ask
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.operations.doors import Doors
from orchestrator.operations.ready import hosts_to_ask
from orchestrator.planning.planner import candidates, plan
from orchestrator.planning.same_machine import same_machine

PATIENCE = 10.0


def propose(doors: Doors, request: MoveRequest) -> Plan:
    """Plan the request. Changes nothing on any host but a token file that is removed again.

    Raises usage.* for what the request names wrongly, host.unreachable where a silent host leaves it open,
    config.same-machine.
    """
    settings = doors.settings
    ask = Ask(hosts=hosts_to_ask(request, tuple(settings.hosts)))
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
