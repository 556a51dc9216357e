"""The evidence on a guest that both hosts have, for whoever chooses one copy."""

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import inert, kept_clock
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import draw
from orchestrator.model.dispute import CopySeen, Dispute
from orchestrator.model.facts import Unknown
from orchestrator.model.sighting import NoProcess, ProcessSeen

COPIES = ("copy", "host", "now", "CPU time>", "defined")


def show_dispute(screen: Screen, dispute: Dispute) -> None:
    """Both copies now, what the journal tells, and what the choice comes to."""
    screen.write(f"{inert(dispute.name)}, held by run {inert(dispute.run)}\n\n")
    rows = (("source", dispute.source), ("destination", dispute.destination))
    draw(screen, COPIES, [_copy(name, copy) for name, copy in rows])
    screen.write("\n")
    for told in dispute.told:
        where = f"{told.host}: " if told.host is not None else ""
        screen.show(*labelled(screen, f"{kept_clock(told.at)}  ", f"{where}{told.what}"))
    screen.write("\n")
    screen.show(*labelled(screen, "Disks   ", _disks(dispute)))
    kept, lost = _sides(dispute)
    lose = f"what only the copy on {lost.host} has done since the switchover, in memory and towards its clients"
    screen.show(*labelled(screen, "Keep    ", f"the copy on {kept.host}, at the {dispute.keep}"))
    screen.show(*labelled(screen, "Lose    ", lose))
    for number, step in enumerate(dispute.steps, start=1):
        screen.show(*labelled(screen, f"Step {number}  ", step))
    if dispute.objection is not None:
        screen.show(*labelled(screen, "Not now ", dispute.objection))


def _disks(dispute: Dispute) -> str:
    unread = [copy.host for copy in (dispute.source, dispute.destination) if isinstance(copy.disks, Unknown)]
    if unread:
        return f"not known of {' and '.join(unread)}"
    if not dispute.shared:
        return "none that both copies have open"
    return f"both copies have open: {', '.join(dispute.shared)}. What one wrote, the other does not know of."


def _sides(dispute: Dispute) -> tuple[CopySeen, CopySeen]:
    if dispute.keep == "source":
        return dispute.source, dispute.destination
    return dispute.destination, dispute.source


def _copy(name: str, copy: CopySeen) -> list[str]:
    if isinstance(copy.now, Unknown):
        return [name, copy.host, f"silent: {copy.now.why}", _kernel(copy), "not known"]
    now = copy.now
    power = f"{now.power.value} ({now.reason})" if now.reason else now.power.value
    spent = "" if now.vcpu_time_ns is None else f"{now.vcpu_time_ns / 1e9:.1f} s"
    return [name, copy.host, power, spent, "yes" if now.persistent else "no"]


def _kernel(copy: CopySeen) -> str:
    if isinstance(copy.process, ProcessSeen):
        return f"{copy.process.vcpu_seconds:.1f} s (kernel)"
    return "no process" if isinstance(copy.process, NoProcess) else ""
