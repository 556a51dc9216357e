"""The destination can give the guest its socket to the host (vsock)."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    if case.guest.hardware.vsock and not known(case.destination.devices).vhost_vsock:
        yield blocker(
            f"{case.guest.name} has a vsock device; {case.to} has no /dev/vhost-vsock",
            f"{on(case.destination_entry, 'modprobe', 'vhost_vsock')}   (for every start: a line vhost_vsock in "
            "/etc/modules-load.d/vsock.conf there)",
        )


RULE = Rule(
    name="vsock",
    title="The destination has vsock, where the guest uses it.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.DEVICES}),
    examine=_examine,
)
