"""The cache mode of the guest's disks is one that a move and a crash of the host leave whole."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, note, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Disk

_LOCAL = frozenset({"file", "block"})  # network disks keep their caches coherent themselves
_CACHED = frozenset({"writeback", "writethrough"})


def _examine(case: AtSource) -> Iterator[Found]:
    for disk in case.guest.disks:
        if disk.kind not in _LOCAL or disk.read_only or disk.source is None:
            continue
        if disk.cache == "unsafe":
            yield warning(
                f"{_what(case, disk)} has cache='unsafe': what the guest has flushed may not be on the storage yet. A "
                f"crash of {case.source.name} or of the destination soon after the move can cost it data",
                _fix(case),
            )
        elif disk.cache in _CACHED:
            yield note(
                f"{_what(case, disk)} has cache='{disk.cache}'. QEMU since 2.12 drops the host's cache at the "
                "switchover, which is why libvirt allows the move; on a network file system none is the safer mode",
                _fix(case),
            )


def _what(case: AtSource, disk: Disk) -> str:
    return f"Disk {disk.target} of {case.guest.name}, {disk.source},"


def _fix(case: AtSource) -> str:
    return f"Set cache='none' for its next start: {virsh(case.source_entry, 'edit', called(case.guest))}"


RULE = Rule(
    name="disk-cache",
    title="Disks are cached in a safe way.",
    scope=Scope.GUEST,
    severity=Severity.WARNING,
    examine=_examine,
)
