"""The destination stays within the ratio of virtual CPUs of the policy."""

from collections.abc import Iterator

from orchestrator.checks.case import LIVE, BetweenHosts
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: BetweenHosts) -> Iterator[Found]:
    ratio = case.policy.vcpu_ratio
    if ratio is None:
        return
    # Guests that are still arriving are part of what is promised.
    running = sum(guest.vcpus for guest in case.destination.guests if guest.power in LIVE)
    after, bound = running + case.incoming_vcpus + case.guest.vcpus, int(ratio * case.destination.cpus)
    if after > bound:
        yield blocker(
            f"With {case.guest.name} ({case.guest.vcpus}) the guests of {case.to} would have {after} virtual CPUs: "
            f"{running} run there, {case.incoming_vcpus} are on their way. The policy allows {ratio:g} times the "
            f"{case.destination.cpus} threads of the host: {bound}",
            "Take another destination, or raise vcpu_ratio in the policy. What runs there: "
            + virsh(case.destination_entry, "list"),
        )


RULE = Rule(
    name="vcpu-ratio",
    title="The destination stays within the ratio of virtual CPUs of the policy.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
