"""The controller can run commands on the host over SSH."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, warning
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtHost) -> Iterator[Found]:
    # The bridges are always read over SSH where the shell is asked at all; a leg says that it was.
    shell = case.host.bridges
    if isinstance(shell, Unknown) and shell.leg:
        yield warning(
            f"No command could be run on {case.host.name} ({shell.leg}): {shell.why}. What only its shell can tell "
            "is unknown: interfaces, daemon settings, clock, certificates, shared paths",
            on(case.entry, "true"),
        )


RULE = Rule(
    name="ssh-login",
    title="Commands can be run on the host over SSH.",
    scope=Scope.HOST,
    severity=Severity.WARNING,
    examine=_examine,
)
