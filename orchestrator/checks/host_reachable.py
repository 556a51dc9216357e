"""The destination answers at all."""

from collections.abc import Iterator

from orchestrator.checks.case import Reaching
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity


def _examine(case: Reaching) -> Iterator[Found]:
    if isinstance(case.answer, Unknown):
        leg = f" ({case.answer.leg})" if case.answer.leg else ""
        yield blocker(
            f"{case.to} does not answer{leg}: {case.answer.why}",
            f"See that {case.to} is up and its network is there (console, ping), then try the same connection: "
            + virsh(case.destination_entry, "version"),
            exit_code=6,
        )


RULE = Rule(
    name="host-reachable",
    title="The destination answers.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
