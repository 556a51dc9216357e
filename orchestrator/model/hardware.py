"""What a guest is made of beyond disks, cards and memory: everything that can keep it where it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.model.unknown import Unknown

# Kinds of devices that keep a guest where it is, with the reason: whoever reads a guest's XML says these words and no
# others. Devices with fields of their own (TPM, shared memory, disk kinds, …) are not among them.
ODDITIES: Mapping[str, str] = {
    "amd-iommu": "QEMU cannot carry the state of an AMD IOMMU",
    "capabilities device": "libvirt gives it to containers only and refuses to migrate it",
    "crypto": "QEMU cannot carry the state of a virtio crypto device",
    "input passthrough": "it reads an input device of the host",
    "nvme emulated": "QEMU cannot carry the state of an emulated NVMe controller",
    "smartcard host": "it reads the smart card reader of the host",
    "sound virtio": "QEMU cannot carry the state of a virtio sound device",
    "ufs": "QEMU cannot carry the state of an emulated UFS controller",
    "usb audio": "QEMU cannot carry the state of an emulated USB sound device",
    "usb mtp": "QEMU cannot carry the state of an emulated USB media device",
    "usb net": "QEMU cannot carry the state of an emulated USB network card",
    "usb serial": "QEMU cannot carry the state of an emulated USB serial port",
    "usb uas": "QEMU cannot carry the state of an emulated USB attached SCSI device",
    "usb wacom": "QEMU cannot carry the state of an emulated USB tablet of this make",
    "vdpa": "QEMU cannot carry the state of a vDPA network card",
    "vhostvdpa disk": "QEMU cannot carry the state of a vDPA disk",
    "video accel3d": "QEMU cannot carry the state of an accelerated display",
    "video blob": "QEMU cannot carry a display whose memory lies in the host's graphics memory",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tpm:
    """backend: emulator or passthrough. secret: UUID of the secret that encrypts its state."""

    backend: str
    version: str = ""
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filesystem:
    """A directory of the host given to the guest. driver: virtiofs, path (9p), …; socket: of an external virtiofsd."""

    driver: str
    source: str
    target: str
    socket: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CharDevice:
    """A serial, parallel, console or channel device. kind: dev, file, pty, unix, qemu-vdagent, …"""

    element: str
    kind: str
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedMemory:
    """An ivshmem device. role: master, peer or none."""

    name: str
    model: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimm:
    """A memory device plugged in. migratable: slot and base address are in its definition."""

    model: str
    node: int | None
    migratable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HugePages:
    """Memory backed by pages of this size; nodes: guest cells it holds for, empty: all."""

    size_kib: int | None  # None: the host's default size
    nodes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """Where a display listens. address: None where libvirt chooses it. port: None where libvirt chooses it at each
    start. bound: the port it has now on its host, however it was chosen.
    """

    kind: str
    address: str | None = None
    port: int | None = None
    bound: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """Read from the domain's XML.

    pins: element (vcpupin 0, emulatorpin, iothreadpin 1, vcpu cpuset) → host processors. numa_nodes: element
    (numatune memory, memnode 0) → host cells. oddities: kinds of devices known not to migrate, in the words of
    docs/reference/checks/unmigratable-device.md, as `sound virtio`. namespaces: of the metadata, which betray other
    managers. cpu_*: of the live <cpu>; cpu_features: name → policy. secrets: what disks and TPM need: UUIDs, or
    `ceph NAME` where a secret is named by its use. memory_shared: backed by shared pages, as for virtiofs.
    """

    cpu_mode: str = ""
    cpu_model: str = ""
    cpu_vendor: str = ""
    cpu_features: Mapping[str, str] = field(default_factory=dict)
    tsc_hz: int | None = None
    hyperv_passthrough: bool = False
    hugepages: tuple[HugePages, ...] = ()
    locked: bool = False
    hard_limit_bytes: int | None = None
    pins: Mapping[str, frozenset[int]] = field(default_factory=dict)
    numa_nodes: Mapping[str, frozenset[int]] = field(default_factory=dict)
    numa_strict: bool = False
    dimms: tuple[Dimm, ...] = ()
    loader: str | None = None
    nvram: str | None = None
    tpm: Tpm | None = None
    vsock: bool = False
    launch_security: str | None = None
    filesystems: tuple[Filesystem, ...] = ()
    shared_memory: tuple[SharedMemory, ...] = ()
    char_devices: tuple[CharDevice, ...] = ()
    vhost_user: tuple[str, ...] = ()
    oddities: tuple[str, ...] = ()
    security_models: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    shares_set: bool = False  # <cputune><shares>, which cgroup v1 and v2 count differently
    memory_shared: bool = False
    displays: tuple[Display, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What libvirt keeps beside a guest's XML, on its host only. Unknown: libvirt refused to say, or did not answer.

    pending_definition: the persistent definition differs from the running guest. block_jobs: disk → kind of job.
    disk_errors: disk → error. blocked_reasons: QEMU's own, None where it was not asked (asking taints the guest).
    cpu_mode: of the persistent definition's <cpu>, which decides the CPU after the next start; None: not read.
    next_start_media: files in drives of the persistent definition that are not in those of the running guest.
    """

    snapshots: int | Unknown = 0
    checkpoints: int | Unknown = 0
    managed_save: bool | Unknown = False
    pending_definition: bool | Unknown = False
    block_jobs: Mapping[str, str | Unknown] = field(default_factory=dict)
    disk_errors: Mapping[str, str | Unknown] = field(default_factory=dict)
    blocked_reasons: tuple[str, ...] | Unknown | None = None
    cpu_mode: str | None = None
    next_start_media: tuple[str, ...] = ()
