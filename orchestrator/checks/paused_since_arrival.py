"""A paused guest has run since it was last moved."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Rule
from orchestrator.model.finding import Finding
from orchestrator.model.guest import Power

_NAME = "paused-since-arrival"
# QEMU 10.0; below it an assertion in bdrv_inactivate_recurse ends the process (docs/design/lab-facts.md).
_MENDED = 10_000_000


def _examine(case: AtSource) -> Iterator[Finding]:
    guest = case.guest
    never_ran_here = guest.power is Power.PAUSED and guest.vcpu_time_ns == 0
    if never_ran_here and guest.disks and case.source.qemu_version < _MENDED:
        resume, suspend = (virsh(case.source_entry, word, called(guest)) for word in ("resume", "suspend"))
        yield case.blocker(
            _NAME,
            f"{guest.name} arrived on {case.source.name} paused and has not run since; with this QEMU a second move "
            "in that state ends the guest",
            f"Let it run for a moment first: {resume}; sleep 1; {suspend}",
        )


RULE = Rule(name=_NAME, title="A paused guest with disks has run since it arrived.", examine=_examine)
