"""The machine under a host: kernel, processor, memory cells, devices, load."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """unprivileged_userfaultfd: the sysctl, None where the kernel has none. userfaultfd_device: /dev/userfaultfd."""

    release: str
    word_bits: int
    page_bytes: int
    cgroup_version: int
    unprivileged_userfaultfd: bool | None = None
    userfaultfd_device: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The host's wall clock against the controller's, in seconds; the truth lies within the uncertainty."""

    ahead_seconds: float
    uncertainty_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    """/proc/cpuinfo of the first processor; vulnerability → what sysfs says; nested: kvm's module parameter.

    tsc_khz: None where the kernel does not say. stepping and microcode as the kernel writes them.
    """

    vendor: str
    model_name: str
    family: str
    model: str
    stepping: str
    microcode: str
    threads: int
    flags: frozenset[str]
    vulnerabilities: Mapping[str, str] = field(default_factory=dict)
    nested: bool | None = None
    tsc_khz: int | None = None
    clocksource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Huge pages of one size in one memory cell."""

    size_kib: int
    total: int
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumaCell:
    """One memory cell of a host with its processors."""

    id: int
    memory_bytes: int
    free_bytes: int
    cpus: frozenset[int]
    pages: tuple[Pages, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PciDevice:
    """A PCI device: address 0000:03:00.0, id vendor:device, driver in use."""

    address: str
    id: str
    driver: str = ""
    virtual_function: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MdevType:
    """A kind of mediated device and how many more of it can be made."""

    name: str
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """Devices a guest could be given. usb: vendor:product. swtpm, virtiofsd: versions, "" where there is none.

    slirp_helper: whether libvirt finds that program and runs user networks in it; None where nobody looked.
    """

    pci: tuple[PciDevice, ...] = ()
    usb: frozenset[str] = frozenset()
    mdev: tuple[MdevType, ...] = ()
    vhost_vsock: bool = False
    swtpm: str = ""
    virtiofsd: str = ""
    slirp_helper: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Shares between 0 and 1 over a moment; pressure (PSI) in percent over 10 s, None where the kernel has none."""

    busy: float
    steal: float
    iowait: float
    memory_pressure: float | None = None
    io_pressure: float | None = None
    cpu_pressure: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutdown:
    """A shutdown that somebody has scheduled. at: seconds since 1970; 0: none is scheduled."""

    at: int = 0
    mode: str = ""
