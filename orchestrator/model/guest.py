"""Who a guest is, and what a host knows of it before a move."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

GuestId = NewType("GuestId", str)  # the guest's UUID, lower case, with dashes


class Power(StrEnum):
    """What a host says of a guest. INCOMING: a copy being received, which has not run yet."""

    ABSENT = "absent"
    RUNNING = "running"
    PAUSED = "paused"
    INCOMING = "incoming"
    SHUT_OFF = "shut off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """One disk or medium of a guest. `source` is None for an empty drive; kind is libvirt's type (file, block, …)."""

    target: str
    device: str
    kind: str
    source: str | None
    read_only: bool = False
    shareable: bool = False
    cache: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic:
    """One network card: `kind` bridge or network, `source` the bridge's or libvirt network's name."""

    kind: str
    source: str | None
    mac: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDevice:
    """A device of the host given to the guest, named as libvirt addresses it."""

    kind: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A guest as one host describes it; memory in bytes, vcpu_time in nanoseconds of CPU used so far."""

    uuid: GuestId
    name: str
    power: Power
    reason: str
    persistent: bool
    autostart: bool
    memory_bytes: int
    vcpus: int
    virt_type: str
    arch: str
    machine: str
    emulator: str
    cpu_xml: str | None
    disks: tuple[Disk, ...] = ()
    nics: tuple[Nic, ...] = ()
    host_devices: tuple[HostDevice, ...] = ()
    boot_files: tuple[str, ...] = ()  # kernel, initrd, firmware, NVRAM template: must exist at the destination
    probe_address: str | None = None
    active_job: str | None = None
    vcpu_time_ns: int | None = None
