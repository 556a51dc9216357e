"""Devices of a guest that are known not to migrate, in the words of model.hardware.ODDITIES."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.hypervisor.documents import Element

# Word → where libvirt's XML says so.
_ELEMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "amd-iommu": ("devices/iommu[@model='amd']",),
    "capabilities device": ("devices/hostdev[@mode='capabilities']",),
    "crypto": ("devices/crypto",),
    "input passthrough": ("devices/input[@type='passthrough']", "devices/input[@type='evdev']"),
    "nvme emulated": ("devices/controller[@type='nvme']",),
    "smartcard host": ("devices/smartcard[@mode='host']", "devices/smartcard[@mode='host-certificates']"),
    "sound virtio": ("devices/sound[@model='virtio']",),
    "usb audio": ("devices/sound[@model='usb']",),
    "usb net": ("devices/interface/model[@type='usb-net']",),
    "usb serial": ("devices/serial/target[@type='usb-serial']",),
    "vdpa": ("devices/interface[@type='vdpa']",),
    "vhostvdpa disk": ("devices/disk[@type='vhostvdpa']",),
    "video accel3d": ("devices/video/model/acceleration[@accel3d='yes']",),
    "video blob": ("devices/video/model[@blob='on']",),
}
# QEMU's name of a device given past libvirt (qemu:commandline) → word.
_DEVICES: Final[Mapping[str, str]] = {
    "amd-iommu": "amd-iommu",
    "nvme": "nvme emulated",
    "ufs": "ufs",
    "usb-audio": "usb audio",
    "usb-mtp": "usb mtp",
    "usb-net": "usb net",
    "usb-serial": "usb serial",
    "usb-uas": "usb uas",
    "usb-wacom-tablet": "usb wacom",
    "vhost-vdpa-device-pci": "vdpa",
    "virtio-crypto-pci": "crypto",
    "virtio-gpu-gl-pci": "video accel3d",
    "virtio-input-host-pci": "input passthrough",
    "virtio-sound-pci": "sound virtio",
    "virtio-vga-gl": "video accel3d",
}
_ARGUMENT = "{http://libvirt.org/schemas/domain/qemu/1.0}commandline/{http://libvirt.org/schemas/domain/qemu/1.0}arg"
_DRIVER = re.compile(r"(?:driver=)?([^,]*)")


def oddities(domain: Element) -> tuple[str, ...]:
    """The words that hold for this guest, sorted."""
    seen = {word for word, places in _ELEMENTS.items() if any(domain.find(place) is not None for place in places)}
    return tuple(sorted(seen | {_DEVICES[device] for device in by_hand(domain) if device in _DEVICES}))


def by_hand(domain: Element) -> Iterator[str]:
    """QEMU's names of the devices of the command line that the operator added past libvirt."""
    given = [argument.get("value", "") for argument in domain.iterfind(_ARGUMENT)]
    for option, value in itertools.pairwise(given):
        if option in ("-device", "--device"):
            yield _driver(value)


def _driver(value: str) -> str:
    if value.startswith("{"):
        try:
            return str(json.loads(value).get("driver", ""))
        except ValueError:
            return ""
    found = _DRIVER.match(value)
    return "" if found is None else found[1]
