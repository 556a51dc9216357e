"""What one move costs, and what there is."""

from collections.abc import Mapping

from orchestrator.model.move import Move
from orchestrator.model.policy import Limits


def live_slot(host: str) -> str:
    """The resource that counts a host's live moves, incoming and outgoing together."""
    return f"host:{host}.live"


def costs(move: Move) -> Mapping[str, int]:
    """A live move takes one live slot of each of its two hosts."""
    return {live_slot(move.source): 1, live_slot(move.destination): 1}


def capacity(limits: Limits, resource: str) -> int:
    """How much of a resource the policy allows. Raises KeyError for a resource nobody defined."""
    if resource.startswith("host:") and resource.endswith(".live"):
        return limits.live
    raise KeyError(resource)
