"""Devices that a guest could be given: PCI, USB, mediated, vsock, and the helpers for TPM and shared directories."""

import re
from collections import Counter
from collections.abc import Sequence

from orchestrator.model.facts import Unknown
from orchestrator.model.machine import Devices, MdevType, PciDevice
from orchestrator.survey.topics.section import Section, under

# find prints all drivers at once: a host with many virtual functions has thousands of devices.
_SCRIPT = """
for device in /sys/bus/pci/devices/*; do
  [ -r "$device/vendor" ] || continue
  read -r vendor <"$device/vendor"; read -r id <"$device/device"
  virtual=no; [ -e "$device/physfn" ] && virtual=yes
  echo "pci ${device##*/} $vendor $id $virtual"
done
find /sys/bus/pci/devices/*/driver -maxdepth 0 -printf 'driver %h %l\\n' 2>/dev/null | sed 's:[^ ]*/::g'
for device in /sys/bus/usb/devices/*; do
  [ -r "$device/idVendor" ] || continue
  read -r vendor <"$device/idVendor"; read -r id <"$device/idProduct"
  echo "usb $vendor:$id"
done
for kind in /sys/class/mdev_bus/*/mdev_supported_types/*; do
  [ -r "$kind/available_instances" ] || continue
  read -r available <"$kind/available_instances"
  echo "mdev ${kind##*/} $available"
done
if [ -c /dev/vhost-vsock ]; then echo "vsock yes"; else echo "vsock no"; fi
slirp=no
for helper in /usr/bin/slirp-helper /usr/libexec/slirp-helper; do [ -x "$helper" ] && slirp=yes; done
echo "slirp $slirp"
swtpm --version 2>/dev/null | sed -n '1s/^/swtpm /p'
for helper in /usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd /usr/lib/virtiofsd; do
  if [ -x "$helper" ]; then "$helper" --version 2>/dev/null | sed -n '1s/^/virtiofsd /p'; break; fi
done
"""
_VERSION = re.compile(r"\d+(\.\d+)+")


def _parse(lines: Sequence[str]) -> Devices | Unknown:
    if not under(lines, "vsock"):
        return Unknown(why="the host's devices could not be listed", code="host.shell")
    drivers = dict(line.split(maxsplit=1) for line in under(lines, "driver") if " " in line)
    mdev: Counter[str] = Counter()
    for name, available in (line.split() for line in under(lines, "mdev")):
        mdev[name] += int(available)
    return Devices(
        pci=tuple(
            PciDevice(
                address=address,
                id=f"{vendor.removeprefix('0x')}:{device.removeprefix('0x')}",
                driver=drivers.get(address, ""),
                virtual_function=virtual == "yes",
            )
            for address, vendor, device, virtual in (line.split() for line in under(lines, "pci"))
        ),
        usb=frozenset(under(lines, "usb")),
        mdev=tuple(MdevType(name=name, available=available) for name, available in sorted(mdev.items())),
        vhost_vsock="yes" in under(lines, "vsock"),
        slirp_helper="yes" in under(lines, "slirp"),
        swtpm=_version(under(lines, "swtpm")),
        virtiofsd=_version(under(lines, "virtiofsd")),
    )


def _version(said: Sequence[str]) -> str:
    found = _VERSION.search(said[0]) if said else None
    return found.group() if found else ""


SECTION = Section(script=_SCRIPT, parse=_parse)
