"""Job statistics recorded from real migrations (libvirt 11.3)."""

from orchestrator.hypervisor import statistics
from orchestrator.model.sample import JobResult

RUNNING = {
    "operation": 5, "time_elapsed": 1205, "downtime": 300, "setup_time": 2, "data_total": 268967936,
    "data_processed": 40705068, "data_remaining": 207183872, "memory_bps": 46872071, "memory_dirty_rate": 12,
    "memory_iteration": 1, "memory_page_size": 4096, "type": 2,
}  # fmt: skip
ARRIVED = {
    "operation": 4, "time_elapsed": 2599, "time_elapsed_net": 2597, "downtime": 229, "downtime_net": 227,
    "data_total": 268967936, "data_processed": 103866050, "data_remaining": 0, "memory_iteration": 3, "type": 3,
}  # fmt: skip


def test_a_running_migration() -> None:
    said = statistics.sample(RUNNING)
    assert said.dirty_bytes_per_second == 12 * 4096, "libvirt counts dirty pages, not bytes"
    assert (said.elapsed_ms, said.remaining_bytes, said.round) == (1205, 207183872, 1)
    assert said.transfer_bytes_per_second == 46872071


def test_all_that_a_sample_holds() -> None:
    said = statistics.sample(
        RUNNING
        | {
            "memory_remaining": 7, "memory_constant": 10, "memory_normal": 20, "auto_converge_throttle": 30,
            "compression_bytes": 40, "compression_pages": 50, "compression_cache_misses": 60,
            "compression_overflow": 70, "memory_postcopy_requests": 80,
        }
    )  # fmt: skip
    assert (said.memory_remaining_bytes, said.zero_pages, said.full_pages, said.throttle_percent) == (7, 10, 20, 30)
    assert said.expected_downtime_ms == 300, "while it runs, libvirt's downtime is QEMU's guess"
    assert (said.xbzrle_bytes, said.xbzrle_pages, said.xbzrle_misses, said.xbzrle_overflows) == (40, 50, 60, 70)
    assert said.postcopy_requests == 80


def test_before_qemu_has_reported() -> None:
    said = statistics.sample({"type": 2, "operation": 5})
    assert (said.total_bytes, said.memory_remaining_bytes, said.expected_downtime_ms) == (0, None, None)


def test_only_an_outgoing_migration_is_leaving() -> None:
    assert statistics.leaving(RUNNING)
    assert not statistics.leaving(RUNNING | {"operation": 9})
    assert not statistics.leaving({"type": 0})
    assert not statistics.leaving(ARRIVED)


def test_the_active_job_has_a_name() -> None:
    assert statistics.named(RUNNING) == "outgoing migration"
    assert statistics.named(RUNNING | {"operation": 9}) == "backup"
    assert statistics.named(RUNNING | {"operation": 99}) == "unknown"
    assert statistics.named({"type": 0}) is None


def test_the_last_migration_from_either_side() -> None:
    expected = JobResult(elapsed_ms=2599, downtime_ms=229, transferred_bytes=103866050, rounds=3, downtime_net_ms=227)
    assert statistics.result(ARRIVED) == expected
    assert statistics.result(ARRIVED | {"operation": 5}) == expected


def test_how_a_throttled_move_and_a_post_copy_ended() -> None:
    said = statistics.result(ARRIVED | {"auto_converge_throttle": 40, "memory_postcopy_requests": 9})
    assert said is not None and (said.throttle_percent, said.postcopy_requests) == (40, 9)


def test_what_is_no_result() -> None:
    assert statistics.result({"type": 0}) is None
    assert statistics.result(ARRIVED | {"type": 4}) is None, "a failed migration has no result"
    assert statistics.result(ARRIVED | {"operation": 9}) is None, "nor has a backup"


def test_downtime_that_libvirt_did_not_report() -> None:
    said = statistics.result({key: value for key, value in ARRIVED.items() if key != "downtime"})
    assert said is not None and said.downtime_ms is None
