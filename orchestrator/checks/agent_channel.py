"""The guest has no clipboard channel that QEMU cannot migrate."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity

_VDAGENT = "qemu-vdagent"


def _examine(case: AtSource) -> Iterator[Found]:
    if any(device.kind == _VDAGENT for device in case.guest.hardware.char_devices):
        word = called(case.guest)
        listing = virsh(case.source_entry, "dumpxml", word, "--xpath", f'//channel[@type="{_VDAGENT}"]')
        yield blocker(
            f"{case.guest.name} has a channel of the type {_VDAGENT} (clipboard and mouse of VNC); QEMU cannot migrate "
            "it",
            f"{listing} > channel.xml, then {virsh(case.source_entry, 'detach-device', word, 'channel.xml', '--live')}",
        )


RULE = Rule(
    name="agent-channel",
    title="The guest has no channel of the type qemu-vdagent.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
