"""Whether anybody is at work under a lease, and whether the process that holds it is proven dead."""

from orchestrator.limits.leases import holder_is_dead
from orchestrator.model.lease import Held
from orchestrator.operations.doors import Doors


def dead(doors: Doors, held: Held) -> bool:
    """True only with a proof: a process of another machine is never known to be dead, its lease runs out."""
    return holder_is_dead(held, doors.holder, process_lives=doors.lives(held.holder))


def lives(doors: Doors, held: Held | None) -> bool:
    """Whether somebody is at work under the lease, as far as anybody knows: it was not given back, has not run out, and
    nothing proves its process dead."""
    return held is not None and not held.expired and not dead(doors, held)
