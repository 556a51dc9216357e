"""Entries are written before they are told; a sample is worth no more than itself."""

from collections.abc import Callable
from typing import Any, cast

from orchestrator.engine.journal import Journal
from orchestrator.errors import OrchestratorError
from orchestrator.model.event import Progress
from orchestrator.model.run import RunId
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.store import MemoryStore
from tests.contract.store_contract import G1, LONG, SAMPLE, holder, run


class Full(MemoryStore):
    """A store that takes no sample."""

    def keep_sample(self, *_given: Any, **_named: Any) -> None:
        raise OrchestratorError.of("store.unavailable", "the disk is full")


class Heard:
    """A view that remembers."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.emit: Callable[[Any], None] = self.told.append


def test_a_sample_that_cannot_be_kept_is_shown_all_the_same() -> None:
    clock, heard = SimClock(), Heard()
    store = Full(clock.ticks)
    fence = store.open_run(run("r"), holder(), lasts=LONG)
    Journal(RunId("r"), fence, cast(Any, store), clock, [cast(Any, heard)]).progress(G1, SAMPLE)
    (told,) = heard.told
    assert isinstance(told, Progress) and told.sample == SAMPLE
