"""The guest holds no device of its host of a kind that no other check knows."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.detach import detach
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity

_JUDGED_ELSEWHERE = frozenset({"pci", "usb", "mdev", "scsi", "scsi_host"})


def _examine(case: AtSource) -> Iterator[Found]:
    for device in case.guest.host_devices:
        if device.kind not in _JUDGED_ELSEWHERE:
            yield blocker(
                f"{case.guest.name} holds the {device.kind} device {device.address}, which stays on {case.source.name}",
                detach(case, device.kind),
            )


RULE = Rule(
    name="host-device",
    title="The guest holds no device of its host of an unusual kind.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
