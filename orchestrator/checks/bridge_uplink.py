"""The guest's bridge at the destination leads somewhere, if the one at the source does."""

from collections.abc import Iterator

from orchestrator.checks.attachment import attachments
from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.interfaces import uplinks
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    pairs = {(one.here.name, one.there.name) for one in attachments(case) if one.here and one.there}
    for here, there in sorted(pairs):
        if uplinks(known(case.destination.interfaces), there):
            continue
        out = [uplink.name for uplink in uplinks(known(case.source.interfaces), here)]
        if out:
            yield warning(
                f"The bridge {here} of {case.source.name}, which {case.guest.name} is on, leads out through "
                f"{', '.join(out)}; {there} of {case.to} has no uplink that is up, so the guest would be cut off there",
                "Plug in its uplink, or set it up: "
                + on(case.destination_entry, "ip", "link", "show", "master", there),
            )


RULE = Rule(
    name="bridge-uplink",
    title="The destination's bridge has an uplink if the source's has one.",
    scope=Scope.MOVE,
    severity=Severity.WARNING,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
)
