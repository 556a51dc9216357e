"""What two hosts can do together for one guest: one table of versions, and what the hosts say of themselves."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from orchestrator.migration.encryption import name_for, nameless, plain, shown, unread
from orchestrator.model.cabling import Interface, RdmaDevice
from orchestrator.model.facts import HostFacts, Unknown
from orchestrator.model.guest import Guest
from orchestrator.model.offer import Feature, Offers
from orchestrator.model.services import DaemonSettings
from orchestrator.model.settings import Settings
from orchestrator.model.topic import Topic

# What offers() reads beyond what every host says of itself; each of them is read by a check too.
READS = frozenset({Topic.KERNEL, Topic.DAEMON, Topic.INTERFACES, Topic.LOAD, Topic.RDMA, Topic.CERTIFICATES})

# A network card of these kinds reports a speed that is a constant in the kernel (drivers/net/veth.c, tun.c).
_PRETENDED = frozenset({"veth", "tap", "tun"})
# Beyond the guest's memory, what QEMU locks when it pins all of it: an assumption.
_PINNED_BESIDE = 2**30
_OPENS_USERFAULTFD = 10_001_000
_VFIO = frozenset({"pci", "mdev"})


class Versions(NamedTuple):
    """libvirt's integers (11003000) of both hosts."""

    source_libvirt: int
    destination_libvirt: int
    source_qemu: int
    destination_qemu: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The least versions for a feature, and where they are needed. broken: libvirt from the first to before the second.

    evidence: where that is written, or where it was seen.
    """

    feature: Feature
    evidence: str
    libvirt: int = 0
    qemu: int = 0
    libvirt_on: Literal["both", "source", "destination"] = "both"
    qemu_on: Literal["both", "source", "destination"] = "both"
    broken: tuple[int, int] | None = None


# libvirt passes its flags and parameters on to the destination, which refuses those that it does not know; only
# auto-converge it keeps to itself (QEMU_MIGRATION_FLAGS and qemuMigrationSrcPerformPeer2Peer3 of qemu_migration.c).
GATES: tuple[Gate, ...] = (
    Gate(feature=Feature.PARALLEL, libvirt=5_002_000, qemu=4_000_000, evidence="libvirt NEWS 5.2; multifd, QEMU 4.0"),
    Gate(
        feature=Feature.ZLIB,
        libvirt=9_004_000,
        qemu=5_000_000,
        evidence="libvirt NEWS 9.4; 9.0 says: parameter 'compression.zlib.level' not supported; QEMU 5.0",
    ),
    Gate(
        feature=Feature.ZSTD,
        libvirt=9_004_000,
        qemu=5_000_000,
        evidence="libvirt NEWS 9.4; 9.0 says: parameter 'compression.zstd.level' not supported; QEMU 5.0",
    ),
    Gate(feature=Feature.XBZRLE, libvirt=1_003_004, qemu=1_002_000, evidence="compression parameters, libvirt 1.3.4"),
    Gate(feature=Feature.RDMA, libvirt=1_002_009, qemu=2_000_000, evidence="VIR_MIGRATE_RDMA_PIN_ALL, libvirt 1.2.9"),
    Gate(feature=Feature.TLS, libvirt=6_000_000, qemu=2_007_000, evidence="tls.destination, libvirt 6.0"),
    Gate(
        feature=Feature.ZEROCOPY,
        libvirt=8_005_000,
        qemu=7_001_000,
        qemu_on="source",
        evidence="libvirt NEWS 8.5; zero-copy-send, QEMU 7.1, set on the source only",
    ),
    Gate(feature=Feature.POSTCOPY, libvirt=5_001_000, qemu=3_000_000, evidence="bandwidth.postcopy, libvirt 5.1"),
    Gate(feature=Feature.POSTCOPY_RECOVERY, libvirt=8_005_000, evidence="libvirt NEWS 8.5"),
    Gate(
        feature=Feature.POSTCOPY_RECOVERY,
        libvirt_on="destination",
        broken=(11_002_000, 11_004_000),
        evidence="the daemon of 11.3 crashed as destination of a post-copy resume, from 9.0 and from 11.3; 9.0 did not",
    ),
    Gate(
        feature=Feature.POSTCOPY_PREEMPT,
        libvirt=10_000_000,
        qemu=7_001_000,
        evidence="libvirt switches it on by itself since 10.0, seen on 11.3 and not on 9.0; QEMU 7.1",
    ),
    Gate(
        feature=Feature.THROTTLE,
        libvirt=2_000_000,
        libvirt_on="source",
        qemu=2_007_000,
        qemu_on="source",
        evidence="auto_converge.initial and .increment, libvirt 2.0; set on the source only",
    ),
    Gate(feature=Feature.DISK_COPY, libvirt=6_008_000, qemu=2_007_000, evidence="disks_uri, libvirt 6.8"),
    Gate(
        feature=Feature.DIRTY_RATE,
        libvirt=7_002_000,
        libvirt_on="source",
        qemu=5_002_000,
        qemu_on="source",
        evidence="virDomainStartDirtyRateCalc, libvirt 7.2; calc-dirty-rate, QEMU 5.2",
    ),
)


def offers(
    guest: Guest, source: HostFacts, destination: HostFacts, settings: Settings, today: date, network: str
) -> Offers:
    """Everything both hosts have for this guest, with the reason for whatever they have not.

    A fact that could not be read makes what depends on it absent: what may be missing is not begun with.
    """
    policy = settings.policy_for(guest=guest.name, host=destination.name)
    entry = settings.hosts[destination.name]
    address = entry.addresses.get(network, "")
    absent = dict(_outdated(source, destination))
    certificate = shown(source, destination, today)
    found: Mapping[Feature, Callable[[], str | None]] = {
        Feature.TLS: lambda: certificate if isinstance(certificate, str) else nameless(certificate, entry, address),
        Feature.POSTCOPY: lambda: _without_postcopy(guest, destination),
        Feature.RDMA: lambda: _without_rdma(guest, source, destination, settings, network),
    }
    for feature, why in found.items():
        said = None if feature in absent else why()
        if said is not None:
            absent[feature] = said
    return Offers(
        absent=absent,
        source_cpus=source.cpus,
        destination_cpus=destination.cpus,
        source_busy=None if isinstance(source.load, Unknown) else source.load.busy,
        link_bytes_per_second=_slower(speed(source, settings, network), speed(destination, settings, network)),
        source_free_bytes=max(0, source.memory_spare_bytes - int(policy.memory_reserve)),
        memory_limit_bytes=guest.hardware.hard_limit_bytes,
        memory_locked=guest.hardware.locked,
        tls_name=None if isinstance(certificate, str) else name_for(certificate, entry, address),
        tunnel_encrypted=urlsplit(entry.peer_uri).scheme in ("qemu+tls", "qemu+ssh", "qemu+libssh", "qemu+libssh2"),
    )


def _outdated(source: HostFacts, destination: HostFacts) -> Iterator[tuple[Feature, str]]:
    """Features that the versions rule out; of several reasons for one, the source's and the first gate's come last."""
    for gate in reversed(GATES):
        for side, host in (("destination", destination), ("source", source)):
            why = _shut(gate, side, host)
            if why is not None:
                yield gate.feature, f"{host.name} has {why}"


def _shut(gate: Gate, side: str, host: HostFacts) -> str | None:
    """What this host has instead of what the gate wants of it, on that side."""
    libvirt, qemu = host.libvirt_version, host.qemu_version
    if gate.libvirt_on in (side, "both"):
        if libvirt < gate.libvirt:
            return f"libvirt {_text(libvirt)}, and it takes {_text(gate.libvirt)}"
        if gate.broken is not None and gate.broken[0] <= libvirt < gate.broken[1]:
            return f"libvirt {_text(libvirt)}, which breaks at it; {_text(gate.broken[1])} does not"
    if gate.qemu_on in (side, "both") and qemu < gate.qemu:
        return f"QEMU {_text(qemu)}, and it takes {_text(gate.qemu)}"
    return None


def _without_postcopy(guest: Guest, destination: HostFacts) -> str | None:
    # What QEMU unplugs for the move is gone before post-copy could begin.
    held = [device for device in guest.host_devices if device.kind in _VFIO and device.teaming != "transient"]
    if held:
        return f"{guest.name} holds {held[0].kind} {held[0].address}, and QEMU does not combine VFIO with post-copy"
    kernel, daemon = destination.kernel, destination.daemon
    if isinstance(kernel, Unknown):
        return unread(destination, "what its kernel allows", kernel)
    # A kernel without the switch lets everybody.
    if kernel.unprivileged_userfaultfd is not False:
        return None
    if kernel.userfaultfd_device and destination.libvirt_version >= _OPENS_USERFAULTFD:
        return None
    if isinstance(daemon, Unknown):
        return unread(destination, "which user QEMU runs as", daemon)
    return None if daemon.qemu_uid == 0 else f"QEMU may not use userfaultfd on {destination.name}"


def _without_rdma(
    guest: Guest, source: HostFacts, destination: HostFacts, settings: Settings, network: str
) -> str | None:
    why = without_rdma_over(network, source, destination, settings)
    if why is not None:
        return why
    # libvirt: cannot start RDMA migration with no memory hard limit set.
    limit, needed = guest.hardware.hard_limit_bytes, guest.memory_bytes + _PINNED_BESIDE
    if limit is None or limit < needed:
        return f"{guest.name} needs a memory hard limit of at least {needed // 2**20} MiB for it"
    return None


def without_rdma_over(network: str, source: HostFacts, destination: HostFacts, settings: Settings) -> str | None:
    """Why RDMA cannot be used over this network, whatever guest moves; None: it can."""
    if network in settings.networks and not settings.networks[network].rdma:
        return f"the network {network} is not for RDMA (rdma: false)"
    for host in (source, destination):
        if isinstance(host.rdma, Unknown):
            return unread(host, "its RDMA devices", host.rdma)
        if isinstance(host.interfaces, Unknown):
            return unread(host, "its interfaces", host.interfaces)
        if isinstance(host.daemon, Unknown):
            return unread(host, "which devices QEMU may open", host.daemon)
        top = interface(host, settings, network)
        devices = [device for device in host.rdma if top is not None and device.interface == top.name]
        if not any(device.state == "ACTIVE" and device.files for device in devices):
            return f"{host.name} has no active RDMA device on the migration network"
        if not any(_open(device, host.daemon) for device in devices):
            return f"QEMU may not open the RDMA device of {host.name} (cgroup_device_acl)"
    return None


def _open(device: RdmaDevice, daemon: DaemonSettings) -> bool:
    # libvirt's own list has no RDMA device in it.
    return device.state == "ACTIVE" and bool(device.files) and {*device.files} <= {*(daemon.cgroup_device_acl or ())}


def interface(host: HostFacts, settings: Settings, network: str) -> Interface | None:
    """The interface that has the host's address on that network; None: none has, or it is not known."""
    address = settings.hosts[host.name].addresses.get(network)
    if address is None or isinstance(host.interfaces, Unknown):
        return None
    wanted = plain(address)
    return next((one for one in host.interfaces if wanted in map(plain, one.addresses)), None)


def speed(host: HostFacts, settings: Settings, network: str) -> int | None:
    """Bytes per second that the interface on that network reports; a VLAN or bridge reports its card's."""
    top = interface(host, settings, network)
    if top is None or isinstance(host.interfaces, Unknown):
        return None
    ports = [one for one in host.interfaces if one.name == top.lower or one.master == top.name]
    for one in (top, *ports):
        if one.speed_mbit is not None and one.kind not in _PRETENDED:
            return one.speed_mbit * 10**6 // 8
    return None


def _slower(here: int | None, there: int | None) -> int | None:
    return None if here is None or there is None else min(here, there)


def _text(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
