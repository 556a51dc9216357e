"""Orders in words: as a run takes them, and as whoever gave one is answered."""

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import inert
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.model.entry import Ordered
from orchestrator.model.given import Given
from orchestrator.model.order import Change, Keep, Kind, Order
from orchestrator.model.units import BytesPerSecond, Milliseconds, in_whole_mebibytes

_CLEARLY = 0.01  # share of a rate that is worth saying
_MEANING: dict[Kind, str] = {
    "stop": "nothing more is started; what moves is brought to its end",
    "abort": "what can still be cancelled is cancelled",
}


def told(ordered: Ordered, name: str | None) -> str:
    """One line for the order that a run has taken. name: of its guest."""
    whom = f" of {name}" if name else ""
    if ordered.refused is not None:
        return f"{ordered.order}{whom} ordered by {ordered.by}, refused: {ordered.refused}"
    return f"{ordered.order}{whom} ordered by {ordered.by}: {meaning(ordered.order, ordered.change, ordered.keep)}"


def meaning(kind: Kind, change: Change | None, keep: Keep | None = None) -> str:
    """What the order comes to."""
    if keep is not None:
        return f"the copy at the {keep} is kept"
    return _MEANING.get(kind) or ", ".join(_changes(change or Change()))


def _changes(change: Change) -> list[str]:
    said = []
    if change.bandwidth_bytes_per_second is not None:
        cap = change.bandwidth_bytes_per_second
        said.append(_capped(cap) if cap else "no cap on the bandwidth")
    if change.downtime_ms is not None:
        said.append(f"downtime up to {Milliseconds(change.downtime_ms)}")
    if change.max_duration_ms is not None:
        said.append(f"at most {Milliseconds(change.max_duration_ms)} of copying")
    if change.postcopy:
        said.append("switch to post-copy as soon as all memory was sent once")
    if change.recovery_address is not None:
        said.append(f"a broken post-copy is recovered over {change.recovery_address}")
    return said


def _capped(cap: int) -> str:
    """The rate as it was asked for, and what libvirt makes of it where that is clearly less."""
    taken = in_whole_mebibytes(cap)
    rounded = f", which libvirt takes as {taken}" if cap - taken > _CLEARLY * cap else ""
    return f"bandwidth {BytesPerSecond(cap)}{rounded}"


def show_given(screen: Screen, given: Given) -> None:
    """What was ordered, for whom, and who has taken it."""
    for label, text in (("Order", _order(given.order)), ("For", _whom(given)), ("Taken", _taken(given))):
        screen.show(*labelled(screen, f"{label:<7}", inert(text)))


def _order(order: Order) -> str:
    return f"{order.kind}: {meaning(order.kind, order.change, order.keep)}"


def _whom(given: Given) -> str:
    return f"{given.name} in run {given.run}" if given.name else f"run {given.run}, all of its moves"


def _taken(given: Given) -> str:
    if given.number is None:
        return "nothing was ordered (--dry-run)"
    holder = given.holder
    by = f"by process {holder.pid} on {holder.controller}" if holder else "by the process that drives the run"
    return f"{by}, after {(given.taken_ms or 0) / 1000:.1f} s"
