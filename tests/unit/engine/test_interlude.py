"""The pause between two runs: it lasts as long as it should, and an operator ends it."""

import pytest

from orchestrator.engine.interlude import pause
from orchestrator.engine.stop import Stop
from orchestrator.simulator.clock import SimClock, SimLoop


def test_it_lasts_as_long_as_it_should() -> None:
    clock = SimClock()
    assert pause(SimLoop(clock), clock, Stop(), 20.0)
    assert clock.ticks() == pytest.approx(20.0)


def test_one_that_is_stopped_already_takes_no_time() -> None:
    clock, stop = SimClock(), Stop()
    stop.more("Ctrl-C")
    assert not pause(SimLoop(clock), clock, stop, 20.0)
    assert clock.ticks() == 0.0


def test_an_operator_ends_it_at_once() -> None:
    clock, stop = SimClock(), Stop()
    loop = SimLoop(clock)
    seconds = iter([3.0])

    def operator() -> float | None:
        waits = next(seconds, None)
        if waits is None:
            stop.more("Ctrl-C")
        return waits

    loop.add("operator", operator)
    assert not pause(loop, clock, stop, 20.0)
    assert clock.ticks() == pytest.approx(3.0)
