"""Write first, tell afterwards: a run's entries go to the store, or beside it while it is away, then to every sink."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.engine.bring_in import bring_in
from orchestrator.errors import OrchestratorError
from orchestrator.model.entry import Entry, Recorded, Seq
from orchestrator.model.event import Event, Progress
from orchestrator.model.guest import GuestId
from orchestrator.model.lease import Fence
from orchestrator.model.run import RunId
from orchestrator.model.sample import Sample
from orchestrator.model.spilled import Spilled, renumbered
from orchestrator.ports import Clock, EventSink, Spill, Store

_log = logging.getLogger(__name__)
TRY_AGAIN = 2.0  # seconds between two questions whether the store is back


def unavailable(error: OrchestratorError) -> bool:
    """Whether it says that the store is away, and nothing worse."""
    return {p.code for p in error.problems} == {"store.unavailable"}


def taken_over(error: OrchestratorError) -> bool:
    """Whether it says that another process drives the run."""
    return any(p.code == "store.fence-lost" for p in error.problems)


@dataclass(frozen=True, slots=True)
class Away:
    """The store does not answer: since when, in seconds of the clock, and what it said last."""

    since: float
    error: OrchestratorError


class Journal:
    """The journal of one run, written under one lease. Safe from any thread.

    Once the store has failed, nobody but `store_answers` asks it again: one that hangs delays a driver once. Without
    a spill, nothing can be written meanwhile.
    """

    def __init__(
        self,
        run: RunId,
        fence: Fence,
        store: Store,
        clock: Clock,
        sinks: Sequence[EventSink],
        spill: Spill | None = None,
    ) -> None:
        self.run = run
        self.fence = fence
        self._store = store
        self._clock = clock
        self._sinks = tuple(sinks)
        self._spill = spill
        self._turn = threading.Lock()
        self._away: Away | None = None
        self._try_at = 0.0
        self._last = Seq(0)
        self._spilled: list[Spilled] = []
        self._lowest = Seq(0)
        self._numbers: dict[Seq, Seq] = {}  # of entries that were spilled, since their import

    @property
    def away(self) -> Away | None:
        """Whether the store is away."""
        return self._away

    @property
    def spilled_to(self) -> str | None:
        """Where entries wait for the store, if any do: a process that took the run over may have imported them."""
        if self._spill is None or not self._spilled or self.fence not in self._spill.waiting():
            return None
        return self._spill.place(self.fence)

    def append(self, entry: Entry) -> Recorded:
        """Make the entry durable in the store, then tell the sinks. Raises store.unavailable, store.fence-lost."""
        at = self._clock.now()
        return self._told(self._store_it(entry, at), at, entry)

    def write(self, entry: Entry) -> Recorded:
        """The same, or beside the store while it is away: then under a provisional number, below 0.

        Raises store.fence-lost, and store.unavailable where the entry could not be written at all.
        """
        at = self._clock.now()
        try:
            seq = self._store_it(entry, at)
        except OrchestratorError as error:
            if not unavailable(error) or self._spill is None:
                raise
            seq = self._spill_it(self._spill, error, entry, at)
        return self._told(seq, at, entry)

    def lost(self, error: OrchestratorError) -> bool:
        """Remember that the store is away, if that is what the error says; whether it is."""
        if not unavailable(error):
            return False
        with self._turn:
            self._note(error)
        return True

    def store_answers(self, *, lasts: float) -> bool:
        """Whether the store answers. One that was away is asked again, every other second: then the lease is
        prolonged, and what was spilled is imported before anything new. Raises store.fence-lost."""
        if self._away is None:
            return True
        if self._clock.ticks() < self._try_at:
            return False
        try:
            self._store.renew(self.fence, lasts=lasts)
            while not self._bring_in():
                pass
        except OrchestratorError as error:
            if not unavailable(error):
                raise self._kept(error) from error
            self._try_at = self._clock.ticks() + TRY_AGAIN
        return self._away is None

    def progress(self, guest: GuestId, sample: Sample) -> None:
        """Keep a sample and show it. A store that does not take it costs the sample and never the move."""
        at = self._clock.now()
        if self._away is None:
            try:
                self._store.keep_sample(self.run, guest, sample, at=at)
            except OrchestratorError as error:
                _log.info("a sample of run %s is lost: %s", self.run, error)
        self.tell(Progress(run=self.run, guest=guest, at=at, sample=sample))

    def samples(self, guest: GuestId) -> Sequence[tuple[datetime, Sample]]:
        """The samples of one move, oldest first. A store that does not give them costs what they would have taught."""
        if self._away is not None:
            return ()
        try:
            return self._store.samples(self.run, guest)
        except OrchestratorError as error:
            _log.info("the samples of run %s are not to be had: %s", self.run, error)
            return ()

    def tell(self, event: Event) -> None:
        """Show something that needs no record."""
        for sink in self._sinks:
            sink.emit(event)

    def _store_it(self, entry: Entry, at: datetime) -> Seq:
        away = self._away
        if away is not None:
            raise OrchestratorError(away.error.problems)
        try:
            seq = self._store.append(self.run, renumbered(entry, self._numbers), at=at, fence=self.fence)
        except OrchestratorError as error:
            self.lost(error)
            raise
        self._last = max(self._last, Seq(seq))
        return Seq(seq)

    def _spill_it(self, spill: Spill, error: OrchestratorError, entry: Entry, at: datetime) -> Seq:
        with self._turn:
            self._note(error)  # it may have come back since
            number = Seq(self._lowest - 1)
            one = Spilled(number=number, after=self._last, at=at, entry=renumbered(entry, self._numbers))
            spill.add(self.fence, one)
            self._lowest = number
            self._spilled.append(one)
            return number

    def _note(self, error: OrchestratorError) -> None:
        if self._away is None:
            self._away = Away(self._clock.ticks(), error)
            self._try_at = self._clock.ticks() + TRY_AGAIN
            _log.warning("run %s goes on without its store: %s", self.run, error)

    def _bring_in(self) -> bool:
        """Import what waits; False: more has come meanwhile. Drivers do not wait for it."""
        waiting = tuple(self._spilled)
        numbers = bring_in(self._store, self.run, waiting, self.fence)
        with self._turn:
            if len(self._spilled) > len(waiting):
                return False
            self._numbers |= numbers
            self._last = max(self._last, *numbers.values(), Seq(0))
            if self._spill is not None and waiting:
                self._spill.drop(self.fence)
            self._spilled.clear()
            self._away = None
            return True

    def _kept(self, error: OrchestratorError) -> OrchestratorError:
        place = self.spilled_to
        if place is None:
            return error
        return OrchestratorError(
            tuple(
                replace(p, saw=f"{p.saw}; what could not be written to the store is in {place}") for p in error.problems
            )
        )

    def _told(self, seq: Seq, at: datetime, entry: Entry) -> Recorded:
        recorded = Recorded(run=self.run, seq=seq, at=at, entry=entry)
        self.tell(recorded)
        return recorded
