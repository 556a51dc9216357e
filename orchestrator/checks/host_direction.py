"""The source lets guests go, and the destination takes guests in."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: OnLink) -> Iterator[Found]:
    file = case.settings.file
    if not case.source_entry.outgoing:
        yield blocker(
            f"{case.source.name} has outgoing: false: no guest is to be moved away from it",
            f"Leave its guests there, or set hosts.{case.source.name}.outgoing to true in {file}",
        )
    if not case.destination_entry.incoming:
        yield blocker(
            f"{case.to} has incoming: false: no guest is to be moved to it",
            f"Take another host, or set hosts.{case.to}.incoming to true in {file}",
        )


RULE = Rule(
    name="host-direction",
    title="The source lets guests go, and the destination takes guests in.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    examine=_examine,
)
