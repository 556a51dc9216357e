"""The guest uses no serial or parallel port of its host."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    # libvirt lists the first serial port a second time, as a console.
    ports = {port.path: port.element for port in reversed(case.guest.hardware.char_devices) if port.kind == "dev"}
    for path, element in ports.items():
        yield blocker(
            f"The {element} device of {case.guest.name} is {path or 'a device'} of {case.source.name}, and what is "
            "plugged in there stays",
            f"Take the element away, from its next start on: {virsh(case.source_entry, 'edit', called(case.guest))}",
        )


RULE = Rule(
    name="host-chardev",
    title="The guest uses no serial or parallel port of its host.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
