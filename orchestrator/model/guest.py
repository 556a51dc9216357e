"""Who a guest is, and what a host knows of it before a move."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from orchestrator.model.hardware import Hardware, Kept
from orchestrator.model.unknown import Unknown

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
    """One disk or medium of a guest. `source` is None for an empty drive; kind is libvirt's type (file, block, …).

    format: of the top image. backing: the files below it, top first. pool: of a disk of kind volume.
    reservations: SCSI reservations are passed through. locks: False where the operator switched image locks off.
    path: of a disk of kind volume, where libvirt says that it lies on its host.
    """

    target: str
    device: str
    kind: str
    source: str | None
    read_only: bool = False
    shareable: bool = False
    cache: str | None = None
    format: str | None = None
    backing: tuple[str, ...] = ()
    pool: str | None = None
    transient: bool = False
    reservations: bool = False
    path: str | None = None

    @property
    def local_path(self) -> str | None:
        """Where it lies on its host, as a file or a block device; None: in a network, nowhere, or nobody knows."""
        path = self.source if self.kind in ("file", "block") else self.path if self.kind == "volume" else None
        return path if path is not None and path.startswith("/") else None

    @property
    def in_file(self) -> bool:
        """Whether it lies in a file of its host; a volume does unless its path is that of a device."""
        path = self.local_path if self.kind == "volume" else None
        return self.kind == "file" or (path is not None and not path.startswith("/dev/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic:
    """One network card: `kind` bridge, network, direct (macvtap), hostdev, …; `source` the bridge's, network's or
    device's name. switch: the virtualport's type (openvswitch). mode: of macvtap. teaming: persistent or transient.
    filter: nwfilter's name. vlans: tags set on the card. portgroup: of its network.
    """

    kind: str
    source: str | None
    mac: str | None = None
    mtu: int | None = None
    switch: str | None = None
    mode: str | None = None
    teaming: str | None = None
    filter: str | None = None
    vlans: frozenset[int] = frozenset()
    portgroup: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDevice:
    """A device of the host given to the guest, named as libvirt addresses it: kind pci, usb, mdev, scsi, scsi_host.

    teaming: transient where QEMU itself unplugs it for the move. interface: given as a network card.
    mdev_type: the kind of mediated device, as far as the host says. pooled: a network card out of a libvirt network's
    pool of devices; the destination takes one out of its own.
    """

    kind: str
    address: str
    teaming: str | None = None
    interface: bool = False
    mdev_type: str | None = None
    pooled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A guest as one host describes it; memory in bytes, vcpu_time in nanoseconds of CPU used so far.

    labels: what the operator has written of it into its definition, for ferry: `tags` and whatever else.
    unread: why its definition or its job could not be read; then what is said of it is not all.
    """

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
    boot_files: tuple[str, ...] = ()  # kernel, initrd, NVRAM template, source of randomness: must exist there
    probe_address: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    active_job: str | None = None
    vcpu_time_ns: int | None = None
    hardware: Hardware = field(default_factory=Hardware)
    kept: Kept = field(default_factory=Kept)
    unread: Unknown | None = None

    @property
    def holds_shared_memory(self) -> bool:
        """Whether its memory lies in shared pages of its host, which the kernel counts among the caches."""
        return self.hardware.memory_shared and not self.hardware.hugepages and self.power is not Power.SHUT_OFF

    @property
    def tpm_state(self) -> str | None:
        """The directory in which libvirt keeps the state of an emulated TPM (qemu_tpm.c); None without one."""
        tpm = self.hardware.tpm
        return f"/var/lib/libvirt/swtpm/{self.uuid}" if tpm is not None and tpm.backend == "emulator" else None
