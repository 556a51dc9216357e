"""The policy lets the guest go to that host."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import called
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: BetweenHosts) -> Iterator[Found]:
    pins = case.policy.pins
    if pins and not any(fnmatchcase(case.to, pattern) for pattern in pins):
        yield blocker(
            f"The policy {case.policy.name} keeps {case.guest.name} to {', '.join(pins)}; {case.to} is none of these",
            f"Take another destination, or change pins. Where that is written: ferry policy explain "
            f"{called(case.guest)} --to {case.to}",
        )


RULE = Rule(
    name="pins",
    title="The policy lets the guest go to that host.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
