"""A guest that may be switched to post-copy holds no device that forbids it."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.detach import VFIO, detach
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    if not case.policy.postcopy:
        return
    # What QEMU unplugs for the move is gone before post-copy could begin.
    held = [device for device in case.guest.host_devices if device.kind in VFIO and device.teaming != "transient"]
    if held:
        named = ", ".join(f"{device.kind} {device.address}" for device in held)
        yield blocker(
            f"{case.guest.name} holds VFIO devices ({named}); QEMU does not combine them with post-copy, which the "
            f"policy {case.policy.name} allows",
            f"postcopy: false in the policy of this guest, or {detach(case, held[0].kind)}",
        )


RULE = Rule(
    name="postcopy-device",
    title="The guest holds no VFIO device, where post-copy is allowed.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
