"""The guest's bridge at the destination is switched on."""

from collections.abc import Iterator

from orchestrator.checks.attachment import attachments
from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    bridges = {one.there.name: one.there for one in attachments(case) if one.there is not None}
    for name, bridge in sorted(bridges.items()):
        if not bridge.enabled:
            yield blocker(
                f"The bridge {name} of {case.to}, which {case.guest.name} would be on, is down: the guest would be cut "
                "off from everybody",
                on(case.destination_entry, "ip", "link", "set", name, "up"),
            )


RULE = Rule(
    name="bridge-down",
    title="The destination's bridge is up.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
)
