"""The destination stays within the memory ratio of the policy."""

from collections.abc import Iterator

from orchestrator.checks.case import LIVE, BetweenHosts
from orchestrator.checks.quantity import mib
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: BetweenHosts) -> Iterator[Found]:
    ratio = case.policy.memory_ratio
    if ratio is None:
        return
    # Guests that are still arriving are part of what is promised.
    running = sum(guest.memory_bytes for guest in case.destination.guests if guest.power in LIVE)
    after = running + case.incoming_bytes + case.guest.memory_bytes
    bound = int(ratio * case.destination.memory_total_bytes)
    if after > bound:
        yield blocker(
            f"With {case.guest.name} ({mib(case.guest.memory_bytes)}) the guests of {case.to} would have {mib(after)}: "
            f"{mib(running)} run there, {mib(case.incoming_bytes)} are on their way. The policy allows {ratio:g} times "
            f"the {mib(case.destination.memory_total_bytes)} of the host: {mib(bound)}",
            "Take another destination, or raise memory_ratio in the policy. What runs there: "
            + virsh(case.destination_entry, "list"),
        )


RULE = Rule(
    name="memory-ratio",
    title="The destination stays within the memory ratio of the policy.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
