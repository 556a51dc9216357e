"""The way that the policy asks the memory to take is one that both hosts have, and does not contradict itself."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.rule import Found, Rule, blocker, known, note
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for lack in case.unmet:
        if lack.key != "encryption":
            if lack.demand and case.policy.transport == "rdma":
                for host in (case.source, case.destination):
                    known(host.rdma)
                    known(host.interfaces)
                    known(host.daemon)
            say = blocker if lack.demand else note
            yield say(f"{case.guest.name} to {case.to}: {lack.why}", lack.fix)


RULE = Rule(
    name="transport-possible",
    title="The memory can travel the way that the policy asks for.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.RDMA, Topic.INTERFACES, Topic.DAEMON}),
    undecided=Severity.BLOCKER,  # a demand that may not be met is not begun with
    examine=_examine,
)
