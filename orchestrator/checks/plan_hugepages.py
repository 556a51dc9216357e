"""The huge pages of each destination are enough for all guests that the plan sends there."""

from collections.abc import Iterator

from orchestrator.checks.case import OfPlan
from orchestrator.checks.quantity import mib
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Guest
from orchestrator.model.host import HostName
from orchestrator.model.topic import Topic


def _examine(case: OfPlan) -> Iterator[Found]:
    hosts = {host.name: host for host in case.hosts}
    guests = {guest.uuid: guest for host in case.hosts for guest in host.guests}
    sent: dict[tuple[HostName, int], list[Guest]] = {}
    for move in case.moves:
        guest = guests[move.guest]
        size = _only_size(guest)
        if size is not None:
            sent.setdefault((move.destination, size), []).append(guest)
    for (to, size), together in sent.items():
        host = hosts[to]
        needed = sum(guest.memory_bytes for guest in together)
        free = sum(p.free * size * 1024 for cell in known(host.numa) for p in cell.pages if p.size_kib == size)
        if len(together) > 1 and needed > free:  # one alone is what hugepages is about
            names = ", ".join(guest.name for guest in together)
            yield blocker(
                f"{names} lie in huge pages of {size} KiB, {mib(needed)} together; {host.name} has {mib(free)} free",
                f"Send some of them elsewhere, or set more aside: "
                f"{virsh(case.settings.hosts[host.name], 'freepages', '--all')}",
            )


def _only_size(guest: Guest) -> int | None:
    """The size of the pages that all of the guest's memory lies in; None where that is not certain."""
    pages = guest.hardware.hugepages
    return pages[0].size_kib if len(pages) == 1 and not pages[0].nodes else None


RULE = Rule(
    name="plan-hugepages",
    title="The huge pages of each destination are enough for all guests of the plan.",
    scope=Scope.PLAN,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.NUMA}),
    examine=_examine,
)
