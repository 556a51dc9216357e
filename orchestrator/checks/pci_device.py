"""A PCI device of the host stays there, unless its driver can carry its state to an equal device."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.detach import VFIO_MATURE, detach
from orchestrator.checks.fixed_address import amiss, device_at
from orchestrator.checks.quantity import version
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import HostDevice
from orchestrator.model.machine import PciDevice
from orchestrator.model.topic import Topic

# Kernel drivers that can read out and restore the state of a device.
_CARRYING = frozenset(
    {"mlx5_vfio_pci", "hisi_acc_vfio_pci", "pds_vfio_pci", "qat_vfio_pci", "virtio_vfio_pci", "nvgrace_gpu_vfio_pci"}
)


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for device in case.guest.host_devices:
        # Network cards, and whatever QEMU unplugs by itself for the move, are what sriov is about.
        if device.kind == "pci" and not device.interface and device.teaming != "transient":
            yield _judged(case, device)


def _judged(case: BetweenHosts, device: HostDevice) -> Found:
    held = f"{case.guest.name} holds the PCI device {device.address}"
    here = device_at(case.source, device.address)
    if here is None or not _carries(here):
        driver = f" (driver {here.driver})" if here and here.driver else ""
        return blocker(f"{held}{driver}, which stays on {case.source.name}", detach(case, "pci"))
    older = [host for host in (case.source, case.destination) if host.qemu_version < VFIO_MATURE]
    if older:
        versions = " and ".join(f"{host.name} has {version(host.qemu_version)}" for host in older)
        return blocker(
            f"{held}. Its driver {here.driver} can carry its state, but that takes QEMU 8.2 on both hosts: {versions}",
            detach(case, "pci"),
        )
    has = amiss(case.destination, device.address, here.id) or _other_driver(case, device.address)
    if has is not None:
        return blocker(
            f"{held} of the make {here.id}, and only a device at the same address of {case.to} can take its state "
            f"over; {case.to} has {has}",
            f"{on(case.destination_entry, 'lspci', '-Dnnk', '-d', here.id)}; or without it: {detach(case, 'pci')}",
        )
    return warning(
        f"{held} with the driver {here.driver}, which can carry its state; {case.to} has an equal device at the same "
        "address. Its state is sent while the guest stands still, which makes the pause longer",
        f"Compare firmware and driver: {on(case.destination_entry, 'lspci', '-nnk', '-d', here.id)}",
    )


def _carries(device: PciDevice) -> bool:
    return device.driver.replace("-", "_") in _CARRYING


def _other_driver(case: BetweenHosts, address: str) -> str | None:
    there = device_at(case.destination, address)
    if there is None or _carries(there):
        return None
    return f"it with the driver {there.driver}" if there.driver else "it without a driver"


RULE = Rule(
    name="pci-device",
    title="The guest holds no PCI device of its host that cannot be moved.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.DEVICES}),
    examine=_examine,
    undecided=Severity.BLOCKER,  # nearly every such device stays
)
