"""What bounds a run that is part of an evacuation: deadline, failures it bears, and a last look at each move."""

import logging
from collections.abc import Callable, Sequence
from functools import partial

from orchestrator.engine.journal import taken_over
from orchestrator.engine.runner import Runner
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation.budget import exhausted
from orchestrator.evacuation.deadline import too_late
from orchestrator.migration.terms import Level
from orchestrator.model.entry import Ended
from orchestrator.model.lease import Fence
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.run import Run
from orchestrator.operations.doors import Doors
from orchestrator.operations.hooks import before_guest
from orchestrator.operations.unbegun import drifted
from orchestrator.ports import Store

_log = logging.getLogger(__name__)
LASTS = 120.0  # seconds that the lease of a host outlives a process that is not proven dead
_RENEW_EVERY = 20.0
_LOOK = 0.3


class Bounds:
    """Stops a run at its deadline and when too much has failed. Goes on, in the run's loop, until the run is over."""

    def __init__(self, doors: Doors, run: Run, stop: Stop, runner: Runner, beside: Sequence[Fence]) -> None:
        self._doors = doors
        self._run = run
        self._stop = stop
        self._runner = runner
        self._beside = tuple(beside)
        self._before: tuple[Outcome, ...] | None = None
        self._renewed_at = doors.clock.ticks()

    def step(self) -> float | None:
        """Look at clock and failures; None once the run is over."""
        if self._runner.exit_code is not None:
            return None
        self._look_at_deadline()
        self._look_at_failures()
        self._renew()
        return _LOOK

    def _look_at_deadline(self) -> None:
        run, now = self._run, self._doors.clock.now()
        if run.deadline is not None and now >= run.deadline:
            self._end(f"the deadline ({run.deadline:%Y-%m-%d %H:%M} UTC)", cancel=run.at_deadline == "cancel")

    def _look_at_failures(self) -> None:
        bears = self._run.policy.evacuation.on_failure
        if bears.then == "continue" or self._stop.level is Level.ABORT:
            return
        now = [record.outcome for record in self._runner.latest if record.outcome is not None]
        why = exhausted((*self._earlier(), *now), bears)
        if why:
            self._end(why, cancel=bears.then == "stop")

    def _earlier(self) -> tuple[Outcome, ...]:
        """How moves of the runs ended that this one tries again."""
        if self._before is None:
            try:
                self._before = before(self._doors.store(), self._run)
            except OrchestratorError as error:
                _log.info("what failed before run %s is not known now: %s", self._run.id, error)
                return ()
        return self._before

    def _end(self, by: str, *, cancel: bool) -> None:
        most = Level.ABORT if cancel else Level.STOP
        while self._stop.level < most:
            self._stop.more(by, at_most=most)

    def _renew(self) -> None:
        now = self._doors.clock.ticks()
        if now - self._renewed_at < _RENEW_EVERY:
            return
        self._renewed_at = now
        try:
            renew(self._doors.store(), self._beside)
        except OrchestratorError as error:
            if taken_over(error):
                self._end("another ferry, which has taken the host over", cancel=False)


def renew(store: Store, fences: Sequence[Fence]) -> None:
    """Prolong the leases of hosts. Raises store.*"""
    for fence in fences:
        store.renew(fence, lasts=LASTS)


def before(store: Store, run: Run) -> tuple[Outcome, ...]:
    """How the moves of the runs ended that this one follows."""
    heads = {head.id: head for head in store.runs()} if run.retry is not None else {}
    outcomes: list[Outcome] = []
    while run.retry is not None and run.retry.follows in heads:
        run = heads.pop(run.retry.follows)
        outcomes += (e.entry.outcome for e in store.entries(run.id) if isinstance(e.entry, Ended))
    return tuple(outcomes)


def last_look(doors: Doors, run: Run) -> Callable[[Move], Outcome | None]:
    """What is asked of every move of the run right before it begins; of one that is part of nothing, no more than the
    operator's scripts say."""
    if run.purpose == "move":
        return partial(before_guest, doors, run)
    return lambda move: before_guest(doors, run, move) or _look(doors, run, move)


def _look(doors: Doors, run: Run, move: Move) -> Outcome | None:
    learned = doors.store().crossing(move.source, move.destination).bytes_per_second
    late = too_late(move, run.deadline, doors.clock.now(), learned)
    if late:
        because = f"not begun: {late}"
        return Outcome(
            guest=move.guest, state=State.KEPT, where=move.source, because=because, code="evacuation.deadline"
        )
    return next(iter(drifted(doors, [move], run.id)), None)
