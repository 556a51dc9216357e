"""Rounds, rates and pauses of the simulated pre-copy, against closed formulas."""

from dataclasses import replace
from math import exp

import pytest

from orchestrator.model.command import SetBandwidth, SetDowntimeLimit, Suspend
from orchestrator.model.guest import Power
from orchestrator.model.offer import Feature
from orchestrator.model.sample import Sample
from orchestrator.model.transport import Compression, Method, Mode, Throttle
from orchestrator.simulator.memory import EMPTY, FULL, PAGE
from orchestrator.simulator.speeds import Speeds
from orchestrator.simulator.world import Memory
from tests.unit.simulator.stage import LINK, MIB, A, B, Stage, idle

FIXED = Speeds().setup + Speeds().reply + Speeds().letting_go + Speeds().handover
STUBBORN = Memory(size=512 * MIB, used=256 * MIB, working_set=200 * MIB, write_rate=60e6)


def job(stage: Stage, guest) -> Sample:
    sample = stage.look(guest).job
    assert sample is not None
    return sample


def test_an_idle_guest_takes_one_pass_over_what_it_uses() -> None:
    stage = Stage()
    guest = stage.guest(Memory(size=1024 * MIB, used=256 * MIB))
    stage.begin(guest)
    took = stage.finish(guest)
    wire = 256 * MIB * FULL + 768 * MIB * EMPTY
    assert took == pytest.approx(wire / LINK + FIXED, abs=0.03)
    result = stage.result(guest)
    assert result.transferred_bytes == pytest.approx(wire, rel=1e-6)
    net, downtime = result.downtime_net_ms, result.downtime_ms
    assert net is not None and downtime is not None
    assert downtime - net == round(Speeds().handover * 1000)


def test_what_is_sent_is_counted_as_empty_and_full_pages() -> None:
    stage = Stage()
    guest = stage.guest(Memory(size=1024 * MIB, used=256 * MIB))
    stage.begin(guest)
    stage.wait(3.0)
    seen = job(stage, guest)
    assert seen.zero_pages == pytest.approx(3 * seen.full_pages, rel=1e-4)
    assert (seen.zero_pages + seen.full_pages) * PAGE == pytest.approx(
        seen.total_bytes - seen.remaining_bytes, rel=1e-4
    )
    assert seen.processed_bytes == pytest.approx((3.0 - Speeds().setup) * LINK, rel=1e-6)
    assert seen.transfer_bytes_per_second == LINK
    assert seen.memory_remaining_bytes == seen.remaining_bytes


def test_nothing_is_reported_until_qemu_has_begun() -> None:
    stage = Stage()
    guest = stage.guest(idle())
    stage.begin(guest)
    stage.wait(0.1)
    seen = job(stage, guest)
    assert (seen.elapsed_ms, seen.total_bytes, seen.remaining_bytes, seen.round) == (100, 0, 0, 0)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_rounds_shrink_by_the_share_of_the_link_that_the_guest_dirties(share: float) -> None:
    """t = R/B and R' = d t: all passes together take M / (B - d), but for the rest, which nobody dirties any more."""
    stage = Stage()
    memory = Memory(size=512 * MIB, used=512 * MIB, working_set=512 * MIB, write_rate=share * LINK)
    guest = stage.guest(memory)
    stage.begin(guest)
    took = stage.finish(guest)
    rest = 0.3 * LINK
    spare = LINK - memory.write_rate * FULL
    assert took == pytest.approx((512 * MIB * FULL - rest) / spare + rest / LINK + FIXED, rel=0.01)


def test_the_guest_is_stopped_once_the_rest_fits_into_the_limit() -> None:
    for limit in (50, 300, 1000):
        stage = Stage()
        guest = stage.guest(replace(STUBBORN, write_rate=40e6))
        stage.begin(guest, downtime_limit_ms=limit)
        stage.finish(guest)
        net = stage.result(guest).downtime_net_ms
        assert net is not None
        # FULL: the header of a page is not part of what QEMU compares with its limit.
        assert net <= limit * FULL + 1
        assert net > limit * 0.5


