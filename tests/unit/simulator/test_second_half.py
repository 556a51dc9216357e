"""Post-copy: what each host says at each moment, how it breaks, and how it is recovered."""

import pytest

from orchestrator.model.command import Cancel, Discard, PausePostCopy, Resume, SetBandwidth, StartHeld, StartPostCopy
from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.guest import GuestId
from orchestrator.simulator.speeds import Speeds
from orchestrator.simulator.world import Fault, Memory, Mishap, Phase, What
from tests.unit.simulator.stage import LINK, MIB, A, B, Stage

BUSY = Memory(size=512 * MIB, used=256 * MIB, working_set=200 * MIB, write_rate=60e6)
POSTCOPY_BOTH = ("paused (post-copy)", "running (post-copy)")
BROKEN_BOTH = ("paused (post-copy failed)", "running (post-copy failed)")


def half_way(*mishaps: Mishap, fault: Fault | None = None) -> tuple[Stage, GuestId]:
    """A guest that was just switched."""
    stage = Stage(*mishaps, fault=fault or Fault())
    guest = stage.guest(BUSY)
    stage.begin(guest, postcopy=True)
    while (job := stage.look(guest).job) is None or job.round < 2:
        stage.wait(0.1)
    assert stage.act(StartPostCopy(guest=guest)) == Done()
    stage.wait(0.1)
    return stage, guest


def test_the_guest_runs_at_once_and_the_rest_follows() -> None:
    stage, guest = half_way()
    assert stage.both(guest) == POSTCOPY_BOTH
    source, destination = stage.look(guest), stage.look(guest, B)
    assert source.moving and source.job is not None and source.job.remaining_bytes > 100 * MIB
    assert not destination.moving and destination.job is None and destination.last_job is None
    left = source.job.remaining_bytes
    took = stage.finish(guest)
    assert took == pytest.approx(left / LINK + Speeds().reply + Speeds().letting_go, rel=0.02)
    assert stage.both(guest) == ("absent", "running (migrated)")
    assert stage.effect(guest) == Done()
    result = stage.result(guest)
    assert result.downtime_ms == round(Speeds().handover * 1000)
    assert result.postcopy_requests > 0


def test_more_pages_are_asked_for_the_more_is_missing() -> None:
    stage, guest = half_way()
    before = stage.look(guest).job
    stage.wait(1.0)
    middle = stage.look(guest).job
    stage.wait(1.0)
    after = stage.look(guest).job
    assert before is not None and middle is not None and after is not None
    first = middle.postcopy_requests - before.postcopy_requests
    assert first > after.postcopy_requests - middle.postcopy_requests > 0


def test_it_has_a_bandwidth_of_its_own() -> None:
    stage, guest = half_way()
    stage.act(SetBandwidth(guest=guest, bytes_per_second=10 * MIB, postcopy=True))
    before = stage.look(guest).job
    stage.wait(1.0)
    after = stage.look(guest).job
    assert before is not None and after is not None
    assert after.processed_bytes - before.processed_bytes == pytest.approx(10 * MIB, rel=0.01)


def test_it_can_only_be_switched_where_it_began_that_way() -> None:
    stage = Stage()
    guest = stage.guest(BUSY)
    assert isinstance(stage.act(StartPostCopy(guest=guest)), Refused)
    stage.begin(guest)
    stage.wait(1.0)
    assert isinstance(stage.act(StartPostCopy(guest=guest)), Refused)
    assert stage.says(guest) == "running (booted)"


def test_asked_for_before_pages_flow_it_is_switched_as_soon_as_they_do() -> None:
    stage = Stage()
    guest = stage.guest(BUSY)
    stage.begin(guest, postcopy=True)
    assert stage.act(StartPostCopy(guest=guest)) == Done()
    stage.wait(0.5)
    assert stage.both(guest) == POSTCOPY_BOTH


def test_it_cannot_be_cancelled() -> None:
    stage, guest = half_way()
    assert isinstance(stage.act(Cancel(guest=guest)), Refused)
    assert stage.both(guest) == POSTCOPY_BOTH


def test_a_path_that_breaks_leaves_two_halves_until_it_is_recovered() -> None:
    stage, guest = half_way(Mishap(what=What.PATH_RESET, step=Phase.POSTCOPY, after=1.0))
    stage.wait(1.0)
    assert stage.both(guest) == BROKEN_BOTH
    assert isinstance(stage.effect(guest), Unclear)
    assert stage.look(guest).moving
    stage.wait(1000.0)
    assert stage.both(guest) == BROKEN_BOTH, "nothing heals by itself"
    assert stage.recover(guest) == Done()
    assert stage.effect(guest) is None
    stage.wait(0.5)
    assert stage.both(guest) == POSTCOPY_BOTH
    stage.finish(guest)
    assert stage.both(guest) == ("absent", "running (migrated)")
    assert stage.effect(guest) == Done()


def test_all_its_virtual_cpus_may_wait_for_missing_pages() -> None:
    fault = Fault(blocks_at_destination=True)
    stage, guest = half_way(Mishap(what=What.PATH_RESET, step=Phase.POSTCOPY, after=1.0), fault=fault)
    stage.wait(1.0)
    assert stage.says(guest, B) == "paused (post-copy failed)"


def test_a_silent_path_heals_without_a_word() -> None:
    stage, guest = half_way(Mishap(what=What.PATH_CUT, step=Phase.POSTCOPY, after=1.0, lasts=30.0))
    stage.wait(2.0)
    before = stage.look(guest).job
    stage.wait(20.0)
    assert stage.both(guest) == POSTCOPY_BOTH
    assert before is not None and stage.look(guest).job is not None
    assert stage.look(guest).job.processed_bytes == before.processed_bytes
    assert isinstance(stage.recover(guest), Refused), "it is being monitored"
    stage.finish(guest)
    assert stage.both(guest) == ("absent", "running (migrated)")


