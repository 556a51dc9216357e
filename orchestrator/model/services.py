"""What runs on a host besides guests: the daemon's settings, certificates, other managers, pools, networks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonSettings:
    """qemu.conf and libvirtd.conf as they hold (defaults filled in), and who QEMU runs as.

    hooks: name of a script below /etc/libvirt/hooks → SHA-256. memlock_bytes: None: unlimited.
    """

    lock_manager: str = ""
    port_min: int = 49152
    port_max: int = 49215
    migration_address: str = ""
    migration_host: str = ""
    keepalive_interval: int = 5
    keepalive_count: int = 5
    tls_force: bool = False
    cgroup_device_acl: tuple[str, ...] | None = None
    max_client_requests: int = 5
    qemu_uid: int = 0
    qemu_gid: int = 0
    memlock_bytes: int | None = None
    hooks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate of a host. role: ca, server or client; use: libvirt or qemu.

    names: DNS names and addresses it is valid for (the common name where it has no other).
    trusted: the CA beside it has signed it. missing: the file is not there, and the rest says nothing.
    """

    role: str
    use: str
    path: str
    subject: str = ""
    names: frozenset[str] = frozenset()
    not_before: datetime | None = None
    not_after: datetime | None = None
    ca_fingerprint: str = ""
    trusted: bool = False
    missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Another manager seen on a host, with what gave it away. guests: names or UUIDs it manages, as far as it says."""

    name: str
    evidence: str
    guests: frozenset[str] = frozenset()


# Kinds of pools that may be started while other hosts use the same storage. Others mount a file system that only one
# host may have (fs), or log in to a server and activate volumes.
STARTED_SAFELY = frozenset({"dir", "netfs", "rbd", "gluster"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A storage pool of libvirt. target: its directory, where it has one."""

    name: str
    kind: str
    active: bool
    autostart: bool
    target: str | None = None
    available_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualNetwork:
    """A network of libvirt. forward: its mode, "" for an isolated one, None: not read. portgroups: their names."""

    name: str
    active: bool
    autostart: bool
    bridge: str | None = None
    forward: str | None = None
    portgroups: frozenset[str] = frozenset()
