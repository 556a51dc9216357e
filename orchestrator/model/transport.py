"""How one guest's memory travels: the meaning, without libvirt's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """A peer-to-peer pre-copy over TCP.

    address: the destination's address on the migration network, where its QEMU listens.
    persistent: the definition moves along and leaves the source. paused: the guest was paused and arrives paused.
    sharing_proven: the shared-storage test of libvirt is answered by ferry's own proof (a token seen on both hosts, on
    a file system the operator declared shared). networks: bridges and networks of the guest that
    have another name at the destination. because: one sentence for each choice.
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
