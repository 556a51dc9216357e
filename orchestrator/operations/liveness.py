"""Whether the process that holds a lease is proven dead."""

from orchestrator.limits.leases import holder_is_dead
from orchestrator.model.lease import Held
from orchestrator.operations.doors import Doors


def dead(doors: Doors, held: Held) -> bool:
    """True only with a proof: a process of another machine is never known to be dead, its lease runs out."""
    return holder_is_dead(held, doors.holder, process_lives=doors.lives(held.holder))
