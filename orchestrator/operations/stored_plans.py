"""Plans that are kept, and what has become of the world since: one that has drifted is not carried out."""

from orchestrator.documents import plan_digest
from orchestrator.documents.stored_plans import decode_stored_plan, encode_stored_plan
from orchestrator.errors import OrchestratorError, Problem
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.model.run import Who
from orchestrator.model.stored_plan import StoredPlan
from orchestrator.operations.doors import Doors
from orchestrator.operations.inventory import inventory
from orchestrator.operations.unbegun import drifted
from orchestrator.planning.drift import drift, refreshed


def keep(doors: Doors, name: str, request: MoveRequest | EvacuationRequest, plan: Plan, who: Who) -> StoredPlan:
    """Keep the plan under a name, in place of an earlier one. Raises plan.empty where it moves nothing."""
    if not plan.moves:
        raise OrchestratorError.of("plan.empty", f"the plan {name} would move no guest")
    stored = StoredPlan(
        name=name,
        made_at=doors.clock.now(),
        by=f"{who.login} on {who.controller}",
        digest=plan_digest(plan),
        policy_digest=who.policy_digest,
        request=request,
        plan=plan,
        reason=who.reason or "",
    )
    doors.store().keep_plan(name, encode_stored_plan(stored), at=stored.made_at)
    return stored


def one(doors: Doors, name: str) -> StoredPlan:
    """The stored plan of that name. Raises plan.unknown, plan.unreadable."""
    text = doors.store().plan(name)
    if text is None:
        there = ", ".join(doors.store().plans()) or "none at all"
        raise OrchestratorError.of("plan.unknown", f"no plan is called {name}; there are {there}")
    try:
        stored = decode_stored_plan(text)
    except ValueError as error:
        raise OrchestratorError.of("plan.unreadable", f"the plan {name}: {str(error).splitlines()[0]}") from None
    if plan_digest(stored.plan) != stored.digest:
        raise OrchestratorError.of("plan.unreadable", f"the plan {name} is not the one whose digest is {stored.digest}")
    return stored


def every(doors: Doors) -> tuple[StoredPlan, ...]:
    """All that can be read, the newest first."""
    found: list[StoredPlan] = []
    for name in doors.store().plans():
        try:
            found.append(one(doors, name))
        except OrchestratorError as error:
            if error.problems[0].code not in ("plan.unreadable", "plan.unknown"):
                raise
    return tuple(found)


def unchanged(doors: Doors, stored: StoredPlan, who: Who) -> Plan:
    """The plan, as long as the world is as it was when it was made. Asks the hosts, and all checks again.

    Raises plan.drifted with all that has changed.
    """
    facts = inventory(doors, _hosts(doors, stored))
    changes = [one.sentence for one in drift(stored.plan, facts, _emptied(stored))]
    if who.policy_digest != stored.policy_digest:
        changes.append(f"planned: under the policy {stored.policy_digest}; now: it is {who.policy_digest}")
    if not changes:  # otherwise what the checks say only follows from it
        changes = [outcome.because for outcome in drifted(doors, _judged(stored.plan))]
    if changes:
        fix = "Look at it, and plan anew under the same name: add --dry-run --save NAME to the command"
        raise OrchestratorError(tuple(Problem(code="plan.drifted", saw=saw, fix=fix) for saw in dict.fromkeys(changes)))
    return refreshed(stored.plan, facts)


def _judged(plan: Plan) -> tuple[Move, ...]:
    """The moves that the checks can judge now. One to a host that other moves leave may need the room that those make:
    it is checked when its turn comes, right before it begins."""
    left = {move.source for move in plan.moves}
    return tuple(move for move in plan.moves if move.destination not in left)


def _emptied(stored: StoredPlan) -> tuple[HostName, ...]:
    return stored.request.hosts if isinstance(stored.request, EvacuationRequest) else ()


def _hosts(doors: Doors, stored: StoredPlan) -> tuple[HostName, ...]:
    ends = (host for move in stored.plan.moves for host in (move.source, move.destination))
    named = dict.fromkeys((*ends, *_emptied(stored)))
    return tuple(host for host in named if host in doors.settings.hosts)
