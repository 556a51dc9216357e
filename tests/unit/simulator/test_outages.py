"""What goes wrong in each phase, and what both hosts say then (measured: libvirt 9.0.0 and QEMU 7.2.22)."""

import pytest

from orchestrator.model.command import Cancel, Resume
from orchestrator.model.effect import Done, Unclear
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.sighting import NoProcess, ProcessSeen
from orchestrator.simulator.fault import NO_SPACE
from orchestrator.simulator.processes import SimProcesses
from orchestrator.simulator.speeds import Speeds
from orchestrator.simulator.world import Fault, Memory, Mishap, Phase, What
from tests.unit.simulator.stage import MIB, A, B, Stage, idle

BUSY = Memory(size=256 * MIB, used=256 * MIB, working_set=100 * MIB, write_rate=30e6)
STAYED = ("running (booted)", "absent")
TWICE = ("running (migration canceled)", "running (migrated)")
MOVED = ("absent", "running (migrated)")


def moving(*mishaps: Mishap, fault: Fault | None = None, **transport: object) -> tuple[Stage, GuestId]:
    """A guest whose copy has begun."""
    stage = Stage(*mishaps, fault=fault or Fault())
    guest = stage.guest(BUSY)
    assert stage.begin(guest, **transport) == Done()
    return stage, guest


def wrong(stage: Stage, guest: GuestId) -> str:
    """What the call said."""
    effect = stage.effect(guest)
    assert isinstance(effect, Unclear), effect
    return effect.why


@pytest.mark.parametrize("phase", [Phase.SETUP, Phase.PRECOPY, Phase.SWITCH])
def test_a_copy_that_breaks_off_leaves_the_guest_running_at_its_source(phase: Phase) -> None:
    stage, guest = moving(Mishap(what=What.BREAK, step=phase, why=NO_SPACE))
    stage.finish(guest)
    reason = "migration canceled" if phase is Phase.SWITCH else "booted"
    assert stage.both(guest) == (f"running ({reason})", "absent")
    assert wrong(stage, guest) == NO_SPACE
    assert stage.look(guest).last_job is None


def test_a_path_that_is_cut_says_nothing_and_the_counters_freeze() -> None:
    stage, guest = moving(Mishap(what=What.PATH_CUT, step=Phase.PRECOPY, after=1.0))
    stage.wait(2.0)
    before = stage.look(guest).job
    stage.wait(300.0)
    after = stage.look(guest).job
    assert before is not None and after is not None
    assert (after.processed_bytes, after.round) == (before.processed_bytes, before.round)
    assert after.transfer_bytes_per_second == before.transfer_bytes_per_second > 0, "it keeps its last value"
    assert stage.effect(guest) is None and stage.says(guest) == "running (booted)"
    assert stage.act(Cancel(guest=guest)) == Done()
    assert stage.finish(guest) == pytest.approx(1.8, abs=0.02)
    assert stage.both(guest) == STAYED


def test_a_path_that_comes_back_in_time_heals() -> None:
    stage, guest = moving(Mishap(what=What.PATH_CUT, step=Phase.PRECOPY, after=1.0, lasts=60.0))
    assert stage.finish(guest) > 60.0
    assert stage.both(guest) == MOVED


def test_a_path_that_does_not_come_back_breaks_after_a_quarter_of_an_hour() -> None:
    stage, guest = moving(Mishap(what=What.PATH_CUT, step=Phase.PRECOPY, after=1.0))
    assert 900 < stage.finish(guest, within=1000.0) < 960
    assert stage.both(guest) == STAYED


def test_a_reset_is_an_error_at_once() -> None:
    stage, guest = moving(Mishap(what=What.PATH_RESET, step=Phase.PRECOPY, after=1.0))
    assert stage.finish(guest) == pytest.approx(1.3, abs=0.02)
    assert "Connection reset" in wrong(stage, guest)


