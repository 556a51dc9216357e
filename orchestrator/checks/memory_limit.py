"""The guest's memory limit leaves its QEMU room for the move."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.quantity import mib
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, warning
from orchestrator.model.finding import Scope, Severity

# An assumption, the same that the memory rule makes of QEMU's own code, heap and devices.
_PROCESS_BYTES = 128 * 2**20


def _examine(case: AtSource) -> Iterator[Found]:
    limit, word = case.guest.hardware.hard_limit_bytes, called(case.guest)
    needed = case.guest.memory_bytes + _PROCESS_BYTES
    higher = virsh(case.source_entry, "memtune", word, "--hard-limit", str(2 * needed // 1024), "--live", "--config")
    if limit is not None and limit < needed:
        yield warning(
            f"{case.guest.name} on {case.source.name} has a hard limit of {mib(limit)} for "
            f"{mib(case.guest.memory_bytes)} of memory. QEMU itself needs some too ({mib(_PROCESS_BYTES)} assumed), "
            "more of it during a move, and the kernel ends a guest that goes beyond its limit",
            f"Raise the limit or remove it: {higher}",
        )
    elif limit is None and case.guest.hardware.locked:
        yield warning(
            f"{case.guest.name} on {case.source.name} has its memory locked ({mib(case.guest.memory_bytes)}) and no "
            "hard limit: QEMU may lock as much of either host as it likes",
            f"Give it a limit with room to spare: {higher}",
        )


RULE = Rule(
    name="memory-limit",
    title="The guest's memory limit leaves its QEMU room.",
    scope=Scope.GUEST,
    severity=Severity.WARNING,
    examine=_examine,
)
