"""The destination can make another mediated device (a virtual GPU) of the guest's kind."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.detach import VFIO_MATURE, detach
from orchestrator.checks.quantity import version
from orchestrator.checks.remedy import on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import HostDevice
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    held = [device for device in case.guest.host_devices if device.kind == "mdev"]
    if not held:
        return
    older = [host for host in (case.source, case.destination) if host.qemu_version < VFIO_MATURE]
    if older:
        versions = " and ".join(f"{host.name} has {version(host.qemu_version)}" for host in older)
        yield blocker(
            f"{case.guest.name} holds {len(held)} mediated device(s); to carry their state takes QEMU 8.2 on both "
            f"hosts: {versions}",
            detach(case, "mdev"),
        )
        return
    for kind in dict.fromkeys(_kind(case, device) for device in held):
        yield _judged(case, kind, sum(device.mdev_type == kind for device in held))


def _kind(case: BetweenHosts, device: HostDevice) -> str:
    if device.mdev_type is None:
        why = f"{case.source.name} does not say of which type the mediated device {device.address} is"
        return known(Unknown(why=why, code="host.shell"))
    return device.mdev_type


def _judged(case: BetweenHosts, kind: str, wanted: int) -> Found:
    offered = {one.name: one.available for one in known(case.destination.devices).mdev}
    holds = f"{case.guest.name} holds {wanted} mediated device(s) of type {kind}"
    if kind not in offered:
        have = ", ".join(sorted(offered)) or "no type at all"
        return blocker(f"{holds}; {case.to} offers {have}", virsh(case.destination_entry, "nodedev-list", "mdev_types"))
    if offered[kind] < wanted:
        return blocker(
            f"{holds}; {case.to} can make {offered[kind]} more",
            f"Free one there, or take another destination: {virsh(case.destination_entry, 'nodedev-list', 'mdev')}",
        )
    return warning(
        f"{holds}; {case.to} can make {offered[kind]} more. It must exist there with the same UUID, and only the "
        "vendor's driver decides whether its state can move",
        f"Same driver version on both hosts? Make it there: {on(case.destination_entry, 'mdevctl', 'types')}",
    )


RULE = Rule(
    name="mdev-device",
    title="The destination has room for the guest's mediated devices.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.DEVICES}),
    examine=_examine,
    undecided=Severity.BLOCKER,  # such a device rarely moves
)
