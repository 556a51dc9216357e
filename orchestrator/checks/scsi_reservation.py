"""Whether SCSI reservations that the guest holds will still be its own at the destination."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, warning
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    disks = [disk for disk in case.guest.disks if disk.reservations]
    if not disks:
        return
    named = ", ".join(f"{disk.target} ({disk.source})" for disk in disks)
    yield warning(
        f"{case.guest.name} may hold SCSI reservations on {named}. They are tied to the path from {case.source.name} "
        "to the storage: the guest must register again, and the destination must run qemu-pr-helper",
        f"On the destination: systemctl status qemu-pr-helper.socket; who holds what now: "
        f"{on(case.source_entry, 'sg_persist', '--in', '--read-full-status', disks[0].source or '')}",
    )


RULE = Rule(
    name="scsi-reservation",
    title="The guest passes no SCSI reservations through.",
    scope=Scope.GUEST,
    severity=Severity.WARNING,
    examine=_examine,
)
