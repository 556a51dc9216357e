"""Memory pages can be fetched while the guest runs: QEMU may use userfaultfd."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.quantity import version
from orchestrator.checks.remedy import script_on
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.facts import HostFacts
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_OPENS_DEVICE = 10_001_000  # the first libvirt that lets QEMU have /dev/userfaultfd


def _examine(case: BetweenHosts) -> Iterator[Found]:
    if not case.policy.postcopy:
        return
    switch = "sysctl -w vm.unprivileged_userfaultfd=1"
    if not _allowed(case.destination):
        yield blocker(
            f"{_denied(case.destination)}; it could not fetch memory in post-copy, which the policy asks for",
            f"{script_on(case.destination_entry, switch)}   (and a file below /etc/sysctl.d, or postcopy: false)",
        )
    if not _allowed(case.source):
        yield warning(
            f"{_denied(case.source)}; a guest could not come back by post-copy",
            f"{script_on(case.source_entry, switch)}   (and a file below /etc/sysctl.d)",
        )


def _allowed(host: HostFacts) -> bool:
    kernel = known(host.kernel)
    # A kernel without the switch lets everybody.
    if kernel.unprivileged_userfaultfd is not False:
        return True
    if kernel.userfaultfd_device and host.libvirt_version >= _OPENS_DEVICE:
        return True
    return known(host.daemon).qemu_uid == 0


def _denied(host: HostFacts) -> str:
    device = "with" if known(host.kernel).userfaultfd_device else "without"
    return (
        f"On {host.name} QEMU may not use userfaultfd: it runs as user {known(host.daemon).qemu_uid}, "
        f"vm.unprivileged_userfaultfd is 0, libvirt is {version(host.libvirt_version)} {device} /dev/userfaultfd"
    )


RULE = Rule(
    name="postcopy-userfaultfd",
    title="Both hosts let QEMU use userfaultfd, where post-copy is allowed.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.KERNEL, Topic.DAEMON}),
    examine=_examine,
)
