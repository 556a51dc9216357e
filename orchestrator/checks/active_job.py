"""Nobody else is working on the guest."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    if case.guest.active_job:
        word = called(case.guest)
        yield blocker(
            f"{case.source.name} is busy with a job of {case.guest.name}: {case.guest.active_job}",
            f"Wait until it ends: {virsh(case.source_entry, 'domjobinfo', word)}  or end it: "
            f"{virsh(case.source_entry, 'domjobabort', word)}",
        )


RULE = Rule(
    name="active-job",
    title="No other job works on the guest.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