def test_a_guest_that_dirties_as_fast_as_the_link_carries_never_ends() -> None:
    stage = Stage()
    guest = stage.guest(STUBBORN)
    stage.begin(guest)
    stage.wait(3600.0)
    seen = job(stage, guest)
    assert seen.dirty_bytes_per_second == pytest.approx(200 * MIB / (200 * MIB * FULL / LINK), rel=0.1)
    assert seen.round > 100


def test_scattered_writes_dirty_fewer_pages_than_they_are() -> None:
    memory = replace(STUBBORN, scattered=True)
    assert memory.dirtied(100 * MIB) == pytest.approx(200 * MIB * (1 - exp(-0.5)))
    assert STUBBORN.dirtied(100 * MIB) == 100 * MIB
    assert STUBBORN.dirtied(900 * MIB) == 200 * MIB
    assert idle().dirtied(0.0) == 0.0


def test_a_higher_limit_ends_a_copy_that_would_not_end() -> None:
    stage = Stage()
    guest = stage.guest(STUBBORN)
    stage.begin(guest)
    stage.wait(60.0)
    stage.act(SetDowntimeLimit(guest=guest, limit_ms=5000))
    stage.finish(guest, within=10.0)
    downtime = stage.result(guest).downtime_net_ms
    assert downtime == pytest.approx(200 * MIB * FULL / LINK * 1000, rel=0.05)


def test_a_cap_holds_and_is_not_kept_for_the_last_pages() -> None:
    stage = Stage()
    guest = stage.guest(replace(STUBBORN, write_rate=10e6))
    stage.begin(guest, bandwidth_bytes_per_second=20 * MIB + 5000, downtime_limit_ms=400)
    stage.wait(5.0)
    before = job(stage, guest).processed_bytes
    stage.wait(1.0)
    assert job(stage, guest).processed_bytes - before == pytest.approx(20 * MIB)
    stage.act(SetBandwidth(guest=guest, bytes_per_second=30 * MIB + 5000))
    before = job(stage, guest).processed_bytes
    stage.wait(1.0)
    assert job(stage, guest).processed_bytes - before == pytest.approx(30 * MIB), "libvirt takes whole MiB/s"
    stage.finish(guest)
    net = stage.result(guest).downtime_net_ms
    assert net is not None
    assert net < 400 * 30 * MIB / LINK * 1.05


def test_no_cap_is_the_link() -> None:
    stage = Stage()
    guest = stage.guest(idle())
    stage.begin(guest, bandwidth_bytes_per_second=5 * MIB)
    stage.act(SetBandwidth(guest=guest, bytes_per_second=None))
    stage.wait(2.0)
    assert job(stage, guest).transfer_bytes_per_second == LINK


def test_throttling_begins_after_two_rounds_and_grows() -> None:
    stage = Stage()
    guest = stage.guest(STUBBORN)
    stage.begin(guest, throttle=Throttle(initial=20, increment=10))
    seen: list[int] = []
    while guest in stage.world.flights:
        stage.wait(0.1)
        now = stage.look(guest)
        if now.job is not None and now.job.throttle_percent not in seen:
            seen.append(now.job.throttle_percent)
            rounds = now.job.round
    assert seen[:3] == [0, 20, 30]
    assert rounds >= 3
    result = stage.result(guest)
    assert 60e6 * (1 - result.throttle_percent / 100) < LINK


def test_a_throttled_guest_gets_less_cpu_time_until_it_has_arrived() -> None:
    stage = Stage()
    guest = stage.guest(replace(STUBBORN, write_rate=500e6))
    stage.begin(guest, throttle=Throttle(initial=50, increment=10))
    while not job(stage, guest).throttle_percent:
        stage.wait(0.1)
    before = stage.look(guest).vcpu_time_ns
    stage.wait(1.0)
    after = stage.look(guest).vcpu_time_ns
    assert before is not None and after is not None
    assert after - before == pytest.approx(0.5e9, rel=1e-6)
    stage.finish(guest)
    before = stage.look(guest, B).vcpu_time_ns
    stage.wait(1.0)
    after = stage.look(guest, B).vcpu_time_ns
    assert before is not None and after is not None
    assert after - before == pytest.approx(1e9, rel=1e-6)


