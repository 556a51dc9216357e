"""One run: admit its moves under the limits, keep its lease, obey the operator, close it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from orchestrator.engine.driver import Driver
from orchestrator.engine.journal import Journal
from orchestrator.engine.orders import Orders
from orchestrator.errors import OrchestratorError
from orchestrator.limits.admission import admit
from orchestrator.limits.costs import costs
from orchestrator.migration.exit_code import exit_code
from orchestrator.migration.lesson import lesson
from orchestrator.migration.record import MoveRecord, advance
from orchestrator.migration.resolve import reopened
from orchestrator.migration.states import UNTOUCHED
from orchestrator.migration.terms import Level, Terms
from orchestrator.model.entry import Closed, Ended, Entry, Seen
from orchestrator.model.event import Waiting
from orchestrator.model.guest import GuestId
from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.move import Outcome, State
from orchestrator.model.offer import Crossing
from orchestrator.model.run import Run
from orchestrator.ports import Clock, Loop, Store

_log = logging.getLogger(__name__)
LEASE_LASTS = 30.0
RENEW_EVERY = 10.0
WAIT_FOR_STORE = 60.0  # seconds, once nothing goes on any more
LISTEN = 0.3  # seconds between two looks at the queue of orders: each is obeyed within a second
LOOK = 1.0  # seconds between two looks at the ledger: other processes free slots without telling


class Runner:
    """Brings every move of a run to its verdict. `exit_code`: what the whole command answers, once it has ended."""

    def __init__(
        self,
        run: Run,
        records: Sequence[MoveRecord],
        *,
        journal: Journal,
        store: Store,
        clock: Clock,
        loop: Loop,
        orders: Orders,
        driver: Callable[[MoveRecord], Driver],
    ) -> None:
        self._run = run
        self._records: dict[GuestId, MoveRecord] = {r.move.guest: r for r in records}
        self._journal = journal
        self._store = store
        self._clock = clock
        self._loop = loop
        self._orders = orders
        self._new_driver = driver
        self._drivers: dict[GuestId, Driver] = {}
        self._told: dict[GuestId, str] = {}
        self._look_at = clock.ticks()
        self._renewed_at = clock.ticks()
        self._busy_at = clock.ticks()
        self.exit_code: int | None = None

    @property
    def key(self) -> str:
        """The runner's name in the loop."""
        return f"run {self._run.id}"

    @property
    def latest(self) -> tuple[MoveRecord, ...]:
        """All moves as they stand."""
        return tuple(self._latest().values())

    def step(self) -> float | None:
        """Take orders, free the slots of finished moves, begin what may begin; None once everything has its verdict.

        While the store is away nothing begins; what has begun goes on under its driver. Raises store.unavailable when
        that has come to an end and the store is still away.
        """
        try:
            if self._journal.store_answers(lasts=LEASE_LASTS):
                return self._step()
        except OrchestratorError as error:
            if not self._journal.lost(error):
                raise
        return self._without_store()

    def leave(self) -> None:
        """Another process drives the run now: leave what this one's drivers have begun as that one would expect it."""
        for driver in tuple(self._drivers.values()):
            driver.leave()

    def _without_store(self) -> float:
        away, now = self._journal.away, self._clock.ticks()
        if away is None:  # a driver has found it back
            return LISTEN
        self._obey()
        if not all(driver.idle for driver in self._drivers.values()):
            self._busy_at = now
        if now - max(self._busy_at, away.since) > WAIT_FOR_STORE:
            raise OrchestratorError(away.error.problems)
        return LISTEN

    def _step(self) -> float | None:
        self._renew()
        now = self._clock.ticks()
        if not self._obey() and now < self._look_at:
            return LISTEN
        self._look_at = now + LOOK
        self._collect()
        self._drop_waiting()
        self._admit()
        if all(r.outcome is not None for r in self._records.values()) and not self._drivers:
            self._close()
            return None
        return LISTEN

    def _latest(self) -> dict[GuestId, MoveRecord]:
        return {**self._records, **{guest: driver.record for guest, driver in dict(self._drivers).items()}}

    def _renew(self) -> None:
        """Prolong the lease. A store that fails counts as away, and is asked again until it answers."""
        begun = self._clock.ticks()
        if begun - self._renewed_at >= RENEW_EVERY:
            self._store.renew(self._journal.fence, lasts=LEASE_LASTS)
            self._renewed_at = begun

    def _obey(self) -> bool:
        """Take new orders, and wake the drivers they concern at once."""
        new = self._orders.take(self._store, self._journal, self._latest())
        chosen = {one.guest for one in new if one.order == "resolve" and one.refused is None}
        if chosen:
            self._collect()
            self._records |= {g: reopened(r) for g, r in self._records.items() if g in chosen}
        for guest in self._drivers:
            if any(one.refused is None and one.guest in (None, guest) for one in new):
                self._loop.poke(guest)
        return bool(new)

    def _collect(self) -> None:
        """Take over the records of drivers that have ended, and give their slots back."""
        for guest, driver in [(g, d) for g, d in self._drivers.items() if d.outcome is not None]:
            del self._drivers[guest]
            self._records[guest] = driver.record
            self._learn(driver.record)
        self._book_out([r for r in self._records.values() if r.outcome is not None])

    def _learn(self, record: MoveRecord) -> None:
        """Keep what a finished move has taught about its way. A store that fails costs the lesson and never the run."""
        move = record.move
        try:
            taught = lesson(record, self._store.samples(self._run.id, move.guest))
            if taught != Crossing():
                self._store.keep_crossing(move.source, move.destination, taught, at=self._clock.now())
        except OrchestratorError as error:
            _log.info("what run %s has taught about a way is lost: %s", self._run.id, error)

    def _book_out(self, records: Sequence[MoveRecord]) -> None:
        gone = {r.move.guest for r in records}
        while True:
            ledger = self._store.ledger()
            drop = [t for t in ledger.tickets if t.run == self._run.id and t.guest in gone]
            if not drop or self._store.book(put=(), drop=drop, if_version=ledger.version, fence=self._journal.fence):
                return

    def _drop_waiting(self) -> None:
        """End what has not begun and was ordered to stop, with its run or by itself."""
        waiting = [r for r in self._records.values() if r.state in UNTOUCHED and self._wants_slot(r)]
        stopped = [(r, t) for r in waiting if (t := self._terms(r)).level >= Level.STOP]
        for record, terms in stopped:
            outcome = Outcome(
                guest=record.move.guest,
                state=State.KEPT,
                where=record.move.source,
                because=f"stopped by {terms.by} before it began",
                code="migration.cancelled",
            )
            self._write(record, Ended(guest=record.move.guest, outcome=outcome))
        if stopped:
            self._collect()

    def _terms(self, record: MoveRecord) -> Terms:
        return self._orders.terms(self._run.policy, record.move.guest)

    def _admit(self) -> None:
        """Queue what is planned, begin what the ledger grants. A lost race for the ledger is tried again at once."""
        while True:
            ledger = self._store.ledger()
            queued = {t.guest: t for t in ledger.tickets if t.run == self._run.id}
            wanting = [r for r in self._records.values() if self._wants_slot(r)]
            new = [self._ticket(r, position) for position, r in enumerate(wanting) if r.move.guest not in queued]
            holding = [t for t in (*queued.values(), *new) if t.standing is Standing.HOLDING]
            decision = admit(replace(ledger, tickets=(*ledger.tickets, *new)), self._run.id, self._run.policy.limits)
            wanted = (*holding, *decision.begin, *(t for t, _ in decision.wait))
            put = [t for t in wanted if t != queued.get(t.guest)]
            fence = self._journal.fence
            if not put or self._store.book(put=put, drop=(), if_version=ledger.version, fence=fence):
                break
        for ticket, because in decision.wait:
            self._tell_waiting(ticket, because)
        for ticket in (*holding, *decision.begin):
            self._begin(ticket.guest)

    def _wants_slot(self, record: MoveRecord) -> bool:
        return record.outcome is None and record.move.guest not in self._drivers

    def _ticket(self, record: MoveRecord, position: int) -> Ticket:
        # A copy that is already under way (an adopted one) holds its slots whether the ledger likes it or not.
        begun = record.state not in UNTOUCHED
        return Ticket(
            run=self._run.id,
            guest=record.move.guest,
            name=record.move.name,
            costs=costs(record.move),
            since=self._run.started_at,
            position=position,
            standing=Standing.HOLDING if begun else Standing.WAITING,
        )

    def _tell_waiting(self, ticket: Ticket, because: str) -> None:
        record = self._records[ticket.guest]
        if record.state is State.PLANNED:
            self._write(record, Seen(guest=ticket.guest, state=State.WAITING, because=because))
        if self._told.get(ticket.guest) != because:
            self._told[ticket.guest] = because
            self._journal.tell(Waiting(run=self._run.id, guest=ticket.guest, because=because))

    def _begin(self, guest: GuestId) -> None:
        record = self._records[guest]
        if not self._wants_slot(record):
            return
        if record.state is State.PLANNED:
            record = self._write(record, Seen(guest=guest, state=State.WAITING, because="its slots are free"))
        driver = self._new_driver(record)
        self._drivers[guest] = driver
        self._loop.add(guest, lambda: self._drive(driver))

    def _drive(self, driver: Driver) -> float | None:
        seconds = driver.step()
        if seconds is None:
            self._look_at = self._clock.ticks()
            self._loop.poke(self.key)
        return seconds

    def _write(self, record: MoveRecord, entry: Entry) -> MoveRecord:
        recorded = self._journal.append(entry)
        record = advance(record, entry, recorded.at)
        self._records[record.move.guest] = record
        return record

    def _close(self) -> None:
        outcomes = [r.outcome for r in self._records.values() if r.outcome is not None]
        self.exit_code = exit_code(outcomes, self._orders.level)
        if not any(o.open for o in outcomes):
            self._journal.append(Closed(exit_code=self.exit_code))
        try:
            self._store.release(self._journal.fence)
        except OrchestratorError as error:  # it expires; a run is not closed twice for that
            _log.info("the lease of run %s could not be given back: %s", self._run.id, error)
