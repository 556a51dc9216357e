"""One move in the simulator: the ordinary ways it can go."""

from dataclasses import replace

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.entry import Intent
from orchestrator.model.guest import Power
from orchestrator.model.move import State
from orchestrator.operations.resume import orphans, resume
from orchestrator.simulator.kill import Killed, Killer
from orchestrator.simulator.world import Fault
from tests.scenarios.simulated import LINK, WHO, A, B, Bench


def only(report):
    (move,) = report.moves
    return move.outcome


def test_a_running_guest_arrives() -> None:
    bench = Bench()
    guest = bench.guest(1)
    report = bench.apply(bench.move(guest))
    outcome = only(report)
    assert (report.exit_code, outcome.state, outcome.where) == (0, State.MIGRATED, B)
    assert bench.world.active(guest) == [B]
    assert outcome.downtime_ms is not None
    assert outcome.blackout_ms is not None


def test_a_paused_guest_arrives_paused() -> None:
    bench = Bench()
    guest = bench.guest(1, power=Power.PAUSED)
    outcome = only(bench.apply(bench.move(guest)))
    assert outcome.state is State.MIGRATED
    assert bench.world.copy(B, guest).power is Power.PAUSED


def test_autostart_is_carried() -> None:
    bench = Bench()
    guest = bench.guest(1, autostart=True)
    assert only(bench.apply(bench.move(guest))).state is State.MIGRATED
    assert bench.world.copy(B, guest).autostart


def test_a_broken_copy_leaves_the_guest_where_it_was() -> None:
    bench = Bench(fault=Fault(breaks_after=2.0))
    guest = bench.guest(1)
    report = bench.apply(bench.move(guest))
    assert (report.exit_code, only(report).state, only(report).where) == (1, State.KEPT, A)
    assert "Unable to write to socket" in only(report).because
    assert bench.world.active(guest) == [A]


def test_a_guest_that_never_converges_is_cancelled_at_max_duration() -> None:
    bench = Bench(max_duration="60s")
    guest = bench.guest(1, dirty=LINK)
    outcome = only(bench.apply(bench.move(guest)))
    assert (outcome.state, outcome.code, outcome.where) == (State.KEPT, "migration.too-long", A)
    assert bench.world.copy(A, guest).power is Power.RUNNING


@pytest.mark.parametrize(("crashes", "code", "exit_code"), [(False, "guest.ended", 0), (True, "guest.crashed", 7)])
def test_a_guest_that_ends_meanwhile_is_told_apart_from_one_that_died(crashes, code, exit_code) -> None:
    bench = Bench(fault=Fault(guest_ends_at=2.0, guest_crashes=crashes))
    report = bench.apply(bench.move(bench.guest(1)))
    assert (only(report).state, only(report).code, report.exit_code) == (State.ENDED, code, exit_code)


def test_a_double_run_is_contained_by_suspending_the_newcomer() -> None:
    bench = Bench(fault=Fault(reply_lost=True))
    guest = bench.guest(1)
    report = bench.apply(bench.move(guest))
    assert (only(report).state, only(report).code, report.exit_code) == (State.UNCLEAR, "guest.runs-twice", 7)
    running = [h for h in bench.hosts if (c := bench.world.copy(h, guest)) and c.power is Power.RUNNING]
    assert running == [B], "the source resumed after the copy had begun: the source is the newcomer"
    assert set(bench.world.active(guest)) == {A, B}, "no copy is destroyed"


def test_a_silent_destination_is_never_taken_for_an_absent_guest() -> None:
    bench = Bench(fault=Fault(silent=((B, 4.0, 400.0),), breaks_after=4.5))
    guest = bench.guest(1)
    report = bench.apply(bench.move(guest))
    assert (only(report).state, only(report).code, report.exit_code) == (State.UNCLEAR, "guest.side-silent", 6)
    bench.pass_time(500.0)
    (again,) = bench.resume()
    assert (only(again).state, only(again).where) == (State.KEPT, A)


def test_stop_before_the_start_touches_nothing() -> None:
    bench = Bench()
    guest = bench.guest(1)
    stop = Stop()
    stop.more("ada")
    report = bench.apply(bench.move(guest), stop=stop)
    assert (only(report).state, report.exit_code) == (State.KEPT, 130)
    assert not [e for e in bench.store.entries(report.run.id) if isinstance(e.entry, Intent)]


def test_two_at_a_time_by_the_ledger() -> None:
    bench = Bench(live=2)
    moves = [bench.move(bench.guest(n)) for n in range(1, 6)]
    seen: list[int] = []
    begin = bench.world.begin

    def counting(*args, **kwargs):
        answer = begin(*args, **kwargs)
        seen.append(len(bench.world.flights))
        return answer

    bench.world.begin = counting  # type: ignore[method-assign]
    report = bench.apply(*moves)
    assert report.exit_code == 0
    assert max(seen) == 2
    assert bench.store.ledger().tickets == ()


def test_a_run_left_by_a_dead_process_is_an_orphan_until_it_is_adopted() -> None:
    bench = Bench()
    with pytest.raises(Killed):
        bench.apply(bench.move(bench.guest(1)), killer=Killer(before=frozenset({20})))
    (left,) = orphans(bench.doors())
    bench.resume()
    assert orphans(bench.doors()) == ()
    assert only(bench.report(left)).state is State.MIGRATED


def test_a_run_that_waits_for_a_silent_host_is_no_orphan() -> None:
    bench = Bench(fault=Fault(silent=((B, 4.0, 400.0),), breaks_after=4.5))
    bench.apply(bench.move(bench.guest(1)))
    assert orphans(bench.doors()) == (), "nobody would wait a minute for it at every command"
    bench.pass_time(500.0)
    assert len(bench.resume()) == 1


def test_nobody_takes_over_what_a_living_process_drives() -> None:
    bench = Bench()
    with pytest.raises(Killed):
        bench.apply(bench.move(bench.guest(1)), killer=Killer(before=frozenset({20})))
    doors = replace(bench.doors(), lives=lambda _holder: True)
    assert orphans(doors) == ()
    with pytest.raises(OrchestratorError, match=r"lease\.held"):
        resume(doors, None, WHO, (), Stop())
