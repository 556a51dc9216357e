"""What the plan of an evacuation expects: when each guest leaves, how it fares, and what is left when all is done."""

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import duration, milliseconds
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import draw
from orchestrator.model.evacuation import Proof
from orchestrator.model.move import Move
from orchestrator.model.plan import Plan

TURNS = ("guest", "begins after>", "takes>", "rounds>", "downtime>", "network")


def show_prospects(screen: Screen, plan: Plan) -> None:
    """The turns of the moves, then the whole; then whether one more host may fail, and what is missing for the rest."""
    turns = [move for move in plan.moves if move.begins_seconds is not None]
    if turns:
        screen.write("\n")
        draw(screen, TURNS, [_turn(move) for move in turns])
    said = [text for text in (_whole(plan), plan.spare.sentence if plan.moves and plan.spare else "") if text]
    if said:
        screen.write("\n")
    for text in said:
        screen.show(*labelled(screen, "", text))
    if plan.proof is not None:
        screen.write("\n")
        _show_proof(screen, plan.proof)


def _turn(move: Move) -> list[str]:
    """A forecast that finds no end says so: such a guest is brought over by other means, or is left."""
    seen, begins = move.forecast, duration(1000 * (move.begins_seconds or 0))
    if seen is None:
        return [move.name, begins, "unknown", "unknown", "unknown", move.transport.network]
    takes = "no end" if seen.seconds is None else duration(1000 * seen.seconds)
    rounds = "no end" if seen.rounds is None else str(seen.rounds)
    return [move.name, begins, takes, rounds, milliseconds(seen.downtime_ms), move.transport.network]


def _whole(plan: Plan) -> str:
    if plan.forecast_seconds is None or not plan.moves:
        return ""
    least = "" if plan.bound_seconds is None else f"; no plan is over before {duration(1000 * plan.bound_seconds)}"
    return f"Expected to be over after {duration(1000 * plan.forecast_seconds)}{least}."


def _show_proof(screen: Screen, proof: Proof) -> None:
    """Loudly what is short, and everything that would help."""
    fewest = "fewer cannot stay" if proof.proven else "as far as was searched: fewer might do"
    screen.show(*labelled(screen, "No place  ", f"{', '.join(proof.left)} ({fewest})"))
    for short in proof.shortages:
        screen.show(*labelled(screen, "Short     ", f"{short.sentence}."))
    for change in proof.changes:
        screen.show(*labelled(screen, "Helps     ", f"{change}."))
