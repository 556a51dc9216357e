"""The destination has the memory cells that the guest is bound to."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.missing_numbers import missing, written
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


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


RULE = Rule(
    name="numa-nodes",
    title="The destination has the memory cells that the guest is bound to.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.NUMA}),
    examine=_examine,
)
