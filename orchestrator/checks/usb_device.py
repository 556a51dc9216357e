"""The guest holds no USB device of its host."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.detach import detach
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    for device in case.guest.host_devices:
        if device.kind == "usb":
            yield blocker(
                f"{case.guest.name} holds the USB device {device.address}, which stays on {case.source.name}. libvirt "
                "would let the guest go: it would see the device pulled out. ferry refuses on purpose",
                f"{detach(case, 'usb')}; or let it pass with a waiver of usb-device in the policy, where the "
                "destination has an equal device",
            )


RULE = Rule(
    name="usb-device",
    title="The guest holds no USB device of its host.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
