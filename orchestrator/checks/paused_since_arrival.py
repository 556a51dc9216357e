"""A paused guest has run since it was last moved."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Power

# QEMU 10.0; below it an assertion in bdrv_inactivate_recurse ends the process (docs/design/lab-facts.md).
_MENDED = 10_000_000


def _examine(case: AtSource) -> Iterator[Found]:
    guest = case.guest
    never_ran_here = guest.power is Power.PAUSED and guest.vcpu_time_ns == 0
    if never_ran_here and guest.disks and case.source.qemu_version < _MENDED:
        resume, suspend = (virsh(case.source_entry, word, called(guest)) for word in ("resume", "suspend"))
        yield blocker(
            f"{guest.name} arrived on {case.source.name} paused and has not run since; with this QEMU a second move "
            "in that state ends the guest",
            f"Let it run for a moment first: {resume}; sleep 1; {suspend}",
        )


RULE = Rule(
    name="paused-since-arrival",
    title="A paused guest with disks has run since it arrived.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    waivable=False,
    examine=_examine,
)
