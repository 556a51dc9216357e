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


def get_ready(doors: Doors, request: MoveRequest) -> None:
    """Begin to open the doors that `propose` and `apply` will need; returns at once and never fails."""
    every = tuple(doors.settings.hosts)
    named = [h for h in map(_named_host, request.guests) if h in every]
    doors.open_soon(_needed(request, every), [h for h in named if h is not None])


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
    """Two hosts are enough when the operator names both ends of every move; otherwise all must be asked."""
    ends = {*map(_named_host, request.guests), request.to}
    return tuple(h for h in every if h in ends) if ends <= set(every) else every


def _named_host(guest: str) -> HostName | None:
    host, slash, _ = guest.partition("/")
    return HostName(host) if slash else None
