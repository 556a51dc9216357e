"""libvirt's job statistics as samples and results."""

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.model.sample import JobResult, Sample

# include/libvirt/libvirt-domain.h: virDomainJobType and virDomainJobOperation.
_BOUNDED, _UNBOUNDED, _COMPLETED = 1, 2, 3
_OPERATIONS: Final = {
    0: "unknown",
    1: "start",
    2: "save",
    3: "restore",
    4: "incoming migration",
    5: "outgoing migration",
    6: "snapshot",
    7: "snapshot revert",
    8: "dump",
    9: "backup",
    10: "snapshot delete",
}
_MIGRATION_OUT = 5

Stats = Mapping[str, Any]


def running(stats: Stats) -> bool:
    """Whether a job of any kind is active."""
    return stats.get("type") in (_BOUNDED, _UNBOUNDED)


def leaving(stats: Stats) -> bool:
    """Whether the guest is being migrated away."""
    return running(stats) and stats.get("operation") == _MIGRATION_OUT


def named(stats: Stats) -> str | None:
    """Name the active job, if there is one."""
    return _OPERATIONS.get(stats.get("operation", 0), "unknown") if running(stats) else None


def sample(stats: Stats) -> Sample:
    """Read the statistics of a running migration. Fields are missing until QEMU has reported for the first time."""
    return Sample(
        elapsed_ms=stats.get("time_elapsed", 0),
        total_bytes=stats.get("data_total", 0),
        processed_bytes=stats.get("data_processed", 0),
        remaining_bytes=stats.get("data_remaining", 0),
        transfer_bytes_per_second=stats.get("memory_bps", 0),
        # pages per second, unlike its neighbours
        dirty_bytes_per_second=stats.get("memory_dirty_rate", 0) * stats.get("memory_page_size", 4096),
        round=stats.get("memory_iteration", 0),
        memory_remaining_bytes=stats.get("memory_remaining"),
        zero_pages=stats.get("memory_constant", 0),
        full_pages=stats.get("memory_normal", 0),
        throttle_percent=stats.get("auto_converge_throttle", 0),
        expected_downtime_ms=stats.get("downtime"),
        xbzrle_bytes=stats.get("compression_bytes", 0),
        xbzrle_pages=stats.get("compression_pages", 0),
        xbzrle_misses=stats.get("compression_cache_misses", 0),
        xbzrle_overflows=stats.get("compression_overflow", 0),
        postcopy_requests=stats.get("memory_postcopy_requests", 0),
    )


def result(stats: Stats) -> JobResult | None:
    """Read the statistics of the last completed migration; None if the last job was none, failed or something else."""
    if stats.get("type") != _COMPLETED or _OPERATIONS.get(stats.get("operation", 0), "")[-9:] != "migration":
        return None
    return JobResult(
        elapsed_ms=stats.get("time_elapsed", 0),
        downtime_ms=stats.get("downtime"),
        transferred_bytes=stats.get("data_processed", 0),
        rounds=stats.get("memory_iteration", 0),
        downtime_net_ms=stats.get("downtime_net"),
        throttle_percent=stats.get("auto_converge_throttle", 0),
        postcopy_requests=stats.get("memory_postcopy_requests", 0),
    )
