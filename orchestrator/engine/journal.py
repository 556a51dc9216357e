"""Write first, tell afterwards: a run's entries go to the store, then to every sink."""

import logging
from collections.abc import Sequence
from datetime import datetime

from orchestrator.errors import OrchestratorError
from orchestrator.model.entry import Entry, Recorded, Seq
from orchestrator.model.event import Event, Progress
from orchestrator.model.guest import GuestId
from orchestrator.model.lease import Fence
from orchestrator.model.run import RunId
from orchestrator.model.sample import Sample
from orchestrator.ports import Clock, EventSink, Store

_log = logging.getLogger(__name__)


class Journal:
    """The journal of one run, written under one lease."""

    def __init__(self, run: RunId, fence: Fence, store: Store, clock: Clock, sinks: Sequence[EventSink]) -> None:
        self.run = run
        self.fence = fence
        self._store = store
        self._clock = clock
        self._sinks = tuple(sinks)

    def append(self, entry: Entry) -> Recorded:
        """Make the entry durable, then tell the sinks. Raises store.unavailable, store.fence-lost."""
        at = self._clock.now()
        seq = self._store.append(self.run, entry, at=at, fence=self.fence)
        recorded = Recorded(run=self.run, seq=Seq(seq), at=at, entry=entry)
        self.tell(recorded)
        return recorded

    def progress(self, guest: GuestId, sample: Sample) -> None:
        """Keep a sample and show it. A store that does not take it costs the sample and never the move."""
        at = self._clock.now()
        try:
            self._store.keep_sample(self.run, guest, sample, at=at)
        except OrchestratorError as error:
            _log.info("a sample of run %s is lost: %s", self.run, error)
        self.tell(Progress(run=self.run, guest=guest, at=at, sample=sample))

    def samples(self, guest: GuestId) -> Sequence[tuple[datetime, Sample]]:
        """The samples of one move, oldest first. A store that does not give them costs what they would have taught."""
        try:
            return self._store.samples(self.run, guest)
        except OrchestratorError as error:
            _log.info("the samples of run %s are not to be had: %s", self.run, error)
            return ()

    def tell(self, event: Event) -> None:
        """Show something that needs no record."""
        for sink in self._sinks:
            sink.emit(event)