@pytest.mark.parametrize(
    ("phase", "states"),
    [
        (Phase.PRECOPY, STAYED),
        (Phase.SWITCH, ("running (migration canceled)", "absent")),
        (Phase.FINISH, TWICE),
        (Phase.STARTED, MOVED),
    ],
)
def test_hosts_that_lose_each_other_give_up_after_the_keepalive_time(phase: Phase, states: tuple[str, str]) -> None:
    after = Speeds().handover / 2 if phase is Phase.FINISH else 0.0  # the order to start the guest is on its way
    stage, guest = moving(Mishap(what=What.PARTITION, step=phase, after=after))
    while not stage.world.cuts:
        stage.wait(0.01)
    if states != MOVED:
        assert stage.finish(guest) == pytest.approx(26.5, abs=0.1)
        assert "client socket is closed" in wrong(stage, guest)
    stage.wait(30.0)
    assert stage.both(guest) == states


def test_hosts_that_find_each_other_in_time_go_on() -> None:
    for phase in (Phase.PRECOPY, Phase.SWITCH, Phase.FINISH, Phase.STARTED):
        stage, guest = moving(Mishap(what=What.PARTITION, step=phase, lasts=20.0))
        stage.finish(guest)
        assert stage.both(guest) == MOVED, phase


def test_a_lost_reply_leaves_the_guest_running_twice() -> None:
    stage, guest = moving(fault=Fault(reply_lost=True))
    while stage.says(guest, B) != "running (migrated)":
        stage.wait(0.05)
    assert stage.says(guest) == "paused (migration)" and stage.look(guest).moving
    assert stage.finish(guest) == pytest.approx(26.5, abs=0.1)
    assert stage.both(guest) == TWICE
    assert "client socket is closed" in wrong(stage, guest)


@pytest.mark.parametrize("thaws_after", [5.0, 30.0, 120.0])
def test_a_destination_frozen_at_the_end_starts_its_copy_when_it_thaws(thaws_after: float) -> None:
    stage, guest = moving(Mishap(what=What.DAEMON_FROZEN, host=B, step=Phase.SWITCH, lasts=thaws_after))
    while not stage.silent(B):
        stage.wait(0.01)
    stage.wait(thaws_after - 0.1)
    assert stage.silent(B)
    if thaws_after > 26.5:
        assert stage.says(guest) == "running (migration canceled)"
        assert "client socket is closed" in wrong(stage, guest)
        assert stage.world.active(guest) == [A], "the second copy has not begun"
    else:
        assert stage.says(guest) == "paused (migration)"
    seen = SimProcesses(B, stage.world).look(guest, within=1.0)
    assert isinstance(seen, ProcessSeen) and seen.vcpu_seconds == 0.0
    stage.wait(1.0)
    assert stage.both(guest) == (TWICE if thaws_after > 26.5 else MOVED)
    seen = SimProcesses(B, stage.world).look(guest, within=1.0)
    assert isinstance(seen, ProcessSeen) and seen.vcpu_seconds > 0.0


def test_a_frozen_destination_that_is_killed_instead_never_starts_its_copy() -> None:
    frozen = Mishap(what=What.DAEMON_FROZEN, host=B, step=Phase.SWITCH, lasts=60.0)
    killed = Mishap(what=What.DAEMON_KILLED, host=B, step=Phase.SWITCH, after=40.0, lasts=3.0)
    stage, guest = moving(frozen, killed)
    stage.wait(100.0)
    assert stage.both(guest) == ("running (migration canceled)", "absent")


def test_a_held_copy_never_runs_twice() -> None:
    frozen = Mishap(what=What.DAEMON_FROZEN, host=B, step=Phase.SWITCH, lasts=60.0)
    stage, guest = moving(frozen, held=True)
    stage.wait(100.0)
    assert stage.both(guest) == ("running (migration canceled)", "paused (user)")


def test_a_destination_frozen_in_mid_copy_is_given_up_and_clears_up_at_the_thaw() -> None:
    stage, guest = moving(Mishap(what=What.DAEMON_FROZEN, host=B, step=Phase.PRECOPY, lasts=40.0), downtime_limit_ms=1)
    stage.world.guests[guest]  # a busy one: it does not end within the keepalive time
    stage.world.flights[guest].cap = 1 * MIB
    stage.wait(30.0)
    assert stage.says(guest) == "running (booted)"
    assert stage.silent(B)
    stage.wait(20.0)
    assert stage.both(guest) == STAYED


