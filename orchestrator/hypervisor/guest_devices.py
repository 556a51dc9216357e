"""A guest's disks, network cards and host devices from its domain XML."""

from collections.abc import Iterator, Mapping

from orchestrator.hypervisor.documents import Element, attribute
from orchestrator.model.guest import Disk, HostDevice, Nic

_NIC_SOURCES = {"bridge": "bridge", "network": "network", "direct": "dev"}


def disks(domain: Element) -> tuple[Disk, ...]:
    """Every disk and drive."""
    return tuple(_disk(disk) for disk in domain.iterfind("devices/disk"))


def nics(domain: Element) -> tuple[Nic, ...]:
    """Every network card, those that are devices of the host included."""
    return tuple(_nic(nic) for nic in domain.iterfind("devices/interface"))


def host_devices(domain: Element) -> tuple[HostDevice, ...]:
    """Every device of the host that the guest holds, as such or as a network card."""
    given = [
        (device.get("type", ""), device)
        for device in domain.iterfind("devices/hostdev")
        if device.get("mode") != "capabilities"
    ]
    cards = domain.findall("devices/interface[@type='hostdev']")
    return (
        *(_host_device(kind, device) for kind, device in given),
        *(_host_device(attribute(card, "source/address", "type") or "pci", card, interface=True) for card in cards),
    )


def backing(running: Element) -> Mapping[str, tuple[str, ...]]:
    """Disk → the files below its top image, as the guest has opened them: only the XML of a running guest says so.

    The form for a migration leaves out what libvirt has found out by itself.
    """
    return {attribute(disk, "target", "dev") or "": tuple(_below(disk)) for disk in running.iterfind("devices/disk")}


def source_name(source: Element | None) -> str | None:
    """One string that names where the data is, whatever kind of disk it is."""
    if source is None:
        return None
    if source.get("pool"):
        return f"{source.get('pool')}/{source.get('volume')}"
    if source.get("protocol"):
        return f"{source.get('protocol')}:{source.get('name', '')}"
    return source.get("file") or source.get("dev") or source.get("dir") or source.get("path")


def _disk(disk: Element) -> Disk:
    source = disk.find("source")
    return Disk(
        target=attribute(disk, "target", "dev") or "",
        device=disk.get("device", "disk"),
        kind=disk.get("type", ""),
        source=source_name(source),
        read_only=disk.find("readonly") is not None,
        shareable=disk.find("shareable") is not None,
        cache=attribute(disk, "driver", "cache"),
        format=attribute(disk, "driver", "type"),
        pool=None if source is None else source.get("pool"),
        transient=disk.find("transient") is not None,
        reservations=source is not None and source.find("reservations") is not None,
    )


def _below(disk: Element) -> Iterator[str]:
    layer = disk.find("backingStore")
    while layer is not None:
        source = layer.find("source")
        file = None if source is None else source.get("file") or source.get("dev")
        if file:
            yield file
        layer = layer.find("backingStore")


def _nic(nic: Element) -> Nic:
    kind = nic.get("type", "")
    place = _NIC_SOURCES.get(kind)
    size = attribute(nic, "mtu", "size")
    return Nic(
        kind=kind,
        source=attribute(nic, "source", place) if place else None,
        mac=attribute(nic, "mac", "address"),
        mtu=int(size) if size else None,
        switch=attribute(nic, "virtualport", "type"),
        mode=attribute(nic, "source", "mode"),
        teaming=attribute(nic, "teaming", "type"),
        filter=attribute(nic, "filterref", "filter"),
        portgroup=attribute(nic, "source", "portgroup") if kind == "network" else None,
        vlans=frozenset(int(tag.get("id", "0")) for tag in nic.iterfind("vlan/tag")),
    )


def _host_device(kind: str, device: Element, *, interface: bool = False) -> HostDevice:
    return HostDevice(
        kind=kind,
        address=_device_address(kind, device),
        teaming=attribute(device, "teaming", "type"),
        interface=interface,
    )


def _device_address(kind: str, device: Element) -> str:
    address = device.find("source/address")
    if kind == "pci" and address is not None:
        domain, bus, slot = (int(address.get(part, "0"), 0) for part in ("domain", "bus", "slot"))
        return f"{domain:04x}:{bus:02x}:{slot:02x}.{int(address.get('function', '0'), 0)}"
    if kind == "usb" and (vendor := attribute(device, "source/vendor", "id")):
        return f"{vendor}:{attribute(device, 'source/product', 'id') or ''}"
    if address is not None and (uuid := address.get("uuid")):
        return uuid
    source = device.find("source")
    return (
        "" if source is None else " ".join(value for part in source.iter() for value in map(str, part.attrib.values()))
    )
