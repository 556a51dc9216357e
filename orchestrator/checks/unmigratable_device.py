"""The guest has no device of a kind that QEMU or libvirt cannot migrate."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.hardware import ODDITIES


def _examine(case: AtSource) -> Iterator[Found]:
    for kind in dict.fromkeys(case.guest.hardware.oddities):
        yield blocker(
            f"{case.guest.name} has a device that cannot move ({kind}): {ODDITIES[kind]}",
            "Take the device away before the move, or give the guest another one from its next start on: "
            + virsh(case.source_entry, "edit", called(case.guest)),
        )


RULE = Rule(
    name="unmigratable-device",
    title="The guest has no device of a kind that cannot move.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
