"""Whether a lease that somebody holds may be taken from them."""

from orchestrator.model.lease import Held
from orchestrator.model.run import Holder


def holder_is_dead(held: Held, me: Holder, *, process_lives: bool) -> bool:
    """True when the holder is proven dead: it ran on this machine in this boot and its process is gone, or this
    machine has been booted anew since. A holder on another machine, or in a PID namespace (a container) that is not
    known to be this one, is never proven dead, only its lease expires."""
    holder = held.holder
    if holder.controller != me.controller:
        return False
    if holder.boot_id != me.boot_id:
        return True
    same_pids = holder.pid_namespace != "" and holder.pid_namespace == me.pid_namespace
    return same_pids and not process_lives