def test_pausing_it_lets_go_of_a_silent_path_and_it_recovers_over_another_network() -> None:
    cut = Mishap(what=What.PATH_CUT, step=Phase.POSTCOPY, after=1.0, network="migration")
    stage, guest = half_way(cut)
    stage.wait(2.0)
    assert stage.act(PausePostCopy(guest=guest)) == Done()
    assert stage.both(guest) == BROKEN_BOTH
    assert isinstance(stage.act(PausePostCopy(guest=guest)), Refused)
    assert stage.recover(guest) == Done()
    stage.wait(1.0)
    assert isinstance(stage.effect(guest), Unclear), "the path is still cut"
    assert stage.both(guest) == BROKEN_BOTH
    assert stage.recover(guest, network="storage") == Done()
    stage.finish(guest)
    assert stage.both(guest) == ("absent", "running (migrated)")


@pytest.mark.parametrize("end", [A, B])
def test_a_reset_that_one_end_has_noticed_is_recovered_once_the_other_has_too(end) -> None:
    reset = Mishap(what=What.PATH_RESET, host=end, step=Phase.POSTCOPY, after=1.0, lasts=5.0)
    stage, guest = half_way(reset)
    stage.wait(2.0)
    noticed = [side for side in (A, B) if "failed" in stage.says(guest, side)]
    assert noticed == [end]
    refusal = stage.recover(guest)
    assert isinstance(refusal, Refused) and "actively monitored" in refusal.why
    stage.wait(5.0)
    assert stage.both(guest) == BROKEN_BOTH
    assert stage.recover(guest) == Done()


def test_a_destination_whose_daemon_dies_of_the_recovery_keeps_the_guest() -> None:
    stage, guest = half_way(Mishap(what=What.PATH_RESET, step=Phase.POSTCOPY, after=1.0))
    stage.world.machines[B].crashes_on_recovery = True
    stage.wait(1.0)
    assert stage.recover(guest) == Done()
    stage.wait(1.0)
    assert stage.silent(B)
    stage.wait(3.0)
    assert stage.both(guest) == BROKEN_BOTH
    assert isinstance(stage.effect(guest), Unclear)


@pytest.mark.parametrize("host", [A, B])
def test_a_daemon_that_dies_leaves_the_rest_to_qemu(host) -> None:
    stage, guest = half_way(Mishap(what=What.DAEMON_KILLED, host=host, step=Phase.POSTCOPY, after=1.0, lasts=1.0))
    stage.wait(2.2)
    expected = "paused (post-copy)" if host == A else "paused (post-copy failed)"
    assert stage.both(guest) == (expected, "running (post-copy)")
    assert isinstance(stage.effect(guest), Unclear)
    stage.finish(guest)
    assert stage.both(guest) == ("absent", "running (migrated)")


def test_a_source_daemon_that_is_restarted_after_the_end_clears_up_then() -> None:
    stage, guest = half_way(Mishap(what=What.DAEMON_KILLED, host=A, step=Phase.POSTCOPY, after=1.0, lasts=60.0))
    stage.wait(30.0)
    assert stage.says(guest, B) == "running (migrated)"
    assert stage.world.active(guest) == [A, B]
    stage.wait(60.0)
    assert stage.both(guest) == ("absent", "running (migrated)")


def test_with_one_qemu_the_guest_is_lost() -> None:
    stage, guest = half_way(Mishap(what=What.QEMU_KILLED, host=B, step=Phase.POSTCOPY, after=1.0))
    stage.wait(1.0)
    assert stage.both(guest) == ("paused (post-copy failed)", "shut off (crashed)")
    assert isinstance(stage.recover(guest), Refused)
    stage, guest = half_way(Mishap(what=What.QEMU_KILLED, host=A, step=Phase.POSTCOPY, after=1.0))
    stage.wait(1.0)
    assert stage.both(guest) == ("shut off (crashed)", "running (post-copy failed)")


@pytest.mark.parametrize("host", [A, B])
def test_a_host_that_is_lost_takes_its_half_along(host) -> None:
    stage, guest = half_way(Mishap(what=What.HOST_DOWN, host=host, step=Phase.POSTCOPY, after=1.0))
    stage.wait(60.0)
    other = B if host == A else A
    assert stage.silent(host)
    assert stage.says(guest, other).endswith("(post-copy failed)")


@pytest.mark.parametrize("host", [A, B])
def test_no_half_is_ended_or_let_go_whatever_has_become_of_the_other(host) -> None:
    reset = Mishap(what=What.PATH_RESET, step=Phase.POSTCOPY, after=1.0)
    stage, guest = half_way(reset, fault=Fault(blocks_at_destination=True))
    stage.wait(1.0)
    for command in (Discard(guest=guest), Resume(guest=guest), StartHeld(guest=guest)):
        assert isinstance(stage.act(command, host), Refused), command
    stage.world.strike(Mishap(what=What.QEMU_KILLED, host=B, after=stage.world.at))
    stage.wait(1.0)
    assert isinstance(stage.act(Discard(guest=guest)), Refused)
    assert stage.says(guest) == "paused (post-copy failed)"


def test_nor_the_half_whose_other_half_is_lost() -> None:
    reset = Mishap(what=What.QEMU_KILLED, host=A, step=Phase.POSTCOPY, after=1.0)
    stage, guest = half_way(reset, fault=Fault(blocks_at_destination=True))
    stage.wait(1.0)
    assert stage.says(guest, B) == "paused (post-copy failed)"
    for command in (Discard(guest=guest), Resume(guest=guest)):
        assert isinstance(stage.act(command, B), Refused), command
