"""What both hosts say of a guest, in words: for reasons, verdicts and errors."""

from orchestrator.migration.decision import Scene, Side
from orchestrator.migration.witness import Witness
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.sighting import Sighting


def quote(now: Scene) -> str:
    """Both statements in one phrase."""
    move = now.record.move
    return f"{move.source} says {_word(now.look.source)}, {move.destination} says {_word(now.look.destination)}"


def silence(now: Scene) -> str:
    """Which host is silent, why, and what is known of its copy all the same."""
    sides = (
        (now.record.move.source, now.look.source, now.watch.source_seen),
        (now.record.move.destination, now.look.destination, now.watch.destination_seen),
    )
    silent = ((host, said, seen) for host, said, seen in sides if isinstance(said, Unknown))
    return "; ".join(
        "; ".join((f"{host} is silent: {said.why}", *_known(seen, now.look.at))) for host, said, seen in silent
    )


def since(now: Scene) -> str:
    """When each copy was first seen to run, in the order in which that was seen; one that ferry suspended, before."""
    seen = ((Side.SOURCE, now.watch.source_seen), (Side.DESTINATION, now.watch.destination_seen))
    began = [(w.runs_since or (w.ran_since if now.record.has_suspended(host(now, s)) else None), s) for s, w in seen]
    runs = sorted((at, side) for at, side in began if at is not None)
    said = [f"on {host(now, side)} first seen to run {now.look.at - at:.1f} s ago" for at, side in runs]
    return ", ".join(said) or now.where.value


def host(now: Scene, side: Side) -> HostName:
    """The host of a side."""
    return now.record.move.source if side is Side.SOURCE else now.record.move.destination


def _known(seen: Witness, at: float) -> list[str]:
    found = []
    if seen.heard is not None and seen.heard_at is not None:
        found.append(f"{at - seen.heard_at:.0f} s before, it said {_word(seen.heard)}")
    if seen.no_process:
        found.append("its kernel has no process of the guest")
    elif seen.process is not None:
        does = "runs" if seen.growths else "stands still as far as its kernel can tell, and may start with its libvirt"
        found.append(f"the guest's QEMU is there (process {seen.process.pid}) and {does}")
    return found


def _word(said: Sighting | Unknown) -> str:
    if isinstance(said, Unknown):
        return "nothing"
    return f"{said.power.value} ({said.reason})" if said.reason else said.power.value
