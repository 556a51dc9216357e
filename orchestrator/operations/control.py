"""Orders to a run that goes on, from any process of its store; where nobody obeys them any more, obeyed here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.limits.leases import holder_is_stopped
from orchestrator.model.entry import Closed, Ordered
from orchestrator.model.given import Given
from orchestrator.model.lease import Held
from orchestrator.model.report import RunReport
from orchestrator.model.run import Run, Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.liveness import dead
from orchestrator.operations.resume import adopt
from orchestrator.operations.unbegun import Unbegun, drifted
from orchestrator.ports import EventSink

ANSWER_WITHIN = 2.0  # seconds that a process which lives may take; it looks at the queue three times a second
ASK_EVERY = 0.05
# A process under strace stands still for moments: only one that does not move for this long is called stopped.
STANDS_STILL = 0.5


def give(doors: Doors, run: Run, asked: Given) -> Given:
    """Queue the order, and wait until the process that drives the run has taken it.

    Answers with `left` where that process is proven dead or stopped, or holds the lease no longer: see `act`. Raises
    control.refused where the run cannot obey, and control.unanswered.
    """
    store, loop = doors.store(), doors.loop()
    after = max((e.seq for e in store.entries(run.id)), default=0)
    number = store.order(run.id, asked.order, at=doors.clock.now())
    waiting = _Waiting(doors, run, number, after, held=store.lease(run.id))
    loop.add(f"order {number}", waiting.step)
    loop.run()
    given = replace(asked, number=number, holder=waiting.held.holder if waiting.held else None)
    if waiting.answer is not None:
        if waiting.answer.refused is not None:
            raise OrchestratorError.of("control.refused", f"run {run.id}: {waiting.answer.refused}")
        return replace(given, taken_ms=waiting.took_ms)
    if waiting.closed:
        raise OrchestratorError.of("control.refused", f"run {run.id} ended before it had read the order")
    if waiting.held is not None and waiting.left is None:
        raise OrchestratorError.of("control.unanswered", _unanswered(waiting.held, number))
    return replace(given, left=waiting.left)


def act(
    doors: Doors, run: Run, who: Who, sinks: Sequence[EventSink], stop: Stop, *, unbegun: Unbegun = drifted
) -> RunReport:
    """Take the run over from a process that is gone or stands still, and drive it to its end under its orders.

    The one that stands still finds its fence lost when it goes on, and leaves. Raises lease.held where the run has
    meanwhile been taken over or goes on: the order stays in its queue.
    """
    adopted = adopt(doors, run, who, sinks, stop, unbegun=unbegun, left=_left)
    if isinstance(adopted, Held):
        saw = f"{adopted.holder} drives run {run.id} now; it obeys the order, which is queued"
        raise OrchestratorError.of("lease.held", saw)
    if adopted is None:
        raise OrchestratorError.of("control.refused", f"run {run.id} ended before the order was read")
    return adopted


def _left(doors: Doors, held: Held) -> bool:
    return dead(doors, held) or _stopped(doors, held)


def _stopped(doors: Doors, held: Held) -> bool:
    return holder_is_stopped(held, doors.holder, process_stopped=doors.stopped(held.holder))


def _unanswered(held: Held, number: int) -> str:
    until = f"{held.until:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"{held.holder} holds the run's lease until {until} and has not taken order "
        f"{number} within {ANSWER_WITHIN:.0f} s; the order stays in the queue, and whoever drives the run obeys it"
    )


@dataclass
class _Waiting:
    """Looks for the answer to order `number`, and at the process that owes it."""

    doors: Doors
    run: Run
    number: int
    after: int
    held: Held | None
    answer: Ordered | None = None
    closed: bool = False
    left: str | None = None

    def __post_init__(self) -> None:
        self._begun = self.doors.clock.ticks()
        self._still_since: float | None = None

    @property
    def took_ms(self) -> int:
        """Since the order was queued."""
        return round((self.doors.clock.ticks() - self._begun) * 1000)

    def step(self) -> float | None:
        """Look once; None when there is nothing more to wait for."""
        for recorded in self.doors.store().entries(self.run.id, after=self.after):
            self.after = recorded.seq
            if isinstance(recorded.entry, Ordered) and recorded.entry.queued == self.number:
                self.answer = recorded.entry
                return None
            self.closed = self.closed or isinstance(recorded.entry, Closed)
        if self.closed:
            return None
        lease = self.doors.store().lease(self.run.id)
        self.held = lease or self.held
        self.left = self._why_left(lease)
        waited = self.doors.clock.ticks() - self._begun
        return None if self.left is not None or waited >= ANSWER_WITHIN else ASK_EVERY

    def _why_left(self, held: Held | None) -> str | None:
        if held is None:
            return "nobody drives it"
        process = held.holder
        if dead(self.doors, held):
            return f"{process} drove it and is gone"
        if held.expired:
            return f"{process} drove it and has let its lease run out"
        if not _stopped(self.doors, held):
            self._still_since = None
            return None
        now = self.doors.clock.ticks()
        self._still_since = now if self._still_since is None else self._still_since
        return f"{process} drives it and is stopped" if now - self._still_since >= STANDS_STILL else None
