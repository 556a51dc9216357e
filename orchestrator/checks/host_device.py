"""The guest holds no device of its host."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Rule
from orchestrator.model.finding import Finding

_NAME = "host-device"


def _examine(case: AtSource) -> Iterator[Finding]:
    word = called(case.guest)
    listing = virsh(case.source_entry, "dumpxml", word, "--xpath", "//hostdev | //interface[@type='hostdev']")
    for device in case.guest.host_devices:
        yield case.blocker(
            _NAME,
            f"{case.guest.name} holds the {device.kind} device {device.address}, which stays on {case.source.name}",
            f"{listing} > device.xml   (keep only that element), then "
            f"{virsh(case.source_entry, 'detach-device', word, 'device.xml', '--live')}",
        )


RULE = Rule(name=_NAME, title="The guest holds no device of its host.", examine=_examine)
