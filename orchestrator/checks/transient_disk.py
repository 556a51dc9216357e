"""No disk of the guest forgets what is written to it."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    for disk in case.guest.disks:
        if disk.transient:
            yield blocker(
                f"Disk {disk.target} of {case.guest.name}, {disk.source}, is transient: its changes lie in a file of "
                f"{case.source.name} that ends with the guest. libvirt refuses to move it",
                "Shut the guest down (its changes to that disk are lost, as they are meant to be), and take "
                f"<transient/> out if they are to last: {virsh(case.source_entry, 'edit', called(case.guest))}",
            )


RULE = Rule(
    name="transient-disk",
    title="No disk is transient.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
