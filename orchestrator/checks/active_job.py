"""Nobody else is working on the guest."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Rule
from orchestrator.model.finding import Finding

_NAME = "active-job"


def _examine(case: AtSource) -> Iterator[Finding]:
    if case.guest.active_job:
        word = called(case.guest)
        yield case.blocker(
            _NAME,
            f"{case.source.name} is busy with a job of {case.guest.name}: {case.guest.active_job}",
            f"Wait until it ends: {virsh(case.source_entry, 'domjobinfo', word)}  or end it: "
            f"{virsh(case.source_entry, 'domjobabort', word)}",
        )


RULE = Rule(name=_NAME, title="No other job works on the guest.", examine=_examine)
