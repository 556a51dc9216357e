"""The releases of both hosts are not known to disturb each other, whatever guest moves."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.known_bad import KNOWN_BAD
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule
from orchestrator.model.finding import Scope, Severity

_FOR_EVERY_GUEST = tuple(row for row in KNOWN_BAD if row.concerns is None)


def _examine(case: OnLink) -> Iterator[Found]:
    for row in _FOR_EVERY_GUEST:
        if row.meets(case.source, case.destination):
            yield Found(
                saw=f"{row.releases(case.source, case.destination)}: {row.effect}",
                fix=f"{row.advice}: {virsh(case.destination_entry, 'version')}",
                severity=row.severity,
            )


RULE = Rule(
    name="known-bad-pair",
    title="The releases of both hosts are not known to disturb each other.",
    scope=Scope.LINK,
    severity=Severity.WARNING,
    examine=_examine,
)
