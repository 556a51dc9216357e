"""A lease that is kept while something goes on beside it, by a thread of its own."""

import time
from functools import partial

import pytest

from orchestrator.engine.lease import keeping, kept
from orchestrator.engine.loop import ThreadLoop
from orchestrator.errors import OrchestratorError
from orchestrator.model.lease import Fence, Held
from orchestrator.model.run import Holder
from orchestrator.simulator.store import MemoryStore

ME = Holder(controller="ctl", boot_id="b", pid=1, started=1)
OTHER = Holder(controller="ctl2", boot_id="b", pid=2, started=1)


def test_it_outlasts_what_takes_longer_than_it_lasts() -> None:
    store = MemoryStore(time.monotonic)
    fence = store.take("x", ME, lasts=0.4)
    assert isinstance(fence, Fence)
    with keeping(store, ThreadLoop(), fence, lasts=0.4):
        for _ in range(6):
            time.sleep(0.2)
            assert isinstance(store.take("x", OTHER, lasts=1), Held)
    time.sleep(0.6)
    assert isinstance(store.take("x", OTHER, lasts=1), Fence), "kept no longer than what it was kept for"


def test_one_that_somebody_else_has_taken_is_given_up() -> None:
    store = MemoryStore(time.monotonic)
    fence = store.take("x", ME, lasts=0)
    assert isinstance(fence, Fence)
    other = store.take("x", OTHER, lasts=60)
    loop = ThreadLoop()
    with keeping(store, loop, fence, lasts=0.04):
        loop.run()  # it comes to its end by itself
    assert isinstance(other, Fence) and store.lease("x") is not None


def test_a_store_that_is_away_ends_nothing() -> None:
    store, calls = MemoryStore(time.monotonic), []
    renew = store.renew

    def away(fence: Fence, *, lasts: float) -> None:
        calls.append(lasts)
        if len(calls) < 3:
            raise OrchestratorError.of("store.unavailable", "it is away")
        renew(fence, lasts=lasts)

    store.renew = away  # type: ignore[method-assign]
    with kept(store, ThreadLoop(), "x", ME, lambda _held: False) as held:
        assert held is None
        with kept(store, ThreadLoop(), "x", OTHER, lambda _held: False) as theirs:
            assert theirs is not None and theirs.holder == ME
    assert store.lease("x") is None, "and it is given back"


@pytest.mark.parametrize("dead", [True, False])
def test_the_lease_of_a_dead_process_is_taken(dead: bool) -> None:
    store = MemoryStore(time.monotonic)
    store.take("x", OTHER, lasts=60)
    with kept(store, ThreadLoop(), "x", ME, partial(lambda answer, _held: answer, dead)) as held:
        assert (held is None) is dead
