"""One contract for both loops: the threads of reality and the heap of the simulator."""

import threading
import time
from collections.abc import Callable

import pytest

from orchestrator.engine.loop import ThreadLoop
from orchestrator.ports import Loop
from orchestrator.simulator.clock import SimClock, SimLoop


@pytest.fixture(params=["threads", "simulated"])
def loop(request: pytest.FixtureRequest) -> Loop:
    return ThreadLoop() if request.param == "threads" else SimLoop(SimClock())


def counting(times: int, seen: list[str], name: str) -> Callable[[], float | None]:
    def step() -> float | None:
        seen.append(name)
        return 0.01 if seen.count(name) < times else None

    return step


def test_a_step_is_called_until_it_has_finished(loop: Loop) -> None:
    seen: list[str] = []
    loop.add("a", counting(3, seen, "a"))
    loop.run()
    assert seen == ["a", "a", "a"]


def test_run_waits_for_every_step(loop: Loop) -> None:
    seen: list[str] = []
    for name in ("a", "b", "c"):
        loop.add(name, counting(4, seen, name))
    loop.run()
    assert sorted(seen) == sorted("abc" * 4)


def test_a_step_may_add_another(loop: Loop) -> None:
    seen: list[str] = []

    def parent() -> float | None:
        loop.add("child", counting(2, seen, "child"))
        return None

    loop.add("parent", parent)
    loop.run()
    assert seen == ["child", "child"]


def test_what_a_step_raises_ends_the_run(loop: Loop) -> None:
    def broken() -> float | None:
        raise LookupError("broken")

    loop.add("broken", broken)
    with pytest.raises(LookupError, match="broken"):
        loop.run()


def test_a_poke_shortens_a_wait(loop: Loop) -> None:
    calls: list[str] = []

    def sleeper() -> float | None:
        calls.append("sleeper")
        return None if len(calls) > 1 else 3600.0

    def poker() -> float | None:
        if not calls:
            return 0.01
        loop.poke("sleeper")
        return None

    loop.add("sleeper", sleeper)
    loop.add("poker", poker)
    loop.run()
    assert calls == ["sleeper", "sleeper"]


def test_poking_what_is_gone_is_no_error(loop: Loop) -> None:
    loop.add("a", lambda: None)
    loop.run()
    loop.poke("a")


def test_the_threads_are_daemons_and_run_side_by_side() -> None:
    loop = ThreadLoop()
    both = threading.Barrier(2, timeout=5)

    def meet() -> float | None:
        assert threading.current_thread().daemon
        both.wait()
        return None

    loop.add("a", meet)
    loop.add("b", meet)
    loop.run()


def test_simulated_time_passes_only_in_the_loop() -> None:
    clock = SimClock()
    loop = SimLoop(clock)
    loop.add("a", counting(101, [], "a"))
    begin = time.monotonic()
    loop.run()
    assert clock.ticks() == pytest.approx(1.0)
    assert time.monotonic() - begin < 1.0


def test_after_a_failure_no_step_is_called_again(loop: Loop) -> None:
    seen: list[str] = []

    def broken() -> float | None:
        raise LookupError("broken")

    loop.add("other", counting(1000, seen, "other"))
    loop.add("broken", broken)
    with pytest.raises(LookupError):
        loop.run()
    time.sleep(0.03)
    called = len(seen)
    time.sleep(0.05)
    assert len(seen) == called
