"""Whether a lease that somebody holds may be taken from them."""

from orchestrator.model.lease import Held
from orchestrator.model.run import Holder


def holder_is_dead(held: Held, me: Holder, *, process_lives: bool) -> bool:
    """True when the holder is proven dead: it ran on this machine in this boot and its process is gone, or this
    machine has been booted anew since. A holder on another machine, or in a PID namespace (a container) that is not
    known to be this one, is never proven dead, only its lease expires."""
    holder = held.holder
    if holder.controller == me.controller and holder.boot_id != me.boot_id:
        return True
    return _pids_mean_the_same(holder, me) and not process_lives


def holder_is_stopped(held: Held, me: Holder, *, process_stopped: bool) -> bool:
    """True when the holder is proven to stand still (SIGSTOP, a debugger). Like death, it is only proven of a process
    of this machine, this boot and this PID namespace. It may go on at any moment: its fence then stops it."""
    return _pids_mean_the_same(held.holder, me) and process_stopped


def _pids_mean_the_same(holder: Holder, me: Holder) -> bool:
    same_boot = holder.controller == me.controller and holder.boot_id == me.boot_id
    return same_boot and holder.pid_namespace != "" and holder.pid_namespace == me.pid_namespace
