"""Why a guest would go to a host, or not: every alternative with its reason."""

from collections.abc import Iterator

from orchestrator.errors import OrchestratorError
from orchestrator.evacuation.due import EVERYTHING, sentence
from orchestrator.model.finding import Severity
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan, Rejected
from orchestrator.model.request import MoveRequest
from orchestrator.model.why import Why
from orchestrator.operations.doors import Doors
from orchestrator.operations.holds import in_force
from orchestrator.operations.propose import propose


def why(doors: Doors, guest: str, to: HostName | None) -> Why:
    """Plan the move of one guest and tell all that was weighed. to: only that host is meant. Raises as propose."""
    plan = propose(doors, MoveRequest(guests=(guest,), to=to, thorough=True))
    move = plan.moves[0] if plan.moves else None
    against = tuple(_against(plan, to)) if move is None and to is not None else plan.rejected
    return Why(
        guest=move.name if move is not None else _name(plan, guest),
        source=move.source if move is not None else next((f.source for f in plan.findings if f.source), None),
        to=None if move is None else move.destination,
        because="" if move is None else move.because,
        transport=() if move is None else (*move.transport.because, *move.transport.way),
        rejected=(*against, *_held(doors, guest, to)),
        findings=plan.findings,
    )


def _name(plan: Plan, guest: str) -> str:
    return next((finding.guest for finding in plan.findings if finding.guest), guest)


def _against(plan: Plan, to: HostName) -> Iterator[Rejected]:
    """Everything that speaks against the one host, not only the first reason."""
    for finding in plan.findings:
        if finding.severity is Severity.BLOCKER:
            yield Rejected(guest=finding.guest, destination=to, why=f"{finding.check}: {finding.saw}")


def _held(doors: Doors, guest: str, to: HostName | None) -> Iterator[Rejected]:
    """Hosts that nothing begins on for now, unless somebody says --despite-hold. Saved facts know of none."""
    try:
        held = in_force(doors)
    except OrchestratorError as error:
        if error.problems[0].code != "usage.saved-facts":
            raise
        return
    for host in doors.settings.hosts if to is None else (to,):
        for hold in held:
            if hold.name in (EVERYTHING, host):
                yield Rejected(guest=guest, destination=host, why=f"for now: {sentence(hold)}")
