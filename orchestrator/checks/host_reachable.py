"""The destination answers at all."""

from collections.abc import Iterator

from orchestrator.checks.case import Reaching
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Rule
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Finding

_NAME = "host-reachable"


def _examine(case: Reaching) -> Iterator[Finding]:
    if isinstance(case.answer, Unknown):
        leg = f" ({case.answer.leg})" if case.answer.leg else ""
        yield case.blocker(
            _NAME,
            f"{case.to} does not answer{leg}: {case.answer.why}",
            virsh(case.destination_entry, "version"),
            exit_code=6,
        )


RULE = Rule(name=_NAME, title="The destination answers.", examine=_examine)
