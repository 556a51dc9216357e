"""The guest's CPU shares mean the same at both ends."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    if not case.guest.hardware.shares_set:
        return
    here, there = known(case.source.kernel).cgroup_version, known(case.destination.kernel).cgroup_version
    if here == there:
        return
    word = called(case.guest)
    yield warning(
        f"{case.guest.name} has CPU shares set; {case.source.name} counts them with cgroup v{here} and {case.to} with "
        f"v{there}, and the number means another weight there (usual is 1024 with v1, 100 with v2, which takes at "
        "most 10000)",
        f"After the move give it a number that fits there: "
        f"{virsh(case.destination_entry, 'schedinfo', word, '--live', '--config', 'cpu_shares=100')}",
    )


RULE = Rule(
    name="cgroup-version",
    title="The guest's CPU shares mean the same at both ends.",
    scope=Scope.MOVE,
    severity=Severity.WARNING,
    needs=frozenset({Topic.KERNEL}),
    examine=_examine,
)
