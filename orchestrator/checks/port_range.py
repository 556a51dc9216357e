"""Both hosts receive migrations on the same ports, so that one firewall rule fits."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.daemon_files import qemu_conf
from orchestrator.checks.rule import Found, Rule, known, note
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    here, there = known(case.source.daemon), known(case.destination.daemon)
    if (here.port_min, here.port_max) != (there.port_min, there.port_max):
        yield note(
            f"{case.source.name} receives migrations on the ports {here.port_min}-{here.port_max}, {case.to} on "
            f"{there.port_min}-{there.port_max}",
            f"Open each range in the firewall of its host, or make them equal. "
            f"{qemu_conf(case.destination_entry, 'migration_port')}",
        )


RULE = Rule(
    name="port-range",
    title="Both hosts receive migrations on the same range of ports.",
    scope=Scope.LINK,
    severity=Severity.NOTE,
    needs=frozenset({Topic.DAEMON}),
    examine=_examine,
)
