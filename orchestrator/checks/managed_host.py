"""No other manager rules the host."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.foreign_owner import how_bad, step_aside, title
from orchestrator.checks.rule import Found, Rule, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: AtHost) -> Iterator[Found]:
    for owner in known(case.host.owners):
        guests = f"; it manages {len(owner.guests)} guests there" if owner.guests else ""
        yield Found(
            saw=f"{title(owner.name)} manages {case.host.name} ({owner.evidence}){guests}. It may start, stop or "
            "move guests while ferry moves them",
            fix=step_aside(owner.name, case.entry),
            severity=how_bad(case.policy),
        )


RULE = Rule(
    name="managed-host",
    title="No other manager rules the host.",
    scope=Scope.HOST,
    severity=Severity.WARNING,
    needs=frozenset({Topic.OWNERS}),
    examine=_examine,
)
