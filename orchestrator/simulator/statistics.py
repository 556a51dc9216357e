"""libvirt's job statistics of a simulated migration."""

from orchestrator.model.sample import Sample
from orchestrator.simulator.flight import Flight, Phase


def sample(flight: Flight, at: float) -> Sample:
    """What the source reports while the migration runs; before QEMU has said anything, only the time."""
    elapsed = round((at - flight.begun_at) * 1000)
    disks_left = round(flight.disk_bytes - flight.disk_sent) if flight.transport.disks else 0
    if flight.phase is Phase.SETUP or not flight.round:
        return Sample(
            elapsed_ms=elapsed,
            total_bytes=round(flight.disk_bytes) if flight.phase is Phase.DISKS else 0,
            processed_bytes=round(flight.disk_sent),
            remaining_bytes=disks_left,
            transfer_bytes_per_second=0,
            dirty_bytes_per_second=0,
            round=0,
        )
    count, left = flight.count, round(flight.remaining)
    return Sample(
        elapsed_ms=elapsed,
        total_bytes=flight.memory.size + (round(flight.disk_bytes) if flight.transport.disks else 0),
        processed_bytes=round(count.sent + flight.disk_sent),
        remaining_bytes=left + disks_left,
        transfer_bytes_per_second=round(flight.bandwidth),
        dirty_bytes_per_second=round(flight.dirty_rate),
        round=flight.round,
        memory_remaining_bytes=left,
        zero_pages=round(count.zero),
        full_pages=round(count.full),
        throttle_percent=flight.throttle,
        expected_downtime_ms=round(left / flight.bandwidth * 1000) if flight.bandwidth else None,
        xbzrle_bytes=round(count.xbzrle_bytes),
        xbzrle_pages=round(count.xbzrle_pages),
        xbzrle_misses=round(count.xbzrle_misses),
        xbzrle_overflows=round(count.xbzrle_overflows),
        postcopy_requests=round(count.requests),
    )
