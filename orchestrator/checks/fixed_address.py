"""What a host has at a PCI address that a guest's definition names: libvirt looks there, and nowhere else."""

from orchestrator.checks.case import LIVE
from orchestrator.checks.rule import known
from orchestrator.model.facts import HostFacts
from orchestrator.model.machine import PciDevice


def device_at(host: HostFacts, address: str) -> PciDevice | None:
    """The device at that address, if there is one."""
    return next((device for device in known(host.devices).pci if device.address == address), None)


def holder(host: HostFacts, address: str) -> str | None:
    """The name of a guest that holds it there now."""
    holding = (
        guest.name
        for guest in host.guests
        if guest.power in LIVE and any(held.kind == "pci" and held.address == address for held in guest.host_devices)
    )
    return next(holding, None)


def amiss(host: HostFacts, address: str, wanted: str | None) -> str | None:
    """What is wrong with the device at that address, in words that follow `kvm02 has`. wanted: the make, if known."""
    there = device_at(host, address)
    if there is None:
        return "no device at that address"
    if wanted is not None and there.id != wanted:
        return f"a device of another make at that address, {there.id}"
    by = holder(host, address)
    return None if by is None else f"that device in the hands of its guest {by}"
