"""From a request to a plan: ask the hosts, then decide without them."""

from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.operations.doors import Doors
from orchestrator.operations.gather import gather
from orchestrator.planning.planner import plan


def propose(doors: Doors, request: MoveRequest, *, soon: bool = False) -> Plan:
    """Plan the request. soon: it will be carried out at once.

    Raises usage.* for what the request names wrongly, host.unreachable where a silent host leaves it open,
    config.same-machine.
    """
    return plan(request, doors.settings, gather(doors, request, soon=soon), doors.clock.now().date())