def test_a_guest_with_cpu_to_spare_writes_on_under_a_mild_throttle() -> None:
    memory = replace(STUBBORN, effort=0.25)
    assert [memory.writes(p) for p in (0, 50, 75, 99)] == pytest.approx([60e6, 60e6, 60e6, 2.4e6])


def test_compression_sends_what_is_left_as_far_as_the_cpus_keep_up() -> None:
    memory = Memory(size=256 * MIB, used=256 * MIB, compressed=0.5)
    stage = Stage()
    guest = stage.guest(memory)
    stage.begin(guest, method=Method.COMPRESSED, channels=4, compression=Compression(algorithm="zstd", level=1))
    assert stage.finish(guest) == pytest.approx(128 * MIB / LINK + FIXED, abs=0.03)
    fast = Stage(rate=10e9)
    guest = fast.guest(replace(memory, size=4096 * MIB, used=4096 * MIB))
    fast.begin(guest, method=Method.COMPRESSED, channels=4, compression=Compression(algorithm="zlib", level=1))
    assert fast.finish(guest) == pytest.approx(4096 * MIB / (4 * Speeds().zlib) + FIXED, rel=0.01)


@pytest.mark.parametrize(
    ("transport", "speed"),
    [
        ({}, Speeds().stream),
        ({"encrypted": True}, Speeds().stream * 0.6),
        ({"method": Method.TUNNELLED}, Speeds().stream * 0.6),
        ({"method": Method.PARALLEL, "channels": 4}, Speeds().stream * 4),
        ({"method": Method.PARALLEL, "channels": 99}, Speeds().stream * 8),
        ({"method": Method.RDMA}, 20e9),
    ],
)
def test_what_a_fast_link_is_filled_with(transport: dict[str, object], speed: float) -> None:
    stage = Stage(rate=20e9)
    guest = stage.guest(idle(64 * 1024))
    stage.begin(guest, **transport)
    stage.wait(1.0)
    seen = job(stage, guest)
    assert (seen.total_bytes - seen.remaining_bytes) / 0.7 == pytest.approx(speed, rel=0.01)


def test_xbzrle_sends_differences_of_what_it_has_sent_before() -> None:
    stage = Stage()
    guest = stage.guest(replace(STUBBORN, delta=0.05))
    stage.begin(guest, method=Method.XBZRLE, xbzrle_cache_bytes=256 * MIB)
    first = (256 * MIB * FULL + 256 * MIB * EMPTY) / LINK
    stage.wait(Speeds().setup + first + 1.0)
    seen = job(stage, guest)
    assert seen.xbzrle_misses > 10_000 and seen.xbzrle_pages == 0, "nothing to compare with in the second round"
    stage.finish(guest, within=15.0)


def test_a_cache_that_is_too_small_saves_its_share() -> None:
    stage = Stage()
    guest = stage.guest(replace(STUBBORN, write_rate=500e6, delta=0.05))
    stage.begin(guest, method=Method.XBZRLE, xbzrle_cache_bytes=64 * MIB)
    stage.wait(60.0)
    before = job(stage, guest)
    stage.wait(30.0)
    after = job(stage, guest)
    found = after.xbzrle_pages - before.xbzrle_pages
    missed = after.xbzrle_misses - before.xbzrle_misses
    assert found / (found + missed) == pytest.approx(64 / 200, rel=0.02)
    assert (after.xbzrle_bytes - before.xbzrle_bytes) / found == pytest.approx(0.05 * PAGE, rel=0.01)


def test_differences_as_large_as_the_page_overflow() -> None:
    stage = Stage()
    guest = stage.guest(STUBBORN)
    stage.begin(guest, method=Method.XBZRLE, xbzrle_cache_bytes=256 * MIB)
    stage.wait(30.0)
    seen = job(stage, guest)
    assert seen.xbzrle_overflows > 10_000 and seen.xbzrle_pages == 0


