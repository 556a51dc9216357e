"""What goes wrong in the simulated world, apart from ferry itself."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.simulator.flight import Phase


class What(StrEnum):
    """host: whom it happens to. Those without one happen between the two hosts of a copy."""

    PATH_CUT = "path cut"  # memory is dropped on its way: counters freeze, nobody says so
    PATH_RESET = "path reset"  # the connection that carries memory breaks; host: only that end notices
    BREAK = "break"  # QEMU gives the copy up, with the words `why`
    PARTITION = "partition"  # nothing passes between the hosts, daemons included
    LOSE_REPLY = "lose reply"  # the destination starts the guest, the source never hears of it
    DAEMON_KILLED = "daemon killed"
    DAEMON_FROZEN = "daemon frozen"
    QEMU_KILLED = "QEMU killed"
    HOST_DOWN = "host down"
    GUEST_ENDS = "guest ends"
    GUEST_CRASHES = "guest crashes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """One thing that goes wrong, once: `after` seconds from the moment a copy reached `step`; None: in absolute time.

    lasts: until the path is back, the daemon is restarted or thaws, the host is up again; None: for ever. A reset that
    only one end has noticed reaches the other end after `lasts`. guest: only a copy of this one; for what happens to a
    guest: whom. network: only copies on this one; None: all.
    """

    what: What
    host: HostName | None = None
    step: Phase | None = None
    after: float = 0.0
    lasts: float | None = None
    guest: GuestId | None = None
    network: str | None = None
    why: str = "operation failed: job 'migration out' failed: Unable to write to socket"


NO_SPACE = "operation failed: migration of disk vda failed: No space left on device"


@dataclass
class Fault:
    """All of it: mishaps, and shorthands for the frequent ones, which befall every copy."""

    breaks_after: float | None = None  # seconds after its start the copy breaks off
    reply_lost: bool = False
    begins_late: float = 0.0  # seconds between the accepted call and the first sign of a copy
    call_cut_after: float | None = None  # seconds after its call is accepted a ferry loses that connection
    answers_after: float = 0.0  # seconds one look at a host takes
    guest_ends_at: float | None = None  # simulated moment at which the guest shuts itself down
    guest_crashes: bool = False  # … or dies, instead
    silent: tuple[tuple[HostName, float, float], ...] = ()  # host, from, until: deaf to ferry, all else works
    blocks_at_destination: bool = False  # all virtual CPUs wait for a missing page when a post-copy breaks
    mishaps: tuple[Mishap, ...] = ()
