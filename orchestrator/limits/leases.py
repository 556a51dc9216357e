"""Whether a lease that somebody holds may be taken from them."""

from orchestrator.model.lease import Held
from orchestrator.model.run import Holder


def holder_is_dead(held: Held, me: Holder, *, process_lives: bool) -> bool:
    """True when the holder is proven dead: it ran on this machine in this boot and its process is gone, or this
    machine has been booted anew since. A holder on another machine is never proven dead, only its lease expires."""
    if held.holder.controller != me.controller:
        return False
    return held.holder.boot_id != me.boot_id or not process_lives
