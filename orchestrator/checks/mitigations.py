"""The destination is not open to an attack that the source is protected from."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

# How the kernel begins what it says in /sys/devices/system/cpu/vulnerabilities.
_SAFE = ("Not affected", "Mitigation", "KVM: Mitigation")
_OPEN = ("Vulnerable", "KVM: Vulnerable", "Processor vulnerable")


def _examine(case: OnLink) -> Iterator[Found]:
    here, there = known(case.source.processor).vulnerabilities, known(case.destination.processor).vulnerabilities
    worse = [
        f"{name} ({here[name]} on {case.source.name}, {there[name]} on {case.to})"
        for name in sorted(here.keys() & there.keys())
        if here[name].startswith(_SAFE) and there[name].startswith(_OPEN)
    ]
    if worse:
        yield warning(
            f"{case.to} is open to what {case.source.name} is protected from: {'; '.join(worse)}",
            f"Update microcode and kernel of {case.to}, and look for mitigations=off on its kernel command line: "
            + on(case.destination_entry, "grep", "-r", ".", "/sys/devices/system/cpu/vulnerabilities"),
        )


RULE = Rule(
    name="mitigations",
    title="The destination is protected from what the source is protected from.",
    scope=Scope.LINK,
    severity=Severity.WARNING,
    needs=frozenset({Topic.PROCESSOR}),
    examine=_examine,
)