def test_a_guest_paused_by_its_operator_arrives_paused() -> None:
    stage = Stage()
    guest = stage.guest(STUBBORN, power=Power.PAUSED)
    stage.begin(guest, paused=True)
    assert stage.finish(guest) < 512 * MIB / LINK + 1
    assert stage.both(guest) == ("absent", "paused (user)")


def test_a_guest_that_is_paused_for_the_copy_runs_on_at_the_destination() -> None:
    stage = Stage()
    guest = stage.guest(STUBBORN)
    stage.begin(guest, mode=Mode.PAUSE)
    stage.wait(1.0)
    assert stage.both(guest) == ("paused (migration)", "incoming (migration)")
    took = stage.finish(guest)
    assert stage.says(guest, B) == "running (migrated)"
    downtime = stage.result(guest).downtime_ms
    assert downtime is not None
    assert downtime / 1000 == pytest.approx(1.0 + took, abs=0.15)


def test_suspended_in_mid_copy_it_ends_in_one_more_round_and_runs_there() -> None:
    stage = Stage()
    guest = stage.guest(STUBBORN)
    stage.begin(guest)
    stage.wait(60.0)
    stage.act(Suspend(guest=guest))
    assert stage.says(guest) == "paused (migration)"
    stage.finish(guest, within=10.0)
    assert stage.says(guest, B) == "running (migrated)"


def test_a_held_copy_arrives_paused() -> None:
    stage = Stage()
    guest = stage.guest(idle())
    stage.begin(guest, held=True)
    stage.finish(guest)
    assert stage.both(guest) == ("absent", "paused (user)")


def test_only_the_definition_of_a_shut_off_guest_moves() -> None:
    stage = Stage()
    guest = stage.guest(idle(), power=Power.SHUT_OFF)
    stage.begin(guest, mode=Mode.OFFLINE)
    assert stage.finish(guest) < 1.0
    assert stage.both(guest) == ("absent", "shut off")
    assert stage.effect(guest) is not None


def test_disks_are_copied_before_the_memory() -> None:
    stage = Stage()
    guest = stage.guest(idle(64))
    stage.world.guests[guest] = replace(stage.world.guests[guest], disk_bytes=100e6)
    stage.begin(guest, disks=("vda",))
    stage.wait(Speeds().setup + 1.0)
    seen = job(stage, guest)
    assert (seen.remaining_bytes, seen.memory_remaining_bytes, seen.round) == (50_000_000, None, 0)
    stage.finish(guest)
    assert stage.clock.ticks() == pytest.approx((100e6 + 64 * MIB * FULL) / LINK + FIXED, abs=0.03)


def test_the_source_keeps_its_definition_where_it_does_not_move_along() -> None:
    stage = Stage()
    guest = stage.guest(idle())
    stage.begin(guest, persistent=False)
    stage.finish(guest)
    assert stage.both(guest) == ("shut off (migrated)", "running (migrated)")
    assert not stage.look(guest, B).persistent
    assert stage.result(guest, A) == stage.result(guest, B)


@pytest.mark.parametrize(
    ("feature", "transport"),
    [
        (Feature.XBZRLE, {"method": Method.XBZRLE}),
        (Feature.ZSTD, {"method": Method.COMPRESSED, "compression": Compression(algorithm="zstd", level=1)}),
        (Feature.TLS, {"encrypted": True}),
        (Feature.POSTCOPY, {"postcopy": True}),
        (Feature.THROTTLE, {"throttle": Throttle(initial=20, increment=10)}),
    ],
)
@pytest.mark.parametrize("host", [A, B])
def test_a_host_refuses_what_it_does_not_have(host, feature: Feature, transport: dict[str, object]) -> None:
    stage = Stage()
    guest = stage.guest(idle())
    stage.world.machines[host].absent = frozenset({feature})
    stage.begin(guest, **transport)
    stage.wait(1.0)
    effect = stage.effect(guest)
    assert effect is not None and effect.kind == "refused" and effect.unsupported
    assert stage.both(guest) == ("running (booted)", "absent")
    stage.begin(guest)
    stage.finish(guest)
    assert stage.says(guest, B) == "running (migrated)"
