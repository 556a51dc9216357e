"""The destination has the huge pages that the guest's memory lies in."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.quantity import mib
from orchestrator.checks.remedy import on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.machine import NumaCell
from orchestrator.model.topic import Topic

_ORDINARY_KIB = 4  # a definition may name the ordinary pages, for some of the guest's cells


def _examine(case: BetweenHosts) -> Iterator[Found]:
    hardware = case.guest.hardware
    if not hardware.hugepages:
        return
    wanted = sorted({pages.size_kib for pages in hardware.hugepages} - {_ORDINARY_KIB}, key=lambda size: size or 0)
    if not wanted:
        return
    cells = known(case.destination.numa)
    if _bound(case):
        pinned = frozenset().union(*hardware.numa_nodes.values())
        cells = tuple(cell for cell in cells if cell.id in pinned)
    free = {size: _free_bytes(cells, size) for size in wanted}
    if all(free.values()) and sum(free.values()) >= case.guest.memory_bytes:
        return
    saw, fix = _seen(case, cells, free), _way_out(case, cells, free)
    if all(free.values()) and any(pages.nodes for pages in hardware.hugepages):
        yield warning(f"{saw}; how much of it lies in them is not known", fix)
    else:
        yield blocker(saw, fix)


def _bound(case: BetweenHosts) -> bool:
    return case.guest.hardware.numa_strict and bool(case.guest.hardware.numa_nodes)


def _free_bytes(cells: tuple[NumaCell, ...], size_kib: int | None) -> int:
    """size None is the host's default size: the size of which it has set pages aside."""
    return sum(
        pages.free * pages.size_kib * 1024
        for cell in cells
        for pages in cell.pages
        if pages.size_kib == size_kib or (size_kib is None and pages.size_kib > _ORDINARY_KIB)
    )


def _seen(case: BetweenHosts, cells: tuple[NumaCell, ...], free: dict[int | None, int]) -> str:
    cells_there = ", ".join(str(cell.id) for cell in cells) or "none of which is there"
    where = f"{case.to} has, in the cells it is bound to ({cells_there})," if _bound(case) else f"{case.to} has"
    have = ", ".join(f"{mib(room)} free in pages of {_size(size)}" for size, room in free.items())
    return (
        f"The {mib(case.guest.memory_bytes)} of {case.guest.name} on {case.source.name} lie in huge pages; "
        f"{where} {have}"
    )


def _way_out(case: BetweenHosts, cells: tuple[NumaCell, ...], free: dict[int | None, int]) -> str:
    fix = f"Set huge pages aside on {case.to}, or take another destination"
    look = on(case.destination_entry, "grep", "-r", ".", "/sys/kernel/mm/hugepages")
    size = next((size for size in free if size is not None), None)
    if size is None or not cells:
        return f"{fix}: {look}"
    lacking = str(max(-(-(case.guest.memory_bytes - sum(free.values())) // (size * 1024)), 1))
    allocate = ("allocpages", "--pagesize", f"{size}KiB", "--pagecount", lacking, "--cellno", str(cells[0].id), "--add")
    return f"{fix}: {virsh(case.destination_entry, *allocate)}; what is there: {look}"


def _size(size_kib: int | None) -> str:
    return "the default size" if size_kib is None else f"{size_kib} KiB"


RULE = Rule(
    name="hugepages",
    title="The destination has the huge pages that the guest's memory lies in.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.NUMA}),
    examine=_examine,
)
