"""The guest's Hyper-V features are named one by one, not taken from the host."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    if case.guest.hardware.hyperv_passthrough:
        yield blocker(
            f"{case.guest.name} has whatever Hyper-V features {case.source.name} offers (<hyperv mode='passthrough'>); "
            "QEMU refuses to migrate it",
            "Name the features it needs, from its next start on: "
            + virsh(case.source_entry, "edit", called(case.guest)),
        )


RULE = Rule(
    name="hyperv-passthrough",
    title="The guest's Hyper-V features are named one by one.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
