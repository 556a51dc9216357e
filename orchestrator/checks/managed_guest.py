"""No other manager owns the guest."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.foreign_owner import how_bad, manager_of, step_aside, title
from orchestrator.checks.rule import Found, Rule, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: AtSource) -> Iterator[Found]:
    guest = case.guest
    for namespace in sorted(guest.hardware.namespaces):
        name = manager_of(namespace)
        if name is not None:
            yield _found(case, name, f"its definition carries metadata of {namespace}")
            return
    for owner in known(case.source.owners):
        if guest.name in owner.guests or guest.uuid in owner.guests:
            yield _found(case, owner.name, owner.evidence)


def _found(case: AtSource, name: str, evidence: str) -> Found:
    return Found(
        saw=f"{case.guest.name} on {case.source.name} belongs to {title(name)}: {evidence}. Moved behind its back, "
        "it may be started a second time at its old place",
        fix=step_aside(name, case.source_entry),
        severity=how_bad(case.policy),
    )


RULE = Rule(
    name="managed-guest",
    title="No other manager owns the guest.",
    scope=Scope.GUEST,
    severity=Severity.WARNING,
    needs=frozenset({Topic.OWNERS}),
    examine=_examine,
)
