"""From a request to a plan: ask the hosts and the store, then decide without them."""

import logging
import re
from dataclasses import replace

from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Finding
from orchestrator.model.host import HostName
from orchestrator.model.open_move import Coming, OpenMoves
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.operations.cordons import cordoned
from orchestrator.operations.doors import Doors
from orchestrator.operations.gather import gather
from orchestrator.operations.networks import known
from orchestrator.operations.open_moves import coming, open_moves
from orchestrator.planning.network_score import Known
from orchestrator.planning.planner import plan

_log = logging.getLogger(__name__)
# A whole word is the guest: a name that a shell would take apart is never offered, its UUID is.
_NOWHERE = re.compile(r"\bferry migrate ([^\s;,]+)(?![^\s;,])(?! --to\b)")


def propose(doors: Doors, request: MoveRequest, *, soon: bool = False) -> Plan:
    """Plan the request. soon: it will be carried out at once.

    Raises usage.* for what the request names wrongly, host.unreachable where a silent host leaves it open,
    config.same-machine.
    """
    doors.open_soon((), ())  # the store takes its time to load: it does so while the hosts are asked
    with doors.turn():
        facts = gather(doors, request, soon=soon)
    today, not_over = doors.clock.now().date(), _not_over(doors, request)
    # What stands in the store decides only where there is something to choose.
    networks = known(doors) if len(doors.settings.networks_in_question) > 1 else Known()
    closed = cordoned(doors)
    if not isinstance(closed, Unknown):
        closed = tuple(one for one in closed if one.host not in request.uncordoned)
    begun = () if isinstance(not_over, Unknown) else _coming(doors)
    made = plan(request, doors.settings, facts, today, not_over, networks, closed, begun)
    if request.to is None:
        return made
    return replace(made, findings=tuple(_towards(request.to, finding) for finding in made.findings))


def _towards(to: HostName, finding: Finding) -> Finding:
    """The finding with a fix that keeps the destination: rules about a guest alone do not know where it is to go."""
    return replace(finding, fix=keep_destination(finding.fix, to)) if "ferry migrate" in finding.fix else finding


def keep_destination(fix: str, to: HostName) -> str:
    """The same commands, each `ferry migrate GUEST` that names no destination with this one.

    A guest that is found to live there already is not sent to where it is.
    """
    return _NOWHERE.sub(lambda found: found[0] if found[1].startswith(f"{to}/") else f"{found[0]} --to {to}", fix)


def _coming(doors: Doors) -> tuple[Coming, ...]:
    try:
        return coming(doors.store())
    except OrchestratorError as error:  # saved facts tell of hosts; of a store that fails now all else tells
        _log.info("what is on its way to hosts is not known: %s", error)
        return ()


def _not_over(doors: Doors, request: MoveRequest) -> OpenMoves | Unknown:
    try:
        return open_moves(doors.store(), doors.holder, request.of_run)
    except OrchestratorError as error:
        (problem, *_) = error.problems
        if problem.code == "usage.saved-facts":  # they tell of hosts, and no store stands beside them
            return {}
        return Unknown(why=problem.saw, code=problem.code)
