"""Statistics of a migration: while it runs, and after it has ended."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One reading of a running migration, from libvirt's job statistics: bytes, bytes per second, milliseconds."""

    elapsed_ms: int
    total_bytes: int
    processed_bytes: int
    remaining_bytes: int
    transfer_bytes_per_second: int
    dirty_bytes_per_second: int
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """Statistics of the last completed migration. downtime_ms is None where libvirt did not report it."""

    elapsed_ms: int
    downtime_ms: int | None
    transferred_bytes: int
    rounds: int
