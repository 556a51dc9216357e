"""The huge pages of each destination are enough for all guests that the plan sends there."""

from collections.abc import Iterator, Sequence

from orchestrator.checks.case import OfPlan
from orchestrator.checks.quantity import mib
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.facts import HostFacts
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Guest, Power
from orchestrator.model.host import HostName
from orchestrator.model.machine import NumaCell
from orchestrator.model.topic import Topic

_ORDINARY_KIB = 4


def _examine(case: OfPlan) -> Iterator[Found]:
    guests = {(host.name, guest.uuid): guest for host in case.hosts for guest in host.guests}
    sent: dict[HostName, list[Guest]] = {}
    for move in case.moves:
        guest = guests[(move.source, move.guest)]
        if _all_in_huge_pages(guest):
            sent.setdefault(move.destination, []).append(guest)
    for host in case.hosts:
        if host.name in sent:
            yield from _judged(case, host, sent[host.name])


def _judged(case: OfPlan, host: HostFacts, sent: Sequence[Guest]) -> Iterator[Found]:
    ours = {guest.uuid for guest in sent}
    arriving = [
        one for one in host.guests if one.power is Power.INCOMING and one.uuid not in ours and _all_in_huge_pages(one)
    ]
    if len(sent) + len(arriving) == 1:  # one alone is what hugepages is about
        return
    cells = known(host.numa)
    set_aside = {p.size_kib for cell in cells for p in cell.pages if p.size_kib > _ORDINARY_KIB and p.total}
    # The default size is certain where only one is set aside. Otherwise all sizes together are what there is at most.
    default = set_aside.pop() if len(set_aside) == 1 else None
    for size in dict.fromkeys(_size(guest, default) for guest in sent):
        going, coming = ([g for g in of if size in (None, _size(g, default))] for of in (sent, arriving))
        if found := _short(case, host, size, going, coming):
            yield found


def _short(
    case: OfPlan, host: HostFacts, size: int | None, sent: Sequence[Guest], arriving: Sequence[Guest]
) -> Found | None:
    free = _free_bytes(known(host.numa), size)
    needed, taken = (sum(guest.memory_bytes for guest in of) for of in (sent, arriving))
    if needed + taken <= free or len(sent) + len(arriving) == 1:
        return None
    pages = "huge pages" if size is None else f"huge pages of {size} KiB"
    saw = f"{_names(sent)} lie in {pages}, {mib(needed)} together; {host.name} has {mib(free)} free"
    fix = (
        f"Send some of them elsewhere, or set more aside: {virsh(case.settings.hosts[host.name], 'freepages', '--all')}"
    )
    if needed > free and len(sent) > 1:
        return blocker(saw, fix)
    # QEMU takes them when it begins to receive, so they may be counted already.
    return warning(f"{saw}, and {_names(arriving)} is on its way there already with {mib(taken)} of them", fix)


def _free_bytes(cells: Sequence[NumaCell], size_kib: int | None) -> int:
    """size None: of all sizes."""
    return sum(
        pages.free * pages.size_kib * 1024
        for cell in cells
        for pages in cell.pages
        if pages.size_kib == size_kib or (size_kib is None and pages.size_kib > _ORDINARY_KIB)
    )


def _names(guests: Sequence[Guest]) -> str:
    return ", ".join(guest.name for guest in guests)


def _size(guest: Guest, default: int | None) -> int | None:
    return guest.hardware.hugepages[0].size_kib or default


def _all_in_huge_pages(guest: Guest) -> bool:
    """Whether all of the guest's memory lies in huge pages of one size."""
    pages = guest.hardware.hugepages
    return len(pages) == 1 and not pages[0].nodes and pages[0].size_kib != _ORDINARY_KIB


RULE = Rule(
    name="plan-hugepages",
    title="The huge pages of each destination are enough for all guests of the plan.",
    scope=Scope.PLAN,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.NUMA}),
    examine=_examine,
)
