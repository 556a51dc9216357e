"""Where a guest is, from what both hosts say: one table, a comment for every row."""

from enum import StrEnum

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import Power
from orchestrator.model.sighting import Sighting


class Says(StrEnum):
    """One host's statement, reduced to what the table needs."""

    SILENT = "silent"
    ABSENT = "absent"
    OFF = "off"
    RUNNING = "running"
    PAUSED = "paused"
    STRANDED = "stranded"  # paused by a migration that no longer exists
    INCOMING = "incoming"
    LEAVING = "leaving"  # an outgoing migration, the guest still as it was
    HALTED = "halted"  # an outgoing migration, the guest paused for the last pages


class Place(StrEnum):
    """Where the guest is."""

    UNDERWAY = "being copied"
    SWITCHING = "paused for the switch"
    SOURCE = "at the source"
    DESTINATION = "at the destination"
    TWICE = "active on both hosts"
    NOWHERE = "active on neither host"
    STRANDED = "left paused at the source"
    LEFTOVER = "at the destination, with a paused copy at the source"
    SILENT = "unknown, a host is silent"
    UNSETTLED = "not settled"


_GONE = (Says.ABSENT, Says.OFF)
_HERE = (Says.RUNNING, Says.PAUSED)
_MOVING = (Says.LEAVING, Says.HALTED)
_ANY = tuple(Says)

# First match wins; source first, then destination. The source is always asked before the destination: a guest that the
# source ran at t0 may have arrived at t1, so TWICE is believed only when it is seen again.
ROWS: tuple[tuple[tuple[Says, ...], tuple[Says, ...], Place, str], ...] = (
    ((Says.LEAVING,), (Says.RUNNING,), Place.TWICE, "the copy cannot run while the original does"),
    ((Says.LEAVING,), _ANY, Place.UNDERWAY, "the source's own job is the best witness, also of a silent destination"),
    ((Says.HALTED,), _ANY, Place.SWITCHING, "between the pause and the end of the job the answer is open"),
    ((Says.SILENT,), _ANY, Place.SILENT, "a copy that runs at the destination may be right, or a second one"),
    (_ANY, (Says.SILENT,), Place.SILENT, "silence is never taken for absence"),
    (_HERE, _HERE + _MOVING, Place.TWICE, "both hosts have it active, and no migration explains that"),
    (_HERE, _GONE, Place.SOURCE, "the ordinary case before a move, and after one that failed"),
    (_HERE, (Says.INCOMING, Says.STRANDED), Place.UNSETTLED, "libvirt is building up or clearing away the copy"),
    ((Says.STRANDED,), _GONE, Place.STRANDED, "a client or daemon died in the switch; only the source has the guest"),
    ((Says.STRANDED,), (Says.RUNNING, *_MOVING), Place.LEFTOVER, "the switch happened, the source was never told"),
    ((Says.STRANDED,), _ANY, Place.UNSETTLED, "the switch is not decided"),
    (_GONE, (Says.RUNNING, Says.PAUSED, *_MOVING), Place.DESTINATION, "arrived (someone may even move it on)"),
    (_GONE, (Says.INCOMING, Says.STRANDED), Place.UNSETTLED, "the source has let go, the destination has not begun"),
    (_GONE, _GONE, Place.NOWHERE, "it shut itself down, or was lost with its process"),
    ((Says.INCOMING,), _ANY, Place.UNSETTLED, "somebody moves the guest to our source at this moment"),
)


def says(sighting: Sighting | Unknown, *, paused_before: bool) -> Says:
    """Reduce a sighting. A guest that was paused before is never taken for one that a migration left paused."""
    if isinstance(sighting, Unknown):
        return Says.SILENT
    if sighting.moving:
        # Paused by anybody else, or by an I/O error, it is still being copied and can still be cancelled.
        halted = sighting.power is Power.PAUSED and sighting.reason in _HALTS and not paused_before
        return Says.HALTED if halted else Says.LEAVING
    if sighting.power is Power.PAUSED and sighting.reason == "migration" and not paused_before:
        return Says.STRANDED
    return _PLAIN[sighting.power]


_HALTS = ("migration", "post-copy")
_PLAIN = {
    Power.ABSENT: Says.ABSENT,
    Power.SHUT_OFF: Says.OFF,
    Power.RUNNING: Says.RUNNING,
    Power.PAUSED: Says.PAUSED,
    Power.INCOMING: Says.INCOMING,
}


def place(source: Says, destination: Says) -> Place:
    """Look the pair up. The table covers every pair (a test proves it)."""
    return next(where for ours, theirs, where, _ in ROWS if source in ours and destination in theirs)
