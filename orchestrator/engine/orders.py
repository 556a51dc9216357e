"""What a run is ordered: by signals of its own process, by other processes of the store, and on record from before."""

from collections.abc import Callable, Mapping, Sequence

from orchestrator.engine.journal import Journal
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.resolve import resolvable
from orchestrator.migration.terms import Level, Terms, level_of, terms
from orchestrator.model.entry import Ordered
from orchestrator.model.guest import GuestId
from orchestrator.model.order import Order, Queued
from orchestrator.model.policy import Policy
from orchestrator.ports import Store


class Orders:
    """All orders that one run has taken, oldest first; every one of them is in its journal.

    One thread takes them, others read: what is on record is replaced as a whole, never changed.
    """

    def __init__(self, stop: Stop, on_record: Sequence[Ordered] = ()) -> None:
        self._stop = stop
        self._record = tuple(on_record)
        self._read = max((one.queued for one in on_record if one.queued is not None), default=0)

    @property
    def stop(self) -> Stop:
        """What this process itself is told to stop."""
        return self._stop

    @property
    def on_record(self) -> tuple[Ordered, ...]:
        """The orders, obeyed or refused."""
        return self._record

    @property
    def level(self) -> Level:
        """How far the run as a whole is stopped."""
        return max((level_of(o) for o in self._record if o.guest is None and o.refused is None), default=Level.GO)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when a signal asks for more."""
        self._stop.on_change(listener)

    def terms(self, policy: Policy, guest: GuestId) -> Terms:
        """What holds for this guest now."""
        return terms(policy, self._record, guest)

    def take(self, store: Store, journal: Journal, records: Mapping[GuestId, MoveRecord]) -> tuple[Ordered, ...]:
        """Write every new order into the journal, refused where it cannot be obeyed, and answer them. None twice: its
        number tells. A store that is away is not asked; the signals of this process are obeyed without it."""
        new = [*self._of_signals(), *(_taken(queued, records) for queued in self._queued(store, journal))]
        for one in new:
            journal.write(one)
            self._record = (*self._record, one)
            self._read = max(self._read, one.queued or 0)
        return tuple(new)

    def _of_signals(self) -> list[Ordered]:
        level, by = self._stop.level, self._stop.by
        return [Ordered(order="abort" if level is Level.ABORT else "stop", by=by)] if level > self.level else []

    def _queued(self, store: Store, journal: Journal) -> Sequence[Queued]:
        if journal.away is not None:
            return ()
        try:
            return store.orders(journal.run, after=self._read)
        except OrchestratorError as error:
            if not journal.lost(error):
                raise
            return ()


def _taken(queued: Queued, records: Mapping[GuestId, MoveRecord]) -> Ordered:
    order = queued.order
    return Ordered(
        order=order.kind,
        by=order.by,
        guest=order.guest,
        change=order.change,
        keep=order.keep,
        queued=queued.number,
        refused=_refusal(order, records),
    )


def _refusal(order: Order, records: Mapping[GuestId, MoveRecord]) -> str | None:
    """Why the order can change nothing any more, or never could."""
    if order.guest is None:
        return None if any(r.outcome is None for r in records.values()) else "every move of the run has its verdict"
    record = records.get(order.guest)
    if record is None:
        return "the run does not move this guest"
    if order.kind == "resolve":
        return None if resolvable(record.outcome) else f"its move is not held for a person to choose: {record.because}"
    if record.outcome is not None:
        return f"its move is over: {record.outcome.state}, {record.outcome.because}"
    return None
