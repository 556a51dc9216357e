"""The destination can run this kind of machine: architecture and acceleration."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import script_on, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: BetweenHosts) -> Iterator[Found]:
    offered = {(types.arch, types.virt_type) for types in case.destination.machine_types}
    if (case.guest.arch, case.guest.virt_type) in offered:
        return
    kinds = ", ".join(sorted(f"{arch}/{virt}" for arch, virt in offered)) or "nothing"
    wanted = f"{case.guest.arch}/{case.guest.virt_type}"
    if case.guest.virt_type == "kvm" and (case.guest.arch, "qemu") in offered:
        fix = script_on(case.destination_entry, "ls -l /dev/kvm; dmesg | grep -i kvm")
    else:
        fix = virsh(case.destination_entry, "capabilities")
    yield blocker(f"{case.guest.name} needs {wanted}; {case.to} offers {kinds}", fix)


RULE = Rule(
    name="virt-type",
    title="The destination offers the guest's architecture and acceleration.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
