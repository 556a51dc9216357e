"""Devices that a program beside QEMU serves (vhost-user) can move, and find such a program at the destination."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.finding import Scope, Severity

# QEMU marks these as not migratable, whatever the program can do.
_STUCK = frozenset({"vsock", "input", "gpio", "i2c", "rng", "snd", "sound", "scmi"})


def _examine(case: AtSource) -> Iterator[Found]:
    listing = virsh(case.source_entry, "dumpxml", called(case.guest))
    for device in dict.fromkeys(case.guest.hardware.vhost_user):
        # "vsock", "rng-device …": the first word, without the bus it is plugged into
        if device.split(" ", 1)[0].split("-", 1)[0] in _STUCK:
            yield blocker(
                f"{case.guest.name} has a vhost-user device that QEMU cannot migrate: {device}",
                f"Take it away before the move: {listing}",
            )
        else:
            yield warning(
                f"{case.guest.name} has a vhost-user device: {device}. The destination needs the same program at the "
                "same socket, and QEMU refuses to migrate unless that program can log changed memory",
                f"Look at its socket, and start its program at the destination: {listing}",
            )


RULE = Rule(
    name="vhost-user",
    title="No device of the guest is served by a program outside QEMU.",
    scope=Scope.GUEST,
    severity=Severity.WARNING,
    examine=_examine,
)
