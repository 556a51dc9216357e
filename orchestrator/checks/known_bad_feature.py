"""Nothing of the guest is known to break between the releases of both hosts."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.known_bad import KNOWN_BAD
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule
from orchestrator.model.finding import Scope, Severity

_FOR_SOME_GUESTS = tuple((row, row.concerns) for row in KNOWN_BAD if row.concerns is not None)


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for row, concerns in _FOR_SOME_GUESTS:
        if row.meets(case.source, case.destination) and concerns(case.guest.hardware):
            yield Found(
                saw=f"{case.guest.name} is concerned: {row.releases(case.source, case.destination)}; {row.effect}",
                fix=f"{row.advice}: {virsh(case.destination_entry, 'version')}",
                severity=row.severity,
            )


RULE = Rule(
    name="known-bad-feature",
    title="Nothing of the guest is known to break between the releases of both hosts.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
