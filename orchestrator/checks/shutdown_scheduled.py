"""Nobody has scheduled a shutdown of the host."""

from collections.abc import Iterator
from datetime import UTC, datetime

from orchestrator.checks.case import AtHost
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_LAST_SECOND = 253_402_300_799  # of the year 9999. systemd writes its largest number where the time is "never"


def _examine(case: AtHost) -> Iterator[Found]:
    planned = known(case.host.shutdown)
    if 0 < planned.at <= _LAST_SECOND:
        when = datetime.fromtimestamp(planned.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        yield warning(
            f"A shutdown of {case.host.name} is scheduled for {when} ({planned.mode or 'kind unknown'}); what runs or "
            "arrives there ends with it",
            f"Be done before then, or call it off: {on(case.entry, 'shutdown', '-c')}",
        )


RULE = Rule(
    name="shutdown-scheduled",
    title="No shutdown of the host is scheduled.",
    scope=Scope.HOST,
    severity=Severity.WARNING,
    needs=frozenset({Topic.SHUTDOWN}),
    examine=_examine,
)
