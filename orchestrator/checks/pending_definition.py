"""The guest's persistent definition is what runs now."""

from collections.abc import Iterator

from orchestrator.checks.case import LIVE, AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    if case.guest.power in LIVE and known(case.guest.kept.pending_definition):
        name, entry = called(case.guest), case.source_entry
        yield warning(
            f"{case.guest.name} was changed since it started: its definition on {case.source.name} is not what runs. "
            "The definition moves along and holds from its next start at the destination; none of the checks has "
            "looked at it",
            f"Compare both: {virsh(entry, 'dumpxml', name)}; {virsh(entry, 'dumpxml', name, '--inactive')}",
        )


RULE = Rule(
    name="pending-definition",
    title="The guest has no changes that wait for its next start.",
    scope=Scope.GUEST,
    severity=Severity.WARNING,
    examine=_examine,
)
