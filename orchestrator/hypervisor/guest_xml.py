"""A guest from libvirt's domain XML: what a move needs to know of it."""

from dataclasses import dataclass, replace

from lxml import etree

from orchestrator.hypervisor.documents import Element, attribute, parse, size_bytes, text
from orchestrator.hypervisor.guest_devices import backing, disks, host_devices, nics
from orchestrator.hypervisor.guest_hardware import hardware
from orchestrator.model.guest import Disk, HostDevice, Nic
from orchestrator.model.hardware import Hardware

_EVERYWHERE = ("/dev/random", "/dev/urandom")
_OURS = "{urn:kvm-ferry:guest:1}guest"


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
    labels: tuple[tuple[str, str], ...]
    hardware: Hardware


def describe(xml: str) -> Described:
    """Read a domain's XML."""
    domain = parse(xml)
    cpu = domain.find("cpu")
    return Described(
        memory_bytes=size_bytes(domain.find("memory")) or 0,
        vcpus=int(text(domain, "vcpu") or 1),
        virt_type=domain.get("type", ""),
        arch=attribute(domain, "os/type", "arch") or "",
        machine=attribute(domain, "os/type", "machine") or "",
        emulator=text(domain, "devices/emulator") or "",
        cpu_xml=None if cpu is None else etree.tostring(cpu, encoding="unicode", with_tail=False),
        disks=disks(domain),
        nics=nics(domain),
        host_devices=host_devices(domain),
        boot_files=tuple(_boot_files(domain)),
        probe_address=attribute(domain, f"metadata/{_OURS}", "address"),
        labels=_labels(domain),
        hardware=hardware(domain),
    )


def _labels(domain: Element) -> tuple[tuple[str, str], ...]:
    """What an operator says of the guest: virsh metadata GUEST urn:kvm-ferry:guest:1 --set '<guest tags="web"/>' …"""
    ours = domain.find(f"metadata/{_OURS}")
    return () if ours is None else tuple(sorted((str(name), str(value)) for name, value in ours.attrib.items()))


def as_it_runs(said: Described, running: str) -> Described:
    """Add what only the XML of a running guest says: chains of images, cards that came out of a pool of devices, and
    the CPU that was made of host-model when it started (newer libvirts put host-model into the migratable form)."""
    domain = parse(running)
    chains, cpu, own = backing(domain), domain.find("cpu"), hardware(domain)
    fixed = {device.address for device in said.host_devices}
    return replace(
        said,
        cpu_xml=None if cpu is None else etree.tostring(cpu, encoding="unicode", with_tail=False),
        hardware=replace(
            said.hardware,
            cpu_mode=own.cpu_mode,
            cpu_model=own.cpu_model,
            cpu_vendor=own.cpu_vendor,
            cpu_features=own.cpu_features,
        ),
        disks=tuple(replace(disk, backing=chains.get(disk.target, ())) for disk in said.disks),
        host_devices=tuple(
            replace(device, pooled=device.interface and device.address not in fixed) for device in host_devices(domain)
        ),
    )


def _boot_files(domain: Element) -> list[str]:
    named = [text(domain, f"os/{part}") for part in ("kernel", "initrd", "dtb")]
    # Every host has /dev/random; any other device (/dev/hwrng) has to be there when the guest starts.
    random = [text(backend, ".") for backend in domain.iterfind("devices/rng/backend[@model='random']")]
    sources = [source for source in random if source not in _EVERYWHERE]
    return [file for file in (*named, attribute(domain, "os/nvram", "template"), *sources) if file]
