"""Orders from another process while a run goes on, and a run taken from a process that stands still or is dead."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.command import BeginMove, Cancel, SetBandwidth
from orchestrator.model.entry import Intent, Ordered, Recorded
from orchestrator.model.event import Event, Progress
from orchestrator.model.move import State
from orchestrator.model.order import Change, Order
from orchestrator.model.plan import Plan
from orchestrator.model.report import RunReport
from orchestrator.model.run import RunId
from orchestrator.operations import control
from orchestrator.operations.aim import aim, prepare
from orchestrator.operations.apply import apply
from orchestrator.simulator.kill import Killed, Killer
from tests.scenarios.simulated import MIB, WHO, A, B, Bench, guest_id

R = RunId("run-1")


class Meanwhile:
    """Does something once, when the copy of the run has been seen for so many samples."""

    def __init__(self, do: Callable[[], None], *, samples: int = 3) -> None:
        self._do = do
        self._left = samples

    def emit(self, event: Event) -> None:
        """Count the samples."""
        if isinstance(event, Progress):
            self._left -= 1
            if self._left == 0:
                self._do()


def run(bench: Bench, *numbers: int, meanwhile: Meanwhile) -> RunReport:
    guests = [bench.guest(number, memory=4096 * MIB) for number in numbers]
    return apply(bench.doors(), Plan(moves=tuple(map(bench.move, guests)), findings=()), WHO, (meanwhile,), Stop())


def ordered_at(bench: Bench, order: Order) -> Callable[[], None]:
    return lambda: (bench.store.order(R, order, at=bench.clock.now()), None)[1]


def after(bench: Bench, command: type) -> float:
    """Seconds from the moment an order was queued until the first intent of that kind."""
    (queued,) = bench.store.orders(R)
    entries: list[Recorded] = list(bench.store.entries(R))
    first = next(e.at for e in entries if isinstance(e.entry, Intent) and isinstance(e.entry.command, command))
    return (first - queued.at).total_seconds()


def test_another_process_cancels_one_guest_within_a_second_and_the_other_goes_on() -> None:
    bench = Bench()
    abort = Order(kind="abort", by="ada on ctl2", guest=guest_id(1))
    report = run(bench, 1, 2, meanwhile=Meanwhile(ordered_at(bench, abort)))
    assert [m.state for m in report.moves] == [State.KEPT, State.MIGRATED]
    assert report.moves[0].outcome is not None
    assert report.moves[0].outcome.code == "migration.cancelled"
    assert 0 <= after(bench, Cancel) <= 1.0
    assert report.exit_code == 1


def test_another_process_sets_the_bandwidth_of_a_running_copy_within_a_second() -> None:
    bench = Bench()
    change = Change(bandwidth_bytes_per_second=20 * MIB)
    slower = Order(kind="set", by="ada on ctl2", guest=guest_id(1), change=change)
    report = run(bench, 1, meanwhile=Meanwhile(ordered_at(bench, slower)))
    assert report.exit_code == 0
    assert 0 <= after(bench, SetBandwidth) <= 1.0
    caps = {
        e.entry.command.bytes_per_second
        for e in bench.store.entries(R)
        if isinstance(e.entry, Intent) and isinstance(e.entry.command, SetBandwidth)
    }
    assert caps == {20 * MIB}


def take_over(bench: Bench, *, stopped: bool) -> RunReport:
    """`ferry abort guest-01` in another process."""
    doors = bench.doors()
    owner = bench.processes - 1
    doors = replace(
        doors,
        lives=lambda holder: stopped if holder.pid == owner else holder.pid == doors.holder.pid,
        stopped=lambda holder: stopped and holder.pid == owner,
    )
    aimed = aim(doors, "guest-01")
    given = control.give(doors, aimed.run, prepare(doors, aimed, "abort", WHO))
    assert given.left is not None
    assert ("is stopped" if stopped else "is gone") in given.left
    return control.act(doors, aimed.run, WHO, (), Stop(), unbegun=lambda _doors, _moves: ())


def test_a_run_is_taken_from_a_process_that_stands_still_which_then_leaves_it_alone() -> None:
    bench = Bench()
    reports: list[RunReport] = []
    with pytest.raises(OrchestratorError, match=r"fence-lost") as raised:
        run(bench, 1, meanwhile=Meanwhile(lambda: reports.append(take_over(bench, stopped=True))))
    ((move,),) = [r.moves for r in reports]
    assert (move.state, move.outcome.where) == (State.KEPT, A)
    guest = bench.guest_ids[0]
    bench.pass_time(500.0)
    assert bench.world.active(guest) == [A]
    problem = raised.value.problems[0]
    assert "unwatched" not in problem.now, "the one that has taken it over watches it"
    assert "resume" not in problem.fix


def test_a_dead_process_is_replaced_and_the_order_obeyed_once() -> None:
    bench = Bench()
    guest = bench.guest(1, memory=4096 * MIB)
    with pytest.raises(Killed):
        bench.apply(bench.move(guest), killer=Killer(before=frozenset({60})))
    report = take_over(bench, stopped=False)
    assert (report.moves[0].state, report.exit_code) == (State.KEPT, 1)
    assert bench.world.active(guest) == [A]
    assert len([e for e in bench.store.entries(R) if isinstance(e.entry, Ordered)]) == 1


def test_an_order_that_nobody_read_binds_whoever_takes_the_run_over() -> None:
    bench = Bench(live=1)
    guests = [bench.guest(n, memory=4096 * MIB) for n in (1, 2)]
    with pytest.raises(Killed):
        bench.apply(*map(bench.move, guests), killer=Killer(before=frozenset({60})))
    bench.store.order(R, Order(kind="stop", by="ada on ctl2"), at=bench.clock.now())
    asked: list[object] = []
    (report,) = bench.resume(unbegun=lambda _doors, moves: asked.extend(moves) or ())
    assert [(m.state, m.outcome.where) for m in report.moves] == [(State.MIGRATED, B), (State.KEPT, A)]
    assert (asked, report.exit_code) == ([], 130)
    begun = [e.entry.guest for e in bench.store.entries(R) if isinstance(e.entry, Intent)
             and isinstance(e.entry.command, BeginMove)]  # fmt: skip
    assert begun == guests[:1]
