"""What two hosts could do for one move, and what was measured before it: the arguments of the choice of a transport."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from orchestrator.model.unknown import Unknown


class Feature(StrEnum):
    """What a move may make use of, where both hosts have it. The names of Method, and what goes along with them."""

    PARALLEL = "parallel"
    ZLIB = "zlib"
    ZSTD = "zstd"
    XBZRLE = "xbzrle"
    RDMA = "rdma"
    TUNNELLED = "tunnelled"
    TLS = "tls"
    ZEROCOPY = "zerocopy"
    POSTCOPY = "postcopy"
    POSTCOPY_RECOVERY = "postcopy-recovery"
    POSTCOPY_PREEMPT = "postcopy-preempt"
    THROTTLE = "auto-converge"
    DIRECT = "direct"
    DISK_COPY = "disk-copy"
    DIRTY_RATE = "dirty-rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What source and destination can do together for one guest.

    absent: feature → why it is not to be had; what is not named is to be had. source_cpus, destination_cpus: threads;
    source_busy: share of the source's CPU time in use, None where nobody looked. link_bytes_per_second: what the
    interfaces report, None where they do not. used_bytes: memory that the guest's QEMU really holds, at most its size.
    source_free_bytes: memory of the source that may be used beside its guests. memory_limit_bytes: the guest's hard
    limit. memory_locked: its memory never leaves the source's RAM. tls_name: under which the destination's certificate
    is valid, None: under its address. tunnel_encrypted: what one libvirt sends the other is encrypted.
    """

    absent: Mapping[Feature, str] = field(default_factory=dict)
    source_cpus: int = 1
    destination_cpus: int = 1
    source_busy: float | None = None
    link_bytes_per_second: int | None = None
    used_bytes: int | None = None
    source_free_bytes: int | None = None
    memory_limit_bytes: int | None = None
    memory_locked: bool = False
    tls_name: str | None = None
    tunnel_encrypted: bool = False

    def has(self, feature: Feature) -> bool:
        """Whether nothing is known that speaks against it."""
        return feature not in self.absent


# Keys of a policy that a pair of hosts, or another key, can make impossible.
Key = Literal["transport", "compression", "encryption", "zerocopy", "postcopy", "control", "start_at_destination"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """What a policy asks for and a move cannot have. demand: it is refused then; otherwise a preference is passed over.

    key: of the policy. why: a part of a sentence. fix: what to change.
    """

    key: Key
    why: str
    fix: str
    demand: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DirtyRate:
    """Bytes of different pages that the guest changed in a window of so many seconds (libvirt's page sampling)."""

    bytes_per_second: int
    window_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A sample of a guest's memory, looked at twice. Shares and ratios between 0 and 1.

    pages: how many were looked at. zero: share that is empty. compressed: size after a quick compression, of those that
    are not empty. changed: share that differed at the second look. delta: size of the difference (as XBZRLE would send
    it), of the pages that changed; None where none did. changed_compressed: as compressed, of the pages that changed;
    None where none did, or nobody looked: what a guest works on may shrink less than what it has lying about.
    """

    pages: int
    zero: float
    compressed: float
    changed: float
    delta: float | None = None
    changed_compressed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was found out just before a move; None: not asked for. took_ms: of it all."""

    dirty: DirtyRate | Unknown | None = None
    link_bytes_per_second: int | Unknown | None = None
    content: Content | Unknown | None = None
    took_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauging:
    """What is to be measured before a move."""

    dirty: bool = False
    link: bool = False
    content: bool = False

    @property
    def anything(self) -> bool:
        """Whether there is anything to do."""
        return self.dirty or self.link or self.content


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """What one finished move taught about the way between two hosts.

    handover_ms: of its downtime, what was not the sending of the last pages. bytes_per_second: at its best.
    """

    handover_ms: int | None = None
    bytes_per_second: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a way of moving is expected to take. rounds None: it would not end. blackout_ms: until the guest runs again.

    because: what it was reckoned from.
    """

    seconds: float | None
    rounds: int | None
    downtime_ms: int | None
    because: str
