"""A ferry that stood still longer than its lease, and wakes up in the middle of an act."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from orchestrator.engine.driver import SLOW_WRITES
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.command import BeginMove, Cancel
from orchestrator.model.entry import Intent
from orchestrator.model.guest import Power
from orchestrator.model.move import Move, State
from orchestrator.model.plan import Plan
from orchestrator.model.report import RunReport
from orchestrator.operations.apply import apply
from orchestrator.ports import Hypervisor
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.store import MemoryStore
from tests.scenarios.simulated import MIB, WHO, A, B, Bench


class Stopping(MemoryStore):
    """Stops the process right after it has written its intent to begin: another one takes over meanwhile."""

    def __init__(self, clock: SimClock, lasts: float = 60.0) -> None:
        super().__init__(clock.ticks)
        self.sleeper = clock
        self.lasts = lasts
        self.meanwhile: Callable[[], Any] | None = None
        self.slow = 0  # so many intents to begin take `lasts`

    def append(self, run: Any, entry: Any, **more: Any) -> Any:
        seq = super().append(run, entry, **more)
        if entry.kind == "intent" and isinstance(entry.command, BeginMove):
            if self.meanwhile is not None:
                wake, self.meanwhile = self.meanwhile, None
                self.sleeper.advance_to(self.sleeper.ticks() + self.lasts)
                wake()
            elif self.slow:
                self.slow -= 1
                self.sleeper.advance_to(self.sleeper.ticks() + self.lasts)
        return seq


class Acting:
    """The door to a host, at which the process stands still around its call to begin."""

    def __init__(self, door: Any, before: Callable[[], Any] = list, after: Callable[[], Any] = list) -> None:
        self._door, self._before, self._after = door, before, after
        self.acts: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._door, name)

    def act(self, command: Any, *, within: float) -> Any:
        self.acts.append(command)
        if isinstance(command, BeginMove):
            self._before()
        effect = self._door.act(command, within=within)
        if isinstance(command, BeginMove):
            self._after()
        return effect


def test_it_does_not_act_once_another_process_has_taken_the_run_over() -> None:
    bench = Bench()
    bench.store = Stopping(bench.clock)
    guest = bench.guest(1)
    adopted: list[RunReport] = []
    bench.store.meanwhile = lambda: adopted.extend(bench.resume())
    with pytest.raises(OrchestratorError, match=r"fence-lost"):
        bench.apply(bench.move(guest))
    bench.pass_time(500.0)
    assert adopted[0].moves[0].outcome.state is State.KEPT
    assert bench.world.active(guest) == [A], "the copy was begun behind the back of the process that had taken over"


@pytest.mark.parametrize(("seconds", "written"), [(0.9, 1), (1.0, 2), (1.5, 2)])
def test_the_lease_is_checked_less_than_a_second_before_the_call(seconds: float, written: int) -> None:
    bench = Bench()
    bench.store = Stopping(bench.clock, seconds)
    bench.store.slow = 1
    report = bench.apply(bench.move(bench.guest(1)))
    assert report.moves[0].state is State.MIGRATED
    entries = [e.entry for e in bench.store.entries(report.run.id)]
    assert len([e for e in entries if isinstance(e, Intent) and isinstance(e.command, BeginMove)]) == written


def test_a_store_that_is_always_too_slow_begins_nothing_and_holds_nobody_up_for_ever() -> None:
    bench = Bench()
    bench.store = Stopping(bench.clock, 1.5)
    bench.store.slow = 1000
    guest = bench.guest(1)
    report = bench.apply(bench.move(guest))
    assert (report.exit_code, report.moves[0].outcome.code) == (6, "store.unavailable")
    assert bench.store.slow == 1000 - SLOW_WRITES
    bench.pass_time(100)
    assert bench.world.active(guest) == [A]


def stopped_around_the_call(
    bench: Bench, move: Move, *, before: Callable[[], Any] = list, after: Callable[[], Any] = list
) -> list[Any]:
    """What was ordered of the source by a process that lost its lease while it stood still."""
    doors = bench.doors()
    source = Acting(doors.hypervisor(A), before, after)
    doors = replace(doors, hypervisor=lambda h: cast(Hypervisor, source if h == A else bench_door(h)))
    bench_door = bench.doors().hypervisor
    bench.living = bench.processes - 1
    with pytest.raises(OrchestratorError, match=r"fence-lost"):
        apply(doors, Plan(moves=(move,), findings=()), WHO, (), Stop())
    return source.acts


def asleep(bench: Bench, adopted: list[RunReport]) -> Callable[[], None]:
    def sleep() -> None:
        bench.pass_time(60.0)
        adopted.extend(bench.resume())

    return sleep


def test_a_call_that_left_after_the_run_was_taken_over_is_called_off_when_it_shows() -> None:
    bench = Bench()
    guest = bench.guest(1, memory=1024 * MIB)
    adopted: list[RunReport] = []
    acts = stopped_around_the_call(bench, bench.move(guest), before=asleep(bench, adopted))
    assert adopted[0].moves[0].outcome.state is State.KEPT
    assert [type(a) for a in acts] == [BeginMove, Cancel]
    bench.pass_time(500.0)
    assert bench.world.active(guest) == [A]
    assert bench.world.copy(A, guest).power is Power.RUNNING


def test_a_copy_that_the_other_process_has_brought_to_its_end_is_left_alone() -> None:
    bench = Bench()
    guest = bench.guest(1, memory=256 * MIB)
    adopted: list[RunReport] = []
    acts = stopped_around_the_call(bench, bench.move(guest), after=asleep(bench, adopted))
    assert [type(a) for a in acts] == [BeginMove]
    assert adopted[0].moves[0].outcome.state is State.MIGRATED
    assert bench.world.active(guest) == [B]


def test_a_copy_past_its_switchover_is_never_called_off() -> None:
    bench = Bench()
    guest = bench.guest(1, memory=256 * MIB)

    def lose() -> None:
        held = bench.store.lease("run-1")
        bench.store.take("run-1", bench.doors().holder, lasts=30.0, instead_of=held)
        while bench.world.copy(A, guest).power is Power.RUNNING:
            bench.pass_time(0.01)

    acts = stopped_around_the_call(bench, bench.move(guest), after=lose)
    assert [type(a) for a in acts] == [BeginMove]
    bench.pass_time(500.0)
    assert bench.world.active(guest) == [B]
