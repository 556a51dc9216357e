"""Moves that an interrupted run had not begun: whether they are begun now is for its adopter to say."""

from collections.abc import Callable, Sequence

from orchestrator.errors import OrchestratorError
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.model.run import RunId
from orchestrator.operations.doors import Doors
from orchestrator.operations.propose import propose

# Answers the verdicts on those of the moves that are not to be begun any more.
Unbegun = Callable[[Doors, Sequence[Move]], tuple[Outcome, ...]]


def interrupted(_doors: Doors, moves: Sequence[Move]) -> tuple[Outcome, ...]:
    """End all of them: nobody who works now has asked for them."""
    because = "the run was interrupted before this move had begun"
    return tuple(
        Outcome(guest=m.guest, state=State.KEPT, where=m.source, because=because, code="migration.interrupted")
        for m in moves
    )


def drifted(doors: Doors, moves: Sequence[Move], of_run: RunId | None = None) -> tuple[Outcome, ...]:
    """Check all of them anew, and end those that something speaks against by now. A host that is silent does, too.

    of_run: the run that they are of, where it goes on.
    """
    against: dict[GuestId, str] = {}
    for to, mode in dict.fromkeys((m.destination, m.transport.mode) for m in moves):
        alike = [m for m in moves if (m.destination, m.transport.mode) == (to, mode)]
        against |= _against(doors, alike, to, of_run)
    return tuple(
        Outcome(guest=guest, state=State.KEPT, where=None, because=because, code="migration.drifted")
        for guest, because in against.items()
    )


def _against(doors: Doors, moves: Sequence[Move], to: HostName, of_run: RunId | None) -> dict[GuestId, str]:
    try:
        mode = moves[0].transport.mode
        guests = tuple(f"{m.source}/{m.guest}" for m in moves)
        plan = propose(doors, MoveRequest(guests=guests, to=to, mode=mode, of_run=of_run))
    except OrchestratorError as error:
        if len(moves) == 1:
            return {moves[0].guest: "; ".join(p.saw for p in error.problems)}
        # What one guest is refused for must not speak against the others.
        return {guest: why for move in moves for guest, why in _against(doors, [move], to, of_run).items()}
    agreed = {(m.guest, m.source) for m in plan.moves}
    return {m.guest: _said(plan, m) for m in moves if (m.guest, m.source) not in agreed}


def _said(plan: Plan, move: Move) -> str:
    blockers = [f for f in plan.blockers() if f.guest == move.name] or plan.blockers()
    return "; ".join(f"{f.check}: {f.saw}" for f in blockers) or f"it can no longer go to {move.destination}"
