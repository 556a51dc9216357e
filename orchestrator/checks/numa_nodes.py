"""The destination has the memory cells that the guest is bound to."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.memory import required_bytes
from orchestrator.checks.missing_numbers import missing, written
from orchestrator.checks.quantity import mib
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_WHOLE = "memory"  # <numatune><memory>: all of the guest. How much of it one of its cells has is not known.


def _examine(case: BetweenHosts) -> Iterator[Found]:
    bound = case.guest.hardware.numa_nodes
    if not bound:
        return
    there = frozenset(cell.id for cell in known(case.destination.numa))
    lacking = missing(bound, there)
    if lacking:
        # Whatever the mode: libvirt starts no guest whose cells are not all there.
        yield blocker(
            f"{case.guest.name} is bound to memory cells that {case.to} does not have: {lacking}; {case.to} has the "
            f"cells {written(there)}, and ferry does not rewrite the binding",
            "Take a destination with these cells, or change <numatune>, from the guest's next start on: "
            + virsh(case.source_entry, "edit", called(case.guest)),
        )
    elif case.guest.hardware.numa_strict and _WHOLE in bound:
        yield from _room(case, frozenset[int]().union(*bound.values()))


def _room(case: BetweenHosts, bound: frozenset[int]) -> Iterator[Found]:
    """A strict binding takes memory from these cells and no other."""
    free = sum(cell.free_bytes for cell in known(case.destination.numa) if cell.id in bound)
    needed = required_bytes(case.guest)
    if needed > free:
        # What the page cache holds would be given up, so this may well go on.
        yield warning(
            f"{case.guest.name} needs {mib(needed)} of memory and is strictly bound to the memory cells "
            f"{written(bound)}, of which {case.to} has {mib(free)} free, its page cache not counted",
            "Free memory there, or take another destination. What is free in each cell: "
            + virsh(case.destination_entry, "freecell", "--all"),
        )


RULE = Rule(
    name="numa-nodes",
    title="The destination has the memory cells that the guest is bound to.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.NUMA}),
    examine=_examine,
)
