"""Statistics of a migration: while it runs, and after it has ended."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One reading of a running migration, from libvirt's job statistics: bytes, bytes per second, milliseconds.

    Memory and copied disks together, where not said otherwise. memory_remaining_bytes: without the disks.
    zero_pages, full_pages: sent so far. throttle_percent: by which QEMU slows the virtual CPUs. expected_downtime_ms:
    QEMU's own guess. xbzrle_bytes and _pages, _misses, _overflows: what XBZRLE sent, could not find, could not shorten.
    postcopy_requests: pages the destination had to ask for.
    """

    elapsed_ms: int
    total_bytes: int
    processed_bytes: int
    remaining_bytes: int
    transfer_bytes_per_second: int
    dirty_bytes_per_second: int
    round: int
    memory_remaining_bytes: int | None = None
    zero_pages: int = 0
    full_pages: int = 0
    throttle_percent: int = 0
    expected_downtime_ms: int | None = None
    xbzrle_bytes: int = 0
    xbzrle_pages: int = 0
    xbzrle_misses: int = 0
    xbzrle_overflows: int = 0
    postcopy_requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """Statistics of the last completed migration. None where libvirt did not report it.

    downtime_ms: from the last instruction at the source to the first at the destination, by both hosts' clocks;
    downtime_net_ms: without libvirt's hand-over, by one clock.
    """

    elapsed_ms: int
    downtime_ms: int | None
    transferred_bytes: int
    rounds: int
    downtime_net_ms: int | None = None
    throttle_percent: int = 0
    postcopy_requests: int = 0
