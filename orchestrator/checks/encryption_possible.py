"""QEMU can encrypt the memory on its way, where the policy asks for that."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.rule import Found, Rule, blocker, known, note
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for lack in case.unmet:
        if lack.key == "encryption":
            if lack.demand:
                known(case.source.certificates)
                known(case.destination.certificates)
            say = blocker if lack.demand else note
            yield say(f"{case.guest.name} to {case.to}: {lack.why}", lack.fix)


RULE = Rule(
    name="encryption-possible",
    title="The memory can be encrypted on its way, where the policy asks for it.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.CERTIFICATES}),
    undecided=Severity.BLOCKER,  # a demand that may not be met is not begun with
    examine=_examine,
)
