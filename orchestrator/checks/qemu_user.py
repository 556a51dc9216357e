"""Guests run as the same user on both hosts."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.daemon_files import qemu_conf
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    here, there = known(case.source.daemon), known(case.destination.daemon)
    if (here.qemu_uid, here.qemu_gid) != (there.qemu_uid, there.qemu_gid):
        yield warning(
            f"QEMU runs as {here.qemu_uid}:{here.qemu_gid} on {case.source.name} and as "
            f"{there.qemu_uid}:{there.qemu_gid} on {case.to}: disks on shared storage may be closed to one of them",
            f"{qemu_conf(case.destination_entry, 'user')} (and group), with the same numbers in /etc/passwd; running "
            "guests keep theirs",
        )


RULE = Rule(
    name="qemu-user",
    title="QEMU runs as the same user and group on both hosts.",
    scope=Scope.LINK,
    severity=Severity.WARNING,
    needs=frozenset({Topic.DAEMON}),
    examine=_examine,
)
