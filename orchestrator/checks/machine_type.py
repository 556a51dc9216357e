"""The destination's QEMU has the guest's machine type."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.quantity import version
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity

_SHOWN = 6


def _examine(case: BetweenHosts) -> Iterator[Found]:
    guest = case.guest
    offers = [t.names for t in case.destination.machine_types if (t.arch, t.virt_type) == (guest.arch, guest.virt_type)]
    if not offers or any(guest.machine in names for names in offers):
        return  # no offer at all is the finding of virt-type
    family = guest.machine.rsplit("-", 1)[0]
    similar = sorted(name for names in offers for name in names if name.rsplit("-", 1)[0] == family)
    instead = ", ".join(similar[-_SHOWN:]) or "none of that family"
    qemu = version(case.destination.qemu_version)
    yield blocker(
        f"{guest.name} runs as machine type {guest.machine}; QEMU {qemu} on {case.to} has {instead}",
        "Take a destination whose QEMU has it, or give the guest a type that both have, from its next start on: "
        + virsh(case.source_entry, "edit", called(guest)),
    )


RULE = Rule(
    name="machine-type",
    title="The destination has the guest's machine type.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
