"""The guest's user network runs inside QEMU, not in a program beside it."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: AtSource) -> Iterator[Found]:
    if any(nic.kind == "user" for nic in case.guest.nics) and known(case.source.devices).slirp_helper:
        yield warning(
            f"{case.guest.name} has a user network, and {case.source.name} has slirp-helper to run it outside QEMU. "
            "libvirt refuses to migrate unless that program can hand over its state, and the destination needs it too",
            f"Give it a card on a bridge or network, from its next start on: "
            f"{virsh(case.source_entry, 'edit', called(case.guest))}",
        )


RULE = Rule(
    name="slirp-helper",
    title="The guest's user network runs inside QEMU.",
    scope=Scope.GUEST,
    severity=Severity.WARNING,
    needs=frozenset({Topic.DEVICES}),
    examine=_examine,
)
