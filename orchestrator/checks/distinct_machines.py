"""Source and destination are proven to be two machines; a proof that lacks a part is said to lack it."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, warning
from orchestrator.model.facts import HostFacts, Unknown
from orchestrator.model.finding import Scope, Severity


def _examine(case: OnLink) -> Iterator[Found]:
    for facts, entry in ((case.source, case.source_entry), (case.destination, case.destination_entry)):
        for what, path, unknown in _unread(facts):
            yield warning(
                f"The {what} of {facts.name} could not be read ({unknown.why}). That {case.source.name} and {case.to} "
                "are two machines is known from their host UUIDs only",
                on(entry, "cat", path),
            )


def _unread(facts: HostFacts) -> Iterator[tuple[str, str, Unknown]]:
    if isinstance(facts.identity.machine_id, Unknown):
        yield "machine id", "/etc/machine-id", facts.identity.machine_id
    elif isinstance(facts.identity.boot_id, Unknown):  # usually both for one reason: once is enough
        yield "boot id", "/proc/sys/kernel/random/boot_id", facts.identity.boot_id


RULE = Rule(
    name="distinct-machines",
    title="Source and destination are two machines.",
    scope=Scope.LINK,
    severity=Severity.WARNING,
    examine=_examine,
)
