"""The guest's disks are in image formats that QEMU can hand over."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Disk

_NEVER = frozenset({"vmdk", "vdi", "vhdx", "vpc", "qcow", "parallels"})
_NOT_WRITABLE = frozenset({"vvfat", "fat"})  # a directory shown as a disk; libvirt calls the format fat


def _examine(case: AtSource) -> Iterator[Found]:
    for disk in case.guest.disks:
        if disk.source is None:
            continue
        if disk.format in _NEVER:
            yield blocker(_saw(case, disk), _convert(case, disk, disk.source))
        elif disk.format in _NOT_WRITABLE and not disk.read_only:
            yield blocker(
                _saw(case, disk),
                f"Make it read-only or take it out: {virsh(case.source_entry, 'edit', called(case.guest))}",
            )


def _saw(case: AtSource, disk: Disk) -> str:
    return (
        f"Disk {disk.target} of {case.guest.name}, {disk.source}, has the format {disk.format}. QEMU refuses: The "
        f"{disk.format} format does not support live migration"
    )


def _convert(case: AtSource, disk: Disk, source: str) -> str:
    words = ("blockcopy", called(case.guest), disk.target, "--dest", f"{source}.qcow2", "--format", "qcow2")
    copy = virsh(case.source_entry, *words, "--transient-job", "--wait", "--pivot")
    return f"Convert it while the guest runs; there must be room beside it: {copy}"


RULE = Rule(
    name="disk-format",
    title="Disks are in formats that QEMU can migrate.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
