"""A ferry that stood still longer than its lease, and wakes up in the middle of an act."""

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.move import State
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.store import MemoryStore
from tests.scenarios.simulated import A, Bench


class Stopping(MemoryStore):
    """Stops the process right after it has written its intent to begin: another one takes over meanwhile."""

    def __init__(self, clock: SimClock) -> None:
        super().__init__(clock.ticks)
        self.sleeper = clock
        self.meanwhile = None

    def append(self, run, entry, **more):
        seq = super().append(run, entry, **more)
        if entry.kind == "intent" and self.meanwhile is not None:
            wake, self.meanwhile = self.meanwhile, None
            self.sleeper.advance_to(self.sleeper.ticks() + 60.0)
            wake()
        return seq


def test_it_does_not_act_once_another_process_has_taken_the_run_over() -> None:
    bench = Bench()
    bench.store = Stopping(bench.clock)
    guest = bench.guest(1)
    adopted = []
    bench.store.meanwhile = lambda: adopted.extend(bench.resume())
    with pytest.raises(OrchestratorError, match=r"fence-lost"):
        bench.apply(bench.move(guest))
    bench.pass_time(500.0)
    assert adopted[0].moves[0].outcome.state is State.KEPT
    assert bench.world.active(guest) == [A], "the copy was begun behind the back of the process that had taken over"
