"""The guest holds no SCSI device or SCSI controller of its host."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.detach import detach
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity

_CALLED = {"scsi": "SCSI device", "scsi_host": "SCSI controller (vhost-scsi)"}


def _examine(case: AtSource) -> Iterator[Found]:
    for device in case.guest.host_devices:
        if device.kind in _CALLED:
            yield blocker(
                f"{case.guest.name} holds the {_CALLED[device.kind]} {device.address}, which stays on "
                f"{case.source.name}",
                f"{detach(case, device.kind)}   (a LUN that both hosts reach can be given as a disk instead)",
            )


RULE = Rule(
    name="scsi-device",
    title="The guest holds no SCSI device of its host.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
