"""The source's libvirt reaches the destination's, and not some other machine."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.login import objection
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    against = objection(case)
    if against is not None:
        yield blocker(*against)


RULE = Rule(
    name="peer",
    title="The source's libvirt reaches the destination's.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PEER}),
    undecided=Severity.BLOCKER,
    examine=_examine,
)
