"""No host insists on encrypted migrations, which this version of ferry does not send."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.daemon_files import qemu_conf
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    forced = {case.source.name: known(case.source.daemon), case.to: known(case.destination.daemon)}
    insisting = [host for host, daemon in forced.items() if daemon.tls_force]
    if insisting:
        yield blocker(
            f"Only encrypted migrations are let through by {' and '.join(insisting)} (migrate_tls_force); ferry sends "
            "the memory unencrypted, so libvirt would refuse",
            qemu_conf(case.settings.hosts[insisting[0]], "migrate_tls_force"),
        )


RULE = Rule(
    name="tls-force",
    title="No host insists on encrypted migrations.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.DAEMON}),
    examine=_examine,
)
