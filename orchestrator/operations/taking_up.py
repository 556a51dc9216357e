"""Go on with everything that nobody drives any more: runs, evacuations, rolls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from orchestrator.catalogue import CATALOGUE
from orchestrator.engine.stop import Stop, following
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation import rolling as record
from orchestrator.evacuation.errands import part_of, rests, too_late
from orchestrator.migration.terms import Level
from orchestrator.model.emptied import Emptied
from orchestrator.model.errand import OpenErrand
from orchestrator.model.lease import Held
from orchestrator.model.report import RunReport
from orchestrator.model.roll import Roll
from orchestrator.model.run import Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.errands import go_on, unanswered
from orchestrator.operations.harm import harmed
from orchestrator.operations.holds import demand_free
from orchestrator.operations.liveness import lives
from orchestrator.operations.occasions import keep_over
from orchestrator.operations.resume import resume
from orchestrator.operations.rolling import open_rolls, resume_roll
from orchestrator.operations.rolling_drive import Rolled, Tell
from orchestrator.operations.unfinished import driver_of_a_run
from orchestrator.ports import EventSink

T = TypeVar("T")
_HELD = frozenset({"lease.held", "evacuation.running"})  # somebody is at it
_LATER = 75


@dataclass(slots=True, kw_only=True)
class TakenUp:
    """runs: that were adopted, with whether the evacuation that they were part of answers for what they left undone.
    failures: of what could not be gone on with. left: an operator stopped this before everything was taken up."""

    runs: list[tuple[RunReport, bool]] = field(default_factory=list)
    emptied: list[Emptied] = field(default_factory=list)
    rolled: list[Rolled] = field(default_factory=list)
    failures: list[OrchestratorError] = field(default_factory=list)
    left: bool = False


def take_up(
    doors: Doors,
    who: Who,
    sinks: Sequence[EventSink],
    stop: Stop,
    tell: Tell,
    *,
    unattended: bool = False,
) -> TakenUp:
    """Adopt the runs that dead processes left, then go on with the evacuations and the rolls that nobody drives.

    What cannot be gone on with hinders nothing else. unattended: nobody asks for it just now, so that an evacuation of
    a host that was silent before is tried with growing pauses, and waits. Raises what hindered all of it where nothing
    was done, as operations.resume.
    """
    done = TakenUp()
    reports: Sequence[RunReport] = ()
    try:
        reports = resume(doors, None, who, sinks, stop, failed=done.failures.append)
    except OrchestratorError as error:
        if any(problem.code.startswith("store.") for problem in error.problems):
            raise
        done.failures.append(error)
    if stop.level is not Level.GO and not stop.passing:
        _stop_with_their_runs(doors, reports)
    go_on_with = _empty_in_time if unattended else _empty
    concluded: list[OpenErrand] = []
    for errand in doors.store().errands():
        emptied = _attempt(done, stop, partial(go_on_with, doors, errand, who, sinks))
        if emptied is not None:
            done.emptied.append(emptied)
            concluded.append(errand)
    done.runs = [
        (report, not harmed(report) and any(part_of(one, report.run) for one in concluded)) for report in reports
    ]
    for roll in (roll for roll, held in open_rolls(doors) if _was_left(doors, roll, held)):
        rolled = _attempt(done, stop, partial(_roll, doors, roll, who, sinks, tell))
        if rolled is not None:
            done.rolled.append(rolled)
    return _judged(done)


def _attempt(done: TakenUp, stop: Stop, work: Callable[[Stop], T]) -> T | None:
    if stop.level is not Level.GO:
        done.left = True
        return None
    try:
        return work(following(stop))  # what bounds one of them stops none of the others
    except OrchestratorError as error:
        done.failures.append(error)
        return None


def _stop_with_their_runs(doors: Doors, reports: Sequence[RunReport]) -> None:
    """An operator who stops a run of an evacuation means the whole."""
    store = doors.store()
    for errand in store.errands():
        if any(part_of(errand, report.run) for report in reports):
            keep_over(store, errand.occasion)
            store.change_errands((errand,), ())


def _empty(doors: Doors, errand: OpenErrand, who: Who, sinks: Sequence[EventSink], stop: Stop) -> Emptied | None:
    driver = driver_of_a_run(doors, errand)
    if driver is not None:  # it has adopted that run, and goes on with the rest when that is over
        hosts = ", ".join(errand.request.hosts)
        raise OrchestratorError.of("evacuation.running", f"{driver} is at work on {hosts}")
    return go_on(doors, errand, who, sinks, stop)


def _empty_in_time(
    doors: Doors, errand: OpenErrand, who: Who, sinks: Sequence[EventSink], stop: Stop
) -> Emptied | None:
    """That a host is silent is told once; from then on it waits."""
    now = doors.clock.now() if errand.silent_since is not None else None
    if now is None or too_late(errand, now):
        return _empty(doors, errand, who, sinks, stop)
    until = rests(errand, now)
    if until is None:
        try:
            return _empty(doors, errand, who, sinks, stop)
        except OrchestratorError as error:
            if not unanswered(error):
                raise
    again = "" if until is None else f"; it is asked again from {until:%Y-%m-%d %H:%M} UTC on"
    saw = f"a host of {', '.join(errand.request.hosts)} has been silent since {errand.silent_since:%Y-%m-%d %H:%M} UTC"
    raise OrchestratorError.of("evacuation.waits", f"{saw}{again}")


def _roll(doors: Doors, roll: Roll, who: Who, sinks: Sequence[EventSink], tell: Tell, stop: Stop) -> Rolled:
    demand_free(doors, roll.hosts)
    return resume_roll(doors, roll.id, who, sinks, stop, tell=tell, go_on=False)


def _was_left(doors: Doors, roll: Roll, held: Held | None) -> bool:
    """Whether a process died at it, also where another one has looked since whether it may be given up. One that was
    stopped, or whose hosts failed, waits for a person."""
    return not lives(doors, held) and not record.resting(roll) and not _is_of_another_controller(doors, roll, held)


def _is_of_another_controller(doors: Doors, roll: Roll, held: Held | None) -> bool:
    """Whether its commands are to run on another machine than this one, which alone can say what became of them."""
    if not roll.local:
        return False
    on = held.holder.controller if held is not None else record.given_on(roll)
    return on != doors.holder.controller


def _judged(done: TakenUp) -> TakenUp:
    others = [error for error in done.failures if {problem.code for problem in error.problems} - _HELD]
    if done.runs or done.emptied or done.rolled:
        done.failures = others
    elif done.failures:
        problems = [problem for error in others or done.failures for problem in error.problems]
        raise OrchestratorError(tuple(sorted(problems, key=lambda one: CATALOGUE[one.code].exit_code == _LATER)))
    return done
