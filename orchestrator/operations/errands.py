"""Evacuations on record: written before anything is cordoned, ended when they conclude, left where a process dies."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from orchestrator.catalogue import CATALOGUE
from orchestrator.engine.keeping import KeepingLoop
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation.errands import Errands, part_of, sentence, too_late, without
from orchestrator.migration.terms import Level
from orchestrator.model.emptied import Emptied
from orchestrator.model.errand import OpenErrand
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.lease import Fence
from orchestrator.model.plan import Plan
from orchestrator.model.run import Who
from orchestrator.model.schedule import Occasion
from orchestrator.operations.doors import Doors
from orchestrator.operations.emptying import demand_known, propose_emptying
from orchestrator.operations.evacuate import Bounded, close, evacuate, reopen
from orchestrator.operations.given_up import keep_all_over
from orchestrator.operations.holds import demand_free, hosts_of
from orchestrator.operations.host_leases import taken
from orchestrator.operations.standing_orders import ordered_to_stop
from orchestrator.ports import EventSink

_log = logging.getLogger(__name__)
_LOOK = 1.0
_SILENT = 6


def begin(
    doors: Doors,
    request: EvacuationRequest,
    who: Who,
    bounds: Bounded,
    fences: Sequence[Fence],
    occasion: Occasion | None = None,
) -> tuple[OpenErrand, Errands]:
    """Write that this evacuation begins, in place of what was left of earlier ones of its hosts: those are answered.

    fences: of all hosts. occasion: for which the schedule begins it. Raises store.*
    """
    mine = OpenErrand(
        name=f"{fences[0].name} {fences[0].number}",  # that number is never given out again
        started_at=doors.clock.now(),
        who=who,
        request=request,
        deadline=bounds.deadline,
        at_deadline=bounds.at_deadline,
        occasion=occasion,
    )
    store = doors.store()
    while True:
        before, after = without(store.errands(), request.hosts)
        keep_all_over(store, before, (*after, mine))
        if store.change_errands(before, (*after, mine), fence=fences[0]):
            return mine, before


@contextmanager
def recorded(
    doors: Doors, errand: OpenErrand, fences: Sequence[Fence], stop: Stop, *, resumed: bool = False
) -> Iterator[Doors]:
    """Doors to carry the errand out with. However that concludes, it is on record no longer; it stays there where the
    process dies, the store fails, or the machine shuts down.

    An operator's stop ends it at once: a process that is left, or killed, after that is not gone on with. resumed: this
    process has not begun it, so that its end is to be written for the schedule too.
    """
    record = _Record(doors, errand, fences[0], stop, resumed=resumed)
    try:
        yield replace(doors, loop=lambda: KeepingLoop(doors.loop(), record.keep))
    except OrchestratorError as error:
        if not any(problem.code.startswith("store.") for problem in error.problems):
            record.end()
        raise
    if not stop.passing:
        record.end()


def go_on(doors: Doors, errand: OpenErrand, who: Who, sinks: Sequence[EventSink], stop: Stop) -> Emptied | None:
    """Plan anew what the evacuation has left, and carry it on under the bounds that it was begun with.

    None: it has concluded meanwhile, or an order has stopped it. Raises evacuation.running where somebody is at it;
    lease.on-hold and host.unreachable, after which it waits; and as operations.evacuate.
    """
    with taken(doors, errand.request.hosts) as fences:
        closed = _closed(doors, errand, fences[0])
        if closed is None:
            return None
        current, plan = closed
        bounds = Bounded(deadline=current.deadline, at_deadline=current.at_deadline)
        reason = who.reason or current.who.reason or f"goes on with {sentence(current)}"
        with recorded(doors, current, fences, stop, resumed=True) as kept:
            named = replace(who, reason=reason)
            return evacuate(kept, current.request, plan, named, sinks, stop, bounds=bounds, beside=fences)


def _closed(doors: Doors, errand: OpenErrand, fence: Fence) -> tuple[OpenErrand, Plan] | None:
    """What is left of it, planned, with its hosts cordoned. Looks again after that: planning takes seconds, and who
    uncordons a host meanwhile is told that nobody goes on emptying it."""
    current = _on_record(doors, errand)
    while current is not None:
        if _ordered_to_stop(doors, current):
            _end(doors, current.name, fence)
            return None
        plan = _planned(doors, current, fence)
        because = current.who.reason or "it is being emptied: ferry evacuate"
        put = close(doors, current.request.hosts, current.who, because)
        after = _on_record(doors, errand)
        if after == current:
            if current.silent_since is not None:
                _note_silence(doors, current, fence, None, None)
            return current, plan
        reopen(doors, [one for one in put if after is None or one.host not in after.request.hosts])
        current = after
    return None


def _on_record(doors: Doors, errand: OpenErrand) -> OpenErrand | None:
    return next((one for one in doors.store().errands() if one.name == errand.name), None)


def _planned(doors: Doors, errand: OpenErrand, fence: Fence) -> Plan:
    request, late = errand.request, too_late(errand, doors.clock.now())
    waits = not (request.despite_hold or late)  # once its time is over nothing begins anyway, and that is to be said
    try:
        demand_known(doors, (*request.hosts, *request.to))
        if waits:
            demand_free(doors, (*request.hosts, *request.to))
        plan = propose_emptying(doors, request, soon=True, begun=True)
        if waits:
            demand_free(doors, hosts_of(plan))
    except OrchestratorError as error:
        if late or any(problem.code == "usage.unknown-host" for problem in error.problems):
            _end(doors, errand.name, fence)  # it would never become better
        elif unanswered(error):
            now = doors.clock.now()
            _note_silence(doors, errand, fence, errand.silent_since or now, now)
        raise
    return plan


def unanswered(error: OrchestratorError) -> bool:
    """Whether only a host that does not answer stands in the way."""
    codes = {problem.code for problem in error.problems}
    return all(CATALOGUE[code].exit_code == _SILENT and not code.startswith("store.") for code in codes)


def _note_silence(
    doors: Doors, errand: OpenErrand, fence: Fence, since: datetime | None, last: datetime | None
) -> None:
    """In vain where somebody has ended it meanwhile."""
    doors.store().change_errands((errand,), (replace(errand, silent_since=since, silent_last=last),), fence=fence)


def _ordered_to_stop(doors: Doors, errand: OpenErrand) -> bool:
    """Whether one of its runs was: whoever obeyed that did not know of the whole."""
    store = doors.store()
    return any(ordered_to_stop(store, run.id) for run in store.runs() if part_of(errand, run))


def _end(doors: Doors, name: str, fence: Fence, *, for_schedule: bool = True) -> bool:
    """for_schedule: its entry is not to be begun again. False where it could not be written: the next `ferry resume`
    finds nothing left to do, and ends it."""
    store = doors.store()
    try:
        while mine := tuple(one for one in store.errands() if one.name == name):
            if for_schedule:
                keep_all_over(store, mine, ())
            if store.change_errands(mine, (), fence=fence):
                break
    except OrchestratorError as error:
        _log.info("that the evacuation %s is over is not on record: %s", name, error)
        return False
    return True


class _Record:
    """An errand's place in the store while this process carries it out."""

    def __init__(self, doors: Doors, errand: OpenErrand, fence: Fence, stop: Stop, *, resumed: bool) -> None:
        self._doors = doors
        self._errand = errand
        self._fence = fence
        self._stop = stop
        self._resumed = resumed
        self._ended = False

    def keep(self) -> float:
        """Called while anything goes on."""
        if self._stop.level is not Level.GO and not self._stop.passing:
            self.end()
        return _LOOK

    def end(self) -> None:
        """Take it off the record, once. What the process that began it was not stopped at, it tells the schedule."""
        stopped = self._stop.level is not Level.GO
        over = (self._resumed or stopped) and not self._stop.passing
        self._ended = self._ended or _end(self._doors, self._errand.name, self._fence, for_schedule=over)
