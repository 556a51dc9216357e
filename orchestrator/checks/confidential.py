"""The guest's memory is not encrypted by its processor."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    protection = case.guest.hardware.launch_security
    if protection is not None:
        yield blocker(
            f"The processor of {case.source.name} encrypts the memory of {case.guest.name} ({protection}); QEMU cannot "
            "migrate such a guest",
            "Shut it down in the guest and start it elsewhere, or remove <launchSecurity> from its definition: "
            + virsh(case.source_entry, "edit", called(case.guest)),
        )


RULE = Rule(
    name="confidential",
    title="The guest's memory is not encrypted by its processor (SEV, TDX).",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