def test_direct_control_waits_for_a_frozen_destination() -> None:
    frozen = Mishap(what=What.DAEMON_FROZEN, host=B, step=Phase.SWITCH, lasts=35.0)
    stage, guest = moving(frozen, control="direct")
    stage.finish(guest)
    assert stage.both(guest) == MOVED


def test_a_source_frozen_at_the_end_holds_the_guest_up_until_it_thaws() -> None:
    stage, guest = moving(Mishap(what=What.DAEMON_FROZEN, host=A, step=Phase.SWITCH, lasts=20.0))
    stage.wait(15.0)
    assert stage.silent(A)
    assert stage.says(guest, B) == "incoming (migration)"
    stage.finish(guest)
    assert stage.both(guest) == MOVED
    downtime = stage.result(guest).downtime_ms
    assert downtime is not None and downtime > 19_000


def test_a_source_frozen_for_long_loses_its_copy() -> None:
    stage, guest = moving(Mishap(what=What.DAEMON_FROZEN, host=A, step=Phase.SWITCH, lasts=60.0))
    stage.wait(50.0)
    assert stage.says(guest, B) == "absent"
    stage.wait(30.0)
    assert stage.both(guest) == ("running (migration canceled)", "absent")


KILLED_A = [
    (Phase.PRECOPY, STAYED),
    (Phase.SWITCH, ("running (migration canceled)", "absent")),
    (Phase.FINISH, ("paused (migration)", "absent")),
    (Phase.STARTED, ("paused (migration)", "running (migrated)")),
    (Phase.CONFIRM, MOVED),
]


@pytest.mark.parametrize(("phase", "states"), KILLED_A)
def test_a_source_daemon_that_is_killed_and_restarted(phase: Phase, states: tuple[str, str]) -> None:
    stage, guest = moving(Mishap(what=What.DAEMON_KILLED, host=A, step=phase, lasts=3.0))
    while not stage.silent(A):
        stage.wait(0.01)
    stage.wait(2.0)
    assert stage.says(guest, B) == states[1], "the destination clears up at once"
    stage.wait(3.0)
    assert stage.both(guest) == states
    assert not stage.look(guest).moving
    assert "End of file" in wrong(stage, guest)
    if states == ("paused (migration)", "absent"):
        assert stage.act(Resume(guest=guest)) == Done()


KILLED_B = [
    (Phase.PRECOPY, STAYED),
    (Phase.SWITCH, ("running (migration canceled)", "absent")),
    (Phase.FINISH, ("running (migration canceled)", "absent")),
    (Phase.STARTED, TWICE),
    (Phase.CONFIRM, MOVED),
]


@pytest.mark.parametrize(("phase", "states"), KILLED_B)
def test_a_destination_daemon_that_is_killed_and_restarted(phase: Phase, states: tuple[str, str]) -> None:
    stage, guest = moving(Mishap(what=What.DAEMON_KILLED, host=B, step=phase, lasts=3.0))
    while not stage.silent(B):
        stage.wait(0.01)
    stage.wait(2.0)
    assert stage.says(guest) == states[0]
    stage.wait(3.0)
    assert stage.both(guest) == states


def test_a_killed_daemon_forgets_the_statistics() -> None:
    stage, guest = moving()
    stage.finish(guest)
    assert stage.look(guest, B).last_job is not None
    stage.world.strike(Mishap(what=What.DAEMON_KILLED, host=B, lasts=1.0))
    stage.wait(2.0)
    assert stage.look(guest, B).last_job is None


def test_the_qemu_of_the_destination_is_killed() -> None:
    stage, guest = moving(Mishap(what=What.QEMU_KILLED, host=B, step=Phase.PRECOPY, after=1.0))
    stage.finish(guest)
    assert stage.both(guest) == STAYED
    assert "Bad file descriptor" in wrong(stage, guest)


def test_the_qemu_of_the_source_is_killed() -> None:
    stage, guest = moving(Mishap(what=What.QEMU_KILLED, host=A, step=Phase.PRECOPY, after=1.0))
    stage.finish(guest)
    assert stage.both(guest) == ("shut off (crashed)", "absent")
    assert "domain is not running" in wrong(stage, guest)


