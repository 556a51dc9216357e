"""What an operator agrees to when a guest does not move live: in words, before anything is done."""

from collections.abc import Callable

from orchestrator.cli.view.format import count, duration, rate, size
from orchestrator.model.move import Move
from orchestrator.model.plan import Plan
from orchestrator.model.transport import Mode
from orchestrator.operations.standstill import Standstill


def meant(plan: Plan, standstill: Callable[[Move], Standstill]) -> list[str]:
    """One sentence for each guest that will notice the move: what happens to it, and for how long."""
    return [said for move in plan.moves if (said := _of_move(move, standstill)) is not None]


def question(plan: Plan) -> str:
    """What is asked before it begins."""
    guests = count(len(plan.moves), "guest")
    match _mode(plan):
        case Mode.PAUSE:
            return f"Pause {guests} for the whole copy and move now?"
        case Mode.COLD:
            return f"Shut {guests} down for the move and start again now?"
        case Mode.OFFLINE:
            return f"Move the definition of {guests} now?"
        case Mode.LIVE:
            return f"Move {guests} now?"


def _mode(plan: Plan) -> Mode:
    return next((move.transport.mode for move in plan.moves), Mode.LIVE)


def _of_move(move: Move, standstill: Callable[[Move], Standstill]) -> str | None:
    if move.transport.mode is Mode.COLD:
        limit = duration(move.transport.shutdown_timeout_ms)
        return (
            f"{move.name} is asked to shut itself down within {limit}, and is started again on {move.destination}. "
            "If it does not, nothing is forced, and it stays"
        )
    if move.transport.mode is Mode.PAUSE and not move.paused:
        still = standstill(move)
        if still.seconds is None or still.bytes_per_second is None:
            how_long = f"{size(still.used_bytes)}, and nobody knows yet how fast this way is"
        else:
            how_long = (
                f"about {duration(still.seconds * 1000)}: {size(still.used_bytes)} at {rate(still.bytes_per_second)}"
            )
        return f"{move.name} stands still until all of its memory is on {move.destination}: {how_long}"
    return None
