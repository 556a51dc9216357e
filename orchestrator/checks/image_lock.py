"""Something keeps two hosts from writing to one block device or network disk at the same time."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, note
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Disk
from orchestrator.model.topic import Topic

_WITHOUT_LOCKS = frozenset({"block", "network"})  # QEMU locks files by itself
_NO_MANAGER = frozenset({"", "nop"})


def _examine(case: BetweenHosts) -> Iterator[Found]:
    disks = [disk for disk in case.guest.disks if _at_risk(disk)]
    if not disks:
        return
    here, there = known(case.source.daemon).lock_manager, known(case.destination.daemon).lock_manager
    if here in _NO_MANAGER and there in _NO_MANAGER:
        named = ", ".join(f"{disk.target} ({disk.kind} {disk.source})" for disk in disks)
        yield note(
            f"{case.guest.name} writes to {named}, and neither {case.source.name} nor {case.to} has a lock manager: "
            "nothing but care keeps a second copy from writing there too",
            "Set lock_manager in /etc/libvirt/qemu.conf of every host (sanlock or lockd), the same everywhere: "
            + on(case.destination_entry, "grep", "-n", "lock_manager", "/etc/libvirt/qemu.conf"),
        )


def _at_risk(disk: Disk) -> bool:
    return disk.kind in _WITHOUT_LOCKS and disk.source is not None and not disk.read_only and not disk.shareable


RULE = Rule(
    name="image-lock",
    title="A lock manager guards disks that have no locks of their own.",
    scope=Scope.MOVE,
    severity=Severity.NOTE,
    needs=frozenset({Topic.DAEMON}),
    examine=_examine,
)
