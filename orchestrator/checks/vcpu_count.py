"""The destination has a processor for every virtual CPU of the guest."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, warning
from orchestrator.model.finding import Scope, Severity


def _examine(case: BetweenHosts) -> Iterator[Found]:
    if case.guest.vcpus <= case.destination.cpus:
        return
    yield warning(
        f"{case.guest.name} has {case.guest.vcpus} virtual CPUs; {case.to} has {case.destination.cpus} processors "
        f"({case.source.name} has {case.source.cpus}). Its virtual CPUs will wait for one another",
        f"Take a larger destination. What is there: {virsh(case.destination_entry, 'nodeinfo')}",
    )


RULE = Rule(
    name="vcpu-count",
    title="The destination has as many processors as the guest has virtual CPUs.",
    scope=Scope.MOVE,
    severity=Severity.WARNING,
    examine=_examine,
)
