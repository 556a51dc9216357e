"""Guests that the policy wants together are not parted."""

from collections.abc import Iterator

from orchestrator.checks.affinity import concerned
from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import called
from orchestrator.checks.rule import Found, Rule, warning
from orchestrator.model.finding import Scope, Severity


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for rule in case.policy.affinity:
        if rule.together and rule.concerns(case.guest.name) and (others := concerned(rule, case, case.source)):
            yield warning(
                f"{', '.join(others)} would be left on {case.source.name} without {case.guest.name}, and the policy "
                f"{case.policy.name} wants them {rule}",
                f"Move them too: ferry migrate {called(case.guest)} {' '.join(others)} --to {case.to}",
            )


RULE = Rule(
    name="together",
    title="Guests that the policy wants together are not parted.",
    scope=Scope.MOVE,
    severity=Severity.WARNING,
    examine=_examine,
)
