"""A guest without KVM is not moved live from a QEMU that may lose writes to its memory meanwhile."""

from collections.abc import Iterator
from shlex import join

from orchestrator.checks.case import AtSource
from orchestrator.checks.quantity import version
from orchestrator.checks.remedy import called
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Power

# QEMU 10.0 lost none where 7.2 did, under the same load; those between were not tried (docs/design/lab-facts.md).
_SOUND = 10_000_000


def _examine(case: AtSource) -> Iterator[Found]:
    guest, qemu = case.guest, case.source.qemu_version
    if guest.virt_type == "qemu" and guest.power is Power.RUNNING and qemu < _SOUND:
        yield blocker(
            f"{guest.name} runs without KVM on QEMU {version(qemu)} of {case.source.name}; on a busy host this QEMU "
            "misses pages that such a guest writes during a live copy, and its kernel crashes after it has arrived",
            f"Let it stand still while it is copied: {join(['ferry', 'migrate', called(guest), '--mode', 'pause'])}",
        )


RULE = Rule(
    name="emulated-memory",
    title="The memory of a guest without KVM arrives whole.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    # Waivable, unlike other rules about lost memory: it takes a busy host, and a guest can be set up against it.
    examine=_examine,
)