@pytest.mark.parametrize("what", [What.GUEST_ENDS, What.GUEST_CRASHES])
def test_the_guest_ends_by_itself(what: What) -> None:
    stage, guest = moving(Mishap(what=what, step=Phase.PRECOPY, after=1.0))
    stage.finish(guest)
    reason = "crashed" if what is What.GUEST_CRASHES else "shutdown"
    assert stage.both(guest) == (f"shut off ({reason})", "absent")


def test_it_cannot_end_by_itself_between_two_hosts() -> None:
    stage, guest = moving(Mishap(what=What.GUEST_ENDS, step=Phase.SWITCH))
    stage.finish(guest)
    assert stage.effect(guest) == Done()
    stage.wait(1.0)
    assert stage.both(guest) == ("absent", "shut off (shutdown)")


def test_a_destination_that_is_lost_is_given_up_and_back_without_guests() -> None:
    stage, guest = moving(Mishap(what=What.HOST_DOWN, host=B, step=Phase.PRECOPY, after=1.0, lasts=100.0))
    stage.wait(20.0)
    assert stage.look(guest).moving
    assert isinstance(SimProcesses(B, stage.world).look(guest, within=1.0), Unknown)
    stage.wait(10.0)
    assert stage.says(guest) == "running (booted)"
    stage.wait(100.0)
    assert stage.both(guest) == STAYED


def test_a_source_that_is_lost_takes_the_guest_along() -> None:
    stage, guest = moving(Mishap(what=What.HOST_DOWN, host=A, step=Phase.PRECOPY, after=1.0, lasts=100.0))
    stage.wait(10.0)
    assert stage.says(guest, B) == "incoming (migration)"
    stage.wait(30.0)
    assert stage.says(guest, B) == "absent"
    stage.wait(100.0)
    assert stage.says(guest) == "shut off (crashed)"
    assert isinstance(SimProcesses(A, stage.world).look(guest, within=1.0), NoProcess)


def test_the_kernel_answers_while_the_daemon_does_not() -> None:
    stage = Stage()
    guest = stage.guest(idle())
    for what in (What.DAEMON_FROZEN, What.DAEMON_KILLED):
        stage.world.strike(Mishap(what=what, host=A, lasts=5.0))
        stage.wait(1.0)
        assert stage.silent(A)
        before = SimProcesses(A, stage.world).look(guest, within=1.0)
        stage.wait(1.0)
        after = SimProcesses(A, stage.world).look(guest, within=1.0)
        assert isinstance(before, ProcessSeen) and isinstance(after, ProcessSeen)
        assert after.pid == before.pid and after.vcpu_seconds - before.vcpu_seconds == pytest.approx(1.0)
        stage.wait(10.0)


@pytest.mark.parametrize(
    ("phase", "states"),
    [
        (Phase.PRECOPY, STAYED),
        (Phase.FINISH, ("paused (migration)", "absent")),
        (Phase.STARTED, ("paused (migration)", "running (migrated)")),
    ],
)
def test_a_client_that_dies_ends_what_only_it_carried(phase: Phase, states: tuple[str, str]) -> None:
    stage, guest = moving(control="direct")
    while stage.world.flights[guest].phase is not phase:
        stage.wait(0.005)
    stage.world.client_gone()
    assert stage.both(guest) == states
    stage, guest = moving()
    stage.wait(1.0)
    stage.world.client_gone()
    stage.finish(guest)
    assert stage.both(guest) == MOVED, "the daemons carry on by themselves"


def test_a_call_may_be_carried_out_late() -> None:
    stage, guest = moving(fault=Fault(begins_late=20.0))
    stage.wait(10.0)
    assert stage.both(guest) == STAYED
    stage.wait(10.5)
    assert stage.look(guest).moving


def test_looking_may_take_time() -> None:
    stage = Stage(fault=Fault(answers_after=0.5))
    guest = stage.guest(idle())
    stage.look(guest)
    assert stage.clock.ticks() == 0.5


def test_several_copies_suffer_together() -> None:
    stage = Stage(Mishap(what=What.DAEMON_KILLED, host=A, after=2.0, lasts=1.0))
    guests = [stage.guest(BUSY, number) for number in (1, 2, 3)]
    for guest in guests:
        stage.begin(guest)
    stage.wait(5.0)
    assert [stage.both(guest) for guest in guests] == [STAYED] * 3
    assert all(stage.look(guest).power is Power.RUNNING for guest in guests)
