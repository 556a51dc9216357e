"""One run: admit its moves under the limits, keep its lease, obey the operator, close it."""

import logging
from collections.abc import Callable, Sequence

from orchestrator.engine.driver import Driver
from orchestrator.engine.journal import Journal
from orchestrator.engine.orders import Orders
from orchestrator.engine.tickets import Tickets
from orchestrator.engine.tools import Works
from orchestrator.errors import OrchestratorError
from orchestrator.migration.exit_code import exit_code
from orchestrator.migration.lesson import lesson
from orchestrator.migration.record import MoveRecord, advance
from orchestrator.migration.resolve import reopened
from orchestrator.migration.states import UNTOUCHED
from orchestrator.migration.terms import Level, Terms
from orchestrator.model.entry import Closed, Ended, Entry, Seen
from orchestrator.model.event import Waiting
from orchestrator.model.guest import GuestId
from orchestrator.model.move import Outcome, State
from orchestrator.model.offer import Crossing
from orchestrator.model.run import Run
from orchestrator.model.waits import Cause, Waits

_log = logging.getLogger(__name__)
LEASE_LASTS = 30.0
RENEW_EVERY = 10.0
WAIT_FOR_STORE = 60.0  # seconds, once nothing goes on any more
LISTEN = 0.3  # seconds between two looks at the queue of orders: each is obeyed within a second
# Seconds between two looks at the ledger: other processes free slots, and take their part of a network, untold.
LOOK_WHILE_WAITING, LOOK = 0.5, 1.0
ASKED = 2.0  # seconds that hosts may take to say what moves there before it is called waiting


class Runner:
    """Brings every move of a run to its verdict. `exit_code`: what the whole command answers, once it has ended."""

    def __init__(
        self,
        run: Run,
        records: Sequence[MoveRecord],
        *,
        journal: Journal,
        works: Works,
        orders: Orders,
        tickets: Tickets,
        driver: Callable[[MoveRecord], Driver],
    ) -> None:
        self._run = run
        self._records: dict[GuestId, MoveRecord] = {r.move.guest: r for r in records}
        self._journal = journal
        self._store = works.store
        self._clock = works.clock
        self._loop = works.loop
        self._orders = orders
        self._tickets = tickets
        tickets.on_news(self.look_soon)
        self._new_driver = driver
        self._drivers: dict[GuestId, Driver] = {}
        self._told: dict[GuestId, str] = {}
        self._asked_at: dict[GuestId, float] = {}  # when a move first waited for a host to say what moves there
        self._look_at = works.clock.ticks()
        self._renewed_at = works.clock.ticks()
        self._busy_at = works.clock.ticks()
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
        if not self._obey() and self._clock.ticks() < self._look_at:
            return LISTEN
        self._collect()
        self._drop_waiting()
        if self._admit() and not self._drivers and all(r.outcome is not None for r in self._records.values()):
            self._close()
            return None
        return LISTEN

    def look_soon(self) -> None:
        """Look at the ledger at once: something has changed. From any thread."""
        self._look_at = self._clock.ticks()
        self._loop.poke(self.key)

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
        """Take over the records of drivers that have ended."""
        for guest, driver in [(g, d) for g, d in self._drivers.items() if d.outcome is not None]:
            del self._drivers[guest]
            self._records[guest] = driver.record
            self._learn(driver.record)

    def _learn(self, record: MoveRecord) -> None:
        """Keep what a finished move has taught about its way. A store that fails costs the lesson and never the run."""
        move = record.move
        try:
            taught = lesson(record, self._store.samples(self._run.id, move.guest))
            if taught != Crossing():
                self._store.keep_crossing(move.source, move.destination, taught, at=self._clock.now())
        except OrchestratorError as error:
            _log.info("what run %s has taught about a way is lost: %s", self._run.id, error)

    def _drop_waiting(self) -> None:
        """End what has not begun and was ordered to stop, with its run or by itself."""
        waiting = [r for r in self._records.values() if r.state in UNTOUCHED and self._wants_slot(r)]
        for record, terms in [(r, t) for r in waiting if (t := self._terms(r)).level >= Level.STOP]:
            self._keep(record, f"stopped by {terms.by} before it began", "migration.cancelled")

    def _keep(self, record: MoveRecord, because: str, code: str) -> None:
        """End a move that has not begun: the guest is where it was."""
        move = record.move
        outcome = Outcome(guest=move.guest, state=State.KEPT, where=move.source, because=because, code=code)
        self._write(record, Ended(guest=move.guest, outcome=outcome))

    def _terms(self, record: MoveRecord) -> Terms:
        return self._orders.terms(self._run.policy, record.move.guest)

    def _admit(self) -> bool:
        """Begin what the ledger grants, end what it refuses. Answers whether the ledger knows where this run stands."""
        now = self._clock.ticks()
        self._look_at = now + LOOK
        turn = self._tickets.turn(tuple(self._latest().values()), self._drivers.keys())
        for guest, why in turn.refuse:
            self._keep(self._records[guest], f"not begun: {why.sentence}", "limits.reached")
        for guest, why in turn.wait:
            self._tell_waiting(guest, why)
        booked = self._begin_all(turn.hold) and turn.booked
        for guest in turn.poke:
            self._loop.poke(guest)
        if turn.wait or not booked:
            self._look_at = min(self._look_at, now + LOOK_WHILE_WAITING)
        return booked

    def _wants_slot(self, record: MoveRecord) -> bool:
        return record.outcome is None and record.move.guest not in self._drivers

    def _tell_waiting(self, guest: GuestId, why: Waits) -> None:
        record, because = self._records[guest], why.sentence
        if (
            why.cause is Cause.SILENT
            and self._clock.ticks() - self._asked_at.setdefault(guest, self._clock.ticks()) < ASKED
        ):
            return
        if record.state is State.PLANNED:
            self._wait(record, because)
        if self._told.get(guest) != because:
            self._told[guest] = because
            self._journal.tell(Waiting(run=self._run.id, guest=guest, because=because))

    def _wait(self, record: MoveRecord, because: str) -> MoveRecord:
        said = "; ".join(filter(None, (because, self._tickets.unshared(record.move))))
        return self._write(record, Seen(guest=record.move.guest, state=State.WAITING, because=said))

    def _begin_all(self, held: Sequence[GuestId]) -> bool:
        """Begin what the ledger has granted, but for moves to a host that was cordoned meanwhile. Answers whether none
        of those is left to be taken out of the ledger.

        Their tickets were booked before this asks: whoever cordons a host finds in the ledger what it lets pass.
        """
        new = [r for guest in held if self._wants_slot(r := self._records[guest])]
        untouched = any(record.state in UNTOUCHED for record in new)
        cordons = {cordon.host: cordon for cordon in self._store.cordons()} if untouched else {}
        left = True
        for record in new:
            cordon = cordons.get(record.move.destination)
            if cordon is not None and record.state in UNTOUCHED:
                self._keep(record, f"not begun: {cordon}", "host.cordoned")
                left = False
            else:
                self._begin(record.move.guest)
        return left

    def _begin(self, guest: GuestId) -> None:
        record = self._records[guest]
        if record.state is State.PLANNED:
            record = self._wait(record, "its slots are free")
        driver = self._new_driver(record)
        self._drivers[guest] = driver
        self._loop.add(guest, lambda: self._drive(driver))

    def _drive(self, driver: Driver) -> float | None:
        seconds = driver.step()
        if seconds is None:
            self.look_soon()
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
        self._tickets.close()
