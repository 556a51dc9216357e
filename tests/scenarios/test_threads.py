"""The same driver, runner and limits on real threads and the machine's clock: only the hosts are simulated."""

import threading
from dataclasses import replace

from orchestrator.engine.clock import SystemClock
from orchestrator.engine.loop import ThreadLoop
from orchestrator.engine.stop import Stop
from orchestrator.model.event import Event
from orchestrator.model.guest import GuestId
from orchestrator.model.move import State
from orchestrator.model.plan import Plan
from orchestrator.operations.apply import apply
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.hypervisor import SimHypervisor
from orchestrator.simulator.probe import SimProbe
from orchestrator.simulator.world import World
from tests.scenarios.simulated import LINK, MIB, WHO, B, Bench


class WallClock(SimClock):
    """Simulated hosts in real time."""

    def ticks(self) -> float:
        return SystemClock().ticks()

    def now(self):
        return SystemClock().now()


class OneAtATime:
    """The simulated world is not made for threads: one call at a time."""

    lock = threading.RLock()

    def __init__(self, door: object) -> None:
        self._door = door

    def __getattr__(self, name: str):
        found = getattr(self._door, name)

        def locked(*args, **kwargs):
            with self.lock:
                return found(*args, **kwargs)

        return locked


class Sink:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)


def test_three_moves_on_real_threads() -> None:
    bench = Bench(live=2)
    bench.clock = WallClock()
    bench.world = World(clock=bench.clock, hosts=bench.hosts, rate=LINK)
    moves = [bench.move(bench.guest(n, memory=8 * MIB)) for n in (1, 2, 3)]
    hosts = {h: SimHypervisor(h, bench.world) for h in bench.hosts}
    doors = replace(
        bench.doors(),
        hypervisor=lambda h: _with_listen(OneAtATime(hosts[h]), hosts[h]),
        store=lambda: OneAtATime(bench.store),
        loop=ThreadLoop,
        probe=lambda: OneAtATime(SimProbe(bench.world)),
        clock=bench.clock,
    )
    sink = Sink()
    report = apply(doors, Plan(moves=tuple(moves), findings=()), WHO, [sink], Stop())
    assert report.exit_code == 0
    assert [m.state for m in report.moves] == [State.MIGRATED] * 3
    assert all(bench.world.active(GuestId(m.guest)) == [B] for m in moves)
    assert any(type(e).__name__ == "Waiting" for e in sink.events), "the third one was told why it waits"


def _with_listen(locked: OneAtATime, bare: SimHypervisor) -> OneAtATime:
    locked.listen = bare.listen
    return locked
