"""The destination's libvirt reaches the source's, so that the guest can come home."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.login import objection, way_back
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_NOT_TRIED = "host.shell"  # the shell could not try it; the log-in itself may be well


def _examine(case: OnLink) -> Iterator[Found]:
    if case.back is None:
        return
    if isinstance(case.back.peer, Unknown) and case.back.peer.code == _NOT_TRIED:
        known(case.back.peer)
    against = objection(way_back(case, case.back))
    if against is not None:
        saw, fix = against
        yield warning(f"Guests could not come back: {saw}", fix)


RULE = Rule(
    name="peer-return",
    title="The destination's libvirt reaches the source's for the way back.",
    scope=Scope.LINK,
    severity=Severity.WARNING,
    needs=frozenset({Topic.PEER}),
    examine=_examine,
)
