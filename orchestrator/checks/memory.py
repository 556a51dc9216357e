"""The destination has room for the guest's memory, and keeps its reserve."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.quantity import mib
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Guest

# An assumption, not a measurement: QEMU's own code, heap and devices, and for every 256 bytes of guest memory one
# byte of page tables and dirty bitmaps.
_PROCESS_BYTES = 128 * 2**20
_BOOKKEEPING = 256


def required_bytes(guest: Guest) -> int:
    """What a guest takes of a host's free memory: its own and an assumed overhead of 128 MiB plus 1/256 of it.

    Huge pages were set aside before and are not part of what is free; they are the rule hugepages' matter.
    """
    pages = guest.hardware.hugepages
    own = 0 if pages and not any(some.nodes for some in pages) else guest.memory_bytes
    return required_of(guest.memory_bytes) - guest.memory_bytes + own


def required_of(memory_bytes: int) -> int:
    """The same of a guest of which no more is known than its memory."""
    return memory_bytes + _PROCESS_BYTES + memory_bytes // _BOOKKEEPING


def spare_bytes(case: BetweenHosts) -> int:
    """What the destination can still give: free, less the reserve, less what is already promised."""
    return case.destination.memory_spare_bytes - case.policy.memory_reserve - case.incoming_bytes


def _examine(case: BetweenHosts) -> Iterator[Found]:
    needed, spare = required_bytes(case.guest), spare_bytes(case)
    if needed <= spare:
        return
    overhead = _PROCESS_BYTES + case.guest.memory_bytes // _BOOKKEEPING
    promised = f", less {mib(case.incoming_bytes)} for guests on their way there" if case.incoming_bytes else ""
    yield blocker(
        f"{case.guest.name} needs {mib(needed)} of memory ({mib(needed - overhead)} and an assumed overhead of "
        f"{mib(overhead)}); {case.to} can give {mib(max(spare, 0))}: {mib(case.destination.memory_spare_bytes)} free, "
        f"less {mib(case.policy.memory_reserve)} reserve{promised}",
        "Free memory there, take another destination, or lower memory_reserve in the policy. What is free: "
        + virsh(case.destination_entry, "nodememstats"),
    )


RULE = Rule(
    name="memory",
    title="The destination has enough free memory.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
