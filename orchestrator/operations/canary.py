"""Send a tiny guest along every way between hosts, one run for each, and see how each way does."""

from collections.abc import Callable, Sequence
from typing import Literal

from orchestrator.catalogue import CATALOGUE
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.terms import Level
from orchestrator.model.canary import Canary, Leg, Tour, Way
from orchestrator.model.facts import Ask
from orchestrator.model.finding import Finding
from orchestrator.model.host import HostName
from orchestrator.model.move import Outcome, State
from orchestrator.model.plan import Plan
from orchestrator.model.report import RunReport
from orchestrator.model.request import MoveRequest
from orchestrator.model.run import Who
from orchestrator.operations.apply import apply
from orchestrator.operations.doors import Doors
from orchestrator.operations.inventory import PATIENCE
from orchestrator.operations.propose import propose
from orchestrator.planning.resolve import resolve
from orchestrator.planning.tour import next_stop, ways
from orchestrator.planning.verdict import exit_code
from orchestrator.ports import EventSink

_INCOMPLETE, _HELD = 1, 7
_ENDS: dict[State, Literal["migrated", "kept", "ended"]] = {
    State.MIGRATED: "migrated", State.KEPT: "kept", State.ENDED: "ended"
}  # fmt: skip


def prepare(doors: Doors, name: str, hosts: tuple[HostName, ...] = ()) -> Canary:
    """Find the guest, and say between which hosts it is to go: those named, or all, and the one it is on.

    Raises usage.*, guest.unknown, host.unreachable. Changes nothing.
    """
    known = doors.settings.hosts
    unknown = [host for host in hosts if host not in known]
    if unknown:
        raise OrchestratorError.of("usage.unknown-host", f"{', '.join(unknown)}: not among {', '.join(known)}")
    facts = doors.survey().facts(Ask(hosts=tuple(known), shell=False), within=PATIENCE)
    guest, home = resolve(name, facts, known)
    stops = tuple(dict.fromkeys((home, *(hosts or known))))
    if len(stops) < 2:
        raise OrchestratorError.of("usage.same-host", f"{guest.name} is on {home}, and no other host was chosen")
    return Canary(guest=guest.uuid, name=guest.name, hosts=stops)


class Journey:
    """The canary on its way: where it is, what it has tried, and which ways let it pass."""

    def __init__(self, canary: Canary) -> None:
        self.canary = canary
        self.where: HostName | None = canary.home
        self.legs: list[Leg] = []
        self._tried: set[Way] = set()
        self._closed: set[Way] = set()

    def ahead(self) -> Way | None:
        """The way to try now; None: there is nothing left that could be tried."""
        here, hosts = self.where, self.canary.hosts
        if here is None:
            return None
        there = next_stop(hosts, here, self.canary.home, self._tried, self._closed)
        return None if there is None else (here, there)

    def known(self, way: Way) -> bool:
        """Whether it was tried before."""
        return way in self._tried

    def note(self, leg: Leg, where: HostName | None) -> None:
        """Write down how a way did, and where the canary is now."""
        way = (leg.source, leg.destination)
        self._tried.add(way)
        if leg.outcome != "migrated":
            self._closed.add(way)
        self.legs.append(leg)
        self.where = where

    def over(self, stopped: str) -> Tour:
        """The whole of it. stopped: why it ended before there was nothing left to try."""
        untried = tuple(way for way in ways(self.canary.hosts) if way not in self._tried)
        if not stopped and (untried or self.where != self.canary.home):
            stopped = f"no open way leads on from {self.where}"
        return Tour(canary=self.canary, where=self.where, legs=tuple(self.legs), untried=untried, stopped=stopped)


def travel(
    doors: Doors,
    canary: Canary,
    who: Who,
    sinks: Sequence[EventSink],
    stop: Stop,
    failed: Callable[[OrchestratorError], None],
) -> Tour:
    """Take every way once and come home. A way that pre-flight blocks is noted and gone round; a move that ends in any
    other way than it should, an order or an error (told to `failed`) ends the tour where the guest is.
    """
    journey = Journey(canary)
    while (way := journey.ahead()) is not None:
        if stop.level > Level.GO:
            return journey.over(f"ordered by {stop.by}")
        try:
            leg = _take(doors, journey, way, who, sinks, stop)
        except OrchestratorError as error:
            failed(error)
            return journey.over(f"the way from {way[0]} to {way[1]} could not be taken: {error.problems[0].saw}")
        if leg.outcome not in ("migrated", "blocked") or leg.exit_code == _HELD:
            return journey.over(f"the way from {way[0]} to {way[1]}: {leg.outcome}")
    return journey.over("")


def _take(doors: Doors, journey: Journey, way: Way, who: Who, sinks: Sequence[EventSink], stop: Stop) -> Leg:
    plan = propose(doors, MoveRequest(guests=(f"{way[0]}/{journey.canary.guest}",), to=way[1]), soon=True)
    again = journey.known(way)
    if exit_code(plan) or not plan.moves:
        leg = _blocked(way, plan, again=again)
        journey.note(leg, way[0])
        return leg
    journey.where = None  # from here on only the report knows
    report = apply(doors, plan, who, sinks, stop)
    (told,) = report.moves
    outcome = told.outcome or Outcome(guest=told.move.guest, state=told.state, where=None, because=told.because)
    leg = _moved(way, report, outcome, again=again)
    journey.note(leg, outcome.where)
    return leg


def _blocked(way: Way, plan: Plan, *, again: bool) -> Leg:
    against = plan.blockers()
    return Leg(
        source=way[0],
        destination=way[1],
        outcome="blocked",
        because="; ".join(dict.fromkeys(map(_sentence, against))) or "nothing was planned",
        # What pre-flight blocks is what a canary is there to find; only an alarm is more than that.
        exit_code=_HELD if exit_code(plan) == _HELD else _INCOMPLETE,
        again=again,
    )


def _sentence(finding: Finding) -> str:
    return f"{finding.check}: {finding.saw}"


def _moved(way: Way, report: RunReport, outcome: Outcome, *, again: bool) -> Leg:
    asked = CATALOGUE[outcome.code].exit_code if outcome.code is not None else 0
    return Leg(
        source=way[0],
        destination=way[1],
        outcome=_ENDS.get(outcome.state, "unclear"),
        because="; ".join((outcome.because, *outcome.warnings)),
        exit_code=asked if report.exit_code is None else report.exit_code,
        run=report.run.id,
        again=again,
        duration_ms=outcome.duration_ms,
        downtime_ms=outcome.downtime_ms,
        blackout_ms=outcome.blackout_ms,
        blackout_unknown=outcome.blackout_unknown,
    )
