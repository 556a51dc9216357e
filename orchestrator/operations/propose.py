"""From a request to a plan: ask the hosts and the store, then decide without them."""

from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Unknown
from orchestrator.model.open_move import OpenMoves
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.operations.doors import Doors
from orchestrator.operations.gather import gather
from orchestrator.operations.open_moves import open_moves
from orchestrator.planning.planner import plan


def propose(doors: Doors, request: MoveRequest, *, soon: bool = False) -> Plan:
    """Plan the request. soon: it will be carried out at once.

    Raises usage.* for what the request names wrongly, host.unreachable where a silent host leaves it open,
    config.same-machine.
    """
    doors.open_soon((), ())  # the store takes its time to load: it does so while the hosts are asked
    facts = gather(doors, request, soon=soon)
    return plan(request, doors.settings, facts, doors.clock.now().date(), _not_over(doors, request))


def _not_over(doors: Doors, request: MoveRequest) -> OpenMoves | Unknown:
    try:
        return open_moves(doors.store(), doors.holder, request.of_run)
    except OrchestratorError as error:
        (problem, *_) = error.problems
        if problem.code == "usage.saved-facts":  # they tell of hosts, and no store stands beside them
            return {}
        return Unknown(why=problem.saw, code=problem.code)
