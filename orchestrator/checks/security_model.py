"""The destination knows the security model of labels that are fixed in the guest's definition."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity

_EVERYWHERE = frozenset({"none", "dac"})


def _examine(case: BetweenHosts) -> Iterator[Found]:
    wanted = case.guest.hardware.security_models
    if not wanted:
        return
    missing = wanted - _EVERYWHERE - case.destination.security_models
    if missing:
        have = ", ".join(sorted(case.destination.security_models)) or "none"
        yield blocker(
            f"The definition of {case.guest.name} has a fixed label of {' and '.join(sorted(missing))}; {case.to} has "
            f"the security models {have}",
            f"Take the static <seclabel> out, from its next start on: "
            f"{virsh(case.source_entry, 'edit', called(case.guest))}",
        )


RULE = Rule(
    name="security-model",
    title="The destination knows the guest's fixed security labels.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
