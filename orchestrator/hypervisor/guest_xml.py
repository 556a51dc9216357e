"""A guest from libvirt's domain XML: what a move needs to know of it."""

from dataclasses import dataclass

from lxml import etree

from orchestrator.hypervisor.documents import Element, attribute, parse, text
from orchestrator.model.guest import Disk, HostDevice, Nic

_OURS = "{urn:kvm-ferry:guest:1}guest"
_SIZES = {"b": 1, "bytes": 1, "KB": 10**3, "k": 2**10, "KiB": 2**10, "MB": 10**6, "M": 2**20, "MiB": 2**20}
_SIZES |= {"GB": 10**9, "G": 2**30, "GiB": 2**30, "TB": 10**12, "T": 2**40, "TiB": 2**40}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What the XML says, as opposed to the state the daemon keeps beside it."""

    memory_bytes: int
    vcpus: int
    virt_type: str
    arch: str
    machine: str
    emulator: str
    cpu_xml: str | None
    disks: tuple[Disk, ...]
    nics: tuple[Nic, ...]
    host_devices: tuple[HostDevice, ...]
    boot_files: tuple[str, ...]
    probe_address: str | None


def describe(xml: str) -> Described:
    """Read a domain's XML."""
    domain = parse(xml)
    cpu = domain.find("cpu")
    return Described(
        memory_bytes=_bytes(domain.find("memory")),
        vcpus=int(text(domain, "vcpu") or 1),
        virt_type=domain.get("type", ""),
        arch=attribute(domain, "os/type", "arch") or "",
        machine=attribute(domain, "os/type", "machine") or "",
        emulator=text(domain, "devices/emulator") or "",
        cpu_xml=None if cpu is None else etree.tostring(cpu, encoding="unicode", with_tail=False),
        disks=tuple(_disk(disk) for disk in domain.iterfind("devices/disk")),
        nics=tuple(_nic(nic) for nic in domain.iterfind("devices/interface")),
        host_devices=tuple(_host_devices(domain)),
        boot_files=tuple(_boot_files(domain)),
        probe_address=attribute(domain, f"metadata/{_OURS}", "address"),
    )


def _bytes(memory: Element | None) -> int:
    if memory is None or memory.text is None:
        return 0
    return int(memory.text) * _SIZES[memory.get("unit", "KiB")]


def _disk(disk: Element) -> Disk:
    return Disk(
        target=attribute(disk, "target", "dev") or "",
        device=disk.get("device", "disk"),
        kind=disk.get("type", ""),
        source=_source(disk.find("source")),
        read_only=disk.find("readonly") is not None,
        shareable=disk.find("shareable") is not None,
        cache=attribute(disk, "driver", "cache"),
    )


def _source(source: Element | None) -> str | None:
    """One string that names where the data is, whatever kind of disk it is."""
    if source is None:
        return None
    if source.get("pool"):
        return f"{source.get('pool')}/{source.get('volume')}"
    if source.get("protocol"):
        return f"{source.get('protocol')}:{source.get('name', '')}"
    return source.get("file") or source.get("dev") or source.get("dir")


def _nic(nic: Element) -> Nic:
    kind = nic.get("type", "")
    place = {"bridge": "bridge", "network": "network", "direct": "dev"}.get(kind)
    return Nic(
        kind=kind,
        source=attribute(nic, "source", place) if place else None,
        mac=attribute(nic, "mac", "address"),
    )


def _host_devices(domain: Element) -> list[HostDevice]:
    given = [(device.get("type", ""), device) for device in domain.iterfind("devices/hostdev")]
    given += [("pci", nic) for nic in domain.iterfind("devices/interface[@type='hostdev']")]
    return [HostDevice(kind=kind, address=_device_address(kind, device)) for kind, device in given]


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


def _boot_files(domain: Element) -> list[str]:
    named = [text(domain, f"os/{part}") for part in ("kernel", "initrd", "dtb", "loader")]
    return [file for file in (*named, attribute(domain, "os/nvram", "template")) if file]
