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
    STANDING = "standing"  # an outgoing migration, the guest paused meanwhile by ferry or an operator
    HALTED = "halted"  # an outgoing migration, the guest paused for the last pages
    SERVING = "serving"  # post-copy: it has the rest of the memory and sends it
    FETCHING = "fetching"  # post-copy: it runs the guest and fetches the rest
    TORN = "torn"  # post-copy, and the path to the other half is broken
    WAITING = "waiting"  # arrived, and held paused until ferry starts it


class Place(StrEnum):
    """Where the guest is."""

    UNDERWAY = "being copied"
    SWITCHING = "paused for the switch"
    SPLIT = "at the destination, with memory still on both hosts"
    TORN = "at the destination, with memory still on both hosts and the path between them broken"
    HALF_LOST = "on one host, with a part of its memory gone with the other half"
    SOURCE = "at the source"
    DESTINATION = "at the destination"
    HELD = "held paused at the destination"
    SOURCE_AND_HELD = "at the source, with a copy held at the destination that has never run"
    TWICE = "active on both hosts"
    NOWHERE = "active on neither host"
    STRANDED = "left paused at the source"
    LEFTOVER = "at the destination, with a paused copy at the source"
    SILENT = "unknown, a host is silent"
    UNSETTLED = "not settled"


_GONE = (Says.ABSENT, Says.OFF)
_HERE = (Says.RUNNING, Says.PAUSED)
_MOVING = (Says.LEAVING, Says.STANDING, Says.HALTED)
_ANY = tuple(Says)

# First match wins; source first, then destination. The source is always asked before the destination: a guest that the
# source ran at t0 may have arrived at t1, so TWICE is believed only when it is seen again.
ROWS: tuple[tuple[tuple[Says, ...], tuple[Says, ...], Place, str], ...] = (
    ((Says.LEAVING,), (Says.RUNNING,), Place.TWICE, "the copy cannot run while the original does"),
    ((Says.LEAVING,), _ANY, Place.UNDERWAY, "the source's own job is the best witness, also of a silent destination"),
    ((Says.STANDING,), (Says.RUNNING,), Place.SWITCHING, "it has arrived, and the source has not let go yet"),
    ((Says.STANDING, Says.HALTED), (Says.FETCHING,), Place.SPLIT, "in post-copy, before the source says so"),
    ((Says.STANDING,), _ANY, Place.UNDERWAY, "it stands still for the whole copy"),
    ((Says.HALTED,), _ANY, Place.SWITCHING, "between the pause and the end of the job the answer is open"),
    ((Says.SERVING, Says.TORN), _GONE, Place.HALF_LOST, "the running half is gone, and what is left is out of date"),
    ((Says.SERVING,), (Says.TORN,), Place.TORN, "one end has noticed that the path is broken"),
    ((Says.SERVING,), _ANY, Place.SPLIT, "the source sends what the destination fetches"),
    ((Says.TORN,), (Says.RUNNING,), Place.LEFTOVER, "the last page came before the path broke"),
    ((Says.TORN,), _ANY, Place.TORN, "neither half is whole: both are kept, also when the other one is silent"),
    ((Says.SILENT,), _ANY, Place.SILENT, "a copy that runs at the destination may be right, or a second one"),
    (_ANY, (Says.SILENT,), Place.SILENT, "silence is never taken for absence"),
    (_GONE, (Says.FETCHING,), Place.UNSETTLED, "the last page has just come, or the source has died"),
    (_GONE, (Says.TORN,), Place.HALF_LOST, "it runs until it needs a page that was only at the source"),
    (_HERE, (Says.WAITING,), Place.SOURCE_AND_HELD, "the switch failed; the copy that was held has never run"),
    ((Says.STRANDED,), (Says.WAITING,), Place.STRANDED, "nobody has run since the switch; the source goes on"),
    (_GONE, (Says.WAITING,), Place.HELD, "the source has let go; the copy may be started"),
    (_HERE, (*_HERE, *_MOVING, Says.FETCHING, Says.TORN), Place.TWICE, "both hosts have it active, unexplained"),
    (_HERE, _GONE, Place.SOURCE, "the ordinary case before a move, and after one that failed"),
    (_HERE, (Says.INCOMING, Says.STRANDED), Place.UNSETTLED, "libvirt is building up or clearing away the copy"),
    (_HERE, (Says.SERVING,), Place.UNSETTLED, "somebody else moves it, towards our source"),
    ((Says.STRANDED,), _GONE, Place.STRANDED, "a client or daemon died in the switch; only the source has the guest"),
    ((Says.STRANDED,), (Says.RUNNING, *_MOVING), Place.LEFTOVER, "the switch happened, the source was never told"),
    ((Says.STRANDED,), _ANY, Place.UNSETTLED, "the switch is not decided"),
    (_GONE, (*_HERE, *_MOVING, Says.SERVING), Place.DESTINATION, "arrived (someone may even move it on)"),
    (_GONE, (Says.INCOMING, Says.STRANDED), Place.UNSETTLED, "the source has let go, the destination has not begun"),
    (_GONE, _GONE, Place.NOWHERE, "it shut itself down, or was lost with its process"),
    ((Says.INCOMING, Says.FETCHING, Says.WAITING), _ANY, Place.UNSETTLED, "somebody moves the guest to our source"),
)


def says(sighting: Sighting | Unknown, *, paused_before: bool, held: bool = False, stands: bool = False) -> Says:
    """Reduce a sighting. A guest that was paused before is never taken for one that a migration left paused.

    held: a copy found paused here is one that ferry is to start. stands: the guest is paused for the whole copy.
    """
    if isinstance(sighting, Unknown):
        return Says.SILENT
    if sighting.reason == "post-copy failed":
        return Says.TORN
    if sighting.reason == "post-copy":
        return Says.FETCHING if sighting.power is Power.RUNNING else Says.SERVING
    if sighting.moving:
        # Paused by anybody else, or by an I/O error, it is still being copied and can still be cancelled.
        if sighting.power is not Power.PAUSED:
            return Says.LEAVING
        halted = sighting.reason == "migration" and not paused_before and not stands
        return Says.HALTED if halted else Says.STANDING
    if sighting.power is Power.PAUSED and held and sighting.reason in ("user", "migration"):
        return Says.WAITING
    if sighting.power is Power.PAUSED and sighting.reason == "migration" and not paused_before:
        return Says.STRANDED
    return _PLAIN[sighting.power]


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
