"""The simulated doors beside the hypervisor: what is measured, announced and watched."""

from dataclasses import replace

import pytest

from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.move import Blackout, Move
from orchestrator.model.offer import Content, DirtyRate, Gauging
from orchestrator.simulator.announcer import SimAnnouncer
from orchestrator.simulator.gauge import SimGauge
from orchestrator.simulator.probe import SimProbe
from orchestrator.simulator.world import Fault, Memory, Mishap, Phase, What
from tests.unit.simulator.stage import LINK, MIB, TRANSPORT, A, B, Stage, idle

BUSY = Memory(
    size=512 * MIB, used=256 * MIB, working_set=100 * MIB, write_rate=30e6, compressed=0.4, delta=0.1, zero=0.2
)
ALL = Gauging(dirty=True, link=True, content=True)


def move(guest: GuestId, **changes: object) -> Move:
    planned = Move(
        guest=guest, name="g", source=A, destination=B, peer_uri="", memory_bytes=BUSY.size, persistent=True,
        autostart=False, paused=False, transport=TRANSPORT, probe_address=guest, because="",
    )  # fmt: skip
    return replace(planned, **changes)  # type: ignore[arg-type]


def test_what_is_measured_is_true_and_takes_its_time() -> None:
    stage = Stage()
    guest = stage.guest(BUSY)
    found = SimGauge(stage.world).measure(move(guest), ALL, within=10.0)
    assert found.dirty == DirtyRate(bytes_per_second=30_000_000, window_seconds=1.0)
    assert found.link_bytes_per_second == LINK
    assert isinstance(found.content, Content)
    assert (found.content.compressed, found.content.delta) == (0.4, 0.1)
    assert found.content.changed == pytest.approx(30e6 / BUSY.size)
    assert found.content.zero == pytest.approx(0.5 + 0.2 * 100 / 512)
    assert (found.took_ms, stage.clock.ticks()) == (1000, 1.0)


def test_a_paused_guest_changes_nothing() -> None:
    stage = Stage()
    guest = stage.guest(BUSY, power=Power.PAUSED)
    found = SimGauge(stage.world).measure(move(guest), ALL, within=10.0)
    assert found.dirty == DirtyRate(bytes_per_second=0, window_seconds=1.0)
    assert isinstance(found.content, Content) and found.content.delta is None


def test_the_link_is_what_one_more_copy_would_get() -> None:
    stage = Stage()
    other, guest = stage.guest(idle(), 1), stage.guest(BUSY, 2)
    stage.begin(other)
    stage.wait(1.0)
    found = SimGauge(stage.world).measure(move(guest), Gauging(link=True), within=10.0)
    assert found.link_bytes_per_second == pytest.approx(LINK / 2)
    assert (found.dirty, found.content, found.took_ms) == (None, None, 500)


def test_nothing_is_known_of_a_silent_host() -> None:
    stage = Stage(fault=Fault(silent=((B, 0.0, 100.0),)))
    guest = stage.guest(BUSY)
    found = SimGauge(stage.world).measure(move(guest), ALL, within=10.0)
    assert isinstance(found.dirty, Unknown)
    assert isinstance(found.link_bytes_per_second, Unknown)
    assert isinstance(found.content, Unknown)
    assert stage.clock.ticks() == 10.0


def test_a_guest_is_announced_where_it_has_an_address() -> None:
    stage = Stage(Mishap(what=What.HOST_DOWN, host=A, after=5.0))
    guest = stage.guest(BUSY)
    door = SimAnnouncer(B, stage.world)
    assert door.announce(move(guest), within=1.0) == Done()
    assert stage.world.announced == [(0.0, guest, B)]
    assert isinstance(door.announce(move(guest, probe_address=None), within=1.0), Refused)
    stage.wait(6.0)
    assert isinstance(SimAnnouncer(A, stage.world).announce(move(guest), within=1.0), Unclear)


def watched(stage: Stage, guest: GuestId, seconds: float) -> Blackout:
    watch = SimProbe(stage.world).watch(guest)
    assert watch.answering()
    stage.wait(seconds)
    seen = watch.stop()
    assert isinstance(seen, Blackout)
    return seen


def test_the_probe_sees_the_pause_of_the_switch() -> None:
    stage = Stage()
    guest = stage.guest(BUSY)
    stage.begin(guest)
    seen = watched(stage, guest, 60.0)
    downtime = stage.result(guest).downtime_ms
    assert downtime is not None and downtime > 50
    assert seen.longest_ms == pytest.approx(downtime, abs=1)
    assert seen.sent == 6000 and seen.answered == pytest.approx(6000 - downtime / 10, abs=2)


def test_the_probe_sees_no_pause_where_there_is_none() -> None:
    stage = Stage()
    guest = stage.guest(BUSY)
    assert watched(stage, guest, 60.0).longest_ms == 0


def test_the_probe_sees_a_guest_that_does_not_come_back() -> None:
    stage = Stage(Mishap(what=What.DAEMON_KILLED, host=A, step=Phase.FINISH, lasts=1.0))
    guest = stage.guest(BUSY)
    stage.begin(guest)
    assert watched(stage, guest, 60.0).longest_ms > 30_000
