"""No host insists on encrypted migrations, unless the policy has ferry encrypt them."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.daemon_files import qemu_conf
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    if case.policy.encryption == "required":
        return
    forced = {case.source.name: known(case.source.daemon), case.to: known(case.destination.daemon)}
    insisting = [host for host, daemon in forced.items() if daemon.tls_force]
    if insisting:
        sent = "does not encrypt" if case.policy.encryption == "off" else "need not encrypt"
        yield blocker(
            f"Only encrypted migrations are let through by {' and '.join(insisting)} (migrate_tls_force); the policy "
            f"{case.policy.name} {sent} the memory, so libvirt would refuse",
            "encryption: required in the policy; or, where the migration network is trusted: "
            + qemu_conf(case.settings.hosts[insisting[0]], "migrate_tls_force"),
        )


RULE = Rule(
    name="tls-force",
    title="No host insists on encryption that the policy does not ask for.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.DAEMON}),
    examine=_examine,
)
