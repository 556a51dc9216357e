"""How one guest's memory travels: the meaning, without libvirt's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Method(StrEnum):
    """What carries the memory. COMPRESSED: parallel streams, each compressed. XBZRLE: one stream that sends changes."""

    TCP = "tcp"
    PARALLEL = "parallel"
    COMPRESSED = "compressed"
    XBZRLE = "xbzrle"
    RDMA = "rdma"
    TUNNELLED = "tunnelled"


class Mode(StrEnum):
    """What the guest does meanwhile. PAUSE: it stands still for the whole copy. OFFLINE: only its definition moves.
    COLD: it is shut down, moved offline and started again."""

    LIVE = "live"
    PAUSE = "pause"
    OFFLINE = "offline"
    COLD = "cold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """Auto-converge: QEMU slows the virtual CPUs by `initial` percent, and by `increment` more every other round."""

    initial: int
    increment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """Of parallel streams. level: as the algorithm counts it (zlib 0 to 9, zstd 0 to 20)."""

    algorithm: Literal["zlib", "zstd"]
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """One way for a guest's memory.

    address: the destination's address on the migration network, where its QEMU listens.
    persistent: the definition moves along and leaves the source. paused: the guest was paused and arrives paused.
    sharing_proven: the shared-storage test of libvirt is answered by ferry's own proof (a token seen on both hosts, on
    a file system the operator declared shared). networks: bridges and networks of the guest that
    have another name at the destination. because: one sentence for each choice; way: for each choice of how the memory
    travels. forgone: what the policy would like and this way does not allow, each with the reason.

    control: who drives libvirt's phases, the source's daemon (p2p) or this process (direct).
    channels: parallel streams. xbzrle_cache_bytes: a power of two. tls_name: the name that the destination's
    certificate is checked against; None: the address. pin_all: RDMA pins all memory at the start. memory_limit_bytes:
    the hard limit that RDMA needs. postcopy: a switch to post-copy is possible later. held: the guest arrives paused
    and is started by ferry, once the source is seen without it. disks: targets that are copied along; top_layers_only:
    without their backing files, which must be there. shutdown_timeout_ms: so long the guest
    may take, in mode COLD, to shut itself down. pace: what a short copy begins with where that is less than its cap, so
    that little is under way when the guest is stopped.
    """

    network: str
    address: str
    persistent: bool
    paused: bool
    downtime_limit_ms: int
    bandwidth_bytes_per_second: int | None
    sharing_proven: bool
    networks: Mapping[str, str] = field(default_factory=dict)
    because: tuple[str, ...] = ()
    method: Method = Method.TCP
    mode: Mode = Mode.LIVE
    control: Literal["p2p", "direct"] = "p2p"
    channels: int | None = None
    compression: Compression | None = None
    xbzrle_cache_bytes: int | None = None
    encrypted: bool = False
    tls_name: str | None = None
    zerocopy: bool = False
    pin_all: bool = False
    memory_limit_bytes: int | None = None
    postcopy: bool = False
    postcopy_bandwidth_bytes_per_second: int | None = None
    pace_bytes_per_second: int | None = None
    throttle: Throttle | None = None
    held: bool = False
    disks: tuple[str, ...] = ()
    top_layers_only: bool = False
    shutdown_timeout_ms: int = 120_000
    way: tuple[str, ...] = ()
    forgone: tuple[str, ...] = ()

    @property
    def initial_bytes_per_second(self) -> int | None:
        """The cap that the copy begins with; None: none."""
        return min((cap for cap in (self.bandwidth_bytes_per_second, self.pace_bytes_per_second) if cap), default=None)
