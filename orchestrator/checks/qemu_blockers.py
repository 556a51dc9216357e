"""QEMU itself names nothing that blocks a migration of the guest."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity

_QUERY = '{"execute":"query-migrate"}'


def _examine(case: AtSource) -> Iterator[Found]:
    reasons = known(case.guest.kept.blocked_reasons)
    if reasons:
        yield blocker(
            f"QEMU refuses to migrate {case.guest.name}: {'; '.join(reasons)}",
            f"Take away what it names, then ask again: "
            f"{virsh(case.source_entry, 'qemu-monitor-command', called(case.guest), _QUERY)}",
        )


RULE = Rule(
    name="qemu-blockers",
    title="QEMU itself names nothing that blocks a migration.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
